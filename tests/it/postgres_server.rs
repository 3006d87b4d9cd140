//! A private PostgreSQL server, of the server binaries that are installed: on a free port of this
//! machine, in a temporary folder, gone with the process that started it.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// The user that the server's own files belong to where the tests run as root, which it refuses.
const USER: &str = "postgres";

/// Stops the server and takes its files away once nobody holds the other end of its input, however the
/// process that started it came to its end.
const WATCH: &str = r#""$1" -D "$2" >"$2/log" 2>&1 & server=$!
cat >/dev/null
kill -INT $server; wait $server; rm -rf "$2""#;

/// A server that runs for as long as this is kept.
pub struct Server {
    watch: Child,
    port: u16,
}

impl Server {
    /// Starts one with these settings besides the usual; none where no server is installed.
    pub fn start(settings: &str) -> Option<Self> {
        let binaries = binaries()?;
        let folder = tempfile::Builder::new().prefix("levy-ledger-postgres-").tempdir().unwrap().keep();
        let owner = owner();
        if let Some((user, group)) = owner {
            std::os::unix::fs::chown(&folder, Some(user), Some(group)).unwrap();
        }
        let run = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir("/").env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
            if let Some((user, group)) = owner {
                command.uid(user).gid(group);
            }
            command
        };
        // A collation that is not the order of bytes, as councils have them.
        let made = run(&binaries.join("initdb"))
            .args(["--username=levy", "--auth=trust", "--no-sync", "--encoding=UTF8"])
            .args(["--locale-provider=icu", "--icu-locale=en-GB", "--locale=C.UTF-8", "-D"])
            .arg(&folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let configuration = folder.join("postgresql.conf");
        let usual = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nmax_connections = 200\n"
        );
        std::fs::write(&configuration, usual + settings + "\n").unwrap();
        let mut watch = run(Path::new("/bin/sh"));
        watch.args(["-c", WATCH, "watch"]).arg(binaries.join("postgres")).arg(&folder);
        let watch = watch.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { watch, port };
        let given_up = Instant::now() + Duration::from_secs(60);
        while PgConnection::establish(&server.url("postgres")).is_err() {
            let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < given_up, "the server does not answer: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    /// Its address, to which the name of a database is added behind a slash.
    pub fn address(&self) -> String {
        format!("postgres://levy@127.0.0.1:{}", self.port)
    }

    /// The address of a database of the server.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.address())
    }

    /// Makes a database.
    pub fn make(&self, database: &str) {
        let mut db = PgConnection::establish(&self.url("postgres")).unwrap();
        db.batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        drop(self.watch.wait());
    }
}

/// Where the server binaries are, the newest of those that Debian installs side by side.
pub fn binaries() -> Option<PathBuf> {
    let has_server = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| has_server(folder))
        .collect();
    versions.sort();
    let installed = versions.pop().map(|(_, folder)| folder);
    installed.or_else(|| std::env::split_paths(&std::env::var_os("PATH")?).find(has_server))
}

/// Whom the server has to run as: none where this process may run it itself.
fn owner() -> Option<(u32, u32)> {
    let id = |options: &[&str]| {
        let said = Command::new("id").args(options).output().ok()?;
        String::from_utf8(said.stdout).ok()?.trim().parse::<u32>().ok()
    };
    (id(&["-u"]) == Some(0)).then(|| (id(&["-u", USER]).unwrap(), id(&["-g", USER]).unwrap()))
}

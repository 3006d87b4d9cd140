//! Webhooks whose receivers are called over TLS: vouched for by an authority that the operator names, or
//! refused, with a reason that says so; and the figures that operators see of it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::serving::{Served, program, serve_with};

/// A receiver on this machine whose certificate an authority of its own gave.
struct Receiving {
    url: String,
    bodies: Receiver<Value>,
    authority: PathBuf,
    _folder: tempfile::TempDir,
}

impl Receiving {
    /// Listens under a name that its certificate may be of another than.
    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authority.pem");
        std::fs::write(&file, authority.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}/levy", listener.local_addr().unwrap().port());
        let (tell, bodies) = channel();
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(config.clone()).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let Some(body) = body_of(&mut stream) else { continue };
                stream.write_all(b"HTTP/1.1 204 Taken\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
                stream.conn.send_close_notify();
                drop(stream.flush());
                if tell.send(body).is_err() {
                    return;
                }
            }
        });
        Self { url, bodies, authority: file, _folder: folder }
    }
}

/// The body of a request; none where the caller hung up, since it did not trust the certificate.
fn body_of(stream: &mut impl Read) -> Option<Value> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(body) = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()) {
            return Some(body);
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&part[..read]),
        }
    }
}

fn webhook(served: &Served, receiving: &Receiving) -> String {
    let made = served.admin.post("/v1/webhooks", &json!({"url": receiving.url})).expect(201).json();
    served.admin.post("/v1/accounts", &json!({"name": "Northshire"})).expect(201);
    format!("/v1/webhooks/{}", made["id"].as_str().unwrap())
}

/// Why a webhook did not take what it was told.
fn failure(served: &Served, path: &str) -> String {
    loop {
        let shown = served.admin.get(path).expect(200).json();
        if let Some(why) = shown["last_error"].as_str() {
            return why.to_owned();
        }
    }
}

/// A figure, once it is there and such.
fn figure(served: &Served, name: &str, such: impl Fn(f64) -> bool) -> f64 {
    loop {
        let figures = served.admin.get("/metrics").expect(200).text;
        let found = figures.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        if let Some(found) = found.filter(|found| such(*found)) {
            return found;
        }
    }
}

#[test]
fn a_receiver_of_an_authority_that_the_operator_names_is_told() {
    let receiving = Receiving::named("localhost");
    let served = serve_with(&["--webhook-ca", receiving.authority.to_str().unwrap()]);
    let path = webhook(&served, &receiving);
    let body = receiving.bodies.recv_timeout(Duration::from_secs(30)).expect("a delivery");
    assert_eq!(body["data"][0]["change"], "account_opened", "{body}");
    assert_eq!(figure(&served, "ledger_webhook_deliveries_total{outcome=\"taken\"}", |_| true), 1.0);
    figure(&served, "ledger_webhook_lag_numbers", |lag| lag == 0.0);
    figure(&served, "ledger_webhook_lag_seconds", |lag| lag == 0.0);
    assert_eq!(served.admin.get(&path).expect(200).json()["last_error"], Value::Null);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_and_the_figures_say_how_far_it_is_behind() {
    let receiving = Receiving::named("localhost");
    let served = serve_with(&[]);
    let path = webhook(&served, &receiving);
    let why = failure(&served, &path);
    assert!(why.contains("certificate") && why.contains("UnknownIssuer"), "{why}");
    assert!(receiving.bodies.try_recv().is_err(), "nothing was told");
    figure(&served, "ledger_webhook_deliveries_total{outcome=\"failed\"}", |failed| failed >= 1.0);
    figure(&served, "ledger_webhook_lag_numbers", |lag| lag == 1.0);
    figure(&served, "ledger_webhook_lag_seconds", |lag| lag > 1.0);
}

#[test]
fn a_certificate_of_another_name_is_refused() {
    let receiving = Receiving::named("elsewhere.example.org");
    let served = serve_with(&["--webhook-ca", receiving.authority.to_str().unwrap()]);
    let path = webhook(&served, &receiving);
    let why = failure(&served, &path);
    assert!(why.contains("certificate") && why.contains("not valid for name"), "{why}");
}

#[test]
fn a_file_without_an_authority_is_refused_before_the_service_begins() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, none) = (folder.path().join("empty.pem"), folder.path().join("none.pem"));
    std::fs::write(&empty, "no certificate").unwrap();
    for file in [empty, none] {
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        let file = file.display().to_string();
        let Output { status, stderr, .. } =
            program(&url).args(["serve", "--listen", "127.0.0.1:0", "--webhook-ca", &file]).output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(said.contains("--webhook-ca") && said.contains(&file), "{said}");
    }
}

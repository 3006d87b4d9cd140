//! Files that are whole before the first byte of them is sent: written to a temporary file, so that
//! memory does not grow with them and what fails is a problem, not a file that breaks off.

use std::fs::File;
use std::io::{Read, Seek};

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use futures_util::stream;

use super::problem::{Code, Problem};

/// How many bytes are read at a time.
const CHUNK: u64 = 64 * 1024;

/// A file that waits to be sent. It is gone once it was.
pub(crate) struct Spooled {
    file: File,
    length: u64,
}

/// Has a file written on a thread that may wait.
pub(crate) async fn written<F>(write: F) -> Result<Spooled, Problem>
where
    F: FnOnce(&mut File) -> Result<(), Problem> + Send + 'static,
{
    let written = web::block(move || {
        let mut file = tempfile::tempfile()?;
        write(&mut file)?;
        let length = file.metadata()?.len();
        file.rewind()?;
        Ok(Spooled { file, length })
    });
    written.await.map_err(|_| Problem::new(Code::Overloaded, "no thread was free to write the file"))?
}

impl Spooled {
    /// The answer that sends it, as a file of this name.
    pub(crate) fn answer(self, mut answer: HttpResponseBuilder, kind: &str, name: &str) -> HttpResponse {
        let chunks = stream::unfold(Some(self.file), |file| async {
            let read = web::block(move || next_chunk(file)).await;
            match read {
                Ok(Ok(Some((chunk, file)))) => Some((Ok(chunk), Some(file))),
                Ok(Ok(None)) => None,
                Ok(Err(cause)) => Some((Err(cause), None)),
                Err(_) => Some((Err(std::io::Error::other("no thread was free to read the file")), None)),
            }
        });
        answer.content_type(kind);
        answer.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
        answer.body(SizedStream::new(self.length, Box::pin(chunks)))
    }
}

/// The next bytes, with the file if there may be more.
fn next_chunk(file: Option<File>) -> std::io::Result<Option<(web::Bytes, File)>> {
    let Some(mut file) = file else { return Ok(None) };
    let mut chunk = Vec::new();
    file.by_ref().take(CHUNK).read_to_end(&mut chunk)?;
    Ok((!chunk.is_empty()).then(|| (chunk.into(), file)))
}

impl From<std::io::Error> for Problem {
    /// Logged here, at the boundary; the caller is told only the id of the request.
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "a file could not be written");
        Self::new(Code::Internal, "the file could not be written; the log says why under this request id")
    }
}

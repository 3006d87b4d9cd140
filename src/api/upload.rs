//! Files on their way in: kept in memory while they are small, then in a temporary file, so that
//! neither their size nor their number fills the memory.

use std::future::Future;
use std::io::{Seek, Write};
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use serde::Deserialize;
use tempfile::SpooledTempFile;

use super::access::Area;
use super::asked::{Fingerprint, Recorder, allow, key_of, query_of};
use super::problem::{Code, Problem};

/// How large a file may be unless the operator says otherwise: 512 MiB.
pub(super) const USUAL_UPLOAD: u64 = 512 * 1024 * 1024;
/// How much of a file is kept in memory.
const IN_MEMORY: usize = 1024 * 1024;
/// How much is gathered before it is written.
const AT_ONCE: usize = 256 * 1024;

/// The content type of an Excel workbook.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// An Excel workbook (`.xlsx`).
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes a body that is read as a file")]
pub(crate) struct Workbook(Vec<u8>);

/// How many bytes a file has at the most.
#[derive(Clone, Copy, Debug)]
pub(super) struct UploadLimit(pub(super) u64);

/// In which form a file was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// `text/csv`.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

/// A file that was sent by somebody who may record it. Its query is the handler's to read, but for
/// `dry_run`.
pub(crate) struct Uploaded<A> {
    /// The file, from its beginning.
    pub(crate) file: SpooledTempFile,
    /// Its form.
    pub(crate) sent: Sent,
    /// The way to have it recorded.
    pub(crate) recorder: Recorder,
    area: PhantomData<A>,
}

/// What every upload may say in its query; the rest is read elsewhere.
#[derive(Deserialize)]
struct UploadQuery {
    #[serde(default)]
    dry_run: bool,
}

impl<A: Area> FromRequest for Uploaded<A> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (store, caller) = allow(&request, A::WRITE).await?;
            let UploadQuery { dry_run } = query_of(&request)?;
            let sent = sent_as(&request)?;
            let (file, fingerprint) = spool(&request, payload).await?;
            let key = key_of(&request, &caller, fingerprint)?;
            Ok(Self { file, sent, recorder: Recorder { store, caller, key, dry_run }, area: PhantomData })
        })
    }
}

fn sent_as(request: &HttpRequest) -> Result<Sent, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/csv" => Ok(Sent::Csv),
        XLSX => Ok(Sent::Xlsx),
        _ => {
            let detail = format!("send the file itself, with Content-Type: text/csv, or {XLSX} for an Excel workbook");
            Err(Problem::new(Code::UnsupportedMediaType, detail))
        }
    }
}

/// Keeps a body as a file, and makes its fingerprint on the way.
async fn spool(request: &HttpRequest, payload: Payload) -> Result<(SpooledTempFile, Fingerprint), Problem> {
    let limit = request.app_data::<web::Data<UploadLimit>>().map_or(USUAL_UPLOAD, |limit| limit.0);
    let too_large = || Problem::new(Code::TooLarge, format!("a file holds at most {limit} bytes"));
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > limit) {
        return Err(too_large());
    }
    let payload = web::Payload::from_request(request, &mut { payload }).await;
    let mut payload = payload.map_err(|fault| Problem::new(Code::MalformedRequest, fault))?;
    let (mut file, mut fingerprint) = (SpooledTempFile::new(IN_MEMORY), Fingerprint::of(request));
    let (mut gathered, mut size) = (Vec::new(), 0);
    while let Some(chunk) = payload.next().await {
        let broken = |_| Problem::new(Code::MalformedRequest, "the body ended before it was complete");
        let chunk = chunk.map_err(broken)?;
        size += chunk.len() as u64;
        if size > limit {
            return Err(too_large());
        }
        fingerprint.update(&chunk);
        gathered.extend_from_slice(&chunk);
        if gathered.len() >= AT_ONCE {
            file = keep(file, std::mem::take(&mut gathered)).await?;
        }
    }
    let mut file = keep(file, gathered).await?;
    file.rewind().map_err(no_room)?;
    Ok((file, fingerprint))
}

/// Writes on a thread that may wait for the disk.
async fn keep(mut file: SpooledTempFile, bytes: Vec<u8>) -> Result<SpooledTempFile, Problem> {
    let kept = web::block(move || file.write_all(&bytes).map(|()| file)).await;
    kept.map_err(|_| Problem::new(Code::Overloaded, "no thread was free to keep the file"))?.map_err(no_room)
}

fn no_room(cause: std::io::Error) -> Problem {
    tracing::error!(%cause, "an upload could not be kept");
    Problem::new(Code::StorageFull, "there is no room to keep the file while it is read; nothing was recorded")
}

//! Which dialect a server speaks: found by what its answers hold, never by a status alone,
//! because unknown paths answer 200 with a web page (v1 contract, rule 11).

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::Dialect;
use super::http::Http;
use super::legacy::Legacy;
use super::v1::{Generation, V1};
use super::v2::V2;
use crate::protocol::{Error, ErrorKind};

#[derive(Deserialize)]
struct Health {
    #[expect(dead_code, reason = "its presence is what tells an OpenCode server")]
    healthy: bool,
    version: String,
}

/// Probes the server and boots it for the directory.
///
/// # Errors
/// `unauthorized`, `notConnected`, `timeout`; `startFailed` when the server rejects its own
/// configuration; `serverError` when it is no OpenCode server.
pub async fn detect(http: &Http, directory: &Path) -> Result<Arc<dyn Dialect>, Error> {
    let mut newer = None;
    match http.get::<Health>("/global/health", &[]).await {
        // A version that is none (a build of somebody's own) is of the family that has this route.
        Ok(health) if major(&health.version).unwrap_or_default() < 2 => {
            // Health is green even when the configuration is broken; this request boots the
            // folder and says so (v1 contract, §1).
            boot(http, directory).await?;
            let generation = Generation::Current {
                version: health.version,
            };
            return Ok(v1(http, directory, generation));
        }
        // 2.x has no such route; what has it is told apart by its version all the same.
        Ok(health) => newer = Some(health.version),
        Err(error)
            if error.kind != ErrorKind::ServerError && error.kind != ErrorKind::BadRequest =>
        {
            return Err(error);
        }
        Err(_) => {}
    }
    if let Some(version) = V2::answers(http).await? {
        return v2(http, directory, version).await;
    }
    if let Some(version) = newer {
        return Err(unknown(http, &version));
    }
    match boot(http, directory).await {
        Ok(()) => return Ok(v1(http, directory, Generation::Old)),
        Err(error) if error.kind == ErrorKind::StartFailed => return Err(error),
        Err(_) => {}
    }
    if Legacy::answers(http).await {
        return Ok(Arc::new(Legacy::new(http.clone(), directory.to_owned())));
    }
    Err(Error::new(
        ErrorKind::ServerError,
        format!("There is no OpenCode server at {}.", http.endpoint().url),
    )
    .hint("Something else answers there; check `server.url`."))
}

/// The first request for a directory makes a 2.x server load it, and tells when it cannot.
async fn v2(http: &Http, directory: &Path, version: String) -> Result<Arc<dyn Dialect>, Error> {
    if major(&version) != Some(2) {
        return Err(unknown(http, &version));
    }
    let server = V2::new(http.clone(), directory.to_owned(), version);
    server.boot().await?;
    Ok(Arc::new(server))
}

fn unknown(http: &Http, version: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "The server at {} is OpenCode {version}, which this Sidestream does not know.",
            http.endpoint().url
        ),
    )
    .hint("Install a newer Sidestream, or set `server.command` to OpenCode 2.x or 1.x.")
}

/// The first number of a version.
#[must_use]
pub fn major(version: &str) -> Option<u32> {
    version
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// The first request for a directory makes the server load it.
async fn boot(http: &Http, directory: &Path) -> Result<(), Error> {
    let directory = directory.to_str().unwrap_or_default();
    let paths: Value = http.get("/path", &[("directory", directory)]).await?;
    match paths.get("directory") {
        Some(_) => Ok(()),
        None => Err(Error::new(ErrorKind::ServerError, "no paths in its answer")),
    }
}

fn v1(http: &Http, directory: &Path, generation: Generation) -> Arc<dyn Dialect> {
    Arc::new(V1::new(http.clone(), directory.to_owned(), generation))
}

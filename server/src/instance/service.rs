//! OpenCode 2.x's background service: found by its registration, started by OpenCode's own command
//! when there is none, joined, and never stopped (v2 contract, §1.4).

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind as Io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;

use super::find::Program;
use super::process::default_user;
use crate::opencode::detect::major;
use crate::opencode::http::{Endpoint, Http};
use crate::protocol::{Error, ErrorKind};

/// It answers within milliseconds, or is not there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// 1.1 s as measured, 6 s when the one before was killed.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// A service that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub endpoint: Endpoint,
    pub pid: u32,
}

impl Service {
    /// Whether it still answers there, and is the same one.
    pub async fn is_there(&self) -> bool {
        let info = match Http::new(self.endpoint.clone(), ANSWERS_WITHIN) {
            Ok(http) => {
                timeout(ANSWERS_WITHIN, async move {
                    http.get::<Info>("/api/info", &[]).await
                })
                .await
            }
            Err(_) => return false,
        };
        matches!(info, Ok(Ok(info)) if info.pid == self.pid)
    }
}

/// What the service says of itself in `$XDG_STATE_HOME/opencode/service.json`.
#[derive(Deserialize)]
struct Registration {
    url: String,
    pid: u32,
    password: String,
}

#[derive(Deserialize)]
struct Info {
    version: String,
    pid: u32,
}

/// Joins the service that runs, or starts one. The environment is the editor's with `env` over it.
///
/// # Errors
/// `startFailed` with what is wrong with the registration, or with the start; `unsupported` for a
/// version that is not known; `unauthorized`.
pub async fn join(program: &Program, env: &BTreeMap<String, String>) -> Result<Service, Error> {
    let path = registration_path(env);
    if let Some(registration) = read(&path)?
        && let Some(service) = reach(registration).await?
    {
        return Ok(service);
    }
    start(program, env).await?;
    let registered = match read(&path)? {
        Some(registration) => reach(registration).await?,
        None => None,
    };
    registered.ok_or_else(|| {
        Error::new(
            ErrorKind::StartFailed,
            format!(
                "OpenCode's background service was started, but {} names none that answers.",
                path.display()
            ),
        )
        .hint("`opencode service status` says more; or set `server.scope` to \"workspace\".")
    })
}

fn registration_path(env: &BTreeMap<String, String>) -> PathBuf {
    let of = |name: &str| {
        let own = env.get(name).map(PathBuf::from);
        own.or_else(|| std::env::var_os(name).map(PathBuf::from))
            .filter(|path| !path.as_os_str().is_empty())
    };
    let state = of("XDG_STATE_HOME").or_else(|| Some(of("HOME")?.join(".local/state")));
    state.unwrap_or_default().join("opencode/service.json")
}

/// `None` when there is no service.
fn read(path: &Path) -> Result<Option<Registration>, Error> {
    let wrong = |what: String, hint: String| {
        Err(Error::new(
            ErrorKind::StartFailed,
            format!(
                "The registration of OpenCode's background service, {}, {what}.",
                path.display()
            ),
        )
        .hint(hint))
    };
    let restart = || "`opencode service restart` writes it anew.".to_owned();
    let file = fs::File::open(path).and_then(|file| Ok((file.metadata()?, file)));
    let (meta, file) = match file {
        Ok(opened) => opened,
        Err(error) if error.kind() == Io::NotFound => return Ok(None),
        Err(error) => return wrong(format!("cannot be read: {error}"), restart()),
    };
    // It holds a password. Who can write it could send us anywhere.
    if meta.mode() & 0o077 != 0 {
        return wrong(
            "can be read by other users of this machine, and the password in it with it".into(),
            format!(
                "Run `chmod 600 {}`, then `opencode service restart`.",
                path.display()
            ),
        );
    }
    match serde_json::from_reader(std::io::BufReader::new(file)) {
        Ok(registration) => Ok(Some(registration)),
        Err(error) => wrong(format!("is not understood: {error}"), restart()),
    }
}

/// `None` for one that is gone: the file stays behind when a service is killed.
async fn reach(registration: Registration) -> Result<Option<Service>, Error> {
    let endpoint = Endpoint {
        url: registration.url,
        username: default_user(),
        password: Some(registration.password),
    };
    let http = Http::new(endpoint.clone(), ANSWERS_WITHIN)?;
    let info = match timeout(ANSWERS_WITHIN, http.get::<Info>("/api/info", &[])).await {
        Ok(Ok(info)) => info,
        Ok(Err(error)) if error.kind == ErrorKind::Unauthorized => return Err(error),
        // Something else may have its port by now.
        Ok(Err(_)) | Err(_) => return Ok(None),
    };
    if info.pid != registration.pid {
        return Ok(None);
    }
    match major(&info.version) {
        Some(2) => Ok(Some(Service {
            endpoint,
            pid: info.pid,
        })),
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "OpenCode's background service is version {}, which this Sidestream does not know.",
                info.version
            ),
        )
        .hint("Install a newer Sidestream, or set `server.scope` to \"workspace\".")),
    }
}

async fn start(program: &Program, env: &BTreeMap<String, String>) -> Result<(), Error> {
    let failed = |why: String| {
        Error::new(
            ErrorKind::StartFailed,
            format!("OpenCode's background service could not be started: {why}"),
        )
        .hint("Try `opencode service start` yourself; or set `server.scope` to \"workspace\".")
    };
    // Its output goes nowhere that outlives this: the service inherits what it is started with.
    let output = Command::new(&program.path)
        .args(&program.args)
        .args(["service", "start"])
        .envs(env)
        .stdin(Stdio::null())
        .process_group(0)
        .output();
    let output = timeout(STARTS_WITHIN, output)
        .await
        .map_err(|_| failed(format!("it took more than {STARTS_WITHIN:?}.")))?
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(failed(words.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn registration(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.json");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    const WHOLE: &str =
        r#"{"id":"x","version":"2.0.15","url":"http://127.0.0.1:1","pid":1,"password":"secret"}"#;

    #[test]
    fn no_registration_is_no_service() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(&folder.path().join("service.json")).unwrap().is_none());
    }

    #[test]
    fn a_registration_that_others_can_read_is_not_trusted() {
        let (_folder, path) = registration(WHOLE, 0o644);
        let error = read(&path).err().unwrap();
        assert_eq!(error.kind, ErrorKind::StartFailed);
        assert!(error.hint.unwrap().contains("chmod 600"));
    }

    #[test]
    fn a_malformed_registration_says_so_and_does_not_show_the_password() {
        let (_folder, path) = registration(r#"{"password":"secret","url":5}"#, 0o600);
        let error = read(&path).err().unwrap();
        assert!(error.message.contains("is not understood"), "{error}");
        assert!(!error.message.contains("secret"));
    }

    #[tokio::test]
    async fn a_stale_registration_is_no_service() {
        let (_folder, path) = registration(WHOLE, 0o600);
        let registration = read(&path).unwrap().unwrap();
        assert_eq!(reach(registration).await.unwrap(), None);
    }
}

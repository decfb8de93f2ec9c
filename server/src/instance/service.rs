//! OpenCode 2.x's background service: found by its registration, started by OpenCode's own command
//! when there is none, joined, and never stopped (v2 contract, §1.4).

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind as Io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use super::find::Program;
use super::process::default_user;
use crate::opencode::detect::major;
use crate::opencode::http::{Endpoint, Http};
use crate::protocol::{Error, ErrorKind};

/// It answers within milliseconds, or is not there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// 1.1 s as measured, 6 s when the one before was killed.
const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// A registration that ends in its middle is being written.
const WRITTEN_WITHIN: Duration = Duration::from_secs(1);
const LOOKS_EVERY: Duration = Duration::from_millis(50);
/// A service has its own password, and what runs in it is nobody's business but its owner's.
const NOT_INHERITED: [&str; 3] = [
    "OPENCODE_PASSWORD",
    "OPENCODE_SERVER_PASSWORD",
    "OPENCODE_SERVER_USERNAME",
];

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

/// How a service came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It ran already.
    Found,
    /// It was started, and goes on when we have ended.
    Started,
}

/// The service that runs, if one does. The environment is the editor's with `env` over it.
///
/// # Errors
/// `startFailed` with what is wrong with the registration; `unsupported` for a version that is not
/// known; `unauthorized`. In each case there may be one.
pub async fn look(env: &BTreeMap<String, String>) -> Result<Option<Service>, Error> {
    let path = registration_path(env);
    match read_whole(&path).await? {
        Some(registration) => reach(registration, &path).await,
        None => Ok(None),
    }
}

/// Joins the service that runs, or starts one.
///
/// # Errors
/// Those of [`look`], and `startFailed` when it does not start.
pub async fn join(
    program: &Program,
    env: &BTreeMap<String, String>,
) -> Result<(Service, Came), Error> {
    if let Some(service) = look(env).await? {
        return Ok((service, Came::Found));
    }
    start(program, env).await?;
    let started = look(env).await?.ok_or_else(|| {
        Error::new(
            ErrorKind::StartFailed,
            format!(
                "OpenCode's background service was started, but {} names none that answers.",
                registration_path(env).display()
            ),
        )
        .hint("`opencode service status` says more; or set `server.scope` to \"workspace\".")
    })?;
    Ok((started, Came::Started))
}

/// Where a service says that it is there.
#[must_use]
pub fn registration_path(env: &BTreeMap<String, String>) -> PathBuf {
    let of = |name: &str| {
        let own = env.get(name).map(PathBuf::from);
        own.or_else(|| std::env::var_os(name).map(PathBuf::from))
            .filter(|path| !path.as_os_str().is_empty())
    };
    let state = of("XDG_STATE_HOME").or_else(|| Some(of("HOME")?.join(".local/state")));
    state.unwrap_or_default().join("opencode/service.json")
}

/// Why a registration is of no use.
#[derive(Debug)]
enum Flaw {
    /// It ends in its middle.
    Unfinished(Error),
    Lasting(Error),
}

/// `None` when there is no service.
async fn read_whole(path: &Path) -> Result<Option<Registration>, Error> {
    let began = Instant::now();
    loop {
        match read(path) {
            Ok(registration) => return Ok(registration),
            // Nobody tells when it is there.
            Err(Flaw::Unfinished(_)) if began.elapsed() < WRITTEN_WITHIN => {
                sleep(LOOKS_EVERY).await;
            }
            Err(Flaw::Unfinished(error) | Flaw::Lasting(error)) => return Err(error),
        }
    }
}

fn read(path: &Path) -> Result<Option<Registration>, Flaw> {
    let flaw = |what: String, hint: String| {
        Error::new(
            ErrorKind::StartFailed,
            format!(
                "The registration of OpenCode's background service, {}, {what}.",
                path.display()
            ),
        )
        .hint(hint)
    };
    let wrong = |what, hint| Err(Flaw::Lasting(flaw(what, hint)));
    let restart = || "`opencode service restart` writes it anew.".to_owned();
    let file = fs::File::open(path).and_then(|file| Ok((file.metadata()?, file)));
    let (meta, file) = match file {
        Ok(opened) => opened,
        Err(error) if error.kind() == Io::NotFound => return Ok(None),
        Err(error) => return wrong(format!("cannot be read: {error}"), restart()),
    };
    if !meta.is_file() {
        return wrong("cannot be read: it is no file".into(), restart());
    }
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
        Err(error) => {
            let is_unfinished = error.is_eof();
            let error = flaw(format!("is not understood: {error}"), restart());
            Err(match is_unfinished {
                true => Flaw::Unfinished(error),
                false => Flaw::Lasting(error),
            })
        }
    }
}

/// `None` for one that is gone: the file stays behind when a service is killed.
async fn reach(registration: Registration, path: &Path) -> Result<Option<Service>, Error> {
    let endpoint = Endpoint {
        url: registration.url,
        username: default_user(),
        password: Some(registration.password),
    };
    let http = Http::new(endpoint.clone(), ANSWERS_WITHIN)?;
    let info = match timeout(ANSWERS_WITHIN, http.get::<Info>("/api/info", &[])).await {
        Ok(Ok(info)) => info,
        Ok(Err(error)) if error.kind == ErrorKind::Unauthorized && lives(registration.pid) => {
            return Err(Error::new(
                ErrorKind::Unauthorized,
                format!(
                    "OpenCode's background service at {} does not take the password of its \
                     registration, {}.",
                    endpoint.url,
                    path.display()
                ),
            )
            .hint("`opencode service restart` makes them agree."));
        }
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
        .hint("Install a newer Sidestream, or end that service: `opencode service stop`.")),
    }
}

fn lives(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // Somebody else's lives as well.
    pid.is_some_and(|pid| matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM)))
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
    let mut command = Command::new(&program.path);
    for secret in NOT_INHERITED {
        command.env_remove(secret);
    }
    let output = command
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

    fn lasting(path: &Path) -> Error {
        match read(path) {
            Err(Flaw::Lasting(error)) => error,
            Ok(_) | Err(Flaw::Unfinished(_)) => panic!("it can be used, or waited for"),
        }
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
        let error = lasting(&path);
        assert_eq!(error.kind, ErrorKind::StartFailed);
        assert!(error.hint.unwrap().contains("chmod 600"));
    }

    #[test]
    fn a_malformed_registration_says_so_and_does_not_show_the_password() {
        let (_folder, path) = registration(r#"{"password":"secret","url":5}"#, 0o600);
        let error = lasting(&path);
        assert!(error.message.contains("is not understood"), "{error}");
        assert!(!error.message.contains("secret"));
    }

    #[test]
    fn a_folder_in_its_place_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let error = lasting(folder.path());
        assert!(error.message.contains("cannot be read"), "{error}");
    }

    #[tokio::test]
    async fn a_registration_that_is_being_written_is_waited_for() {
        let (_folder, path) = registration(&WHOLE[..20], 0o600);
        let reading = read_whole(&path);
        let writing = async { fs::write(&path, WHOLE).unwrap() };
        let (read, ()) = tokio::join!(reading, writing);
        assert!(read.unwrap().is_some());
    }

    #[tokio::test]
    async fn one_that_is_never_finished_says_so() {
        let (_folder, path) = registration(&WHOLE[..20], 0o600);
        let error = read_whole(&path).await.err().unwrap();
        assert!(error.message.contains("is not understood"), "{error}");
    }

    #[test]
    fn a_process_lives_until_it_has_ended() {
        assert!(lives(std::process::id()));
        assert!(!lives(u32::MAX));
    }

    #[tokio::test]
    async fn a_stale_registration_is_no_service() {
        let (_folder, path) = registration(WHOLE, 0o600);
        let registration = read(&path).unwrap().unwrap();
        assert_eq!(reach(registration, &path).await.unwrap(), None);
    }
}

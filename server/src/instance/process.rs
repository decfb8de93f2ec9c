//! The process of a server that we start: launched under its guard, read until it says where it
//! listens, and ended by letting go of the guard.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use rand::distr::Alphanumeric;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use super::find::{self, Program};
use super::guard::PID_LINE;
use super::logs::Logs;
use super::service::{self, Came, Service};
use super::version::{self, Family};
use crate::opencode::http::{DEFAULT_USER, Endpoint};
use crate::protocol::settings::{Scope, ServerSettings};
use crate::protocol::{Error, ErrorKind, LogSource};

/// The guard's own limits add up to less.
pub const STOP_LIMIT: Duration = Duration::from_secs(4);

/// Servers start one after the other: two that make the user's new database at once get into each other's
/// way, and one of them dies of it (measured on 1.18.33 and 2.0.15).
static TURNS: Mutex<()> = Mutex::const_new(());

/// A server that said where it listens, under its guard.
pub struct Process {
    pub guard: Child,
    /// The guard ends the server when this closes.
    lifeline: ChildStdin,
    pub endpoint: Endpoint,
    pub pid: Option<u32>,
}

impl Process {
    pub async fn stop(mut self) {
        drop(self.lifeline);
        if timeout(STOP_LIMIT, self.guard.wait()).await.is_err() {
            tracing::warn!("the guard did not end in time and is killed");
            if let Err(error) = self.guard.kill().await {
                tracing::warn!("the guard could not be killed: {error}");
            }
        }
    }
}

/// A server that can be talked to now.
pub enum Started {
    Ours(Process),
    /// The user's background service.
    Joined(Service, Came),
}

/// Finds the program and joins its background service, or starts it under a guard and waits until
/// it says where it listens. Dropped half-way, everything that was started ends, except for a service.
///
/// Whatever the scope, a service that runs is joined: two servers may not work on the same sessions
/// (v2 contract, §0, rule 3). Who wants one apart gives it data of its own.
///
/// # Errors
/// `serverNotFound`; `startFailed` with the last lines of its output; `unsupported` for a version
/// that is not known, or a scope that it has not; those of [`service::join`].
pub async fn start(
    settings: &ServerSettings,
    directory: &Path,
    logs: &Arc<Logs>,
) -> Result<Started, Error> {
    let announce = |line| logs.add(LogSource::Sidestream, line);
    let program = find::find(&settings.command, &announce).await?;
    let version = version::version(&program).await;
    let family = Family::of(version.as_deref());
    tracing::info!("starting {} ({family:?})", program.path.display());
    let name = version.map_or_else(|| "OpenCode".to_owned(), |v| format!("OpenCode {v}"));
    let found = program.found_by.in_words();
    let wants_service = match (&family, settings.scope) {
        (Family::Later(version), _) => return Err(too_new(version)),
        (Family::One, Scope::Shared) => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("The scope \"shared\" needs OpenCode 2.x; {found} names {name}."),
            )
            .hint("Set `server.scope` to \"workspace\" or \"window\", or install OpenCode 2."));
        }
        (Family::Two, Scope::Shared | Scope::Auto) => true,
        _ => false,
    };
    // Until it says where it listens; a turn ends with this function, however that ends.
    let _turn = TURNS.lock().await;
    if wants_service {
        announce(format!(
            "Joining the background service of {name}, found by {found} …"
        ));
        let (service, came) = service::join(&program, &settings.env).await?;
        if came == Came::Started {
            announce(
                "The background service was started. It goes on when Sidestream has ended; \
                 `opencode service stop` ends it."
                    .into(),
            );
        }
        return Ok(Started::Joined(service, came));
    }
    if family == Family::Two
        && let Some(service) = service::look(&settings.env).await?
    {
        announce(format!(
            "OpenCode's background service runs already (process {}) and is joined: a second server \
             on its data would not see what it does. For one apart, set XDG_DATA_HOME and \
             XDG_STATE_HOME in `server.env`; or end that one with `opencode service stop`.",
            service.pid
        ));
        return Ok(Started::Joined(service, Came::Found));
    }
    announce(format!("Starting {name}, found by {found} …"));
    let limit = Duration::from_millis(settings.start_timeout_ms);
    match timeout(limit, launch(&program, &family, settings, directory, logs)).await {
        Ok(started) => started.map(Started::Ours),
        Err(_) => Err(start_failed(
            logs,
            format!("OpenCode did not say where it listens within {limit:?}."),
        )),
    }
}

fn too_new(version: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("This is OpenCode {version}, which this Sidestream does not know."),
    )
    .hint("Install a newer Sidestream, or set `server.command` to OpenCode 2.x or 1.x.")
}

fn start_failed(logs: &Logs, what: String) -> Error {
    let words = logs.last_words();
    let message = if words.is_empty() {
        what
    } else {
        format!("{what} Its last words:\n{words}")
    };
    Error::new(ErrorKind::StartFailed, message)
        .hint("Run `sidestream doctor` in this folder; it checks each step.")
}

async fn launch(
    program: &Program,
    family: &Family,
    settings: &ServerSettings,
    directory: &Path,
    logs: &Arc<Logs>,
) -> Result<Process, Error> {
    let by_stdin = *family == Family::Two;
    let cannot = |error: std::io::Error| {
        Error::new(
            ErrorKind::StartFailed,
            format!("{} could not be started: {error}", program.path.display()),
        )
    };
    let password: String = rand::rng()
        .sample_iter(Alphanumeric)
        .take(32)
        .map(char::from)
        .collect();
    let mut guard = Command::new(std::env::current_exe().map_err(cannot)?)
        .arg("guard")
        .args(by_stdin.then_some("--stdin"))
        .arg("--")
        .arg(&program.path)
        .args(&program.args)
        .arg("serve")
        .args(by_stdin.then_some("--stdio"))
        // Port 0: a fixed one that is in use ends the server without a word about ports.
        .args(["--hostname", "127.0.0.1", "--port", "0"])
        .envs(&settings.env)
        // Any local process could run commands through a server without a password. It goes by
        // the environment, since arguments are seen by everyone. 2.x has another name for it, and
        // keeps both from its tools.
        .env("OPENCODE_SERVER_PASSWORD", &password)
        .env("OPENCODE_SERVER_USERNAME", default_user())
        .env("OPENCODE_PASSWORD", &password)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own: Ctrl-C in a terminal is for us to handle.
        .process_group(0)
        .spawn()
        .map_err(cannot)?;
    let (Some(mut lifeline), Some(stdout), Some(stderr)) =
        (guard.stdin.take(), guard.stdout.take(), guard.stderr.take())
    else {
        return Err(cannot(std::io::Error::other("its pipes are missing")));
    };
    let (found, mut lines) = mpsc::unbounded_channel();
    tokio::spawn(read_output(stderr, LogSource::Stderr, logs.clone(), None));
    let reader = tokio::spawn(read_output(
        stdout,
        LogSource::Stdout,
        logs.clone(),
        Some(found),
    ));

    let mut pid = None;
    while let Some(line) = lines.recv().await {
        if let Some(told) = line.strip_prefix(PID_LINE) {
            pid = told.trim().parse().ok();
        } else if let Some(url) = listening_url(&line) {
            lifeline
                .write_all(format!("{url}\n").as_bytes())
                .await
                .map_err(cannot)?;
            return Ok(Process {
                guard,
                lifeline,
                endpoint: Endpoint {
                    url,
                    username: default_user(),
                    password: Some(password),
                },
                pid,
            });
        }
    }
    // Its output has ended, so it has ended too, or will as the lifeline is dropped here.
    drop(reader);
    let status = guard.wait().await.map_err(cannot)?;
    Err(start_failed(
        logs,
        format!("OpenCode ended before it was ready ({status})."),
    ))
}

/// Drains a pipe for as long as it lives: a full one would stop the server.
async fn read_output(
    pipe: impl AsyncRead + Unpin,
    source: LogSource,
    logs: Arc<Logs>,
    lines: Option<mpsc::UnboundedSender<String>>,
) {
    let mut pipe = BufReader::new(pipe);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match pipe.read_until(b'\n', &mut bytes).await {
            Ok(0) => return,
            Err(error) => {
                tracing::debug!("the server's output ended: {error}");
                return;
            }
            Ok(_) => {}
        }
        let line = without_colours(String::from_utf8_lossy(&bytes).trim_end());
        if !line.starts_with(PID_LINE) {
            logs.add(source, line.clone());
        }
        if let Some(lines) = &lines {
            // Once the server is ready, nobody looks for its address any more.
            drop(lines.send(line));
        }
    }
}

/// OpenCode colours its errors even in a pipe.
fn without_colours(line: &str) -> String {
    let mut pieces = line.split("\x1b[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| c.is_ascii_alphabetic());
        plain.push_str(end.map_or("", |end| &piece[end + 1..]));
    }
    plain
}

/// From `opencode server listening on http://127.0.0.1:43901`, or 2.x's `{"url": …}`; a server for
/// all addresses is reached by loopback.
fn listening_url(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Listening {
        url: String,
    }
    if let Ok(listening) = serde_json::from_str::<Listening>(line) {
        return Some(listening.url);
    }
    let (_, after) = line.split_once("listening on ")?;
    let url = after.split_whitespace().next()?;
    url.starts_with("http")
        .then(|| url.replace("://0.0.0.0:", "://127.0.0.1:"))
}

/// OpenCode's own default.
#[must_use]
pub fn default_user() -> String {
    DEFAULT_USER.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_servers_line() {
        assert_eq!(
            listening_url("opencode server listening on http://127.0.0.1:43901").as_deref(),
            Some("http://127.0.0.1:43901")
        );
        assert_eq!(
            listening_url("listening on http://0.0.0.0:1 now").as_deref(),
            Some("http://127.0.0.1:1")
        );
        assert_eq!(
            listening_url(r#"{"url":"http://127.0.0.1:37261"}"#).as_deref(),
            Some("http://127.0.0.1:37261")
        );
        assert_eq!(listening_url("Warning: the server is unsecured."), None);
    }

    #[test]
    fn colours_are_taken_out_of_the_output() {
        assert_eq!(
            without_colours("\x1b[91m\x1b[1mError: \x1b[0mno"),
            "Error: no"
        );
        assert_eq!(without_colours("plain"), "plain");
    }
}

//! An OpenCode server that we run, or that we were told to attach to.
//!
//! A supervisor task owns the process: it starts it under a guard, reads its output, starts it
//! again after a crash, and ends it when the last handle is dropped. Instances watch its state.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::Rng;
use rand::distr::Alphanumeric;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::timeout;

use super::backoff::Backoff;
use super::find::{self, Program};
use super::guard::PID_LINE;
use super::rings::Ring;
use crate::opencode::http::Endpoint;
use crate::protocol::settings::{ReconnectSettings, ServerSettings};
use crate::protocol::{Error, ErrorKind, Failure, LogEntry, LogSource, Millis};
use crate::time::now;

/// Lines of output that are kept.
const LOG_LINES: usize = 1_000;
/// Lines of output that an error shows.
const LAST_WORDS: usize = 8;
/// A server that ran this long before it crashed gets all its tries anew.
const STABLE: Duration = Duration::from_secs(60);
/// The guard's own limits add up to less.
const STOP_LIMIT: Duration = Duration::from_secs(4);

/// A handle to a server; the server that we started ends with the last of them.
pub struct Server {
    state: watch::Receiver<ServerState>,
    orders: mpsc::UnboundedSender<Order>,
    logs: Arc<Logs>,
    /// Holds the state of a server without a supervisor: its channel stays open as long as we do.
    _attached: Option<watch::Sender<ServerState>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ServerState {
    Starting,
    Ready(Running),
    /// It crashed; the next start is awaited.
    Restarting {
        attempt: u32,
        retry_at: Millis,
        why: Failure,
    },
    /// It cannot be started; only an order changes that.
    Failed(Failure),
    Stopped,
}

/// A server that can be talked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub endpoint: Endpoint,
    /// `None` for one that we attached to.
    pub pid: Option<u32>,
    /// Grows with every start, so that two servers on the same port are told apart.
    pub generation: u64,
}

enum Order {
    Restart,
}

impl Server {
    /// Attaches to `settings.url`, or starts a server in the directory.
    #[must_use]
    pub fn new(
        settings: &ServerSettings,
        reconnect: ReconnectSettings,
        directory: PathBuf,
    ) -> Arc<Self> {
        let (orders, inbox) = mpsc::unbounded_channel();
        let logs = Arc::new(Logs::new());
        let (told, state) = watch::channel(ServerState::Starting);
        let attached = match &settings.url {
            Some(url) => {
                told.send_replace(ServerState::Ready(Running {
                    endpoint: Endpoint {
                        url: url.trim_end_matches('/').to_owned(),
                        username: settings.username.clone().unwrap_or_else(default_user),
                        password: settings.password.clone(),
                    },
                    pid: None,
                    generation: 0,
                }));
                Some(told)
            }
            None => {
                let supervisor = Supervisor {
                    settings: settings.clone(),
                    directory,
                    backoff: Backoff::new(reconnect),
                    generation: 0,
                    state: told,
                    inbox,
                    logs: logs.clone(),
                };
                tokio::spawn(supervisor.run());
                None
            }
        };
        Arc::new(Self {
            state,
            orders,
            logs,
            _attached: attached,
        })
    }

    #[must_use]
    pub fn state(&self) -> watch::Receiver<ServerState> {
        self.state.clone()
    }

    #[must_use]
    pub fn logs(&self) -> &Arc<Logs> {
        &self.logs
    }

    /// Stops the process, if it is ours, and starts it anew.
    pub fn restart(&self) {
        if self.orders.send(Order::Restart).is_err() {
            tracing::debug!("an attached server is not restarted");
        }
    }

    /// Drops the last handle and waits until the process is gone.
    pub async fn stop(self: Arc<Self>) {
        let Some(server) = Arc::into_inner(self) else {
            return;
        };
        let mut state = server.state.clone();
        drop(server);
        // An attached server has no supervisor: its channel is closed, which ends the wait too.
        if timeout(
            STOP_LIMIT,
            state.wait_for(|state| *state == ServerState::Stopped),
        )
        .await
        .is_err()
        {
            tracing::warn!("the OpenCode server did not end in time");
        }
    }
}

fn default_user() -> String {
    "opencode".into()
}

/// What a server said: the last lines, and the new ones to whoever listens.
pub struct Logs {
    ring: Mutex<Ring<LogEntry>>,
    live: broadcast::Sender<LogEntry>,
}

impl Logs {
    fn new() -> Self {
        Self {
            ring: Mutex::new(Ring::new(LOG_LINES)),
            live: broadcast::Sender::new(LOG_LINES),
        }
    }

    pub fn add(&self, source: LogSource, text: String) {
        let entry = LogEntry {
            time: now(),
            source,
            text,
        };
        self.lock().push(entry.clone());
        // Nobody listens before the first instance and after the last one.
        drop(self.live.send(entry));
    }

    #[must_use]
    pub fn last(&self, limit: Option<usize>) -> Vec<LogEntry> {
        self.lock().last(limit)
    }

    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<LogEntry> {
        self.live.subscribe()
    }

    fn last_words(&self) -> String {
        let lines = self.lock().last(Some(LAST_WORDS));
        let lines: Vec<&str> = lines
            .iter()
            .filter(|line| line.source != LogSource::Sidestream)
            .map(|line| line.text.as_str())
            .filter(|line| !line.trim().is_empty())
            .collect();
        lines.join("\n")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ring<LogEntry>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Owns the process of one server.
struct Supervisor {
    settings: ServerSettings,
    directory: PathBuf,
    backoff: Backoff,
    generation: u64,
    state: watch::Sender<ServerState>,
    inbox: mpsc::UnboundedReceiver<Order>,
    logs: Arc<Logs>,
}

/// What ended a phase of a server's life.
enum Turn {
    /// Start it (again) now.
    Start,
    /// All handles are gone.
    Stop,
}

impl Supervisor {
    async fn run(mut self) {
        while let Turn::Start = self.live_once().await {}
        self.state.send_replace(ServerState::Stopped);
    }

    /// One process from its start to its end, and the wait for what comes after.
    async fn live_once(&mut self) -> Turn {
        self.state.send_replace(ServerState::Starting);
        let began = Instant::now();
        let started = tokio::select! {
            started = start(&self.settings, &self.directory, &self.logs) => started,
            turn = ordered(&mut self.inbox) => return turn,
        };
        let why = match started {
            Ok(mut process) => {
                self.generation += 1;
                self.state.send_replace(ServerState::Ready(Running {
                    endpoint: process.endpoint.clone(),
                    pid: process.pid,
                    generation: self.generation,
                }));
                let turn = tokio::select! {
                    status = process.guard.wait() => {
                        let status = status.map_or_else(|e| e.to_string(), |s| s.to_string());
                        self.logs.add(LogSource::Sidestream, format!("The server ended: {status}"));
                        None
                    }
                    turn = ordered(&mut self.inbox) => Some(turn),
                };
                if let Some(turn) = turn {
                    // Before its stream breaks, so that nobody takes that for a crash.
                    self.state.send_replace(ServerState::Starting);
                    process.stop().await;
                    return turn;
                }
                Error::new(
                    ErrorKind::ServerError,
                    "The OpenCode server ended unexpectedly.",
                )
                .hint("It is started again by itself; its logs may say why.")
            }
            // What was never ready will not get better by trying.
            Err(error) if self.generation == 0 => return self.fail(error.into()).await,
            Err(error) => error,
        };
        if began.elapsed() >= STABLE {
            self.backoff.reset();
        }
        match self.backoff.next() {
            Some((attempt, wait)) => {
                self.state.send_replace(ServerState::Restarting {
                    attempt,
                    retry_at: now() + u64::try_from(wait.as_millis()).unwrap_or_default(),
                    why: why.into(),
                });
                timeout(wait, ordered(&mut self.inbox))
                    .await
                    .unwrap_or(Turn::Start)
            }
            None => self.fail(why.into()).await,
        }
    }

    async fn fail(&mut self, failure: Failure) -> Turn {
        self.logs
            .add(LogSource::Sidestream, failure.message.clone());
        self.state.send_replace(ServerState::Failed(failure));
        ordered(&mut self.inbox).await
    }
}

async fn ordered(inbox: &mut mpsc::UnboundedReceiver<Order>) -> Turn {
    match inbox.recv().await {
        Some(Order::Restart) => Turn::Start,
        None => Turn::Stop,
    }
}

/// A server that said where it listens, under its guard.
struct Process {
    guard: Child,
    /// The guard ends the server when this closes.
    lifeline: ChildStdin,
    endpoint: Endpoint,
    pid: Option<u32>,
}

impl Process {
    async fn stop(mut self) {
        drop(self.lifeline);
        if timeout(STOP_LIMIT, self.guard.wait()).await.is_err() {
            tracing::warn!("the guard did not end in time and is killed");
            if let Err(error) = self.guard.kill().await {
                tracing::warn!("the guard could not be killed: {error}");
            }
        }
    }
}

async fn start(
    settings: &ServerSettings,
    directory: &std::path::Path,
    logs: &Arc<Logs>,
) -> Result<Process, Error> {
    let announce = |line| logs.add(LogSource::Sidestream, line);
    let program = find::find(&settings.command, &announce).await?;
    tracing::info!("starting {}", program.path.display());
    announce(format!(
        "Starting OpenCode, found by {} …",
        program.found_by.in_words()
    ));
    let limit = Duration::from_millis(settings.start_timeout_ms);
    match timeout(limit, launch(&program, settings, directory, logs)).await {
        Ok(started) => started,
        Err(_) => Err(start_failed(
            logs,
            format!("OpenCode did not say where it listens within {limit:?}."),
        )),
    }
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
    settings: &ServerSettings,
    directory: &std::path::Path,
    logs: &Arc<Logs>,
) -> Result<Process, Error> {
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
        .args(["guard", "--"])
        .arg(&program.path)
        .args(&program.args)
        // Port 0: a fixed one that is in use ends the server without a word about ports.
        .args(["serve", "--hostname", "127.0.0.1", "--port", "0"])
        .envs(&settings.env)
        // Any local process could run commands through a server without a password. It goes by
        // the environment, since arguments are seen by everyone.
        .env("OPENCODE_SERVER_PASSWORD", &password)
        .env("OPENCODE_SERVER_USERNAME", default_user())
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
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if !line.starts_with(PID_LINE) {
            logs.add(source, line.clone());
        }
        if let Some(lines) = &lines {
            // Once the server is ready, nobody looks for its address any more.
            drop(lines.send(line));
        }
    }
}

/// From `opencode server listening on http://127.0.0.1:43901`; a server for all addresses is
/// reached by loopback.
fn listening_url(line: &str) -> Option<String> {
    let (_, after) = line.split_once("listening on ")?;
    let url = after.split_whitespace().next()?;
    url.starts_with("http")
        .then(|| url.replace("://0.0.0.0:", "://127.0.0.1:"))
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
        assert_eq!(listening_url("Warning: the server is unsecured."), None);
    }
}

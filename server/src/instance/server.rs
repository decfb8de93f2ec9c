//! An OpenCode server that we run, or that we were told to attach to.
//!
//! A supervisor task owns the process: it starts it under a guard, reads its output, starts it
//! again after a crash, and ends it when the last handle is dropped. Instances watch its state.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::backoff::Backoff;
use super::logs::Logs;
use super::process::{self, STOP_LIMIT};
use crate::opencode::http::Endpoint;
use crate::protocol::settings::{ReconnectSettings, ServerSettings};
use crate::protocol::{Error, ErrorKind, Failure, LogSource, Millis};
use crate::time::now;

/// A server that ran this long before it crashed gets all its tries anew.
const STABLE: Duration = Duration::from_secs(60);

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
                        username: settings
                            .username
                            .clone()
                            .unwrap_or_else(process::default_user),
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
            started = process::start(&self.settings, &self.directory, &self.logs) => started,
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

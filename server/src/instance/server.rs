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
use super::process::{self, STOP_LIMIT, Started};
use super::service::{Came, Service};
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
    /// `None` for one that we attached to by its URL.
    pub pid: Option<u32>,
    pub owner: Owner,
    /// Grows with every start, so that two servers on the same port are told apart.
    pub generation: u64,
}

/// Whose a server is: ours ends with us, others' are never stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Ours,
    /// The user's background service.
    Service(Came),
    /// We were given its URL.
    Others,
}

enum Order {
    Restart,
    /// The connection to it was lost: it may be elsewhere by now.
    Check,
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
                    endpoint: Endpoint::new(
                        url,
                        settings.username.clone(),
                        settings.password.clone(),
                    ),
                    pid: None,
                    owner: Owner::Others,
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

    /// Looks whether it still is where it was. Of our own process we know without looking.
    pub fn check(&self) {
        if self.orders.send(Order::Check).is_err() {
            tracing::debug!("an attached server is where it is");
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
    /// The same, because somebody asked for it.
    Ordered,
    /// All handles are gone.
    Stop,
}

/// What ended the time with a service.
enum JoinedTurn {
    Ordered(Turn),
    Gone,
}

impl Supervisor {
    async fn run(mut self) {
        loop {
            match self.live_once().await {
                Turn::Start => {}
                // Whoever asks for it has seen what went wrong before, and wants it tried anew.
                Turn::Ordered => self.backoff.reset(),
                Turn::Stop => break,
            }
        }
        self.state.send_replace(ServerState::Stopped);
    }

    /// One process from its start to its end, and the wait for what comes after.
    async fn live_once(&mut self) -> Turn {
        self.state.send_replace(ServerState::Starting);
        let started = tokio::select! {
            started = process::start(&self.settings, &self.directory, &self.logs) => started,
            turn = ordered(&mut self.inbox) => return turn,
        };
        let began = Instant::now();
        let why = match started {
            Ok(Started::Joined(service, came)) => {
                let owner = Owner::Service(came);
                self.ready(service.endpoint.clone(), Some(service.pid), owner);
                match self.while_joined(&service).await {
                    JoinedTurn::Ordered(turn) => return turn,
                    // It was there for long: whatever was done to it, it is worth looking at once.
                    JoinedTurn::Gone if began.elapsed() >= STABLE => {
                        self.backoff.reset();
                        return Turn::Start;
                    }
                    JoinedTurn::Gone => Error::new(
                        ErrorKind::ServerError,
                        "OpenCode's background service has ended or was restarted.",
                    )
                    .hint("It is joined again by itself; `opencode service status` says more."),
                }
            }
            Ok(Started::Ours(mut process)) => {
                self.ready(process.endpoint.clone(), process.pid, Owner::Ours);
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

    fn ready(&mut self, endpoint: Endpoint, pid: Option<u32>, owner: Owner) {
        self.generation += 1;
        self.state.send_replace(ServerState::Ready(Running {
            endpoint,
            pid,
            owner,
            generation: self.generation,
        }));
    }

    /// A service that is not ours is watched by those who are connected to it.
    async fn while_joined(&mut self, service: &Service) -> JoinedTurn {
        loop {
            match self.inbox.recv().await {
                None => return JoinedTurn::Ordered(Turn::Stop),
                Some(Order::Restart) => return JoinedTurn::Ordered(Turn::Ordered),
                Some(Order::Check) if service.is_there().await => {}
                Some(Order::Check) => return JoinedTurn::Gone,
            }
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
    loop {
        match inbox.recv().await {
            Some(Order::Restart) => return Turn::Ordered,
            Some(Order::Check) => {}
            None => return Turn::Stop,
        }
    }
}

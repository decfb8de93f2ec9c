//! The connection of one instance: waits for its server, finds the dialect, holds the event
//! stream open, and comes back when it is lost.
//!
//! One task reads the socket and decodes. Nothing that it does waits for the actor or the editor,
//! because OpenCode buffers without limit for slow readers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::{Interval, interval_at, sleep};

use super::actor::Input;
use super::backoff::Backoff;
use super::server::{Owner, Running, Server, ServerState};
use crate::opencode::event::Decoded;
use crate::opencode::http::Http;
use crate::opencode::sse::Events;
use crate::opencode::{Dialect, detect::detect};
use crate::protocol::settings::ReconnectSettings;
use crate::protocol::{Error, ErrorKind, Failure, Millis, ServerInfo};
use crate::time::now;

/// A stream that lasted this long was a good one: after it, the tries count anew. One that is
/// accepted and closed at once is not hammered.
const STABLE: Duration = Duration::from_secs(10);

/// What the link tells the actor, in order.
pub enum LinkEvent {
    State(LinkState),
    /// The stream is open; events follow.
    Opened {
        dialect: Arc<dyn Dialect>,
        server: ServerInfo,
    },
    Events(Vec<RawEvent>),
    /// The stream is alive, and it is time to see whether what runs is silent.
    Pulse,
}

/// An event as it came, with what it means.
pub struct RawEvent {
    pub data: String,
    pub decoded: Decoded,
}

#[derive(Clone, Debug, PartialEq)]
pub enum LinkState {
    /// The server is being started.
    Starting,
    /// The server is there, the stream not yet.
    Connecting,
    Reconnecting {
        attempt: u32,
        retry_at: Millis,
        why: Failure,
    },
    /// The tries are used up.
    Disconnected { why: Failure },
    /// It cannot work before something is changed.
    Failed(Failure),
}

pub(super) struct Link {
    pub server: Arc<Server>,
    pub directory: PathBuf,
    pub settings: ReconnectSettings,
    pub inbox: mpsc::UnboundedSender<Input>,
    /// Grows when somebody asks to connect at once.
    pub wake: watch::Receiver<u64>,
}

/// Why a connection was not made or did not last.
enum Loss {
    /// Worth another try.
    Passing(Error),
    /// The same would happen again.
    Lasting(Error),
}

/// The actor is gone: nobody listens any more.
struct Closed;

impl Link {
    /// Runs until the actor is gone, or the task is aborted, which closes the stream.
    pub async fn run(mut self) {
        let mut server = self.server.state();
        let mut backoff = Backoff::new(self.settings);
        while self.step(&mut server, &mut backoff).await.is_ok() {}
    }

    async fn step(
        &mut self,
        server: &mut watch::Receiver<ServerState>,
        backoff: &mut Backoff,
    ) -> Result<(), Closed> {
        let state = server.borrow_and_update().clone();
        match state {
            ServerState::Starting => {
                self.tell(LinkState::Starting)?;
                self.wait(server, None).await;
            }
            ServerState::Restarting {
                attempt,
                retry_at,
                why,
            } => {
                self.tell(LinkState::Reconnecting {
                    attempt,
                    retry_at,
                    why,
                })?;
                if self.wait(server, None).await == Woken::Asked {
                    self.server.restart();
                    self.wait(server, None).await;
                }
            }
            ServerState::Failed(failure) => {
                self.tell(LinkState::Failed(failure))?;
                self.wait(server, None).await;
            }
            ServerState::Stopped => return Err(Closed),
            ServerState::Ready(running) => {
                self.tell(LinkState::Connecting)?;
                let began = Instant::now();
                let loss = tokio::select! {
                    loss = self.connect(&running) => loss,
                    _ = server.changed() => return Ok(()),
                };
                if began.elapsed() >= STABLE {
                    backoff.reset();
                }
                self.after_loss(loss, server, backoff).await?;
            }
        }
        Ok(())
    }

    async fn after_loss(
        &mut self,
        loss: Loss,
        server: &mut watch::Receiver<ServerState>,
        backoff: &mut Backoff,
    ) -> Result<(), Closed> {
        self.server.check();
        let state = match loss {
            Loss::Lasting(error) => LinkState::Failed(error.into()),
            Loss::Passing(error) => match backoff.next() {
                Some((attempt, wait)) => {
                    let millis = u64::try_from(wait.as_millis()).unwrap_or_default();
                    self.tell(LinkState::Reconnecting {
                        attempt,
                        retry_at: now() + millis,
                        why: error.into(),
                    })?;
                    if self.wait(server, Some(wait)).await == Woken::Asked {
                        backoff.reset();
                    }
                    return Ok(());
                }
                None => LinkState::Disconnected { why: error.into() },
            },
        };
        self.tell(state)?;
        self.wait(server, None).await;
        backoff.reset();
        Ok(())
    }

    /// Waits for the server to change, for somebody to ask, or for the time to pass.
    async fn wait(
        &mut self,
        server: &mut watch::Receiver<ServerState>,
        limit: Option<Duration>,
    ) -> Woken {
        let over = async {
            match limit {
                Some(limit) => sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = server.changed(), if server.has_changed().is_ok() => match changed {
                Ok(()) => Woken::Server,
                // An attached server never changes.
                Err(_) => Woken::Time,
            },
            asked = self.wake.changed() => match asked {
                Ok(()) => Woken::Asked,
                Err(_) => Woken::Time,
            },
            () = over => Woken::Time,
        }
    }

    async fn connect(&mut self, running: &Running) -> Loss {
        match self.stream(running).await {
            Ok(loss) => loss,
            Err(error) => match error.kind {
                ErrorKind::NotConnected | ErrorKind::Timeout => Loss::Passing(error),
                _ => Loss::Lasting(error),
            },
        }
    }

    /// Reads the stream until it ends. An error is one that came before it was open.
    async fn stream(&mut self, running: &Running) -> Result<Loss, Error> {
        let setting = Duration::from_millis(self.settings.idle_timeout_ms);
        let probe = Http::new(running.endpoint.clone(), setting)?;
        let found = detect(&probe, &self.directory).await?;
        let idle = found.idle_timeout(setting);
        let (http, dialect) = if idle == setting {
            (probe, found)
        } else {
            let http = Http::new(running.endpoint.clone(), idle)?;
            let dialect = detect(&http, &self.directory).await?;
            (http, dialect)
        };
        let response = http.open(dialect.stream()).await?;
        let opened = LinkEvent::Opened {
            dialect: dialect.clone(),
            server: ServerInfo {
                url: running.endpoint.url.clone(),
                version: dialect.version().map(str::to_owned),
                pid: running.pid,
                owned: running.owner == Owner::Ours,
                dialect: dialect.name(),
            },
        };
        if self.send(opened).is_err() {
            return Ok(Loss::Passing(lost("nobody listens")));
        }
        let mut events = Events::new(Box::pin(response.bytes_stream()));
        let mut pulse = dialect
            .pulse()
            .map(|every| interval_at(tokio::time::Instant::now() + every, every));
        loop {
            let batch = tokio::select! {
                batch = events.next_batch() => batch,
                () = next(&mut pulse) => {
                    if self.send(LinkEvent::Pulse).is_err() {
                        return Ok(Loss::Passing(lost("nobody listens")));
                    }
                    continue;
                }
            };
            match batch {
                Ok(batch) => {
                    let decoded = batch
                        .into_iter()
                        .map(|data| RawEvent {
                            decoded: dialect.decode(&data),
                            data,
                        })
                        .collect();
                    if self.send(LinkEvent::Events(decoded)).is_err() {
                        return Ok(Loss::Passing(lost("nobody listens")));
                    }
                }
                Err(ended) => return Ok(Loss::Passing(lost(&ended.to_string()))),
            }
        }
    }

    fn tell(&self, state: LinkState) -> Result<(), Closed> {
        self.send(LinkEvent::State(state))
    }

    fn send(&self, event: LinkEvent) -> Result<(), Closed> {
        self.inbox.send(Input::Link(event)).map_err(|_| Closed)
    }
}

#[derive(PartialEq, Eq)]
enum Woken {
    Server,
    Asked,
    Time,
}

/// Never, where there is none.
async fn next(pulse: &mut Option<Interval>) {
    match pulse {
        Some(pulse) => drop(pulse.tick().await),
        None => std::future::pending().await,
    }
}

fn lost(why: &str) -> Error {
    Error::new(
        ErrorKind::NotConnected,
        format!("The connection to OpenCode was lost: {why}."),
    )
    .hint("Sidestream connects again by itself; nothing is lost.")
}

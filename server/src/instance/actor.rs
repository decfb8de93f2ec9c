//! The actor of one instance: the only owner of its state. Everything that happens comes in as
//! one [`Input`] and is handled to its end before the next; nothing here waits.
//!
//! What takes time runs in a task of its own and comes back as [`Input::Finished`].

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::catalog::CatalogCache;
use super::link::{Link, LinkEvent, LinkState, RawEvent};
use super::outlet::{Outlet, Responder};
use super::output::Growing;
use super::pace::Pace;
use super::prompts::Prompts;
use super::rings::Ring;
use super::runs::Runs;
use super::server::Server;
use super::sync::SyncState;
use super::view::{Aspects, starting};
use crate::opencode::Dialect;
use crate::opencode::event::{Body, Event, RunStatus};
use crate::protocol::requests::InstanceRequest;
use crate::protocol::settings::{Scope, Settings};
use crate::protocol::{
    Error, EventRecord, Failure, Instance, InstanceId, LogEntry, Notification, Role, ServerInfo,
    SessionId,
};
use crate::replica::Replica;
use crate::time::now;

/// Raw events that are kept for debugging, and how much of each.
const EVENT_RECORDS: usize = 1_000;
const EVENT_BYTES: usize = 2_048;

/// Everything that can happen to an instance.
pub(super) enum Input {
    Request(InstanceRequest, Responder),
    Link(LinkEvent),
    Log(LogEntry),
    /// Work that has ended, with what to do now.
    Finished(Box<dyn FnOnce(&mut Actor) + Send>),
    Close(Option<oneshot::Sender<()>>),
}

pub(super) struct Actor {
    pub(super) id: InstanceId,
    pub(super) directory: PathBuf,
    pub(super) settings: Settings,
    pub(super) server: Arc<Server>,
    pub(super) server_info: Option<ServerInfo>,
    /// The latest dialect; it stays while reconnecting, because a request may still get through.
    pub(super) dialect: Option<Arc<dyn Dialect>>,
    pub(super) phase: Phase,
    /// A snapshot was taken once: the first one differs from all later ones.
    pub(super) was_connected: bool,
    pub(super) replica: Replica,
    pub(super) sync: SyncState,
    pub(super) prompts: Prompts,
    pub(super) runs: Runs,
    pub(super) catalog: CatalogCache,
    pub(super) pace: Pace,
    /// Sub-agents' sessions that were given their caller's permission mode.
    pub(super) inherited: HashSet<SessionId>,
    /// Requests that came before there was a connection, in order.
    pub(super) parked: VecDeque<(InstanceRequest, Responder)>,
    pub(super) events: Ring<EventRecord>,
    /// When the last event of a session came: silence while something runs is suspicious.
    pub(super) last_event: HashMap<SessionId, Instant>,
    wake: watch::Sender<u64>,
    inbox: mpsc::UnboundedSender<Input>,
    outlet: Arc<dyn Outlet>,
    pub(super) view: watch::Sender<Instance>,
    /// What `view` was composed of.
    pub(super) viewed: Option<Aspects>,
    link: JoinHandle<()>,
}

/// How far the connection is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    Link(LinkState),
    /// The stream is open and the snapshot is awaited; `trouble` is why the last one did not come.
    Syncing {
        trouble: Option<Failure>,
    },
    Live,
}

impl Actor {
    /// Starts an instance; answers its inbox and what clients are told of it.
    pub fn spawn(
        id: InstanceId,
        directory: PathBuf,
        settings: Settings,
        server: Arc<Server>,
        outlet: Arc<dyn Outlet>,
    ) -> (mpsc::UnboundedSender<Input>, watch::Receiver<Instance>) {
        let (inbox, inputs) = mpsc::unbounded_channel();
        let (wake, woken) = watch::channel(0);
        let link = Link {
            server: server.clone(),
            directory: directory.clone(),
            settings: settings.reconnect,
            inbox: inbox.clone(),
            wake: woken,
        };
        let link = tokio::spawn(link.run());
        tokio::spawn(forward_logs(server.logs().listen(), inbox.clone()));

        let (view, watched) = watch::channel(starting(id.clone(), directory.clone()));
        let actor = Self {
            replica: Replica::new(id.clone()),
            id,
            directory,
            settings,
            server,
            server_info: None,
            dialect: None,
            phase: Phase::Link(LinkState::Starting),
            was_connected: false,
            sync: SyncState::default(),
            prompts: Prompts::default(),
            runs: Runs::default(),
            catalog: CatalogCache::default(),
            pace: Pace::default(),
            inherited: HashSet::new(),
            parked: VecDeque::new(),
            events: Ring::new(EVENT_RECORDS),
            last_event: HashMap::new(),
            wake,
            inbox: inbox.clone(),
            outlet,
            view,
            viewed: None,
            link,
        };
        tokio::spawn(actor.run(inputs));
        (inbox, watched)
    }

    async fn run(mut self, mut inputs: mpsc::UnboundedReceiver<Input>) {
        self.outlet.notify(vec![Notification::InstanceDidChange {
            instance_id: self.id.clone(),
            instance: self.view.borrow().clone(),
        }]);
        let done = loop {
            let Some(input) = inputs.recv().await else {
                break None;
            };
            match input {
                Input::Request(InstanceRequest::InstanceClose(_), responder) => {
                    responder.send(Ok(crate::protocol::requests::Done {}));
                    break None;
                }
                Input::Request(request, responder) => self.request(request, responder),
                Input::Link(event) => self.link_event(event),
                Input::Log(entry) => self.outlet.notify(vec![Notification::InstanceDidLog {
                    instance_id: self.id.clone(),
                    entry,
                }]),
                Input::Finished(then) => then(&mut self),
                Input::Close(done) => break done,
            }
            self.advance_prompts();
            self.tell();
        };
        self.close().await;
        if done.is_some_and(|done| done.send(()).is_err()) {
            tracing::debug!("nobody waited for the end of an instance");
        }
    }

    /// The stream first, so that nothing of what follows is taken for a loss.
    async fn close(self) {
        self.link.abort();
        // It ends by being aborted, which is what its error says.
        drop(self.link.await);
        // The window's server goes on for other folders; one that is not ours may have other users.
        let is_ours = self.server_info.is_some_and(|server| server.owned);
        let goes_on = is_ours && self.settings.server.scope == Scope::Window;
        if let Some(dialect) = self.dialect.filter(|_| goes_on)
            && let Err(error) = dialect.dispose().await
        {
            tracing::debug!("the folder was not disposed: {error}");
        }
        drop(self.inbox);
        self.server.stop().await;
        self.outlet.notify(vec![Notification::InstanceDidClose {
            instance_id: self.id,
        }]);
    }

    /// Runs work beside the actor and comes back with its result.
    pub(super) fn spawn_work<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        then: impl FnOnce(&mut Self, T) + Send + 'static,
    ) {
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            let result = work.await;
            // A closed instance has no use for it.
            drop(inbox.send(Input::Finished(Box::new(move |actor| then(actor, result)))));
        });
    }

    /// Connects at once, whatever wait is under way.
    pub(super) fn wake(&self) {
        self.wake.send_modify(|count| *count += 1);
    }

    fn link_event(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::State(state) => {
                self.sync.reset();
                self.phase = Phase::Link(state);
                self.fail_parked();
            }
            LinkEvent::Opened { dialect, server } => {
                if let Some(before) = self.dialect.replace(dialect) {
                    self.keep_marks(before.as_ref());
                }
                self.server_info = Some(server);
                self.phase = Phase::Syncing { trouble: None };
                self.begin_first_sync();
            }
            LinkEvent::Pulse => self.heartbeat(),
            LinkEvent::Events(events) => {
                for event in events {
                    self.raw_event(event);
                }
            }
        }
    }

    fn raw_event(&mut self, raw: RawEvent) {
        let RawEvent { mut data, decoded } = raw;
        let outcome = decoded.body.outcome();
        let size = data.len();
        if size > EVENT_BYTES {
            let cut = (0..=EVENT_BYTES)
                .rev()
                .find(|at| data.is_char_boundary(*at));
            data.truncate(cut.unwrap_or_default());
            data.shrink_to_fit();
        }
        if let Body::Malformed(why) = &decoded.body {
            tracing::warn!("event {} was not understood: {why}", decoded.event_type);
        }
        self.events.push(EventRecord {
            time: now(),
            size,
            event_type: decoded.event_type,
            outcome,
            data,
        });
        for event in decoded.body.into_events() {
            self.event(event);
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Heartbeat => self.heartbeat(),
            // What the server held for this folder is gone; how it is now, it says when asked.
            Event::Disposed => {
                self.resync();
                self.refresh_catalog();
            }
            Event::CatalogChanged => self.refresh_catalog(),
            event => {
                if let Some(event) = self.sync.hold(event) {
                    self.apply(event);
                }
            }
        }
    }

    pub(super) fn apply(&mut self, event: Event) {
        if let Some(session) = event.session_id() {
            match self.last_event.get_mut(session) {
                Some(last) => *last = Instant::now(),
                None => {
                    self.last_event.insert(session.clone(), Instant::now());
                }
            }
        }
        let began = match &event {
            Event::Status { session_id, status } if *status != RunStatus::Idle => {
                Some(session_id.clone())
            }
            _ => None,
        };
        match event {
            Event::SessionRemoved(session) => {
                self.prompts.forget(&session);
                self.last_event.remove(&session);
                self.inherited.remove(&session);
                return self.replica.remove_session(&session);
            }
            Event::RowChanged(session) => return self.read_row(session),
            Event::ContentChanged(session) => return self.read_content(session),
            Event::OutputElsewhere {
                session_id,
                message_id,
                part_id,
                source,
            } => {
                return self.follow_output(Growing {
                    session: session_id,
                    message: message_id,
                    part: part_id,
                    source,
                    known: 0,
                });
            }
            _ => {}
        }
        let is_row = matches!(event, Event::Session(_));
        let told_of = match &event {
            Event::Message(info) if info.role == Role::User => Some(info.id.clone()),
            _ => None,
        };
        self.inherit_mode(&event);
        if !self.answer_by_mode(&event) {
            self.replica.apply(event);
        }
        if is_row {
            self.notice_models();
        }
        if let Some(message) = told_of {
            self.prompt_arrived(&message);
        }
        if let Some(session) = began {
            self.run_began(&session);
        }
    }

    pub(super) fn connected(&mut self) {
        self.phase = Phase::Live;
        self.was_connected = true;
        self.refresh_catalog();
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Answers a request. What it has changed is told before.
    pub(super) fn answer<T: Serialize>(&mut self, responder: Responder, result: Result<T, Error>) {
        self.tell();
        self.tell_held();
        responder.send(result);
    }

    pub(super) fn notify_all(&self, notifications: Vec<Notification>) {
        self.outlet.notify(notifications);
    }

    /// Tells clients something that is not of the replica.
    pub(super) fn notify(&self, notification: Notification) {
        self.outlet.notify(vec![notification]);
    }

    /// Tells clients what has changed by now.
    pub(super) fn tell(&mut self) {
        let mut changes = self.replica.take_changes();
        changes.extend(self.changed_view());
        // In one piece, so that a client hears of a permission and of its count together.
        self.tell_paced(changes);
    }
}

async fn forward_logs(
    mut logs: broadcast::Receiver<LogEntry>,
    inbox: mpsc::UnboundedSender<Input>,
) {
    loop {
        let sent = match logs.recv().await {
            Ok(entry) => inbox.send(Input::Log(entry)),
            // A burst of more lines than are kept: the ring has the last ones.
            Err(broadcast::error::RecvError::Lagged(_)) => Ok(()),
            Err(broadcast::error::RecvError::Closed) => return,
        };
        if sent.is_err() {
            return;
        }
    }
}

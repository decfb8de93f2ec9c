//! Snapshots: when they are taken, what waits for them, and how events that come meanwhile are
//! held back, so that a REST answer never overwrites something newer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::actor::{Actor, Phase};
use super::outlet::Responder;
use crate::opencode::event::{Content, Event, Overview};
use crate::opencode::{Dialect, Marks, is_loss};
use crate::protocol::requests::{InstanceRequest, SessionOpen};
use crate::protocol::{Error, ErrorKind, SessionId};
use crate::replica::Gap;

/// Nothing heard of a running session for this long: the stream may be broken in a way that
/// only REST shows (v1 contract, §6).
const SILENCE: Duration = Duration::from_secs(15);
/// A snapshot that was refused is asked for again after this.
const SNAPSHOT_AGAIN: Duration = Duration::from_secs(2);

/// A session whose messages have changed is read so often until that works, with a wait between.
const READS: u32 = 3;
const READS_EVERY: Duration = Duration::from_secs(1);

/// What is being fetched, and what is held back for it.
#[derive(Default)]
pub(super) struct Sync {
    /// Counts connections, so that the answer to an old one's question is not taken for new.
    epoch: u64,
    whole: Option<Whole>,
    /// A whole one is wanted as soon as the present one is done.
    again: bool,
    /// The overview is to be read once more at the first heartbeat (v1 contract, rule 3).
    at_heartbeat: bool,
    /// Sessions being opened or read again: who asked, and the events since.
    opening: HashMap<SessionId, Opening>,
    /// Rows being read.
    rows: HashMap<SessionId, Reading>,
    /// How far sessions were heard before the present connection.
    marks: Marks,
}

/// A row that is being read.
#[derive(Clone, Copy)]
enum Reading {
    Once,
    /// It has changed since it was asked for.
    Again,
}

/// A snapshot of everything is on its way.
#[derive(Default)]
struct Whole {
    held: Vec<Event>,
}

struct Opening {
    asked: Vec<Responder>,
    held: Vec<Event>,
    limit: usize,
    /// Counts the connections that it was asked of.
    epoch: u64,
    /// Which time it is that this is tried.
    read: u32,
}

impl Sync {
    /// The connection is gone: what it was asked will not be answered.
    pub fn reset(&mut self) {
        self.epoch += 1;
        self.whole = None;
        self.again = false;
        self.at_heartbeat = false;
        self.rows.clear();
        // What is only read again comes with the next snapshot of everything.
        self.opening.retain(|_, opening| !opening.asked.is_empty());
        for opening in self.opening.values_mut() {
            opening.held.clear();
        }
    }

    /// Keeps the event for later if it has to wait for a snapshot.
    pub fn hold(&mut self, event: Event) -> Option<Event> {
        let held = match &mut self.whole {
            Some(whole) => &mut whole.held,
            None => {
                let mut opening = self.opening.iter_mut();
                match opening.find(|(id, opening)| opening.waits_for(id, &event)) {
                    Some((_, opening)) => &mut opening.held,
                    None => return Some(event),
                }
            }
        };
        // To read a session again is wanted once, however often it was said.
        let is_reread = matches!(event, Event::RowChanged(_) | Event::ContentChanged(_));
        if !(is_reread && held.contains(&event)) {
            held.push(event);
        }
        None
    }
}

impl Opening {
    /// Whether an event has to wait until the session is read. The end of what asks names no session:
    /// it must not overtake its beginning.
    fn waits_for(&self, id: &SessionId, event: &Event) -> bool {
        match event {
            Event::PermissionReplied { permission_id, .. } => self.held.iter().any(
                |held| matches!(held, Event::PermissionAsked(asked) if asked.id == *permission_id),
            ),
            Event::QuestionClosed(question) => self
                .held
                .iter()
                .any(|held| matches!(held, Event::QuestionAsked(asked) if asked.id == *question)),
            event => event.session_id() == Some(id),
        }
    }
}

/// The answer to everything that a resync asks.
struct Snapshot {
    overview: Overview,
    contents: Vec<(SessionId, Result<Content, Error>)>,
}

/// A session whose content is to be read, with how many messages.
struct Wanted {
    session: SessionId,
    limit: usize,
    /// Where it stood when nothing was under way in it: it is left out if it stands there still.
    stood_at: Option<u64>,
}

impl Actor {
    /// A connection takes the place of an older one.
    pub(super) fn keep_marks(&mut self, of: &dyn Dialect) {
        self.sync.marks.extend(of.marks());
    }

    /// The stream has just been opened.
    pub(super) fn begin_first_sync(&mut self) {
        let Some(dialect) = self.dialect.clone() else {
            return;
        };
        self.sync.at_heartbeat = dialect.start_gap().is_some();
        self.fetch(Gap::Possible);
        // The connection that they were asked of before may never answer.
        let epoch = self.sync.epoch;
        let openings = self.sync.opening.iter_mut();
        let again: Vec<(SessionId, usize)> = openings
            .map(|(id, opening)| {
                opening.epoch = epoch;
                (id.clone(), opening.limit)
            })
            .collect();
        for (id, limit) in again {
            self.read_session(dialect.clone(), id, limit);
        }
    }

    /// Asks for everything again while connected.
    pub(super) fn resync(&mut self) {
        if self.phase != Phase::Live {
            return;
        }
        if self.sync.whole.is_some() {
            self.sync.again = true;
        } else {
            self.fetch(Gap::None);
        }
    }

    pub(super) fn heartbeat(&mut self) {
        let mut silent = self.replica.running();
        silent.retain(|session| {
            let last = self.last_event.get(session);
            let is_silent = last.is_none_or(|last| last.elapsed() >= SILENCE);
            // While the user thinks, silence says nothing.
            is_silent && !self.replica.waits_for_the_user(session)
        });
        if silent.is_empty() && !std::mem::take(&mut self.sync.at_heartbeat) {
            return;
        }
        for session in silent {
            self.last_event.insert(session, Instant::now());
        }
        self.resync();
    }

    fn fetch(&mut self, gap: Gap) {
        let Some(dialect) = self.dialect.clone() else {
            return;
        };
        self.sync.whole.get_or_insert_default();
        self.replica.begin_resync();
        let epoch = self.sync.epoch;
        let page_size = self.settings.history.page_size;
        let open: Vec<Wanted> = self
            .replica
            .open_sessions()
            .into_iter()
            .map(|(session, loaded)| Wanted {
                stood_at: self.stood_at(&session, gap),
                session,
                // A few more than the client has, so that what came meanwhile connects to it.
                limit: loaded.max(page_size) + 10,
            })
            .collect();
        // A stream that is asked before it listens would lose what happens in between.
        let wait = dialect.start_gap().filter(|_| gap == Gap::Possible);
        self.spawn_work(
            async move {
                if let Some(wait) = wait {
                    sleep(wait).await;
                }
                snapshot(&dialect, open).await
            },
            move |actor, snapshot| {
                if actor.sync.epoch == epoch {
                    actor.fetched(snapshot, gap);
                }
            },
        );
    }

    fn stood_at(&self, session: &SessionId, gap: Gap) -> Option<u64> {
        let runs = self.replica.status(session)?.is_running();
        // What was under way may have grown without a lasting event.
        let is_sure = gap == Gap::Possible && !runs;
        is_sure
            .then(|| self.sync.marks.get(session).copied())
            .flatten()
    }

    fn fetched(&mut self, snapshot: Result<Snapshot, Error>, gap: Gap) {
        let Some(whole) = self.sync.whole.take() else {
            return;
        };
        match snapshot {
            Ok(snapshot) => {
                let first = !self.was_connected();
                self.replica.resync(snapshot.overview, first);
                for (id, content) in snapshot.contents {
                    match content {
                        Ok(content) => self.replica.refresh(content, gap),
                        Err(error) if error.kind == ErrorKind::SessionNotFound => {
                            self.replica.remove_session(&id);
                        }
                        Err(error) => tracing::warn!("session {id} was not read: {error}"),
                    }
                }
            }
            Err(error) => {
                tracing::warn!("the snapshot failed: {error}");
                if matches!(self.phase, Phase::Syncing { .. }) {
                    // The stream alone is not enough to be connected: begin anew, with patience.
                    self.retry_later(error);
                    return;
                }
            }
        }
        for event in whole.held {
            self.event_after_sync(event);
        }
        self.find_arrived_prompts();
        self.answer_waiting_by_mode();
        if matches!(self.phase, Phase::Syncing { .. }) {
            self.connected();
            self.resume();
        }
        if std::mem::take(&mut self.sync.again) {
            self.resync();
        }
    }

    fn event_after_sync(&mut self, event: Event) {
        if let Some(event) = self.sync.hold(event) {
            self.apply(event);
        }
    }

    /// The stream is there but REST is not: says so, and asks again after a while, still not connected.
    /// What was held meanwhile is older than the next snapshot.
    fn retry_later(&mut self, error: Error) {
        let epoch = self.sync.epoch;
        self.sync.whole = Some(Whole::default());
        self.phase = Phase::Syncing {
            trouble: Some(error.into()),
        };
        self.fail_parked();
        self.spawn_work(sleep(SNAPSHOT_AGAIN), move |actor, ()| {
            if actor.sync.epoch == epoch {
                actor.fetch(Gap::Possible);
            }
        });
    }

    /// Opens a session for the client: its events are held until its content is there.
    pub(super) fn open_session(
        &mut self,
        dialect: Arc<dyn Dialect>,
        id: SessionId,
        limit: usize,
        responder: Responder,
    ) {
        if let Some(opening) = self.sync.opening.get_mut(&id) {
            opening.asked.push(responder);
            return;
        }
        self.begin_opening(dialect, id, limit, vec![responder], 1);
    }

    fn begin_opening(
        &mut self,
        dialect: Arc<dyn Dialect>,
        id: SessionId,
        limit: usize,
        asked: Vec<Responder>,
        read: u32,
    ) {
        self.sync.opening.insert(
            id.clone(),
            Opening {
                asked,
                held: Vec::new(),
                limit,
                epoch: self.sync.epoch,
                read,
            },
        );
        self.read_session(dialect, id, limit);
    }

    /// A session's messages have changed in a way that only REST shows.
    pub(super) fn read_content(&mut self, id: SessionId) {
        self.try_content(id, 1);
    }

    fn try_content(&mut self, id: SessionId, read: u32) {
        let open = self.replica.open_sessions();
        let Some((_, loaded)) = open.into_iter().find(|(open, _)| *open == id) else {
            return self.read_row(id);
        };
        let Some(dialect) = self.dialect.clone() else {
            return;
        };
        let limit = loaded.max(self.settings.history.page_size);
        self.begin_opening(dialect, id, limit, Vec::new(), read);
    }

    /// What it showed last is old by now, and nothing else may say so.
    fn try_content_later(&self, id: SessionId, read: u32) {
        let epoch = self.sync.epoch;
        self.spawn_work(sleep(READS_EVERY), move |actor, ()| {
            // After a connection was lost, everything is read anew; so is what is being opened.
            if actor.sync.epoch == epoch && !actor.sync.opening.contains_key(&id) {
                actor.try_content(id, read);
            }
        });
    }

    fn read_session(&self, dialect: Arc<dyn Dialect>, id: SessionId, limit: usize) {
        let (session, epoch) = (id.clone(), self.sync.epoch);
        self.spawn_work(
            async move { dialect.content(&session, limit).await },
            move |actor, content| {
                let opening = actor.sync.opening.get(&id);
                if opening.is_some_and(|opening| opening.epoch == epoch) {
                    actor.opened(&id, content);
                }
            },
        );
    }

    /// A session's row has changed, and its event does not say how.
    pub(super) fn read_row(&mut self, id: SessionId) {
        if let Some(reading) = self.sync.rows.get_mut(&id) {
            *reading = Reading::Again;
            return;
        }
        let Some(dialect) = self.dialect.clone() else {
            return;
        };
        self.sync.rows.insert(id.clone(), Reading::Once);
        let (session, epoch) = (id.clone(), self.sync.epoch);
        self.spawn_work(
            async move { dialect.session(&session).await },
            move |actor, row| {
                if actor.sync.epoch != epoch {
                    return;
                }
                let reading = actor.sync.rows.remove(&id);
                match row {
                    Ok(row) => actor.event_after_sync(Event::Session(Box::new(row))),
                    Err(error) => tracing::debug!("the row of {id} was not read: {error}"),
                }
                if matches!(reading, Some(Reading::Again)) {
                    actor.read_row(id);
                }
            },
        );
    }

    fn opened(&mut self, id: &SessionId, content: Result<Content, Error>) {
        let Some(Opening {
            asked,
            held,
            limit,
            read,
            ..
        }) = self.sync.opening.remove(id)
        else {
            return;
        };
        if asked.is_empty() {
            match content {
                Ok(content) => self.replica.refresh(content, Gap::None),
                Err(error) if error.kind == ErrorKind::SessionNotFound => {
                    self.replica.remove_session(id);
                }
                Err(error) if read < READS => {
                    tracing::debug!("session {id} is read again: {error}");
                    self.try_content_later(id.clone(), read + 1);
                }
                Err(error) => tracing::warn!("session {id} was not read again: {error}"),
            }
            for event in held {
                self.event_after_sync(event);
            }
            return;
        }
        match content.map(|content| self.replica.open(content)) {
            Ok(Some(_)) => {
                self.show_queued(id);
                if let Some(snapshot) = self.replica.snapshot(id) {
                    // What was told before must not come after the snapshot.
                    self.tell();
                    self.tell_held();
                    for responder in asked {
                        responder.snapshot(snapshot.clone());
                    }
                }
                if let Some(dialect) = self.dialect.clone() {
                    self.learn_family(dialect, id.clone());
                }
            }
            Ok(None) => {}
            // The connection went meanwhile: they wait for the next one like everything else.
            Err(error) if is_loss(&error) && self.phase != Phase::Live => {
                for responder in asked {
                    let again = SessionOpen {
                        instance_id: self.id().clone(),
                        session_id: id.clone(),
                        limit: Some(limit),
                    };
                    self.request(InstanceRequest::SessionOpen(again), responder);
                }
            }
            Err(error) => {
                for responder in asked {
                    responder.fail(error.clone());
                }
            }
        }
        for event in held {
            self.event_after_sync(event);
        }
    }
}

async fn snapshot(dialect: &Arc<dyn Dialect>, open: Vec<Wanted>) -> Result<Snapshot, Error> {
    let contents = open.into_iter().map(async |wanted| {
        let session = wanted.session;
        if let Some(mark) = wanted.stood_at
            && dialect.stands_at(&session, mark).await
        {
            return None;
        }
        let content = dialect.content(&session, wanted.limit).await;
        Some((session, content))
    });
    let (overview, contents) = tokio::join!(dialect.overview(), join_all(contents));
    Ok(Snapshot {
        overview: overview?,
        contents: contents.into_iter().flatten().collect(),
    })
}

//! Snapshots: when they are taken, what waits for them, and how events that come meanwhile are
//! held back, so that a REST answer never overwrites something newer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::actor::{Actor, Phase};
use super::opening::{Opening, Reading};
use crate::opencode::event::{Content, Event, Overview};
use crate::opencode::{Dialect, Marks};
use crate::protocol::{Error, ErrorKind, SessionId};
use crate::replica::Gap;

/// Nothing heard of a running session for this long: the stream may be broken in a way that
/// only REST shows (v1 contract, §6).
const SILENCE: Duration = Duration::from_secs(15);
/// A snapshot that was refused is asked for again after this.
const SNAPSHOT_AGAIN: Duration = Duration::from_secs(2);

/// What is being fetched, and what is held back for it.
#[derive(Default)]
pub(super) struct SyncState {
    /// Counts connections, so that the answer to an old one's question is not taken for new.
    pub(super) epoch: u64,
    whole: Option<Whole>,
    /// A whole one is wanted as soon as the present one is done.
    again: bool,
    /// The overview is to be read once more at the first heartbeat (v1 contract, rule 3).
    at_heartbeat: bool,
    /// Sessions being opened or read again: who asked, and the events since.
    pub(super) opening: HashMap<SessionId, Opening>,
    /// Rows being read.
    pub(super) rows: HashMap<SessionId, Reading>,
    /// How far sessions were heard before the present connection.
    marks: Marks,
}

/// A snapshot of everything is on its way.
#[derive(Default)]
struct Whole {
    held: Vec<Event>,
}

impl SyncState {
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
                let first = !self.was_connected;
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

    pub(super) fn event_after_sync(&mut self, event: Event) {
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

//! Single sessions and rows that are read: because a client opens one, or because an event says no more than
//! that it has changed. What happens to a session meanwhile waits for that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::actor::{Actor, Phase};
use super::outlet::Responder;
use crate::opencode::event::{Content, Event};
use crate::opencode::{Dialect, is_loss};
use crate::protocol::requests::{InstanceRequest, SessionOpen};
use crate::protocol::{Error, ErrorKind, SessionId};
use crate::replica::Gap;

/// A session whose messages have changed is read so often until that works, with a wait between.
const READS: u32 = 3;
const READS_EVERY: Duration = Duration::from_secs(1);

/// A session that is being read.
pub(super) struct Opening {
    pub asked: Vec<Responder>,
    pub held: Vec<Event>,
    pub limit: usize,
    /// Counts the connections that it was asked of.
    pub epoch: u64,
    /// Which time it is that this is tried.
    read: u32,
}

/// A row that is being read.
#[derive(Clone, Copy)]
pub(super) enum Reading {
    Once,
    /// It has changed since it was asked for.
    Again,
}

impl Opening {
    /// Whether an event has to wait until the session is read. The end of what asks names no session:
    /// it must not overtake its beginning.
    pub fn waits_for(&self, id: &SessionId, event: &Event) -> bool {
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

impl Actor {
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

    pub(super) fn read_session(&self, dialect: Arc<dyn Dialect>, id: SessionId, limit: usize) {
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
                        instance_id: self.id.clone(),
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

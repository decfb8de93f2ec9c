//! What clients are told while a stream is replayed, event by event.

use serde_json::Value;
use sidestream::opencode::event::{Content, Event, MessagePage, SessionInfo};
use sidestream::protocol::{
    Notification, Permission, SessionId, SessionSnapshot, SessionStatus, SessionTime,
};
use sidestream::replica::Replica;

use crate::driver::instance;
use crate::recordings;

pub struct Story {
    pub replica: Replica,
    pub session: SessionId,
    pub told: Vec<Notification>,
}

impl Story {
    /// Nothing is known but the open session, which is empty.
    pub fn new(session: &str) -> Self {
        let mut replica = Replica::new(instance());
        replica.open(Content {
            session: SessionInfo {
                id: session.into(),
                title: "Recorded".into(),
                time: SessionTime {
                    created: 1,
                    ..SessionTime::default()
                },
                ..SessionInfo::default()
            },
            page: MessagePage::default(),
            todos: Vec::new(),
        });
        drop(replica.take_changes());
        Self {
            replica,
            session: session.into(),
            told: Vec::new(),
        }
    }

    /// The whole stream, with the session open that it begins.
    pub fn of(stream: &str) -> Self {
        let mut story = Self::new(&first_session(stream));
        for event in recordings::events(stream, "/workspace") {
            story.apply(event);
        }
        story
    }

    /// Gives what was told because of this event.
    pub fn apply(&mut self, event: Event) -> &[Notification] {
        let before = self.told.len();
        self.replica.apply(event);
        self.told.extend(self.replica.take_changes());
        &self.told[before..]
    }

    pub fn snapshot(&self) -> SessionSnapshot {
        self.replica.snapshot(&self.session).unwrap()
    }

    /// The states that the session was told to be in, one after the other.
    pub fn states(&self) -> Vec<SessionStatus> {
        let told = self.told.iter().filter_map(|told| match told {
            Notification::SessionDidChange { session, .. } if session.id == self.session => {
                Some(session.status.clone())
            }
            _ => None,
        });
        let mut states: Vec<_> = told.collect();
        states.dedup();
        states
    }

    pub fn asked(&self) -> Vec<&Permission> {
        let told = self.told.iter().filter_map(|told| match told {
            Notification::PermissionDidAsk { permission, .. } => Some(permission),
            _ => None,
        });
        told.collect()
    }
}

/// The session that a stream says was created first.
pub fn first_session(stream: &str) -> String {
    let created = recordings::data(stream).into_iter().find_map(|data| {
        let event: Value = serde_json::from_str(&data).unwrap();
        let event = event.get("payload").unwrap_or(&event).clone();
        let id = event["properties"]["info"]["id"].as_str()?.to_owned();
        (event["type"] == "session.created").then_some(id)
    });
    created.unwrap_or_else(|| panic!("{stream} creates no session"))
}

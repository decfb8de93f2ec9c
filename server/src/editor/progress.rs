//! `$/progress` while a server starts, a connection is made anew or a session is compacted: derived
//! from what clients are told anyway, so that nothing else has to think of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::outbox::Outbox;
use crate::instance::outlet::Outlet;
use crate::protocol::{
    InstanceId, InstanceState, LogSource, Notification, SessionId, SessionStatus,
};

/// Passes notifications on to the outbox.
pub struct Progress {
    outbox: Outbox,
    /// The client can show it.
    wanted: AtomicBool,
    /// What is shown, by its token.
    shown: Mutex<HashMap<Work, String>>,
    count: AtomicU64,
}

#[derive(PartialEq, Eq, Hash)]
enum Work {
    Connection(InstanceId),
    Compaction(SessionId),
}

impl Progress {
    pub fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            wanted: AtomicBool::new(false),
            shown: Mutex::new(HashMap::new()),
            count: AtomicU64::new(0),
        }
    }

    pub fn enable(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    fn observe(&self, notification: &Notification) {
        match notification {
            Notification::InstanceDidChange { instance, .. } => {
                let what = match instance.state {
                    InstanceState::Starting | InstanceState::Connecting => Some("Starting"),
                    InstanceState::Reconnecting => Some("Reconnecting to"),
                    _ => None,
                };
                let title = what.map(|what| format!("{what} OpenCode in {}", instance.name));
                self.show(Work::Connection(instance.id.clone()), title);
            }
            Notification::SessionDidChange { session, .. } => {
                let compacts = session.status == SessionStatus::Compacting;
                let title = compacts.then(|| format!("Compacting \"{}\"", session.title));
                self.show(Work::Compaction(session.id.clone()), title);
            }
            Notification::SessionDidRemove { session_id, .. } => {
                self.show(Work::Compaction(session_id.clone()), None);
            }
            Notification::InstanceDidLog { instance_id, entry }
                if entry.source == LogSource::Sidestream =>
            {
                let work = Work::Connection(instance_id.clone());
                if let Some(token) = self.lock().get(&work) {
                    self.report(token, &json!({"kind": "report", "message": entry.text}));
                }
            }
            Notification::InstanceDidClose { instance_id } => {
                self.show(Work::Connection(instance_id.clone()), None);
            }
            _ => {}
        }
    }

    /// Begins to show work that goes on, or ends it.
    fn show(&self, work: Work, title: Option<String>) {
        let mut shown = self.lock();
        match title {
            Some(title) if !shown.contains_key(&work) => {
                let count = self.count.fetch_add(1, Ordering::Relaxed);
                let token = format!("sidestream/{count}");
                self.create(&token);
                self.report(&token, &json!({"kind": "begin", "title": title}));
                shown.insert(work, token);
            }
            Some(_) => {}
            None => {
                if let Some(token) = shown.remove(&work) {
                    self.report(&token, &json!({"kind": "end"}));
                }
            }
        }
    }

    fn create(&self, token: &str) {
        // The answer is of no use: a client that refuses it ignores what follows.
        self.outbox.message(&json!({
            "jsonrpc": "2.0",
            "id": token,
            "method": "window/workDoneProgress/create",
            "params": {"token": token},
        }));
    }

    fn report(&self, token: &str, value: &serde_json::Value) {
        self.outbox.message(&json!({
            "jsonrpc": "2.0",
            "method": "$/progress",
            "params": {"token": token, "value": value},
        }));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Work, String>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet for Progress {
    fn notify(&self, notifications: Vec<Notification>) {
        if self.wanted.load(Ordering::Relaxed) {
            for notification in &notifications {
                self.observe(notification);
            }
        }
        self.outbox.notify(notifications);
    }
}

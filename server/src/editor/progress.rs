//! `$/progress` while a server starts: derived from the instances' states on their way out, so
//! that nothing else has to think of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::outbox::Outbox;
use crate::instance::outlet::Outlet;
use crate::protocol::{InstanceId, InstanceState, LogSource, Notification};

/// Passes notifications on to the outbox.
pub struct Progress {
    outbox: Outbox,
    /// The client can show it.
    wanted: AtomicBool,
    /// The tokens of the starts that are shown.
    shown: Mutex<HashMap<InstanceId, String>>,
    count: AtomicU64,
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
                let starts = matches!(
                    instance.state,
                    InstanceState::Starting | InstanceState::Connecting
                );
                let mut shown = self.lock();
                if starts && !shown.contains_key(&instance.id) {
                    let token = format!(
                        "sidestream/start/{}",
                        self.count.fetch_add(1, Ordering::Relaxed)
                    );
                    self.create(&token);
                    self.report(
                        &token,
                        &json!({"kind": "begin", "title": format!("Starting OpenCode in {}", instance.name)}),
                    );
                    shown.insert(instance.id.clone(), token);
                } else if !starts && let Some(token) = shown.remove(&instance.id) {
                    self.report(&token, &json!({"kind": "end"}));
                }
            }
            Notification::InstanceDidLog { instance_id, entry }
                if entry.source == LogSource::Sidestream =>
            {
                if let Some(token) = self.lock().get(instance_id) {
                    self.report(token, &json!({"kind": "report", "message": entry.text}));
                }
            }
            Notification::InstanceDidClose { instance_id } => {
                if let Some(token) = self.lock().remove(instance_id) {
                    self.report(&token, &json!({"kind": "end"}));
                }
            }
            _ => {}
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

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<InstanceId, String>> {
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

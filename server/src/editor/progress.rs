//! `$/progress` while a server starts, a connection is made anew or a session is compacted: derived
//! from what clients are told anyway, so that nothing else has to think of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower_lsp::Client;
use tower_lsp::lsp_types::request::WorkDoneProgressCreate;
use tower_lsp::lsp_types::{ProgressToken, WorkDoneProgressCreateParams};

use super::outbox::Outbox;
use crate::instance::outlet::Outlet;
use crate::protocol::{
    InstanceId, InstanceState, LogSource, Notification, SessionId, SessionStatus,
};

/// Passes notifications on to the outbox.
pub struct Progress {
    outbox: Outbox,
    /// Once it has said that it can show progress.
    client: OnceLock<Client>,
    shown: Mutex<HashMap<Work, mpsc::UnboundedSender<Value>>>,
    count: AtomicU64,
}

#[derive(PartialEq, Eq, Hash)]
enum Work {
    Connection(InstanceId),
    Compaction(InstanceId, SessionId),
}

impl Work {
    fn is_of(&self, id: &InstanceId) -> bool {
        match self {
            Self::Connection(instance) | Self::Compaction(instance, _) => instance == id,
        }
    }
}

impl Progress {
    pub fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            client: OnceLock::new(),
            shown: Mutex::new(HashMap::new()),
            count: AtomicU64::new(0),
        }
    }

    /// The client can show it.
    pub fn enable(&self, client: Client) {
        self.client.get_or_init(|| client);
    }

    fn observe(&self, client: &Client, notification: &Notification) {
        match notification {
            Notification::InstanceDidChange { instance, .. } => {
                let what = match instance.state {
                    InstanceState::Starting | InstanceState::Connecting => Some("Starting"),
                    InstanceState::Reconnecting => Some("Reconnecting to"),
                    _ => None,
                };
                let title = what.map(|what| format!("{what} OpenCode in {}", instance.name));
                self.show(client, Work::Connection(instance.id.clone()), title);
            }
            Notification::SessionDidChange { session, .. } => {
                let compacts = session.status == SessionStatus::Compacting;
                let title = compacts.then(|| format!("Compacting \"{}\"", session.title));
                let work = Work::Compaction(session.instance_id.clone(), session.id.clone());
                self.show(client, work, title);
            }
            Notification::SessionDidRemove {
                instance_id,
                session_id,
            } => {
                let work = Work::Compaction(instance_id.clone(), session_id.clone());
                self.show(client, work, None);
            }
            Notification::InstanceDidLog { instance_id, entry }
                if entry.source == LogSource::Sidestream =>
            {
                let work = Work::Connection(instance_id.clone());
                if let Some(reports) = self.lock().get(&work) {
                    report(reports, json!({"kind": "report", "message": entry.text}));
                }
            }
            Notification::InstanceDidClose { instance_id } => {
                self.lock().retain(|work, reports| {
                    let ends = work.is_of(instance_id);
                    if ends {
                        report(reports, json!({"kind": "end"}));
                    }
                    !ends
                });
            }
            _ => {}
        }
    }

    /// Begins to show work that goes on, or ends it.
    fn show(&self, client: &Client, work: Work, title: Option<String>) {
        let mut shown = self.lock();
        match title {
            Some(title) if !shown.contains_key(&work) => {
                let count = self.count.fetch_add(1, Ordering::Relaxed);
                let (reports, told) = mpsc::unbounded_channel();
                report(&reports, json!({"kind": "begin", "title": title}));
                let token = format!("sidestream/{count}");
                tokio::spawn(tell(client.clone(), self.outbox.clone(), token, told));
                shown.insert(work, reports);
            }
            Some(_) => {}
            None => {
                if let Some(reports) = shown.remove(&work) {
                    report(&reports, json!({"kind": "end"}));
                }
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Work, mpsc::UnboundedSender<Value>>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report(reports: &mpsc::UnboundedSender<Value>, value: Value) {
    if reports.send(value).is_err() {
        tracing::debug!("the client does not show this progress");
    }
}

/// Tells of one work. Nothing may be told before the client has taken the token, nor if it does not.
async fn tell(
    client: Client,
    outbox: Outbox,
    token: String,
    mut told: mpsc::UnboundedReceiver<Value>,
) {
    let create = WorkDoneProgressCreateParams {
        token: ProgressToken::String(token.clone()),
    };
    if let Err(error) = client.send_request::<WorkDoneProgressCreate>(create).await {
        tracing::debug!("the client takes no progress: {error}");
        return;
    }
    while let Some(value) = told.recv().await {
        outbox.message(&json!({
            "jsonrpc": "2.0",
            "method": "$/progress",
            "params": {"token": token, "value": value},
        }));
    }
}

impl Outlet for Progress {
    fn notify(&self, notifications: Vec<Notification>) {
        if let Some(client) = self.client.get() {
            for notification in &notifications {
                self.observe(client, notification);
            }
        }
        self.outbox.notify(notifications);
    }
}

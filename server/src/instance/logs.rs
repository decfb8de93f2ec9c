//! What a server process said: the last lines, and the new ones to whoever listens.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use super::rings::Ring;
use crate::protocol::{LogEntry, LogSource};
use crate::time::now;

/// Lines of output that are kept.
const LOG_LINES: usize = 1_000;
/// Lines of output that an error shows.
const LAST_WORDS: usize = 8;

/// Shared by a server's readers and its instances.
pub struct Logs {
    ring: Mutex<Ring<LogEntry>>,
    live: broadcast::Sender<LogEntry>,
}

impl Logs {
    #[must_use]
    pub(super) fn new() -> Self {
        Self {
            ring: Mutex::new(Ring::new(LOG_LINES)),
            live: broadcast::Sender::new(LOG_LINES),
        }
    }

    pub fn add(&self, source: LogSource, text: String) {
        let entry = LogEntry {
            time: now(),
            source,
            text,
        };
        self.lock().push(entry.clone());
        // Nobody listens before the first instance and after the last one.
        drop(self.live.send(entry));
    }

    #[must_use]
    pub fn last(&self, limit: Option<usize>) -> Vec<LogEntry> {
        self.lock().last(limit)
    }

    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<LogEntry> {
        self.live.subscribe()
    }

    /// The last lines of output, for an error.
    pub(super) fn last_words(&self) -> String {
        let lines = self.lock().last(Some(LAST_WORDS));
        let lines: Vec<&str> = lines
            .iter()
            .filter(|line| line.source != LogSource::Sidestream)
            .map(|line| line.text.as_str())
            .filter(|line| !line.trim().is_empty())
            .collect();
        lines.join("\n")
    }

    fn lock(&self) -> MutexGuard<'_, Ring<LogEntry>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

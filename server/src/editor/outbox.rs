//! The one way to standard output: an ordered queue that merges while the editor is slow.
//!
//! Whoever has something to say puts it in and goes on; a thread of its own writes. An idle writer
//! writes at once, without a timer. While it is blocked, appends to the same part join and a newer
//! state replaces the queued one, so that the queue never holds more than the replica does, however
//! long the editor sleeps. What waits for the user overtakes text.

pub mod queue;

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use tower_lsp::jsonrpc::Id;

use crate::instance::outlet::{Answer, Outlet};
use crate::protocol::{Error, Notification};
use queue::{Entry, Queue};

/// Entries taken at once: enough to make one system call of many, and few enough that what is
/// urgent gets its turn soon.
const BATCH: usize = 256;
/// How long the last words may take.
const FINISH_LIMIT: Duration = Duration::from_millis(500);

/// Puts things into the queue. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    queue: Queue,
    /// The writer is at work and will look into the queue again by itself.
    writing: bool,
    /// Somebody waits for the queue to be empty.
    finishing: bool,
    /// Nobody reads any more.
    broken: bool,
}

impl Outbox {
    /// Starts the writer. `on_break` is called when the other end is closed.
    pub fn new(
        output: impl Write + Send + 'static,
        on_break: impl FnOnce() + Send + 'static,
    ) -> Self {
        let outbox = Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State::default()),
                filled: Condvar::new(),
                emptied: Condvar::new(),
            }),
        };
        let shared = outbox.shared.clone();
        thread::spawn(move || {
            shared.write_all(output);
            on_break();
        });
        outbox
    }

    /// A message that is framed already: the transport's own.
    pub fn frame(&self, bytes: Vec<u8>) {
        self.put([Entry::Frame(bytes)]);
    }

    /// Answers a request.
    pub fn answer(&self, id: &Id, result: Result<Answer, Error>) {
        self.put([match result {
            Ok(Answer::Snapshot(snapshot)) => Entry::Snapshot {
                id: id.clone(),
                snapshot,
            },
            Ok(Answer::Value(value)) => Entry::Frame(framed(&Success {
                jsonrpc: "2.0",
                id,
                result: &value,
            })),
            Err(error) => Entry::Frame(framed(&Failure {
                jsonrpc: "2.0",
                id,
                error: (&error).into(),
            })),
        }]);
    }

    /// A message of standard LSP.
    pub fn message(&self, message: &serde_json::Value) {
        self.put([Entry::Frame(framed(message))]);
    }

    /// Waits until everything is written, as before an exit; an editor that does not read is not
    /// waited for.
    pub fn finish(&self) {
        let mut state = self.shared.lock();
        state.finishing = true;
        let waits = |state: &mut State| !state.broken && (state.writing || !state.queue.is_empty());
        // Whether it was written or the time was up makes no difference: the process ends now.
        drop(
            self.shared
                .emptied
                .wait_timeout_while(state, FINISH_LIMIT, waits),
        );
    }

    fn put(&self, entries: impl IntoIterator<Item = Entry>) {
        let mut state = self.shared.lock();
        if state.broken {
            return;
        }
        for entry in entries {
            state.queue.push(entry);
        }
        // Each bell is a system call: nobody is called who is awake, and who is called must not
        // run into the lock.
        let wake = !std::mem::replace(&mut state.writing, true);
        drop(state);
        if wake {
            self.shared.filled.notify_one();
        }
    }
}

impl Outlet for Outbox {
    fn notify(&self, notifications: Vec<Notification>) {
        self.put(notifications.into_iter().map(Entry::Notification));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes until the other end is closed.
    fn write_all(&self, mut output: impl Write) {
        let mut bytes = Vec::new();
        let mut entries = Vec::new();
        loop {
            {
                let mut state = self.lock();
                while state.queue.is_empty() {
                    // Whoever fills it has set it again.
                    state.writing = false;
                    if state.finishing {
                        self.emptied.notify_all();
                    }
                    state = self
                        .filled
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                state.writing = true;
                state.queue.take(BATCH, &mut entries);
            }
            bytes.clear();
            for entry in entries.drain(..) {
                write_entry(&mut bytes, entry);
            }
            if let Err(error) = output.write_all(&bytes).and_then(|()| output.flush()) {
                tracing::info!("the editor does not read any more: {error}");
                self.lock().broken = true;
                self.emptied.notify_all();
                return;
            }
            if bytes.capacity() > 4 << 20 {
                bytes = Vec::new();
            }
        }
    }
}

fn write_entry(bytes: &mut Vec<u8>, entry: Entry) {
    match entry {
        Entry::Frame(frame) => bytes.extend_from_slice(&frame),
        Entry::Notification(notification) => write_frame(
            bytes,
            &Message {
                jsonrpc: "2.0",
                message: &notification,
            },
        ),
        Entry::Snapshot { id, snapshot } => write_frame(
            bytes,
            &Success {
                jsonrpc: "2.0",
                id: &id,
                result: &snapshot,
            },
        ),
    }
}

fn framed(message: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, message);
    bytes
}

/// A message with its header.
fn write_frame(bytes: &mut Vec<u8>, message: &impl Serialize) {
    match serde_json::to_vec(message) {
        Ok(body) => {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            bytes.extend_from_slice(&body);
        }
        // The protocol's types hold nothing that JSON cannot: this would be a mistake in them.
        Err(error) => tracing::error!("a message was not written: {error}"),
    }
}

#[derive(Serialize)]
struct Message<'a> {
    jsonrpc: &'static str,
    #[serde(flatten)]
    message: &'a Notification,
}

#[derive(Serialize)]
struct Success<'a, T> {
    jsonrpc: &'static str,
    id: &'a Id,
    result: &'a T,
}

#[derive(Serialize)]
struct Failure<'a> {
    jsonrpc: &'static str,
    id: &'a Id,
    error: ErrorObject<'a>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    code: i64,
    message: &'a str,
    data: ErrorData<'a>,
}

#[derive(Serialize)]
struct ErrorData<'a> {
    kind: crate::protocol::ErrorKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl<'a> From<&'a Error> for ErrorObject<'a> {
    fn from(error: &'a Error) -> Self {
        Self {
            code: error.kind.code(),
            message: &error.message,
            data: ErrorData {
                kind: error.kind,
                hint: error.hint.as_deref(),
            },
        }
    }
}

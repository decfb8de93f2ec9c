//! The one way to standard output: an ordered queue that merges while the editor is slow.
//!
//! Whoever has something to say puts it in and goes on; a thread of its own writes. An idle writer
//! writes at once, without a timer. While it is blocked, appends to the same part join and a newer
//! state replaces the queued one, so that the queue never holds more than the replica does, however
//! long the editor sleeps. What waits for the user overtakes text.
//!
//! Text that streams to an editor that keeps up does not even wake that thread: a single append
//! is written on the spot if the pipe is known to take it without waiting.

pub mod queue;

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::PIPE_BUF;
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
    output: File,
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    queue: Queue,
    /// Taken from the queue and framed: it goes before what is in there.
    ahead: Vec<u8>,
    /// The writer is at work and will look into the queue again by itself.
    writing: bool,
    /// Somebody waits for the queue to be empty.
    finishing: bool,
    /// Nobody reads any more.
    broken: bool,
}

impl Outbox {
    /// Starts the writer. `on_break` is called when the other end is closed.
    pub fn new(output: File, on_break: impl FnOnce() + Send + 'static) -> Self {
        let outbox = Self {
            shared: Arc::new(Shared {
                output,
                state: Mutex::new(State::default()),
                filled: Condvar::new(),
                emptied: Condvar::new(),
            }),
        };
        let shared = outbox.shared.clone();
        thread::spawn(move || {
            shared.write_all();
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
        let waits = |state: &mut State| !state.broken && (state.writing || state.has_work());
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
        if state.writing || self.shared.write_at_once(&mut state) {
            return;
        }
        state.writing = true;
        // Whoever is woken must not run into the lock.
        drop(state);
        self.shared.filled.notify_one();
    }
}

impl State {
    fn has_work(&self) -> bool {
        !self.ahead.is_empty() || !self.queue.is_empty()
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

    /// Writes a single append, if that cannot block: waking the writer costs more than all else
    /// that an append needs.
    fn write_at_once(&self, state: &mut State) -> bool {
        if !state.queue.is_one_short_append() || !self.has_room() {
            return false;
        }
        let mut entries = Vec::with_capacity(1);
        state.queue.take(1, &mut entries);
        for entry in entries {
            write_entry(&mut state.ahead, entry);
        }
        // What fails here fails for the writer too, who knows what to do then.
        let is_written =
            state.ahead.len() <= PIPE_BUF && (&self.output).write_all(&state.ahead).is_ok();
        if is_written {
            state.ahead.clear();
        }
        is_written
    }

    /// Whether [`PIPE_BUF`] bytes can be written without waiting, which is what "ready" means of
    /// a pipe (of a socket, it is more).
    fn has_room(&self) -> bool {
        let mut output = [PollFd::new(&self.output, PollFlags::OUT)];
        let now = Timespec::default();
        poll(&mut output, Some(&now)).is_ok() && output[0].revents() == PollFlags::OUT
    }

    /// Writes until the other end is closed.
    fn write_all(&self) {
        let mut output = &self.output;
        let mut bytes = Vec::new();
        let mut entries = Vec::new();
        loop {
            {
                let mut state = self.lock();
                while !state.has_work() {
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
                bytes.clear();
                bytes.append(&mut state.ahead);
                state.queue.take(BATCH, &mut entries);
            }
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

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::OwnedFd;

    use super::*;
    use crate::protocol::notifications::Field;

    fn append(text: String) -> Notification {
        Notification::PartDidAppend {
            instance_id: "i".into(),
            session_id: "s".into(),
            revision: 0,
            message_id: "m".into(),
            part_id: "p".into(),
            field: Field::Text,
            text,
        }
    }

    /// The texts of all appends, with their revisions.
    fn appends(output: &str) -> Vec<(u64, String)> {
        output
            .split("Content-Length: ")
            .filter_map(|frame| frame.split_once("\r\n\r\n"))
            .map(|(length, body)| {
                assert_eq!(length.parse::<usize>().unwrap(), body.len());
                let message: serde_json::Value = serde_json::from_str(body).unwrap();
                let text = message["params"]["text"].as_str().unwrap().to_owned();
                (message["params"]["revision"].as_u64().unwrap(), text)
            })
            .collect()
    }

    #[test]
    fn nobody_waits_for_an_editor_that_sleeps_and_all_comes_in_order() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let outbox = Outbox::new(File::from(OwnedFd::from(writer)), || {});
        let mut sent = String::new();
        // More than a pipe holds, with one long text among the short ones.
        for number in 0..5_000 {
            let text = match number {
                7 => "long ".repeat(1_000),
                _ => format!("{number} "),
            };
            sent.push_str(&text);
            outbox.notify(vec![append(text)]);
        }
        outbox.frame(b"the end".to_vec());
        let mut output = Vec::new();
        let mut buffer = [0; 4_096];
        while !output.ends_with(b"the end") {
            let count = reader.read(&mut buffer).unwrap();
            output.extend_from_slice(&buffer[..count]);
        }
        output.truncate(output.len() - "the end".len());
        let seen = appends(str::from_utf8(&output).unwrap());
        let revisions: Vec<u64> = seen.iter().map(|(revision, _)| *revision).collect();
        assert_eq!(revisions, (1..=seen.len() as u64).collect::<Vec<_>>());
        assert_eq!(
            seen.into_iter().map(|(_, text)| text).collect::<String>(),
            sent
        );
    }
}

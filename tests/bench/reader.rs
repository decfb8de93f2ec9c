//! The editor's end: reads a contestant's standard output and notes when each event's text came.

use std::borrow::Cow;
use std::io::Read;
use std::process::ChildStdout;
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use super::events::{TEXT, text};

/// What has come so far. Events are counted by their text, because Sidestream merges those that
/// its reader is too slow for.
#[derive(Clone, Default)]
pub struct Log {
    pub events: usize,
    pub notifications: usize,
    /// Up to which event, and when.
    pub arrivals: Vec<(usize, Instant)>,
    /// Lengths of the parts that came as a whole, and when.
    pub parts: Vec<(usize, Instant)>,
    /// Why nothing more will come.
    ended: Option<String>,
}

pub struct Reader {
    shared: Arc<(Mutex<Log>, Condvar)>,
    others: mpsc::Receiver<Value>,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    part: Option<Part<'a>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
}

impl Reader {
    pub fn start(output: ChildStdout) -> Self {
        let shared = Arc::new((Mutex::new(Log::default()), Condvar::new()));
        let (other, others) = mpsc::channel();
        let inner = shared.clone();
        thread::spawn(move || {
            let ended = match read(output, &inner, &other) {
                Ok(()) => "its output ended".to_owned(),
                Err(error) => format!("{error:#}"),
            };
            lock(&inner.0).ended = Some(ended);
            inner.1.notify_all();
        });
        Self { shared, others }
    }

    /// The next message that is no content.
    pub fn other(&self) -> Result<Value> {
        self.others
            .recv_timeout(Duration::from_secs(20))
            .context("nothing was said for 20 s")
    }

    /// Waits until so much has come, then takes the notes.
    pub fn wait_for(&self, is_enough: impl Fn(&Log) -> bool) -> Result<Log> {
        let limit = Duration::from_secs(120);
        let (mut log, waited) = self
            .shared
            .1
            .wait_timeout_while(lock(&self.shared.0), limit, |log| {
                !is_enough(log) && log.ended.is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        if is_enough(&log) {
            let events = log.events;
            let taken = std::mem::take(&mut *log);
            log.events = events;
            return Ok(taken);
        }
        match &log.ended {
            Some(why) => bail!("after {} events: {why}", log.events),
            None => bail!("{} events came in {:?}", log.events, waited),
        }
    }
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(
    mut output: ChildStdout,
    shared: &(Mutex<Log>, Condvar),
    other: &mpsc::Sender<Value>,
) -> Result<()> {
    let mut buffer = vec![0; 1 << 16];
    let (mut start, mut end) = (0, 0);
    loop {
        if end == buffer.len() {
            if start > 0 {
                buffer.copy_within(start..end, 0);
                (start, end) = (0, end - start);
            } else {
                buffer.resize(buffer.len() * 2, 0);
            }
        }
        let count = output.read(&mut buffer[end..])?;
        let now = Instant::now();
        if count == 0 {
            return Ok(());
        }
        end += count;
        let mut log = lock(&shared.0);
        while let Some((header, length)) = header(&buffer[start..end])? {
            let body = start + header;
            if end - body < length {
                break;
            }
            take(&buffer[body..body + length], now, &mut log, other)?;
            start = body + length;
        }
        drop(log);
        shared.1.notify_all();
    }
}

/// The lengths of a frame's header and body.
fn header(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    // Nobody here writes a header longer than this.
    let head = &bytes[..bytes.len().min(128)];
    let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let length = std::str::from_utf8(&head[..end])?
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .context("a frame without a length")?;
    Ok(Some((end + 4, length.parse()?)))
}

fn take(body: &[u8], now: Instant, log: &mut Log, other: &mpsc::Sender<Value>) -> Result<()> {
    let frame: Frame = match serde_json::from_slice(body) {
        Ok(frame) => frame,
        // Other messages may have other shapes in the same fields.
        Err(_) => return Ok(other.send(serde_json::from_slice(body)?)?),
    };
    match (frame.method.as_deref(), frame.params) {
        (
            Some("sidestream/part/didAppend"),
            Some(Params {
                text: Some(new), ..
            }),
        ) => {
            for piece in new.as_bytes().chunks(TEXT) {
                if piece != text(log.events).as_bytes() {
                    bail!("event {} is not what came", log.events);
                }
                log.events += 1;
            }
            log.notifications += 1;
            log.arrivals.push((log.events, now));
        }
        (
            Some("sidestream/part/didChange"),
            Some(Params {
                part: Some(Part { text: Some(text) }),
                ..
            }),
        ) => log.parts.push((text.len(), now)),
        _ => other.send(serde_json::from_slice(body)?)?,
    }
    Ok(())
}

//! Server-sent events in linear time, with a cap on what one event may hold.
//!
//! The decoding itself is `sse-stream`'s; this adds the cap and hands events out in batches, so
//! that a burst costs one wake-up of the reader and not one per event.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt};
use sse_stream::{Sse, SseByteStream};

/// No event of OpenCode comes near this; a stream with such a one is broken or hostile.
pub const MAX_EVENT: usize = 64 << 20;

/// So many events are handed out at once at most, so that other tasks get their turn.
const MAX_BATCH: usize = 256;

/// The events of one response body.
pub struct Events<S: Stream<Item = reqwest::Result<Bytes>> + Unpin> {
    inner: SseByteStream<Capped<S>>,
    /// What is to be handed out next; here, so that waiting can be cancelled.
    batch: Vec<String>,
    ended: Option<Ended>,
}

/// Why a stream ended.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    #[error("the server closed the event stream")]
    Closed,
    #[error("the event stream broke: {0}")]
    Broken(String),
}

impl<S> Events<S>
where
    S: Stream<Item = reqwest::Result<Bytes>> + Unpin,
{
    pub fn new(body: S) -> Self {
        Self {
            inner: SseByteStream::new(Capped { body, held: 0 }),
            batch: Vec::new(),
            ended: None,
        }
    }

    /// Waits for an event, then takes along what has arrived already. Safe to cancel.
    ///
    /// # Errors
    /// The stream has ended. What came before the end was handed out before.
    pub async fn next_batch(&mut self) -> Result<Vec<String>, Ended> {
        if let Some(ended) = self.ended.take() {
            return Err(ended);
        }
        let mut item = self.inner.next().await;
        let ended = loop {
            match item {
                Some(Ok(event)) => self.batch.extend(event.data),
                Some(Err(error)) => break Ended::Broken(chain(&error)),
                None => break Ended::Closed,
            }
            // Asked before the next one is taken, which would have no place.
            if self.batch.len() == MAX_BATCH {
                return Ok(mem::take(&mut self.batch));
            }
            match self.arrived().await {
                Some(next) => item = next,
                None => return Ok(mem::take(&mut self.batch)),
            }
        };
        if self.batch.is_empty() {
            return Err(ended);
        }
        self.ended = Some(ended);
        Ok(mem::take(&mut self.batch))
    }

    /// The next event, if it is here already. The HTTP client's task hands over one chunk at a
    /// time, and servers write one event per chunk: so that task gets a turn for each.
    async fn arrived(&mut self) -> Option<Option<Result<Sse, sse_stream::Error>>> {
        if let Some(next) = self.inner.next().now_or_never() {
            return Some(next);
        }
        give_turn().await;
        self.inner.next().now_or_never()
    }
}

/// Lets the tasks run that are ready. Unlike tokio's `yield_now`, it asks the system for nothing.
async fn give_turn() {
    let mut is_given = false;
    poll_fn(|cx| {
        if is_given {
            return Poll::Ready(());
        }
        is_given = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// An error with its causes: reqwest's outermost message alone says next to nothing.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Passes bytes on and counts those since the last end of an event.
struct Capped<S> {
    body: S,
    held: usize,
}

impl<S: Stream<Item = reqwest::Result<Bytes>> + Unpin> Stream for Capped<S> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(chunk) = ready!(self.body.poll_next_unpin(cx)) else {
            return Poll::Ready(None);
        };
        let chunk = chunk.map_err(io::Error::other)?;
        self.held = match last_event_end(&chunk) {
            Some(end) => chunk.len() - end,
            None => self.held + chunk.len(),
        };
        Poll::Ready(Some(if self.held > MAX_EVENT {
            Err(io::Error::other("an event is larger than 64 MiB"))
        } else {
            Ok(chunk)
        }))
    }
}

/// Where the last blank line of a chunk begins. One that is split between two chunks is missed,
/// which only makes the count a little too high until the next one.
fn last_event_end(chunk: &[u8]) -> Option<usize> {
    chunk
        .windows(2)
        .rposition(|pair| matches!(pair, [b'\n', b'\n' | b'\r']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn events(chunks: Vec<Bytes>) -> Events<impl Stream<Item = reqwest::Result<Bytes>> + Unpin> {
        Events::new(stream::iter(chunks.into_iter().map(Ok)))
    }

    async fn all(chunks: Vec<Bytes>) -> (Vec<String>, Ended) {
        let mut events = events(chunks);
        let mut seen = Vec::new();
        loop {
            match events.next_batch().await {
                Ok(batch) => seen.extend(batch),
                Err(ended) => return (seen, ended),
            }
        }
    }

    #[tokio::test]
    async fn events_are_the_same_wherever_the_bytes_are_split() {
        let bytes =
            Bytes::from_static("data: {\"a\":\"ä€😀\"}\n\n: note\n\ndata: 2\r\n\r\n".as_bytes());
        for at in 0..=bytes.len() {
            let (seen, ended) = all(vec![bytes.slice(..at), bytes.slice(at..)]).await;
            assert_eq!(seen, ["{\"a\":\"ä€😀\"}", "2"], "split at {at}");
            assert_eq!(ended, Ended::Closed);
        }
    }

    #[tokio::test]
    async fn more_events_than_one_batch_holds_all_come() {
        let count = 3 * MAX_BATCH + 1;
        let bytes: String = (0..count).map(|n| format!("data: {n}\n\n")).collect();
        let (seen, ended) = all(vec![Bytes::from(bytes)]).await;
        let expected: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        assert_eq!(seen, expected);
        assert_eq!(ended, Ended::Closed);
    }

    #[tokio::test]
    async fn invalid_utf8_ends_the_stream_after_the_events_before_it() {
        let (seen, ended) = all(vec![
            Bytes::from_static(b"data: 1\n\n"),
            Bytes::from_static(b"data: \xff\n\n"),
        ])
        .await;
        assert_eq!(seen, ["1"]);
        assert!(matches!(ended, Ended::Broken(_)));
    }

    #[tokio::test]
    async fn an_event_without_end_is_cut_off_at_the_cap() {
        let chunk = Bytes::from(vec![b'x'; 1 << 20]);
        let mut chunks = vec![Bytes::from_static(b"data: 1\n\ndata: ")];
        chunks.extend(std::iter::repeat_n(chunk, 65));
        let (seen, ended) = all(chunks).await;
        assert_eq!(seen, ["1"]);
        assert!(matches!(ended, Ended::Broken(why) if why.contains("64 MiB")));
    }
}

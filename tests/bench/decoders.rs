//! Why Sidestream does not read its event stream with `reqwest-eventsource`: the time that both
//! ways take to decode the same bytes.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt, stream};
use reqwest_eventsource::{Event, EventSource};
use sidestream::opencode::sse::Events;

use super::events::prose;

const SIZES: (usize, usize) = (5_000_000, 100_000);

/// Bytes as they come from a socket, and how many events are in them.
struct Input {
    name: &'static str,
    chunks: Vec<Bytes>,
    events: usize,
}

/// The table, in Markdown.
pub fn measure(quick: bool) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let big = Bytes::from(format!(
        "data: {}\n\n",
        serde_json::to_string(&prose(SIZES.0))?
    ));
    let small = Bytes::from(format!("data: {}\n\n", "x".repeat(288)));
    let many: Bytes = small.repeat(SIZES.1).into();
    let inputs = [
        Input {
            name: "one event of 5 MB, 8 KB at a time",
            chunks: split(&big, 8 << 10),
            events: 1,
        },
        Input {
            name: "100,000 events of 296 bytes, one at a time",
            chunks: split(&many, small.len()),
            events: SIZES.1,
        },
        Input {
            name: "the same, 8 KB at a time",
            chunks: split(&many, 8 << 10),
            events: SIZES.1,
        },
        Input {
            name: "the same, 64 KB at a time",
            chunks: split(&many, 64 << 10),
            events: SIZES.1,
        },
    ];
    let times = if quick { 1 } else { 3 };
    let mut table = String::from(
        "| milliseconds | `eventsource-stream` (in `reqwest-eventsource`) | `sse-stream` | Sidestream's `Events` |\n\
         |---|---:|---:|---:|\n",
    );
    for input in &inputs {
        let (mut old, mut new, mut ours) = (Best::new(), Best::new(), Best::new());
        for _ in 0..times {
            old.note(runtime.block_on(time(input, eventsource_stream))?);
            new.note(runtime.block_on(time(input, sse_stream))?);
            ours.note(runtime.block_on(time(input, sidestream))?);
        }
        writeln!(table, "| {} | {old} | {new} | {ours} |", input.name)?;
    }
    let (mut old, mut ours) = (Best::new(), Best::new());
    for _ in 0..times {
        let (address, serves) = serve_once(big.clone())?;
        old.note(runtime.block_on(over_event_source(&address))?);
        drop(serves.join());
        let (address, serves) = serve_once(big.clone())?;
        ours.note(runtime.block_on(over_events(&address))?);
        drop(serves.join());
    }
    writeln!(
        table,
        "| the 5 MB over loopback, by the whole client | {old} | | {ours} |"
    )?;
    Ok(table)
}

fn split(bytes: &Bytes, size: usize) -> Vec<Bytes> {
    (0..bytes.len())
        .step_by(size)
        .map(|at| bytes.slice(at..bytes.len().min(at + size)))
        .collect()
}

/// Decodes an input and checks that all events came.
async fn time(input: &Input, decode: impl AsyncFn(Vec<Bytes>) -> usize) -> Result<Duration> {
    let chunks = input.chunks.clone();
    let began = Instant::now();
    let events = decode(chunks).await;
    let took = began.elapsed();
    if events != input.events {
        bail!("{events} events came of \"{}\"", input.name);
    }
    Ok(took)
}

fn infallible(chunks: Vec<Bytes>) -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin {
    stream::iter(chunks.into_iter().map(Ok))
}

async fn eventsource_stream(chunks: Vec<Bytes>) -> usize {
    infallible(chunks).eventsource().count().await
}

async fn sse_stream(chunks: Vec<Bytes>) -> usize {
    sse_stream::SseByteStream::new(infallible(chunks))
        .count()
        .await
}

async fn sidestream(chunks: Vec<Bytes>) -> usize {
    let mut events = Events::new(stream::iter(chunks.into_iter().map(Ok)));
    let mut count = 0;
    while let Ok(batch) = events.next_batch().await {
        count += batch.len();
    }
    count
}

/// A server for one request, whose answer is this one event.
fn serve_once(event: Bytes) -> Result<(String, thread::JoinHandle<Result<()>>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}/", listener.local_addr()?);
    let serves = thread::spawn(move || {
        let (mut socket, _) = listener.accept()?;
        // A socket that is closed with something unread in it takes back what it wrote.
        let mut request = BufReader::new(socket.try_clone()?);
        let mut line = String::new();
        while request.read_line(&mut line)? > "\r\n".len() {
            line.clear();
        }
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")?;
        Ok(socket.write_all(&event)?)
    });
    Ok((address, serves))
}

fn request(address: &str) -> Result<reqwest::RequestBuilder> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    Ok(client.get(address))
}

async fn over_event_source(address: &str) -> Result<Duration> {
    let mut source = EventSource::new(request(address)?)?;
    let began = Instant::now();
    while let Some(event) = source.next().await {
        if let Event::Message(_) = event? {
            return Ok(began.elapsed());
        }
    }
    bail!("no event came")
}

async fn over_events(address: &str) -> Result<Duration> {
    let request = request(address)?;
    let began = Instant::now();
    let response = request.send().await?;
    let mut events = Events::new(Box::pin(response.bytes_stream()));
    let batch = events.next_batch().await?;
    batch.first().context("no event came")?;
    Ok(began.elapsed())
}

/// The shortest time: what is longer is the machine's doing.
struct Best(Duration);

impl Best {
    fn new() -> Self {
        Self(Duration::MAX)
    }

    fn note(&mut self, took: Duration) {
        self.0 = self.0.min(took);
    }
}

impl std::fmt::Display for Best {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}", self.0.as_secs_f64() * 1e3)
    }
}

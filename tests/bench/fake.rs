//! A server that answers what a client of OpenCode 1.18 asks before it streams, and hands its
//! event streams out to be written by hand.
//!
//! Plain threads and sockets: what drives a measurement should have no scheduler of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::events;

pub const VERSION: &str = "1.18.33";

/// Listens as long as the process lives.
pub struct Server {
    pub address: String,
    streams: mpsc::Receiver<TcpStream>,
}

impl Server {
    pub fn start(directory: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (opened, streams) = mpsc::channel();
        let directory = directory.to_owned();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (directory, opened) = (directory.clone(), opened.clone());
                // A client that goes away ends its thread, and nobody has to know.
                thread::spawn(move || drop(serve(connection, &directory, &opened)));
            }
        });
        Ok(Self { address, streams })
    }

    /// The next event stream that a client opens.
    pub fn stream(&self) -> Result<EventStream> {
        let socket = self
            .streams
            .recv_timeout(Duration::from_secs(20))
            .context("nobody opened the event stream")?;
        Ok(EventStream { socket })
    }
}

/// A response that goes on, in chunks as Node and Bun write them.
pub struct EventStream {
    socket: TcpStream,
}

impl EventStream {
    pub fn write(&mut self, text: &str) -> Result<()> {
        self.write_chunks(&chunk(text))
    }

    /// Writes what [`chunk`] has made, by one call.
    pub fn write_chunks(&mut self, bytes: &[u8]) -> Result<()> {
        self.socket
            .write_all(bytes)
            .context("the client closed its event stream")
    }
}

/// One chunk of a chunked body.
pub fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

fn serve(socket: TcpStream, directory: &Path, opened: &mpsc::Sender<TcpStream>) -> Result<()> {
    socket.set_nodelay(true)?;
    let mut input = BufReader::new(socket.try_clone()?);
    let mut output = socket;
    loop {
        let mut request = String::new();
        if input.read_line(&mut request)? == 0 {
            return Ok(());
        }
        loop {
            let mut header = String::new();
            input.read_line(&mut header)?;
            if header.trim().is_empty() {
                break;
            }
        }
        let target = request.split(' ').nth(1).unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default();
        if path == "/global/event" {
            output.write_all(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                  cache-control: no-cache, no-transform\r\ntransfer-encoding: chunked\r\n\r\n",
            )?;
            output.write_all(&chunk(&events::of_server("server.connected")))?;
            opened.send(output)?;
            return Ok(());
        }
        let body = answer(path, directory).to_string();
        write!(
            output,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

fn answer(path: &str, directory: &Path) -> Value {
    match path {
        "/global/health" => json!({"healthy": true, "version": VERSION}),
        "/path" => json!({"directory": directory, "worktree": directory}),
        "/session" => json!([events::session(directory)]),
        "/session/status" => json!({events::SESSION: {"type": "busy"}}),
        "/permission" | "/question" => json!([]),
        _ if path.ends_with("/message") => {
            json!([{"info": events::message(), "parts": [events::part()]}])
        }
        _ if path.ends_with("/todo") => json!([]),
        _ => events::session(directory),
    }
}

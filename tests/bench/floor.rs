//! The least that can be done: one thread that reads, decodes, keeps the text and writes.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    payload: Payload<'a>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    #[serde(borrow)]
    properties: &'a RawValue,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(rename = "sessionID")]
    session_id: String,
    #[serde(rename = "messageID")]
    message_id: String,
    #[serde(rename = "partID")]
    part_id: String,
    delta: String,
}

#[derive(Deserialize)]
struct PartEvent {
    part: Part,
}

#[derive(Clone, Deserialize, Serialize)]
struct Part {
    id: String,
    #[serde(rename = "messageID", skip_serializing)]
    message_id: String,
    #[serde(rename = "sessionID", skip_serializing)]
    session_id: String,
    #[serde(rename = "type")]
    part_type: String,
    text: String,
}

#[derive(Serialize)]
struct Message<P> {
    jsonrpc: &'static str,
    method: &'static str,
    params: P,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Append<'a> {
    instance_id: &'a str,
    session_id: &'a str,
    revision: u64,
    message_id: &'a str,
    part_id: &'a str,
    field: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    instance_id: &'a str,
    session_id: &'a str,
    revision: u64,
    message_id: &'a str,
    part: &'a Part,
}

#[derive(Default)]
struct State {
    parts: HashMap<String, Part>,
    revision: u64,
    output: Vec<u8>,
}

/// Streams from the server at `address` until it closes.
pub fn run(address: &str) -> Result<()> {
    let mut socket = TcpStream::connect(address)?;
    socket.write_all(b"GET /global/event HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut input = BufReader::with_capacity(1 << 16, socket);
    let mut line = String::new();
    while input.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut stdout = std::io::stdout().lock();
    let mut state = State::default();
    let mut chunk = Vec::new();
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        chunk.resize(usize::from_str_radix(line.trim(), 16)? + 2, 0);
        input.read_exact(&mut chunk)?;
        // The fake server never splits an event between chunks.
        for event in std::str::from_utf8(&chunk)?.lines() {
            if let Some(data) = event.strip_prefix("data: ") {
                state.event(data)?;
            }
        }
        if input.buffer().is_empty() {
            stdout.write_all(&state.output)?;
            stdout.flush()?;
            state.output.clear();
        }
    }
}

impl State {
    fn event(&mut self, data: &str) -> Result<()> {
        let payload = serde_json::from_str::<Envelope>(data)?.payload;
        let properties = payload.properties.get();
        match payload.event_type {
            "message.part.delta" => {
                let delta: Delta = serde_json::from_str(properties)?;
                let part = self.parts.get_mut(&delta.part_id).context("no such part")?;
                part.text.push_str(&delta.delta);
                self.revision += 1;
                frame(
                    &mut self.output,
                    "sidestream/part/didAppend",
                    Append {
                        instance_id: "i1",
                        session_id: &delta.session_id,
                        revision: self.revision,
                        message_id: &delta.message_id,
                        part_id: &delta.part_id,
                        field: "text",
                        text: &delta.delta,
                    },
                )
            }
            "message.part.updated" => {
                let part = serde_json::from_str::<PartEvent>(properties)?.part;
                self.revision += 1;
                self.parts.insert(part.id.clone(), part.clone());
                frame(
                    &mut self.output,
                    "sidestream/part/didChange",
                    Change {
                        instance_id: "i1",
                        session_id: &part.session_id,
                        revision: self.revision,
                        message_id: &part.message_id,
                        part: &part,
                    },
                )
            }
            _ => Ok(()),
        }
    }
}

fn frame(output: &mut Vec<u8>, method: &'static str, params: impl Serialize) -> Result<()> {
    let message = Message {
        jsonrpc: "2.0",
        method,
        params,
    };
    let body = serde_json::to_vec(&message)?;
    write!(output, "Content-Length: {}\r\n\r\n", body.len())?;
    output.extend_from_slice(&body);
    Ok(())
}

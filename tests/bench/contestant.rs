//! The child processes that are measured, brought to the point where text flows.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::events;
use super::fake::{EventStream, Server};
use super::reader::Reader;

pub struct Contestant {
    pub name: String,
    command: Vec<String>,
    kind: Kind,
}

enum Kind {
    /// Speaks LSP and is told where the server is.
    Sidestream,
    /// Takes the server's address as its last argument and begins.
    Plain,
}

/// A contestant that runs, with the stream that it reads.
pub struct Running {
    child: Child,
    /// Kept open: its end would end the contestant.
    _input: ChildStdin,
    pub reader: Reader,
    pub stream: EventStream,
}

impl Contestant {
    pub fn sidestream(name: &str, program: &Path) -> Self {
        Self {
            name: name.to_owned(),
            command: vec![program.display().to_string()],
            kind: Kind::Sidestream,
        }
    }

    pub fn plain(name: &str, command: &[String]) -> Self {
        Self {
            name: name.to_owned(),
            command: command.to_vec(),
            kind: Kind::Plain,
        }
    }

    pub fn start(&self, directory: &Path) -> Result<Running> {
        let server = Server::start(directory)?;
        let (program, arguments) = self.command.split_first().context("no command")?;
        let mut command = Command::new(program);
        command.args(arguments);
        if matches!(self.kind, Kind::Plain) {
            command.arg(&server.address);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{program} was not started"))?;
        let mut input = child.stdin.take().context("no input")?;
        let reader = Reader::start(child.stdout.take().context("no output")?);
        let stream = match self.kind {
            Kind::Plain => server.stream()?,
            Kind::Sidestream => open(&server, &mut input, &reader, directory)?,
        };
        Ok(Running {
            child,
            _input: input,
            reader,
            stream,
        })
    }
}

/// Shakes hands and opens the session.
fn open(
    server: &Server,
    input: &mut ChildStdin,
    reader: &Reader,
    directory: &Path,
) -> Result<EventStream> {
    send(
        input,
        &json!({"id": 1, "method": "initialize", "params": {
            "processId": std::process::id(),
            "rootUri": format!("file://{}", directory.display()),
            "capabilities": {},
            "initializationOptions": {"server": {"url": format!("http://{}", server.address)}},
        }}),
    )?;
    until(reader, |message| message["id"] == 1)?;
    send(input, &json!({"method": "initialized", "params": {}}))?;
    let mut stream = server.stream()?;
    let connected = until(reader, |message| {
        message["params"]["instance"]["state"] == "connected"
    })?;
    send(
        input,
        &json!({"id": 2, "method": "sidestream/session/open", "params": {
            "instanceId": connected["params"]["instanceId"],
            "sessionId": events::SESSION,
        }}),
    )?;
    until(reader, |message| message["id"] == 2)?;
    // The first heartbeat makes it read the overview once more; that is not what is measured.
    stream.write(&events::of_server("server.heartbeat"))?;
    std::thread::sleep(Duration::from_millis(200));
    Ok(stream)
}

fn send(input: &mut ChildStdin, message: &Value) -> Result<()> {
    let mut message = message.clone();
    message["jsonrpc"] = "2.0".into();
    let body = message.to_string();
    write!(input, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    Ok(input.flush()?)
}

fn until(reader: &Reader, is_it: impl Fn(&Value) -> bool) -> Result<Value> {
    loop {
        let message = reader.other()?;
        if is_it(&message) {
            return Ok(message);
        }
    }
}

impl Running {
    /// The processor time that all its threads have used, in nanoseconds. The counters of
    /// `/proc/PID/stat` would do, were they not rounded to 10 ms.
    pub fn cpu(&self) -> Result<u64> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let stat = fs::read_to_string(task?.path().join("schedstat"))?;
            let used = stat.split(' ').next().context("an empty schedstat")?;
            total += used.parse::<u64>()?;
        }
        Ok(total)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

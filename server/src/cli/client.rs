//! A client of the stdio server: launches it, calls its methods, hears its notifications.
//!
//! Used by the terminal commands, and by the tests in an editor's place.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};

use crate::protocol::requests::Call;
use crate::protocol::{Error, ErrorKind, Notification};

/// A running stdio server, ready for requests.
pub struct Client {
    child: Child,
    stdin: tokio::sync::Mutex<ChildStdin>,
    pending: Pending,
    next_id: AtomicI64,
}

/// What an answer will come by.
pub type Awaited = oneshot::Receiver<Result<Value, Error>>;

type Pending = Arc<Mutex<HashMap<i64, oneshot::Sender<Result<Value, Error>>>>>;

/// A notification of ours, decoded, and the message as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub notification: Notification,
    pub raw: String,
}

/// What the client says of itself at the start.
#[derive(Clone, Debug, Default)]
pub struct Hello {
    pub folders: Vec<PathBuf>,
    /// `initializationOptions`.
    pub options: Value,
}

impl Client {
    /// Launches the server and shakes hands with it. The receiver ends with the server.
    ///
    /// # Errors
    /// The program did not start, or refused the handshake.
    pub async fn start(
        command: Command,
        hello: Hello,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Heard>)> {
        let folders: Vec<Value> = hello.folders.iter().map(|path| folder(path)).collect();
        let initialize = json!({
            "processId": std::process::id(),
            "capabilities": {},
            "workspaceFolders": folders,
            "initializationOptions": hello.options,
        });
        let (client, heard, _) = Self::launch(command, initialize).await?;
        Ok((client, heard))
    }

    /// The same with the parameters of `initialize` as given. The second receiver gets the
    /// standard messages of LSP, as they come.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub async fn launch(
        mut command: Command,
        initialize: Value,
    ) -> Result<(
        Self,
        mpsc::UnboundedReceiver<Heard>,
        mpsc::UnboundedReceiver<Value>,
    )> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the Sidestream server did not start")?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the Sidestream server has no pipes");
        };
        let pending = Pending::default();
        let (heard, notifications) = mpsc::unbounded_channel();
        let (standard, messages) = mpsc::unbounded_channel();
        let reader = Reader {
            pending: pending.clone(),
            heard,
            standard,
        };
        tokio::spawn(reader.run(BufReader::new(stdout)));
        let client = Self {
            child,
            stdin: tokio::sync::Mutex::new(stdin),
            pending,
            next_id: AtomicI64::new(1),
        };
        client.request("initialize", initialize).await?;
        client.notify("initialized", json!({})).await?;
        Ok((client, notifications, messages))
    }

    /// Calls one of our methods.
    ///
    /// # Errors
    /// As the server answers; `notConnected` when it is gone.
    pub async fn call<C: Call>(&self, params: C) -> Result<C::Result, Error> {
        let params = serde_json::to_value(params).map_err(broken)?;
        let result = self.request(C::METHOD, params).await?;
        serde_json::from_value(result).map_err(broken)
    }

    /// Any request, with its raw answer.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn request(&self, method: &str, params: Value) -> Result<Value, Error> {
        let (_, answer) = self.begin(method, params).await?;
        answer.await.map_err(|_| gone("it has ended"))?
    }

    /// A request whose answer is awaited later; its id is for cancelling it.
    ///
    /// # Errors
    /// The server is gone.
    pub async fn begin(&self, method: &str, params: Value) -> Result<(i64, Awaited), Error> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (answered, answer) = oneshot::channel();
        lock(&self.pending).insert(id, answered);
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await
            .map_err(|error| gone(&error.to_string()))?;
        Ok((id, answer))
    }

    /// # Errors
    /// The server is gone.
    pub async fn notify(&self, method: &str, params: Value) -> Result<()> {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
            .await
    }

    /// Answers a request of the server's.
    ///
    /// # Errors
    /// The server is gone.
    pub async fn answer(&self, id: &Value, result: Value) -> Result<()> {
        self.write(&json!({"jsonrpc": "2.0", "id": id, "result": result}))
            .await
    }

    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Says goodbye and waits for the end.
    ///
    /// # Errors
    /// The server could not be waited for.
    pub async fn stop(mut self) -> Result<ExitStatus> {
        if let Err(error) = self.request("shutdown", Value::Null).await {
            tracing::debug!("no answer to shutdown: {error}");
        }
        if let Err(error) = self.notify("exit", Value::Null).await {
            tracing::debug!("the server is gone already: {error}");
        }
        Ok(self.child.wait().await?)
    }

    /// Closes the server's standard input, as an editor that dies does, and hands over what is
    /// left of it.
    #[must_use]
    pub fn hang_up(self) -> Child {
        self.child
    }

    /// The process, to do with as one likes; its pipes stay open until `self` is dropped.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    async fn write(&self, message: &Value) -> Result<()> {
        let body = serde_json::to_vec(message)?;
        let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        frame.extend_from_slice(&body);
        let mut stdin = self.stdin.lock().await;
        stdin.write_all(&frame).await?;
        stdin.flush().await?;
        Ok(())
    }
}

fn broken(error: serde_json::Error) -> Error {
    Error::new(
        ErrorKind::ServerError,
        format!("Sidestream's own protocol was not understood: {error}"),
    )
}

fn gone(why: &str) -> Error {
    Error::new(
        ErrorKind::NotConnected,
        format!("The Sidestream server is gone: {why}."),
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A workspace folder, as `initialize` and `workspace/didChangeWorkspaceFolders` name it.
#[must_use]
pub fn folder(path: &std::path::Path) -> Value {
    json!({"uri": file_uri(path), "name": path.display().to_string()})
}

fn file_uri(path: &std::path::Path) -> String {
    reqwest::Url::from_directory_path(path)
        .map_or_else(|()| format!("file://{}", path.display()), String::from)
}

/// What a message may be, seen from here.
#[derive(Deserialize)]
struct Incoming {
    id: Option<Value>,
    method: Option<String>,
    result: Option<Value>,
    error: Option<IncomingError>,
}

#[derive(Deserialize)]
struct IncomingError {
    message: String,
    #[serde(default)]
    data: Option<IncomingErrorData>,
}

#[derive(Deserialize)]
struct IncomingErrorData {
    kind: ErrorKind,
    hint: Option<String>,
}

impl From<IncomingError> for Error {
    fn from(error: IncomingError) -> Self {
        let (kind, hint) = match error.data {
            Some(data) => (data.kind, data.hint),
            None => (ErrorKind::ServerError, None),
        };
        Self {
            kind,
            message: error.message,
            hint,
        }
    }
}

/// Takes in what the server says, until it ends.
struct Reader {
    pending: Pending,
    heard: mpsc::UnboundedSender<Heard>,
    standard: mpsc::UnboundedSender<Value>,
}

impl Reader {
    async fn run(self, mut stdout: BufReader<ChildStdout>) {
        loop {
            match read_frame(&mut stdout).await {
                Ok(Some(raw)) => {
                    if let Err(error) = self.receive(raw) {
                        tracing::warn!("a message was not understood: {error:#}");
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!("the server's output broke: {error:#}");
                    break;
                }
            }
        }
        // Who waits for an answer learns that none will come.
        lock(&self.pending).clear();
    }

    fn receive(&self, raw: String) -> Result<()> {
        let message: Incoming = serde_json::from_str(&raw)?;
        match (message.method, message.id) {
            (Some(method), None) if method.starts_with("sidestream/") => {
                let notification = serde_json::from_str(&raw)?;
                // Nobody listens any more at the end.
                drop(self.heard.send(Heard { notification, raw }));
            }
            (None, Some(id)) => {
                let waiting = id.as_i64().and_then(|id| lock(&self.pending).remove(&id));
                let answer = match message.error {
                    Some(error) => Err(error.into()),
                    None => Ok(message.result.unwrap_or_default()),
                };
                if waiting.is_some_and(|waiting| waiting.send(answer).is_err()) {
                    tracing::debug!("nobody waits for answer {id} any more");
                }
            }
            // Messages to show and progress: the terminal learns of both otherwise and does not
            // listen here.
            _ => drop(self.standard.send(serde_json::from_str(&raw)?)),
        }
        Ok(())
    }
}

/// One message without its header; `None` at the end.
async fn read_frame(input: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<String>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = Some(value.trim().parse::<usize>()?);
        }
    }
    let mut body = vec![0; length.context("a message without Content-Length")?];
    input.read_exact(&mut body).await?;
    Ok(Some(String::from_utf8(body)?))
}

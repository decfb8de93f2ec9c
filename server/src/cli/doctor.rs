//! `sidestream doctor`: every step from the program to a round trip, with what to do about the
//! first one that fails.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::Serialize;
use tokio::process::Command;
use tokio::time::timeout;

use crate::instance::find::{self, Program};
use crate::instance::server::{Owner, Running, Server, ServerState};
use crate::instance::service::{self, Came};
use crate::instance::version;
use crate::opencode::detect::detect;
use crate::opencode::event::Event;
use crate::opencode::http::Http;
use crate::opencode::sse::Events;
use crate::opencode::{Dialect, NewSession};
use crate::protocol::settings::{ReconnectSettings, Scope, ServerSettings};
use crate::protocol::{Error, ErrorKind, SessionId};

/// How long an event may take that the server sends at once.
const EVENT_LIMIT: Duration = Duration::from_secs(10);
/// How often a session is made before the stream counts as broken.
const ROUND_TRIPS: usize = 3;

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    pub milliseconds: u128,
}

pub struct DoctorOptions {
    pub directory: Option<PathBuf>,
    /// As in the editor's settings: it decides which server is examined.
    pub scope: Scope,
    /// Prints the findings as JSON.
    pub json: bool,
}

/// # Errors
/// The folder cannot be opened, or nobody reads the report.
pub async fn run(options: DoctorOptions) -> Result<ExitCode> {
    let directory = options.directory.unwrap_or_else(|| ".".into());
    let directory = directory
        .canonicalize()
        .with_context(|| format!("the folder {} cannot be opened", directory.display()))?;
    let mut doctor = Doctor {
        checks: Vec::new(),
        live: !options.json,
    };
    let settings = ServerSettings {
        scope: options.scope,
        ..ServerSettings::default()
    };
    let passed = doctor.examine(&settings, &directory).await.is_some();
    if options.json {
        writeln!(
            std::io::stdout(),
            "{}",
            serde_json::to_string_pretty(&doctor.checks)?
        )?;
    }
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Doctor {
    checks: Vec<Check>,
    /// Prints each check when it is done.
    live: bool,
}

impl Doctor {
    /// Goes on until a step fails.
    async fn examine(&mut self, settings: &ServerSettings, directory: &Path) -> Option<()> {
        let program = self
            .check("program", async {
                let program = find::find(&settings.command, &|_| {}).await?;
                let mut text = found(&program);
                for other in find::passed_over(&program) {
                    let version = version::version(&other).await;
                    let version = version
                        .as_deref()
                        .unwrap_or("which does not say its version");
                    text.push_str(&format!("; passed over: {}, {version}", found(&other)));
                }
                Ok((text, program))
            })
            .await?;
        self.check("version", async {
            let version = version_of(&program.path).await?;
            Ok((version, ()))
        })
        .await?;
        let server = Server::new(settings, ReconnectSettings::default(), directory.to_owned());
        let passed = self.examine_server(&server, directory).await;
        server.stop().await;
        passed
    }

    async fn examine_server(&mut self, server: &Arc<Server>, directory: &Path) -> Option<()> {
        let running = self
            .check("start", async {
                let running = started(server).await?;
                Ok((whose(&running), running))
            })
            .await?;
        let (http, dialect) = self
            .check("health", async {
                let http = Http::new(running.endpoint.clone(), EVENT_LIMIT)?;
                let dialect = detect(&http, directory).await?;
                let version = dialect.version().unwrap_or("an old version");
                let text = format!("OpenCode {version}, dialect {:?}", dialect.name());
                Ok((text, (http, dialect)))
            })
            .await?;
        let mut stream = self
            .check("stream", async {
                let stream = listen(&http, &dialect).await?;
                Ok(("the first event came".to_owned(), stream))
            })
            .await?;
        self.check("round trip", async {
            let mut tries = 1;
            loop {
                let session = dialect.create_session(&NewSession::default()).await?.id;
                let told = next_event(&mut stream, &dialect, |event| is_of(event, &session)).await;
                // Nothing is left behind, whether its event came or not.
                dialect.delete_session(&session).await?;
                match told {
                    Err(_) if tries < ROUND_TRIPS => tries += 1,
                    told => break told?,
                }
                // On a busy machine, a stream may speak and never listen (v1 contract, rule 3).
                stream = listen(&http, &dialect).await?;
            }
            Ok(("a session was made, told of and deleted".to_owned(), ()))
        })
        .await
    }

    async fn check<T>(
        &mut self,
        name: &'static str,
        step: impl Future<Output = Result<(String, T), Error>>,
    ) -> Option<T> {
        let began = Instant::now();
        let (result, detail, hint) = match step.await {
            Ok((detail, value)) => (Some(value), detail, None),
            Err(error) => (None, error.message, error.hint),
        };
        let check = Check {
            name,
            ok: result.is_some(),
            detail,
            hint,
            milliseconds: began.elapsed().as_millis(),
        };
        if self.live && print(&check).is_err() {
            tracing::debug!("nobody reads the report");
        }
        self.checks.push(check);
        result
    }
}

fn print(check: &Check) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let mark = if check.ok { "✓" } else { "✗" };
    let (name, millis) = (check.name, check.milliseconds);
    writeln!(out, "{mark} {name:<10} {millis:>6} ms  {}", check.detail)?;
    if let Some(hint) = &check.hint {
        writeln!(out, "  {:<10} {:>6}     → {hint}", "", "")?;
    }
    out.flush()
}

fn found(program: &Program) -> String {
    let path = program.path.display();
    format!("{path} (found by {})", program.found_by.in_words())
}

/// Where a server is, whose it is, and what becomes of it.
fn whose(running: &Running) -> String {
    let url = &running.endpoint.url;
    let process = match running.pid {
        Some(pid) => format!("process {pid}"),
        None => "another machine's, or its process is not known".to_owned(),
    };
    let registration = service::registration_path(&BTreeMap::new());
    let registration = registration.display();
    match running.owner {
        Owner::Ours => format!("{url}, a private server ({process}), which ends with this check"),
        Owner::Others => format!("{url} ({process})"),
        Owner::Service(Came::Found) => format!(
            "{url}, the background service that runs already ({process}, registered in \
             {registration}); it goes on"
        ),
        Owner::Service(Came::Started) => format!(
            "{url}, the background service, which this check has started ({process}, registered in \
             {registration}); it goes on until `opencode service stop`"
        ),
    }
}

async fn version_of(program: &Path) -> Result<String, Error> {
    let failed = |why: String| {
        Error::new(ErrorKind::StartFailed, format!("--version failed: {why}"))
            .hint("Is that an OpenCode program, and for this kind of machine?")
    };
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(failed(output.status.to_string()))
    }
}

/// A server as soon as it can be talked to.
pub(super) async fn started(server: &Server) -> Result<Running, Error> {
    let mut state = server.state();
    let settled = state
        .wait_for(|state| !matches!(state, ServerState::Starting))
        .await
        .map_err(|_| Error::new(ErrorKind::StartFailed, "the server is gone"))?;
    match &*settled {
        ServerState::Ready(running) => Ok(running.clone()),
        ServerState::Failed(failure) | ServerState::Restarting { why: failure, .. } => {
            Err(failure.clone().into())
        }
        ServerState::Starting | ServerState::Stopped => {
            Err(Error::new(ErrorKind::StartFailed, "the server ended"))
        }
    }
}

type Stream = Events<BoxStream<'static, reqwest::Result<bytes::Bytes>>>;

/// A stream that has spoken, and listens.
async fn listen(http: &Http, dialect: &Arc<dyn Dialect>) -> Result<Stream, Error> {
    let response = http.open(dialect.stream()).await?;
    let mut events = Events::new(response.bytes_stream().boxed());
    next_event(&mut events, dialect, |event| *event == Event::Connected).await?;
    if let Some(gap) = dialect.start_gap() {
        tokio::time::sleep(gap).await;
    }
    Ok(events)
}

async fn next_event(
    events: &mut Stream,
    dialect: &Arc<dyn Dialect>,
    wanted: impl Fn(&Event) -> bool,
) -> Result<(), Error> {
    let search = async {
        loop {
            let batch = events
                .next_batch()
                .await
                .map_err(|ended| Error::new(ErrorKind::NotConnected, ended.to_string()))?;
            let decoded = batch.iter().map(|data| dialect.decode(data).body);
            for body in decoded {
                if body.into_events().any(|event| wanted(&event)) {
                    return Ok(());
                }
            }
        }
    };
    timeout(EVENT_LIMIT, search).await.unwrap_or_else(|_| {
        Err(Error::new(
            ErrorKind::Timeout,
            "the event that was awaited did not come",
        )
        .hint("Some OpenCode versions have broken streams; try a newer one."))
    })
}

fn is_of(event: &Event, session: &SessionId) -> bool {
    event.session_id() == Some(session)
}

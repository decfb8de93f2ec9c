//! `sidestream record FILE`: a server's event stream as a file, with what a client would ask around it.
//! It only listens; of sessions that no event names, and of other folders, nothing is kept.
//!
//! What a model says in pieces is in the file in pieces: a secret that it spells out is not found.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, stdin};
use tokio::task::JoinSet;

use super::disguise::Disguise;
use super::questions::Questions;
use super::{Line, When};
use crate::cli::doctor::started;
use crate::editor::terminated;
use crate::instance::server::{Running, Server};
use crate::opencode::Dialect;
use crate::opencode::detect::detect;
use crate::opencode::event::{Event, RunStatus};
use crate::opencode::http::Http;
use crate::opencode::sse::Events;
use crate::protocol::settings::{ReconnectSettings, ServerSettings};
use crate::protocol::{Error, SessionId};

/// Longer than any version's heartbeat takes; a person who thinks is no broken line.
const SILENCE: Duration = Duration::from_secs(600);

pub struct RecordOptions {
    pub file: PathBuf,
    pub directory: Option<PathBuf>,
    /// A server that runs already; otherwise one is started.
    pub url: Option<String>,
    pub until: Until,
}

/// When a recording ends, besides by a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    InputEnds,
    /// Something has run, and nothing runs any more.
    Idle,
}

/// # Errors
/// The file is there already, or the server cannot be reached.
pub async fn run(options: RecordOptions) -> Result<ExitCode> {
    let directory = super::folder(options.directory)?;
    let settings = ServerSettings {
        url: options.url,
        username: std::env::var("OPENCODE_SERVER_USERNAME").ok(),
        password: std::env::var("OPENCODE_SERVER_PASSWORD").ok(),
        ..ServerSettings::default()
    };
    let server = Server::new(&settings, ReconnectSettings::default(), directory.clone());
    let recorded = async {
        let running = started(&server).await.map_err(in_words)?;
        let recorder = Recorder::begin(&options.file, &running, &directory).await?;
        recorder.record(&running, options.until).await
    };
    let recorded = recorded.await;
    server.stop().await;
    let events = recorded?;
    let file = options.file.display();
    writeln!(std::io::stdout(), "{events} events are in {file}.")?;
    Ok(ExitCode::SUCCESS)
}

/// For its owner's eyes: what people and models say is in it.
fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.with_context(|| format!("{} cannot be written", path.display()))
}

fn in_words(error: Error) -> anyhow::Error {
    match error.hint {
        Some(hint) => anyhow::anyhow!("{} {hint}", error.message),
        None => anyhow::anyhow!(error.message),
    }
}

struct Recorder {
    file: File,
    http: Http,
    dialect: Arc<dyn Dialect>,
    directory: String,
    disguise: Disguise,
    questions: &'static Questions,
    /// Sessions that events have named.
    named: HashSet<SessionId>,
    running: HashSet<SessionId>,
    /// Answers to what is asked while events come.
    before: JoinSet<Option<(String, Value)>>,
}

impl Recorder {
    async fn begin(file: &Path, running: &Running, directory: &Path) -> Result<Self> {
        let http = Http::new(running.endpoint.clone(), SILENCE).map_err(in_words)?;
        let dialect = detect(&http, directory).await.map_err(in_words)?;
        let questions = Questions::of(dialect.name())?;
        let directory = directory.display().to_string();
        let home = std::env::var("HOME").ok();
        let password = running.endpoint.password.as_deref();
        let stream = dialect.stream().build()?.url().path().to_owned();
        let mut recorder = Self {
            file: create(file)?,
            http,
            disguise: Disguise::of(&directory, home.as_deref(), password),
            directory,
            questions,
            named: HashSet::new(),
            running: HashSet::new(),
            before: JoinSet::new(),
            dialect,
        };
        recorder.write(&Line::Server {
            version: recorder.dialect.version().map(str::to_owned),
            dialect: recorder.dialect.name(),
            stream,
        })?;
        Ok(recorder)
    }

    /// Until its end; says how many events there were.
    async fn record(mut self, running: &Running, until: Until) -> Result<usize> {
        let response = self.http.open(self.dialect.stream()).await;
        let response = response.map_err(in_words)?;
        let mut events = Events::new(Box::pin(response.bytes_stream()));
        let began = Instant::now();
        for &path in self.questions.of_folder {
            self.ask_beside(path.to_owned());
        }
        announce(running, until)?;
        let mut count = 0;
        let end = ended(until);
        tokio::pin!(end);
        loop {
            let batch = tokio::select! {
                batch = events.next_batch() => batch,
                () = &mut end => break,
            };
            let Ok(batch) = batch else {
                tracing::warn!("the server closed its event stream");
                break;
            };
            let at = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            for data in batch {
                let event = self.note(&data);
                if self.is_of_no_concern(&data) {
                    continue;
                }
                let data = self.disguise.data(&data);
                self.write(&Line::Event { at, data })?;
                count += 1;
                if until == Until::Idle && event == Some(Turn::LastRunEnded) {
                    self.finish().await?;
                    return Ok(count);
                }
            }
        }
        self.finish().await?;
        Ok(count)
    }

    /// Of another folder, or of a session of which it is not known that it is here.
    fn is_of_no_concern(&self, data: &str) -> bool {
        let data = serde_json::from_str::<Value>(data).unwrap_or_default();
        match self.questions.directory_of(&data) {
            // The word of versions whose stream is everybody's, for what concerns all.
            Some(place) => place != "global" && place != self.directory,
            None => self
                .questions
                .session_without_a_place(&data)
                .is_some_and(|session| !self.named.contains(session)),
        }
    }

    fn note(&mut self, data: &str) -> Option<Turn> {
        let events: Vec<Event> = self.dialect.decode(data).body.into_events().collect();
        let turns = events.into_iter().map(|event| self.note_event(event));
        turns.fold(None, |last, turn| turn.or(last))
    }

    fn note_event(&mut self, event: Event) -> Option<Turn> {
        if let Some(session) = event.session_id()
            && self.named.insert(session.clone())
        {
            for path in self.paths_of(session) {
                self.ask_beside(path);
            }
        }
        let Event::Status { session_id, status } = event else {
            return None;
        };
        if status != RunStatus::Idle {
            self.running.insert(session_id);
            return None;
        }
        let ran = self.running.remove(&session_id);
        (ran && self.running.is_empty()).then_some(Turn::LastRunEnded)
    }

    fn paths_of(&self, session: &SessionId) -> Vec<String> {
        let Questions {
            of_session,
            sessions,
            ..
        } = self.questions;
        let paths = of_session.iter();
        paths
            .map(|path| format!("{sessions}/{session}{path}"))
            .collect()
    }

    /// Not in the way of the stream.
    fn ask_beside(&mut self, path: String) {
        let (http, directory) = (self.http.clone(), self.directory.clone());
        self.before
            .spawn(ask(http, self.questions, directory, path));
    }

    async fn finish(mut self) -> Result<()> {
        let mut before = Vec::new();
        while let Some(answer) = self.before.join_next().await {
            before.extend(answer?);
        }
        // In no order of chance.
        before.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (path, body) in before {
            self.keep(When::Before, path, body)?;
        }
        let of_folder = self.questions.of_folder.iter();
        let of_folder = of_folder.map(|&path| path.to_owned());
        let mut paths: Vec<String> = of_folder.collect();
        let mut named: Vec<&SessionId> = self.named.iter().collect();
        named.sort();
        paths.extend(named.into_iter().flat_map(|session| self.paths_of(session)));
        for path in paths {
            let http = self.http.clone();
            let answer = ask(http, self.questions, self.directory.clone(), path).await;
            if let Some((path, body)) = answer {
                self.keep(When::After, path, body)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, when: When, path: String, mut body: Value) -> Result<()> {
        self.questions
            .keep_only(&path, &mut body, |session| self.named.contains(session));
        let body = self.disguise.value(body);
        self.write(&Line::Answer { when, path, body })
    }

    /// At once, so that nothing is lost whatever ends this.
    fn write(&mut self, line: &Line) -> Result<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .context("the recording cannot be written")
    }
}

#[derive(PartialEq, Eq)]
enum Turn {
    LastRunEnded,
}

/// Nothing for what this version does not have.
async fn ask(
    http: Http,
    questions: &Questions,
    directory: String,
    path: String,
) -> Option<(String, Value)> {
    let query = questions.query(&path, &directory);
    let answer = http.send(Method::GET, &path, &query, None).await;
    match answer.and_then(|answer| answer.json()) {
        Ok(body) => Some((path, body)),
        Err(error) => {
            tracing::debug!("{path} is not in the recording: {error}");
            None
        }
    }
}

fn announce(running: &Running, until: Until) -> Result<()> {
    let endpoint = &running.endpoint;
    let mut out = std::io::stdout();
    writeln!(out, "Recording {}.", endpoint.url)?;
    // Only who knows the password of a server that was just started can take part.
    if running.pid.is_some() {
        let server = json!({"url": endpoint.url, "password": endpoint.password});
        writeln!(out, "To take part, set: {}", json!({"server": server}))?;
    }
    let end = match until {
        Until::InputEnds => "Ctrl-C ends it.",
        Until::Idle => "It ends with what is run next.",
    };
    writeln!(out, "{end}")?;
    Ok(out.flush()?)
}

async fn ended(until: Until) {
    let input_ends = async {
        match until {
            Until::InputEnds => {
                let mut rest = [0; 256];
                while stdin().read(&mut rest).await.is_ok_and(|count| count > 0) {}
            }
            Until::Idle => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated() => {}
        () = input_ends => {}
    }
}

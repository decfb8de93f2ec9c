//! `sidestream replay FILE`: serves a recording as the OpenCode server that it was made of. Its stream
//! is played with the pauses that it had, and then closed: who comes back finds what REST said
//! afterwards, as after any lost connection. Nothing can be changed in it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Json, Router};
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::disguise::{DIRECTORY, Disguise};
use super::{Line, When};
use crate::editor::terminated;

/// As OpenCode's own.
const HEARTBEAT: Duration = Duration::from_secs(10);

pub struct ReplayOptions {
    pub file: PathBuf,
    /// Stands for the folder in which the recording was made.
    pub directory: Option<PathBuf>,
    /// 2 is twice as fast.
    pub speed: f64,
}

/// # Errors
/// The file is no recording, or no port was to be had.
pub async fn run(options: ReplayOptions) -> Result<ExitCode> {
    let directory = super::folder(options.directory)?;
    let file = options.file.display();
    let text = std::fs::read_to_string(&options.file);
    let text = text.with_context(|| format!("{file} cannot be read"))?;
    let recording = Recording::read(&text, &directory, options.speed);
    let recording = recording.with_context(|| format!("{file} is no recording"))?;
    let stream_path = recording.stream.clone();
    let routes = Router::new()
        .route(&stream_path, axum::routing::get(play))
        .fallback(answer)
        .with_state(Arc::new(recording));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut out = std::io::stdout();
    writeln!(out, "Replaying {file} at {url}.")?;
    writeln!(out, "To watch it, open {} with:", directory.display())?;
    writeln!(out, "{}", json!({"server": {"url": url}}))?;
    out.flush()?;
    tokio::select! {
        served = async { axum::serve(listener, routes).await } => served?,
        () = terminated() => {}
    }
    Ok(ExitCode::SUCCESS)
}

struct Recording {
    stream: String,
    /// Each with the pause before it.
    events: Vec<(Duration, String)>,
    before: HashMap<String, Value>,
    after: HashMap<String, Value>,
    /// The stream has been played to its end.
    is_over: AtomicBool,
}

impl Recording {
    fn read(text: &str, directory: &Path, speed: f64) -> Result<Self> {
        let here = Disguise::placed(DIRECTORY, &directory.display().to_string());
        let mut recording = Self {
            stream: String::new(),
            events: Vec::new(),
            before: HashMap::new(),
            after: HashMap::new(),
            is_over: AtomicBool::new(false),
        };
        let mut last = 0;
        for (index, line) in text.lines().enumerate() {
            let line = serde_json::from_str(line);
            match line.with_context(|| format!("line {}", index + 1))? {
                Line::Server { stream, .. } => recording.stream = stream,
                Line::Event { at, data } => {
                    let pause = Duration::from_millis(at.saturating_sub(last)).div_f64(speed);
                    last = at;
                    recording.events.push((pause, here.data(&data)));
                }
                Line::Answer { when, path, body } => {
                    let answers = match when {
                        When::Before => &mut recording.before,
                        When::After => &mut recording.after,
                    };
                    answers.insert(path, here.value(body));
                }
            }
        }
        if !recording.stream.starts_with('/') {
            bail!("it does not say which server it is of");
        }
        if recording.before.is_empty() {
            bail!("it has no answers, which are written when a recording is ended");
        }
        Ok(recording)
    }

    fn answer(&self, path: &str) -> Option<Value> {
        let (first, second) = if self.is_over.load(Ordering::Relaxed) {
            (&self.after, &self.before)
        } else {
            (&self.before, &self.after)
        };
        let found = |path: &str| first.get(path).or_else(|| second.get(path)).cloned();
        found(path).or_else(|| {
            // One message out of the list.
            let (list, id) = path.rsplit_once('/')?;
            let answer = found(list).filter(|_| list.ends_with("/message"))?;
            let find = |messages: &Value, is_it: &dyn Fn(&Value) -> bool| {
                let mut messages = messages.as_array()?.iter();
                messages.find(|message| is_it(message)).cloned()
            };
            match answer.get("data") {
                Some(messages) => {
                    let message = find(messages, &|message| message["id"] == id)?;
                    Some(json!({"data": message}))
                }
                None => find(&answer, &|message| message["info"]["id"] == id),
            }
        })
    }

    /// What keeps a stream alive: it looks like its first event.
    fn heartbeat(&self) -> Option<String> {
        let (_, first) = self.events.first()?;
        Some(first.replace("server.connected", "server.heartbeat"))
    }
}

async fn play(State(recording): State<Arc<Recording>>) -> Response {
    let frames = if recording.is_over.load(Ordering::Relaxed) {
        afterwards(recording).left_stream()
    } else {
        whole(recording).right_stream()
    };
    let frames = frames.map(|data| Ok::<_, Infallible>(frame(&data)));
    let headers = [(header::CONTENT_TYPE, "text/event-stream")];
    (headers, Body::from_stream(frames)).into_response()
}

/// Everything once; then it ends.
fn whole(recording: Arc<Recording>) -> impl Stream<Item = String> {
    stream::unfold((recording, 0), async |(recording, next)| {
        let Some((pause, data)) = recording.events.get(next).cloned() else {
            recording.is_over.store(true, Ordering::Relaxed);
            return None;
        };
        sleep(pause).await;
        Some((data, (recording, next + 1)))
    })
}

/// Nothing happens any more.
fn afterwards(recording: Arc<Recording>) -> impl Stream<Item = String> {
    let first = recording.events.first().map(|(_, data)| data.clone());
    let beats = stream::unfold(recording.heartbeat(), async |beat| {
        sleep(HEARTBEAT).await;
        Some((beat.clone()?, beat))
    });
    stream::iter(first).chain(beats)
}

fn frame(data: &str) -> String {
    let lines = data.lines().map(|line| format!("data: {line}\n"));
    lines.collect::<String>() + "\n"
}

async fn answer(State(recording): State<Arc<Recording>>, method: Method, uri: Uri) -> Response {
    if method != Method::GET {
        let message = "This is a recording: it can be watched, and nothing can be changed in it.";
        let error = json!({"name": "BadRequest", "data": {"message": message}});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    match recording.answer(uri.path()) {
        Some(body) => Json(body).into_response(),
        // As OpenCode answers what it does not know.
        None => Html("<!doctype html>").into_response(),
    }
}

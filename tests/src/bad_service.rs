//! A background service of OpenCode 2.x that is none: registered, and as bad as a test wants it. With
//! it comes a program that says that it is OpenCode 2.x and keeps a list of what it was asked to start.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::Sandbox;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badness {
    /// It answers as another major version.
    Version(&'static str),
    /// It does not take its own password.
    Unauthorized,
    /// Whoever listens to it finds it gone at once, and another one in its place when it is started.
    EndsAtOnce,
}

pub struct BadService {
    url: String,
    answers: Arc<Answers>,
    server: JoinHandle<()>,
    folder: PathBuf,
}

struct Answers {
    badness: Badness,
    /// Those of it that have ended; each has another process id.
    ended: AtomicU32,
    url: String,
    next: PathBuf,
}

impl BadService {
    /// It listens, and is registered when its program has started it.
    pub async fn listen(sandbox: &Sandbox, badness: Badness) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let folder = sandbox.path().join("bad-service");
        fs::create_dir_all(sandbox.path().join("state/opencode")).expect("a folder");
        fs::create_dir_all(&folder).expect("a folder");
        let answers = Arc::new(Answers {
            badness,
            ended: AtomicU32::new(0),
            url: url.clone(),
            next: folder.join("next.json"),
        });
        answers.register_next();
        let routes = Router::new()
            .route("/api/info", get(info))
            .route("/api/event", get(event))
            .route(
                "/api/session/active",
                get(async || Json(json!({"data": {}}))),
            )
            .route("/api/location", get(async || Json(json!({}))))
            .route("/global/health", get(async || StatusCode::NOT_FOUND))
            .fallback(async || Json(json!({"data": []})))
            .with_state(answers.clone());
        let server = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it serves");
        });
        let service = Self {
            url,
            answers,
            server,
            folder,
        };
        service.write_program(sandbox);
        service
    }

    /// Registers it, with the process of the test itself or one that has ended.
    pub fn register(&self, sandbox: &Sandbox, pid: u32) {
        let file = registration_file(sandbox);
        write_registration(&file, &self.url, pid);
    }

    /// What Sidestream is to take for OpenCode.
    pub fn program(&self) -> PathBuf {
        self.folder.join("opencode")
    }

    /// What the program was asked to start, one after the other.
    pub fn starts(&self) -> Vec<String> {
        let list = fs::read_to_string(self.folder.join("starts")).unwrap_or_default();
        list.lines().map(str::to_owned).collect()
    }

    /// How many of it there have been.
    pub fn ended(&self) -> u32 {
        self.answers.ended.load(Ordering::Relaxed)
    }

    fn write_program(&self, sandbox: &Sandbox) {
        let (folder, state) = (self.folder.display(), registration_file(sandbox));
        let text = format!(
            "#!/bin/sh\n\
             case \"$1\" in\n\
             --version) echo 'opencode v2.0.15' ;;\n\
             service) echo \"$*\" >> {folder}/starts; cp -p {folder}/next.json {} ;;\n\
             *) echo \"$*\" >> {folder}/starts; exit 1 ;;\n\
             esac\n",
            state.display()
        );
        fs::write(self.program(), text).expect("a program");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.program(), mode).expect("it can be run");
    }
}

impl Drop for BadService {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Answers {
    fn pid(&self) -> u32 {
        std::process::id() + self.ended.load(Ordering::Relaxed)
    }

    fn register_next(&self) {
        write_registration(&self.next, &self.url, self.pid());
    }
}

pub fn registration_file(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join("state/opencode/service.json")
}

fn write_registration(file: &Path, url: &str, pid: u32) {
    let registration = json!({
        "id": "bad", "version": "2.0.15", "url": url, "pid": pid, "password": "secret",
    });
    fs::write(file, registration.to_string()).expect("a file");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("it is its owner's");
}

async fn info(State(answers): State<Arc<Answers>>) -> Response {
    let version = match answers.badness {
        Badness::Version(version) => version,
        Badness::Unauthorized => return StatusCode::UNAUTHORIZED.into_response(),
        Badness::EndsAtOnce => "2.0.15",
    };
    let info: Value = json!({"version": version, "pid": answers.pid()});
    Json(info).into_response()
}

async fn event(State(answers): State<Arc<Answers>>) -> Response {
    answers.ended.fetch_add(1, Ordering::Relaxed);
    answers.register_next();
    let frame = "data: {\"id\":\"evt_1\",\"type\":\"server.connected\",\"data\":{}}\n\n";
    ([(header::CONTENT_TYPE, "text/event-stream")], frame).into_response()
}

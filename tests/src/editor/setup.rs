//! How an editor is started: folders, settings, what it says of itself.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use serde_json::{Value, json};
use sidestream::cli::client::{self, Client};
use tokio::process::Command;

use super::Editor;
use crate::opencode::OpenCode;
use crate::screen::Screen;
use crate::stored::Rest;
use crate::{Sandbox, programs};

pub(super) enum Place {
    New { folders: usize },
    Shared(Arc<Sandbox>),
}

pub struct Setup {
    place: Place,
    settings: Value,
    capabilities: Value,
    process_id: u32,
    attached: Option<Rest>,
    path: Option<PathBuf>,
}

impl Setup {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            // Short waits, so that the tests are short.
            settings: json!({"reconnect": {"baseDelayMs": 100, "maxDelayMs": 500, "maxAttempts": 50}}),
            capabilities: json!({}),
            process_id: std::process::id(),
            attached: None,
            path: None,
        }
    }

    /// The only folder that Sidestream finds programs in; OpenCode finds all that are here.
    pub fn programs_in(mut self, folder: PathBuf) -> Self {
        self.path = Some(folder);
        let path = std::env::var("PATH").unwrap_or_default();
        self.settings(json!({"server": {"command": []}}))
            .server_env("PATH", &path)
    }

    /// Laid over the other settings.
    pub fn settings(mut self, settings: Value) -> Self {
        merge(&mut self.settings, settings);
        self
    }

    pub fn scope(self, scope: &str) -> Self {
        self.settings(json!({"server": {"scope": scope}}))
    }

    /// Variables for the OpenCode server, over those of the sandbox.
    pub fn server_env(self, name: &str, value: &str) -> Self {
        self.settings(json!({"server": {"env": {name: value}}}))
    }

    pub fn attach(mut self, server: &OpenCode) -> Self {
        self.attached = Some(server.rest.clone());
        self.attach_to(&server.rest.url, &server.rest.password)
    }

    pub fn attach_to(self, url: &str, password: &str) -> Self {
        self.settings(json!({"server": {"url": url, "password": password}}))
    }

    pub fn capabilities(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Of the process that this editor claims to be.
    pub fn process_id(mut self, pid: u32) -> Self {
        self.process_id = pid;
        self
    }

    /// Shakes hands and waits until all folders are connected.
    pub async fn start(self) -> Editor {
        let mut editor = self.launch().await;
        for folder in 0..editor.sandbox.folders.len() {
            editor.connected(folder).await;
        }
        editor
    }

    /// Shakes hands.
    pub async fn launch(self) -> Editor {
        let server = &self.settings["server"];
        let real = server["url"].is_null() && server["command"].is_null();
        let servers = match &self.place {
            Place::New { folders } if real && server["scope"] != "window" => *folders,
            _ => usize::from(real),
        };
        let sandbox = match self.place {
            Place::New { folders } => Sandbox::new(folders, servers).await,
            Place::Shared(sandbox) => sandbox,
        };
        let environment = sandbox.environment();
        let mut settings = json!({"server": {
            "command": [programs::opencode().await],
            "env": environment,
            // 2.x would join or start a service, which is tested by itself.
            "scope": "workspace",
        }});
        merge(&mut settings, self.settings);
        let mut command = Command::new(programs::sidestream());
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log_file(&sandbox));
        command
            .envs(environment)
            .envs(self.path.map(|path| ("PATH", path)))
            .current_dir(sandbox.path())
            .stderr(Stdio::from(log.expect("a file for the log")));
        let folders: Vec<Value> = sandbox.folders.iter().map(|f| client::folder(f)).collect();
        let initialize = json!({
            "processId": self.process_id,
            "capabilities": self.capabilities,
            "workspaceFolders": folders,
            "initializationOptions": settings,
        });
        let launched = Client::launch(command, initialize).await;
        let (client, heard, standard) = launched.expect("sidestream shakes hands");
        Editor {
            client,
            screen: Screen::default(),
            sandbox,
            heard,
            standard,
            attached: self.attached,
            fresh: VecDeque::new(),
            last_heard: VecDeque::new(),
            bytes_heard: 0,
        }
    }
}

pub(super) fn log_file(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join("sidestream.log")
}

fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

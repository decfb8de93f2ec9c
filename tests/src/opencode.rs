//! An OpenCode server that somebody else runs, for Sidestream to attach to.

use std::process::Stdio;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::generation::{Generation, generation};
use crate::stored::Rest;
use crate::{Sandbox, programs};

const PASSWORD: &str = "correct horse battery staple";

pub struct OpenCode {
    pub rest: Rest,
    child: Child,
    sandbox: Arc<Sandbox>,
}

impl OpenCode {
    /// Runs in a sandbox with this many folders, on a port that the system picks.
    pub async fn serve(folders: usize) -> Self {
        let sandbox = Sandbox::new(folders, 1).await;
        let stdio = (generation() == Generation::Two).then_some("--stdio");
        let mut child = Command::new(programs::opencode().await)
            .arg("serve")
            .args(stdio)
            .args(["--hostname", "127.0.0.1", "--port", "0"])
            .envs(sandbox.environment())
            .env("OPENCODE_SERVER_PASSWORD", PASSWORD)
            .current_dir(sandbox.path())
            // 2.x lives as long as this is open.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("OpenCode starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = loop {
            let line = lines.next_line().await.expect("its output");
            let line = line.expect("OpenCode says where it listens before it ends");
            if let Some((_, url)) = line.split_once("listening on ") {
                break url.trim().to_owned();
            }
            if let Ok(Value::Object(told)) = serde_json::from_str(&line)
                && let Some(url) = told["url"].as_str()
            {
                break url.to_owned();
            }
        };
        // A full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            rest: Rest {
                url,
                password: PASSWORD.into(),
                generation: generation(),
            },
            child,
            sandbox,
        }
    }

    pub fn sandbox(&self) -> Arc<Sandbox> {
        self.sandbox.clone()
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }
}

//! Takes an example of every request and notification from a real run: the built server, a real
//! OpenCode server and the scripted model.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sidestream::cli::client::{Client, Heard, Hello};
use sidestream::cli::demo;
use sidestream::cli::scripted_model::ScriptedModel;
use sidestream::protocol::{InstanceState, Notification, SessionStatus};
use sidestream_tests::document::{Example, Examples};
use sidestream_tests::sharing;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let model = ScriptedModel::start(Duration::from_millis(5)).await?;
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().join("project");
    fs::create_dir(&folder)?;
    fs::write(folder.join("notes.txt"), "one\n")?;
    // Paths in OpenCode's words are relative to the repository.
    for arguments in [
        &["init", "-q"][..],
        &["add", "."],
        &[
            "-c",
            "user.name=you",
            "-c",
            "user.email=you@example.com",
            "commit",
            "-qm",
            "Notes",
        ],
    ] {
        let made = Command::new("git")
            .args(arguments)
            .current_dir(&folder)
            .status()
            .await?;
        anyhow::ensure!(made.success(), "git {arguments:?} failed");
    }
    let mut env = demo::environment(&model, &scratch.path().join("data"));
    let config = sharing::allow(&env["OPENCODE_CONFIG_CONTENT"]).await;
    env.insert("OPENCODE_CONFIG_CONTENT".into(), config);
    let hello = Hello {
        folders: Vec::new(),
        options: json!({"server": {"env": env}}),
    };
    let (client, heard) = Client::start(Command::new(program()?), hello).await?;
    let mut recorder = Recorder {
        client,
        heard,
        examples: BTreeMap::new(),
        instance: Value::Null,
    };
    let recorded = recorder.record(&folder).await;
    recorder.client.stop().await?;
    recorded?;
    shorten(&mut recorder.examples);
    let text = serde_json::to_string_pretty(&recorder.examples)?;
    let folder = folder.canonicalize()?.display().to_string();
    let home = std::env::var("HOME")?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/protocol/examples.json");
    fs::write(
        path,
        text.replace(&folder, "/home/you/project")
            .replace(&home, "/home/you")
            + "\n",
    )?;
    Ok(())
}

/// Two of each kind say as much as forty.
fn shorten(examples: &mut Examples) {
    let lists = ["agents", "models", "commands", "skills"];
    for example in examples.values_mut() {
        let places = [example.result.as_mut(), example.params.get_mut("catalog")];
        for place in places.into_iter().flatten() {
            for list in lists {
                if let Some(items) = place.get_mut(list).and_then(Value::as_array_mut) {
                    items.truncate(2);
                }
            }
        }
    }
}

/// The built server lies beside this program.
fn program() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("sidestream");
    if !path.exists() {
        bail!("{} is missing: run `cargo build` first", path.display());
    }
    Ok(path)
}

struct Recorder {
    client: Client,
    heard: mpsc::UnboundedReceiver<Heard>,
    examples: Examples,
    instance: Value,
}

impl Recorder {
    /// Goes through everything once.
    async fn record(&mut self, folder: &Path) -> Result<()> {
        let opened = self
            .ask("instance/open", json!({"directory": folder}))
            .await?;
        self.instance = opened["id"].clone();
        self.until(|n| match n {
            Notification::InstanceDidChange { instance, .. } => {
                instance.state == InstanceState::Connected
            }
            _ => false,
        })
        .await?;
        self.ask("instance/list", json!({})).await?;
        self.of("instance/logs", json!({"limit": 1})).await?;

        let session = self.of("session/create", json!({"title": "Notes"})).await?["id"].clone();
        self.of("session/open", json!({"sessionId": session}))
            .await?;
        self.of("permission/list", json!({})).await?;
        self.of("question/list", json!({})).await?;
        let prompt =
            |text: &str| json!({"sessionId": session, "parts": [{"type": "text", "text": text}]});

        self.of("session/prompt", prompt("Hello")).await?;
        self.idle().await?;
        // An edit brings a permission with a diff, and a changed file.
        let edit = r#"tools: read {"filePath":"notes.txt"} ;; edit {"filePath":"notes.txt","oldString":"one","newString":"two"}"#;
        self.of("session/prompt", prompt(edit)).await?;
        let permission = self.permission().await?;
        self.of(
            "permission/reply",
            json!({"permissionId": permission, "reply": "once"}),
        )
        .await?;
        self.idle().await?;
        self.of("session/prompt", prompt(r#"tool: todowrite {"todos":[{"content":"read","status":"completed","priority":"low"}]}"#))
            .await?;
        self.idle().await?;
        let ask = r#"tool: question {"questions":[{"question":"Which colour?","header":"Colour","options":[{"label":"Red","description":"warm"},{"label":"Blue","description":"cold"}]}]}"#;
        self.of("session/prompt", prompt(ask)).await?;
        let question = self.question().await?;
        self.of(
            "question/reply",
            json!({"questionId": question, "answers": [["Blue"]]}),
        )
        .await?;
        self.idle().await?;
        self.of("session/prompt", prompt(ask)).await?;
        let question = self.question().await?;
        self.of("question/reject", json!({"questionId": question}))
            .await?;
        self.idle().await?;
        self.of("session/prompt", prompt("slow: 50 long: 500"))
            .await?;
        self.until(|n| matches!(n, Notification::PartDidAppend { .. }))
            .await?;
        self.of("session/abort", json!({"sessionId": session}))
            .await?;
        self.idle().await?;

        // The model breaks off; what the next try makes obsolete goes.
        self.of("session/prompt", prompt("cut: please")).await?;
        self.until(|n| matches!(n, Notification::PartDidRemove { .. }))
            .await?;
        self.of("session/abort", json!({"sessionId": session}))
            .await?;
        self.idle().await?;

        // In place of the first one, which was empty.
        self.examples.remove("sidestream/session/open");
        let page = self
            .of("session/open", json!({"sessionId": session, "limit": 2}))
            .await?;
        let cursor = page["cursor"].clone();
        self.of(
            "session/history",
            json!({"sessionId": session, "cursor": cursor, "limit": 1}),
        )
        .await?;
        self.of(
            "session/rename",
            json!({"sessionId": session, "title": "My notes"}),
        )
        .await?;
        self.of("session/list", json!({"limit": 1})).await?;
        self.of("instance/events", json!({"limit": 1})).await?;
        self.beyond(&session).await?;

        self.of("instance/reconnect", json!({})).await?;
        self.of("instance/restart", json!({})).await?;
        // Until it is back, a prompt waits.
        self.until(|n| match n {
            Notification::InstanceDidChange { instance, .. } => {
                instance.state == InstanceState::Reconnecting
            }
            _ => false,
        })
        .await?;
        let queued = self.of("session/prompt", prompt("Never mind")).await?["messageId"].clone();
        self.of("session/listQueued", json!({"sessionId": session}))
            .await?;
        self.of(
            "session/cancelQueued",
            json!({"sessionId": session, "messageId": queued}),
        )
        .await?;
        self.until(|n| matches!(n, Notification::MessageDidRemove { .. }))
            .await?;
        self.of("session/close", json!({"sessionId": session}))
            .await?;
        self.of("session/delete", json!({"sessionId": session}))
            .await?;
        self.until(|n| matches!(n, Notification::SessionDidRemove { .. }))
            .await?;
        self.of("instance/close", json!({})).await?;
        self.until(|n| matches!(n, Notification::InstanceDidClose { .. }))
            .await?;
        self.add_reset();
        Ok(())
    }

    /// What can be done with a session and its folder besides talking.
    async fn beyond(&mut self, session: &Value) -> Result<()> {
        let it = json!({"sessionId": session});
        let turn = self
            .examples
            .get("sidestream/permission/didAsk")
            .map(|asked| asked.params["permission"]["tool"]["messageId"].clone())
            .context("an edit was asked for")?;
        let of_turn = json!({"sessionId": session, "messageId": turn});
        let changed = self.of("session/diff", of_turn.clone()).await?["files"].clone();
        let compare = json!({"change": "made", "files": changed});
        self.of("file/compare", compare).await?;
        self.of("vcs/diff", json!({})).await?;
        self.of("file/status", json!({})).await?;
        self.of("file/content", json!({"path": "notes.txt"}))
            .await?;
        self.of("file/find", json!({"query": "notes"})).await?;
        self.of("symbol/find", json!({"query": "main"})).await?;
        self.of("catalog", json!({})).await?;
        self.of("session/fork", of_turn.clone()).await?;
        self.of("session/share", it.clone()).await?;
        self.of("session/unshare", it.clone()).await?;
        self.of("session/archive", it.clone()).await?;
        self.of("session/unarchive", it.clone()).await?;
        self.of("session/export", it.clone()).await?;
        self.of("session/revert", of_turn).await?;
        self.of("session/unrevert", it.clone()).await?;
        let mode = json!({"sessionId": session, "mode": "acceptEdits"});
        self.of("session/setPermissionMode", mode).await?;
        let shell = json!({"sessionId": session, "command": "echo one"});
        self.of("session/shell", shell).await?;
        self.has_run().await?;
        let command = json!({"sessionId": session, "command": "init", "arguments": "the tests"});
        self.of("session/command", command).await?;
        self.has_run().await?;
        let send = json!({"sessionId": session, "text": "What is @notes.txt:1 for?"});
        self.of("session/send", send).await?;
        self.has_run().await?;
        self.of("session/compact", it.clone()).await?;
        self.has_run().await?;
        let task = r#"tool: task {"description":"Look around","prompt":"Hello","subagent_type":"general"}"#;
        self.of("session/send", json!({"sessionId": session, "text": task}))
            .await?;
        self.idle_session(session).await?;
        self.of("session/children", it.clone()).await?;
        // The output of the read tool stands for a field that was cut.
        let opened = self.of("session/open", it).await?;
        let messages = opened["messages"].as_array().cloned().unwrap_or_default();
        let read = messages.iter().find_map(|message| {
            let mut parts = message["parts"].as_array()?.iter();
            let part = parts.find(|part| part["tool"] == "read")?;
            Some(json!({
                "sessionId": session, "messageId": message["id"], "partId": part["id"],
                "field": "output",
            }))
        });
        self.of("part/content", read.context("a file was read")?)
            .await?;
        let add = json!({
            "command": "sidestream.addToPrompt",
            "arguments": [{
                "instanceId": self.instance, "path": "/home/you/project/notes.txt",
                "range": {"start": 1, "end": 1}, "diagnostics": [{"line": 1, "severity": "hint", "message": "unclear"}],
            }],
        });
        self.client.request("workspace/executeCommand", add).await?;
        self.until(|n| matches!(n, Notification::PromptDidAdd { .. }))
            .await?;
        Ok(())
    }

    /// A reset takes a connection lost for longer than a page of messages: this one is put together
    /// from what the run brought.
    fn add_reset(&mut self) {
        let of = |method: &str| self.examples.get(&format!("sidestream/{method}")).cloned();
        if let (Some(opened), Some(append)) = (of("session/open"), of("part/didAppend")) {
            let params = json!({
                "instanceId": append.params["instanceId"],
                "sessionId": append.params["sessionId"],
                "revision": append.params["revision"],
                "snapshot": opened.result,
            });
            let method = "sidestream/session/didReset".to_owned();
            let example = Example {
                params,
                result: None,
            };
            self.examples.entry(method).or_insert(example);
        }
    }

    /// Sub-agents become idle before their caller.
    async fn idle_session(&mut self, id: &Value) -> Result<()> {
        self.until(|n| {
            matches!(n, Notification::SessionDidChange { session, .. }
            if session.status == SessionStatus::Idle && json!(session.id) == *id)
        })
        .await?;
        Ok(())
    }

    /// A run has begun and ended, whatever was told of the session before it.
    async fn has_run(&mut self) -> Result<()> {
        self.until(|n| matches!(n, Notification::SessionDidChange { session, .. } if session.status.is_running()))
            .await?;
        self.idle().await
    }

    async fn idle(&mut self) -> Result<()> {
        self.until(|n| matches!(n, Notification::SessionDidChange { session, .. } if session.status == SessionStatus::Idle))
            .await?;
        Ok(())
    }

    async fn permission(&mut self) -> Result<Value> {
        match self
            .until(|n| matches!(n, Notification::PermissionDidAsk { .. }))
            .await?
        {
            Notification::PermissionDidAsk { permission, .. } => Ok(json!(permission.id)),
            other => bail!("a permission was awaited, not {other:?}"),
        }
    }

    async fn question(&mut self) -> Result<Value> {
        match self
            .until(|n| matches!(n, Notification::QuestionDidAsk { .. }))
            .await?
        {
            Notification::QuestionDidAsk { question, .. } => Ok(json!(question.id)),
            other => bail!("a question was awaited, not {other:?}"),
        }
    }

    /// A request that concerns the instance.
    async fn of(&mut self, method: &str, params: Value) -> Result<Value> {
        let mut all = json!({"instanceId": self.instance});
        for (name, value) in params.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        self.ask(method, all).await
    }

    /// The first answer of each method is kept.
    async fn ask(&mut self, method: &str, params: Value) -> Result<Value> {
        let method = format!("sidestream/{method}");
        let result = timeout(LIMIT, self.client.request(&method, params.clone()))
            .await
            .with_context(|| format!("{method} was not answered"))??;
        self.examples.entry(method).or_insert_with(|| Example {
            params,
            result: Some(result.clone()),
        });
        Ok(result)
    }

    /// Listens until something is said; the longest example of each notification's first few is kept.
    async fn until(&mut self, wanted: impl Fn(&Notification) -> bool) -> Result<Notification> {
        loop {
            let heard = timeout(LIMIT, self.heard.recv())
                .await
                .context("what was awaited was not said")?
                .context("the server ended")?;
            let message: Value = serde_json::from_str(&heard.raw)?;
            let method = message["method"].as_str().unwrap_or_default().to_owned();
            let params = message["params"].clone();
            let known = self
                .examples
                .get(&method)
                .map_or(0, |known| known.params.to_string().len());
            // The richest says the most; states and sessions as they are in the middle of a run.
            if params.to_string().len() > known {
                self.examples.insert(
                    method,
                    Example {
                        params,
                        result: None,
                    },
                );
            }
            if wanted(&heard.notification) {
                return Ok(heard.notification);
            }
        }
    }
}

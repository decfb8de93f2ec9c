//! A model without intelligence: an OpenAI-compatible endpoint on loopback that streams scripted
//! replies, for the demo and the tests. No account, no network.
//!
//! Directives in the user's text (the rest of it is echoed):
//! `bash: COMMAND` calls the shell tool · `tool: NAME {json}` calls any tool · `tools: NAME {json} ;; …`
//! calls several at once · `say:` speaks before the call · `reason: TEXT` thinks first ·
//! `long: N` answers N words · `slow: MS` waits between words · `fail: N STATUS` fails N times ·
//! `cut:` breaks off after five words.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Runs until it is dropped.
pub struct ScriptedModel {
    url: String,
    server: JoinHandle<()>,
}

impl ScriptedModel {
    /// Listens on a port that the system picks; `pace` is the wait between two words.
    ///
    /// # Errors
    /// No port was to be had.
    pub async fn start(pace: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let script = Arc::new(Script {
            pace,
            failures: Mutex::default(),
            calls: Mutex::default(),
        });
        let routes = Router::new()
            .route(
                "/v1/models",
                get(async || Json(json!({"data": [{"id": "scripted"}]}))),
            )
            .route("/v1/chat/completions", post(complete))
            .with_state(script);
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::warn!("the scripted model ended: {error}");
            }
        });
        Ok(Self { url, server })
    }

    /// What OpenCode has to be configured with to talk to this model and nothing else. Shell and
    /// edits ask first.
    #[must_use]
    pub fn opencode_config(&self) -> Value {
        json!({
            "model": "scripted/scripted",
            "small_model": "scripted/scripted",
            "autoupdate": false,
            "share": "disabled",
            "permission": {"bash": "ask", "edit": "ask"},
            "provider": {"scripted": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "Scripted",
                "options": {"baseURL": self.url, "apiKey": "none"},
                "models": {"scripted": {"name": "Scripted model"}},
            }},
        })
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How OpenCode 2.x asks for a summary, which it refuses in any other form.
const SUMMARY_WANTED: [&str; 2] = [
    "You MUST use this format for your response",
    "required summary template",
];
const SUMMARY: &str = "## Objective\n- a scripted objective\n\n## Requirements\n- (none)\n\n\
    ## Decisions\n- (none)\n\n## Work State\n### Completed\n- all\n\n### Active\n- (none)\n\n\
    ### Blocked\n- (none)\n\n## Next Move\n1. go on\n\n## Relevant Files\n(none)\n\n\
    ## Important Context\n- (none)";

struct Script {
    pace: Duration,
    /// How often a prompt with `fail:` has failed.
    failures: Mutex<HashMap<String, u32>>,
    /// Tool calls so far, for their ids.
    calls: Mutex<u32>,
}

/// One request, understood.
struct Turn {
    text: String,
    /// OpenCode asks for a title beside the first reply.
    wants_title: bool,
    /// The last message is a tool's result: the calls are done.
    after_tools: bool,
    tools: ToolNames,
}

/// Prompts name tools as OpenCode 1.x does; a model calls those that it is offered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ToolNames {
    One,
    Two,
}

impl ToolNames {
    fn of(offered: &[Value]) -> Self {
        let is_shell = |tool: &Value| tool["function"]["name"] == "shell";
        if offered.iter().any(is_shell) {
            Self::Two
        } else {
            Self::One
        }
    }

    fn call(self, name: &str, arguments: &str) -> (String, String) {
        if self == Self::One {
            return (name.to_owned(), arguments.to_owned());
        }
        let name = match name {
            "bash" => "shell",
            "task" => "subagent",
            "list" => "read",
            other => other,
        };
        let arguments = arguments
            .replace("\"filePath\":", "\"path\":")
            .replace("\"subagent_type\":", "\"agent\":");
        (name.to_owned(), arguments)
    }
}

impl Turn {
    fn read(body: &Value) -> Self {
        let messages = body["messages"].as_array().cloned().unwrap_or_default();
        let role = |message: &Value, role: &str| message["role"] == role;
        let user = messages.iter().rev().find(|message| role(message, "user"));
        let offered = body["tools"].as_array().cloned().unwrap_or_default();
        let has_tools = !offered.is_empty();
        let instructions = messages.first().map(Value::to_string).unwrap_or_default();
        Self {
            text: user
                .map(|message| text_of(&message["content"]))
                .unwrap_or_default(),
            wants_title: !has_tools && instructions.contains("title"),
            after_tools: messages.last().is_some_and(|last| role(last, "tool")) || !has_tools,
            tools: ToolNames::of(&offered),
        }
    }

    /// What stands behind a directive, up to the end of the line.
    fn directive(&self, name: &str) -> Option<&str> {
        let (_, after) = self.text.split_once(name)?;
        after.lines().next().map(str::trim)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.directive(name)?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    }

    /// Names and arguments of the tools to call.
    fn tools(&self) -> Vec<(String, String)> {
        let call = |text: &str| {
            let (name, arguments) = text.trim().split_once(' ')?;
            Some(self.tools.call(name, arguments.trim()))
        };
        if let Some(several) = self.directive("tools: ") {
            several.split(";;").filter_map(call).collect()
        } else if let Some(one) = self.directive("tool: ") {
            call(one).into_iter().collect()
        } else if let Some(command) = self.directive("bash: ") {
            let arguments = json!({"command": command, "description": "run a command"});
            vec![self.tools.call("bash", &arguments.to_string())]
        } else {
            Vec::new()
        }
    }

    fn reply(&self) -> String {
        if SUMMARY_WANTED.iter().any(|words| self.text.contains(words)) {
            return SUMMARY.to_owned();
        }
        if let Some(count) = self.number("long: ") {
            const WORDS: [&str; 7] = [
                "lorem", "ipsum", "dolor", "sit", "amet", "**bold**", "`code`",
            ];
            let word = |index: u64| {
                let at = usize::try_from(index % 7).unwrap_or_default();
                let end = if index % 20 == 19 { ".\n\n" } else { " " };
                format!("{}{end}", WORDS[at])
            };
            return (0..count).map(word).collect();
        }
        let said: String = self
            .text
            .chars()
            .take(60)
            .map(|c| if c == '\n' { ' ' } else { c })
            .collect();
        if self.text.contains("bash: ") {
            return format!("The command has ended. You had asked for: {said}");
        }
        format!(
            "You said: {said}\n\nI am the scripted model that comes with Sidestream. A real OpenCode \
             server streams these words, and Sidestream pushes each one here as it arrives. \
             Ask for `bash: echo hi` to see a tool wait for your permission."
        )
    }
}

/// A message's content is text, or a list of pieces of it.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(pieces) => pieces
            .iter()
            .filter_map(|piece| piece["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

async fn complete(State(script): State<Arc<Script>>, Json(body): Json<Value>) -> Response {
    let turn = Turn::read(&body);
    if let Some(failure) = script.failure(&turn) {
        return failure;
    }
    let (chunks, received) = mpsc::channel::<Result<Bytes, Break>>(1);
    tokio::spawn(async move {
        let speaker = Speaker {
            pace: turn
                .number("slow: ")
                .map_or(script.pace, Duration::from_millis),
            chunks,
        };
        // It ends early when OpenCode has hung up, as after an abort.
        if speaker.speak(&turn, &script).await.is_none() {
            tracing::debug!("the scripted reply was not heard to its end");
        }
    });
    let body = stream::unfold(received, async |mut received| {
        received.recv().await.map(|chunk| (chunk, received))
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(body),
    )
        .into_response()
}

impl Script {
    /// The failure that `fail: N STATUS` asks for, while there is one left.
    fn failure(&self, turn: &Turn) -> Option<Response> {
        let mut numbers = turn.directive("fail: ")?.split_whitespace();
        let times: u32 = numbers.next()?.parse().ok()?;
        let status = StatusCode::from_u16(numbers.next()?.parse().ok()?).ok()?;
        if turn.wants_title {
            return None;
        }
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = failures.entry(turn.text.clone()).or_default();
        *failed += 1;
        let kind = match status.as_u16() {
            429 => "rate_limit_exceeded",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        let body =
            json!({"error": {"message": format!("scripted failure {failed}"), "type": kind}});
        (*failed <= times).then(|| (status, Json(body)).into_response())
    }

    fn call_id(&self) -> String {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls += 1;
        format!("call_{calls}")
    }
}

/// What `cut:` ends the body with.
#[derive(Debug, thiserror::Error)]
#[error("the script breaks off here")]
struct Break;

/// Sends one reply, word by word. Each step answers `None` when nobody listens any more.
struct Speaker {
    pace: Duration,
    chunks: mpsc::Sender<Result<Bytes, Break>>,
}

impl Speaker {
    async fn speak(&self, turn: &Turn, script: &Script) -> Option<()> {
        self.delta(json!({"role": "assistant", "content": ""}), None)
            .await?;
        let tools = turn.tools();
        if turn.wants_title {
            self.delta(json!({"content": "Scripted title"}), None)
                .await?;
            self.delta(json!({}), Some("stop")).await?;
        } else if !tools.is_empty() && !turn.after_tools {
            if turn.text.contains("say:") {
                self.words("content", "I will run a tool now. ", None)
                    .await?;
            }
            for (index, (name, arguments)) in tools.iter().enumerate() {
                self.call(index, &script.call_id(), name, arguments).await?;
            }
            self.delta(json!({}), Some("tool_calls")).await?;
        } else {
            if let Some(thought) = turn.directive("reason: ") {
                let thought = format!("Thinking about {thought}, step by step. ");
                self.words("reasoning_content", &thought, None).await?;
            }
            let limit = turn.text.contains("cut:").then_some(5);
            self.words("content", &turn.reply(), limit).await?;
            if limit.is_some() {
                return self.chunks.send(Err(Break)).await.ok();
            }
            self.delta(json!({}), Some("stop")).await?;
        }
        let usage = json!({"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30});
        self.chunk(json!({"choices": [], "usage": usage})).await?;
        self.line("[DONE]").await
    }

    async fn words(&self, field: &str, text: &str, limit: Option<usize>) -> Option<()> {
        for word in text.split_inclusive(' ').take(limit.unwrap_or(usize::MAX)) {
            self.delta(json!({field: word}), None).await?;
            sleep(self.pace).await;
        }
        Some(())
    }

    /// Arguments are streamed in small pieces, as real models do.
    async fn call(&self, index: usize, id: &str, name: &str, arguments: &str) -> Option<()> {
        let function = json!({"name": name, "arguments": ""});
        let call = json!({"index": index, "id": id, "type": "function", "function": function});
        self.delta(json!({"tool_calls": [call]}), None).await?;
        let letters: Vec<char> = arguments.chars().collect();
        for piece in letters.chunks(12) {
            let function = json!({"arguments": piece.iter().collect::<String>()});
            let call = json!({"index": index, "function": function});
            self.delta(json!({"tool_calls": [call]}), None).await?;
        }
        Some(())
    }

    async fn delta(&self, delta: Value, finish: Option<&str>) -> Option<()> {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        self.chunk(json!({"choices": [choice]})).await
    }

    async fn chunk(&self, mut chunk: Value) -> Option<()> {
        chunk["id"] = json!("chatcmpl-scripted");
        chunk["object"] = json!("chat.completion.chunk");
        chunk["created"] = json!(1);
        chunk["model"] = json!("scripted");
        self.line(&chunk.to_string()).await
    }

    async fn line(&self, data: &str) -> Option<()> {
        let bytes = Bytes::from(format!("data: {data}\n\n"));
        self.chunks.send(Ok(bytes)).await.ok()
    }
}

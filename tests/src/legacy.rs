//! A server of the legacy dialect whose replies the test speaks itself.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;

pub const SESSION: &str = "ses_legacy";
/// More events than a test makes.
const EVENTS: usize = 1_000;

pub struct LegacyServer {
    pub url: String,
    pub prompts: mpsc::UnboundedReceiver<Value>,
    state: Arc<Legacy>,
    listening: JoinHandle<()>,
}

struct Legacy {
    messages: Mutex<Vec<Value>>,
    /// `None` ends the streams.
    events: broadcast::Sender<Option<Value>>,
    prompted: mpsc::UnboundedSender<Value>,
}

impl LegacyServer {
    /// With one session and no messages.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let (prompted, prompts) = mpsc::unbounded_channel();
        let state = Arc::new(Legacy {
            messages: Mutex::default(),
            events: broadcast::Sender::new(EVENTS),
            prompted,
        });
        let routes = Router::new()
            .route("/events", get(events))
            .route(
                "/session",
                get(async || Json(json!([session("as listed")]))),
            )
            .route("/session/{id}/message", get(messages).post(prompt))
            .with_state(state.clone());
        let listening = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it serves");
        });
        Self {
            url,
            prompts,
            state,
            listening,
        }
    }

    /// Tells the reply so far; the last text is all of it.
    pub fn reply(&self, text: &str, status: &str) {
        let id = "msg_reply";
        let parts = json!([{"type": "text", "text": text}]);
        {
            let mut messages = self.state.messages.lock().expect("no panic before");
            messages.retain(|message| message["id"] != id);
            messages.push(json!({
                "id": id, "sessionId": SESSION, "type": "assistant",
                "parts": parts, "status": status, "timestamp": 2,
            }));
        }
        self.tell(json!({
            "type": "message_updated", "sessionId": SESSION, "messageId": id,
            "parts": parts, "status": status,
        }));
    }

    pub fn rename(&self, title: &str) {
        self.tell(json!({"type": "session_updated", "session": session(title)}));
    }

    /// Ends all event streams; new ones are welcome.
    pub fn cut(&self) {
        self.send(None);
    }

    fn tell(&self, event: Value) {
        self.send(Some(event));
    }

    fn send(&self, event: Option<Value>) {
        // Nobody listens while the line is cut.
        drop(self.state.events.send(event));
    }
}

impl Drop for LegacyServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn session(title: &str) -> Value {
    json!({"id": SESSION, "title": title, "parentId": null, "agent": "build", "model": "some/model"})
}

async fn events(State(state): State<Arc<Legacy>>) -> Response {
    let events = state.events.subscribe();
    let body = stream::unfold(events, async |mut events| {
        let event = events.recv().await.ok()??;
        let bytes = Bytes::from(format!("data: {event}\n\n"));
        Some((Ok::<_, Infallible>(bytes), events))
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(body),
    )
        .into_response()
}

async fn messages(State(state): State<Arc<Legacy>>, Path(_): Path<String>) -> Json<Value> {
    let messages = state.messages.lock().expect("no panic before");
    Json(json!(*messages))
}

async fn prompt(
    State(state): State<Arc<Legacy>>,
    Path(_): Path<String>,
    Json(prompt): Json<Value>,
) -> Json<Value> {
    let message = json!({
        "id": "msg_prompt", "sessionId": SESSION, "type": "user", "timestamp": 1,
        "parts": [{"type": "text", "text": prompt["prompt"]}], "status": "complete",
    });
    let mut messages = state.messages.lock().expect("no panic before");
    messages.push(message);
    state.prompted.send(prompt).expect("the test goes on");
    Json(json!({"ok": true}))
}

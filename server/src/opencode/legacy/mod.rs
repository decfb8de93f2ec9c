//! The legacy dialect of early servers and compatible ones: `GET /events`, whole messages, parts
//! without ids, no permissions, no run states.
//!
//! A session runs while its last assistant message is `streaming`.

mod wire;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::event::{
    Body, Content, Decoded, Event, IncomingMessage, MessagePage, Overview, RunStatus, SessionInfo,
};
use super::http::Http;
use super::{
    Dialect, NewSession, Prompt, SessionQuery, Sessions, Workspace, attached, unsupported,
};
use crate::protocol::requests::PromptPart;
use crate::protocol::{
    Catalog, DialectName, Error, ErrorKind, ModelRef, Permission, PermissionReply, Question,
    SessionId,
};

pub struct Legacy {
    http: Http,
    directory: PathBuf,
}

impl Legacy {
    #[must_use]
    pub fn new(http: Http, directory: PathBuf) -> Self {
        Self { http, directory }
    }

    /// Whether a server speaks this dialect: sessions as a JSON list, and events as a stream.
    pub async fn answers(http: &Http) -> bool {
        http.get::<Vec<wire::Session>>("/session", &[])
            .await
            .is_ok()
            && http.open(http.stream("/events", &[])).await.is_ok()
    }

    async fn messages(&self, session: &SessionId) -> Result<Vec<IncomingMessage>, Error> {
        let path = format!("/session/{session}/message");
        let messages: Vec<wire::Message> = self.http.get(&path, &[]).await?;
        Ok(messages.into_iter().map(wire::message).collect())
    }

    async fn listed(&self) -> Result<Vec<SessionInfo>, Error> {
        let sessions: Vec<wire::Session> = self.http.get("/session", &[]).await?;
        Ok(sessions.into_iter().map(wire::session).collect())
    }
}

/// All that is beyond talking.
const UNSUPPORTED: &[&str] = &[
    "sidestream/session/rename",
    "sidestream/session/delete",
    "sidestream/session/archive",
    "sidestream/session/unarchive",
    "sidestream/session/fork",
    "sidestream/session/share",
    "sidestream/session/unshare",
    "sidestream/session/children",
    "sidestream/session/diff",
    "sidestream/session/revert",
    "sidestream/session/unrevert",
    "sidestream/session/compact",
    "sidestream/session/setPermissionMode",
    "sidestream/session/command",
    "sidestream/session/shell",
    "sidestream/permission/reply",
    "sidestream/question/reply",
    "sidestream/question/reject",
    "sidestream/file/find",
    "sidestream/file/content",
    "sidestream/file/status",
    "sidestream/symbol/find",
    "sidestream/vcs/diff",
];

impl Sessions for Legacy {}

#[async_trait]
impl Workspace for Legacy {
    async fn catalog(&self, _: &[ModelRef]) -> Result<Catalog, Error> {
        Ok(Catalog::default())
    }
}

#[async_trait]
impl Dialect for Legacy {
    fn name(&self) -> DialectName {
        DialectName::Legacy
    }

    fn version(&self) -> Option<&str> {
        None
    }

    fn unsupported(&self) -> &'static [&'static str] {
        UNSUPPORTED
    }

    fn stream(&self) -> reqwest::RequestBuilder {
        self.http.stream("/events", &[])
    }

    fn idle_timeout(&self, setting: Duration) -> Duration {
        // Nothing is known of heartbeats.
        setting.max(Duration::from_secs(600))
    }

    fn start_gap(&self) -> Option<Duration> {
        None
    }

    fn decode(&self, data: &str) -> Decoded {
        let event_type = wire::event_type(data);
        let body = match wire::event(data) {
            Ok(wire::Event::MessageUpdated(message)) => {
                Body::Event(Event::Whole(Box::new(wire::message(message))))
            }
            Ok(wire::Event::SessionUpdated { session }) => {
                Body::Event(Event::Session(Box::new(wire::session(session))))
            }
            Err(error) if wire::EVENT_TYPES.contains(&event_type.as_str()) => {
                Body::Malformed(error.to_string())
            }
            Err(_) if event_type.is_empty() => Body::Malformed("no `type`".into()),
            Err(_) => Body::Unknown,
        };
        Decoded { event_type, body }
    }

    async fn overview(&self) -> Result<Overview, Error> {
        let sessions = self.listed().await?;
        let mut running = HashMap::new();
        for session in &sessions {
            if let Some(last) = self.messages(&session.id).await?.last()
                && last.run_status() == Some(RunStatus::Busy)
            {
                running.insert(session.id.clone(), RunStatus::Busy);
            }
        }
        Ok(Overview {
            sessions,
            complete: true,
            running,
            ..Overview::default()
        })
    }

    async fn content(&self, session: &SessionId, limit: usize) -> Result<Content, Error> {
        let Some(info) = self.listed().await?.into_iter().find(|s| s.id == *session) else {
            return Err(Error::new(
                ErrorKind::SessionNotFound,
                format!("Session not found: {session}"),
            ));
        };
        Ok(Content {
            session: info,
            page: page(self.messages(session).await?, None, limit),
            todos: Vec::new(),
        })
    }

    async fn history(
        &self,
        session: &SessionId,
        cursor: &str,
        limit: usize,
    ) -> Result<MessagePage, Error> {
        Ok(page(self.messages(session).await?, Some(cursor), limit))
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<Vec<SessionInfo>, Error> {
        let mut sessions = self.listed().await?;
        if let Some(search) = &query.search {
            let search = search.to_lowercase();
            sessions.retain(|session| session.title.to_lowercase().contains(&search));
        }
        sessions.retain(|session| !query.roots || session.parent_id.is_none());
        sessions.truncate(query.limit);
        Ok(sessions)
    }

    async fn create_session(&self, new: &NewSession) -> Result<SessionInfo, Error> {
        let mut body = Map::new();
        if let Some(title) = &new.title {
            body.insert("title".into(), json!(title));
        }
        let answer = self.http.post("/session", &[], &body.into()).await?;
        Ok(wire::session(answer.json()?))
    }

    async fn session(&self, session: &SessionId) -> Result<SessionInfo, Error> {
        let answer: wire::Session = self.http.get(&format!("/session/{session}"), &[]).await?;
        Ok(wire::session(answer))
    }

    async fn rename_session(&self, _: &SessionId, _: &str) -> Result<(), Error> {
        Err(unsupported("rename sessions"))
    }

    async fn delete_session(&self, _: &SessionId) -> Result<(), Error> {
        Err(unsupported("delete sessions"))
    }

    async fn abort(&self, session: &SessionId) -> Result<(), Error> {
        self.http
            .post(&format!("/session/{session}/abort"), &[], &json!({}))
            .await
            .map(drop)
    }

    async fn prompt(&self, prompt: &Prompt) -> Result<(), Error> {
        let mut texts = Vec::new();
        let mut attachments = Vec::<Value>::new();
        for (_, part) in &prompt.parts {
            match part {
                PromptPart::File { path, range } => {
                    attachments.push(json!({"type": "file", "path": path, "range": range}));
                }
                PromptPart::Image { mime, data } => {
                    attachments.push(json!({"type": "image", "mime": mime, "data": data}));
                }
                PromptPart::Attachment {
                    mime,
                    data,
                    filename,
                } => attachments.push(
                    json!({"type": "file", "mime": mime, "data": data, "filename": filename}),
                ),
                PromptPart::Agent { name } => {
                    attachments.push(json!({"type": "agent", "name": name}));
                }
                PromptPart::Text { .. }
                | PromptPart::Diagnostics { .. }
                | PromptPart::Selection { .. } => {
                    texts.extend(attached::words(part, &self.directory));
                }
            }
        }
        self.http
            .post(
                &format!("/session/{}/message", prompt.session_id),
                &[],
                &json!({"prompt": texts.join("\n\n"), "attachments": attachments}),
            )
            .await
            .map(drop)
    }

    async fn nudge(&self, _: &Prompt) -> Result<(), Error> {
        Ok(())
    }

    async fn reply_permission(
        &self,
        _: &Permission,
        _: PermissionReply,
        _: Option<&str>,
    ) -> Result<(), Error> {
        Err(unsupported("ask for permissions"))
    }

    async fn reply_question(&self, _: &Question, _: &[Vec<String>]) -> Result<(), Error> {
        Err(unsupported("ask questions"))
    }

    async fn reject_question(&self, _: &Question) -> Result<(), Error> {
        Err(unsupported("ask questions"))
    }

    async fn dispose(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// The last `limit` messages, or those before the cursor: a message's id.
fn page(mut messages: Vec<IncomingMessage>, cursor: Option<&str>, limit: usize) -> MessagePage {
    if let Some(cursor) = cursor
        && let Some(end) = messages.iter().position(|m| m.info.id.as_str() == cursor)
    {
        messages.truncate(end);
    }
    let newest = messages.split_off(messages.len().saturating_sub(limit));
    MessagePage {
        cursor: newest
            .first()
            .filter(|_| !messages.is_empty())
            .map(|first| first.info.id.to_string()),
        messages: newest,
    }
}

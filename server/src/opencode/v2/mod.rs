//! OpenCode 2.x: `/api/*` and one event stream for everything (v2 contract).
//!
//! Unlike 1.x, its events say only what is new, so that this dialect remembers what is under way
//! for as long as a connection lasts; see [`projection`].

mod asking;
mod choice;
mod log;
pub mod message;
mod pages;
pub mod projection;
mod prompt;
mod reply;
mod row;
mod sessions;
mod strangers;
mod tool_part;
pub mod wire;
mod work;
mod workspace;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::detect::major;
use super::event::SessionInfo;
use super::event::{Body, Content, Decoded, Event, MessagePage, Overview};
use super::http::{Answer, Http};
use super::{Dialect, Keeper, Marks, NewSession, Prompt, SessionQuery};
use crate::protocol::{
    DialectName, Error, ErrorKind, MessageId, Permission, PermissionReply, Question, SessionId,
};
use choice::Choice;
use message::Reader;
use projection::Projection;

/// Sessions of one overview; older ones are found by `session/list`.
const SESSION_LIMIT: usize = 500;

/// How often silence is looked at: the server keeps its stream alive with comments, which are no events.
const PULSE: Duration = Duration::from_secs(10);

/// A 2.x server, bound to one directory.
pub struct V2 {
    http: Http,
    directory: PathBuf,
    version: String,
    projection: Mutex<Projection>,
    /// Grows when the server says that it offers something else.
    catalog: watch::Sender<u64>,
}

impl V2 {
    #[must_use]
    pub fn new(http: Http, directory: PathBuf, version: String) -> Self {
        Self {
            http,
            directory,
            version,
            projection: Mutex::default(),
            catalog: watch::Sender::new(0),
        }
    }

    /// The version of a server that says it where 2.x does. Others answer with a web page, or with
    /// something that has no version (§1.6).
    ///
    /// # Errors
    /// `unauthorized`, `notConnected`, `timeout`.
    pub async fn answers(http: &Http) -> Result<Option<String>, Error> {
        match http.get::<wire::Info>("/api/info", &[]).await {
            Ok(info) if major(&info.version) >= Some(2) => Ok(Some(info.version)),
            Ok(_) => Ok(None),
            Err(error) if matches!(error.kind, ErrorKind::ServerError | ErrorKind::BadRequest) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Makes the server load the directory.
    ///
    /// # Errors
    /// `startFailed` when it cannot; as any request.
    pub async fn boot(&self) -> Result<(), Error> {
        let here: Result<Value, _> = self.http.get("/api/location", &[self.location()]).await;
        here.map(drop).map_err(|error| match error.kind {
            // It answers 500 with nothing in it (§1.8).
            ErrorKind::ServerError => Error::new(
                ErrorKind::StartFailed,
                format!("OpenCode cannot open {}.", self.directory.display()),
            )
            .hint("The server may run on another machine, where this folder is not."),
            _ => error,
        })
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            directory: &self.directory,
        }
    }

    fn projection(&self) -> MutexGuard<'_, Projection> {
        // What a panic left half done is repaired by the next look at REST.
        self.projection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn location(&self) -> (&str, &str) {
        (
            "location[directory]",
            self.directory.to_str().unwrap_or_default(),
        )
    }

    /// What an answer holds as `data`.
    async fn data<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        let answer: wire::Data<T> = self.http.get(path, query).await?;
        Ok(answer.data)
    }

    /// What there is at a location.
    async fn here<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.data(path, &[self.location()]).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        self.http.post(path, &[], body).await
    }

    async fn delete(&self, path: &str) -> Result<(), Error> {
        self.http
            .send(Method::DELETE, path, &[], None)
            .await
            .map(drop)
    }

    /// The form that a question was made of: its fields have names and types of their own.
    async fn form(&self, question: &Question) -> Result<wire::Form, Error> {
        self.data(
            &format!("/api/session/{}/form/{}", question.session_id, question.id),
            &[],
        )
        .await
    }
}

#[async_trait]
impl Dialect for V2 {
    fn name(&self) -> DialectName {
        DialectName::V2
    }

    fn version(&self) -> Option<&str> {
        Some(&self.version)
    }

    fn unsupported(&self) -> &'static [&'static str] {
        &[
            "sidestream/session/archive",
            "sidestream/session/unarchive",
            "sidestream/session/share",
            "sidestream/session/unshare",
            "sidestream/symbol/find",
        ]
    }

    fn stream(&self) -> reqwest::RequestBuilder {
        self.http.stream("/api/event", &[])
    }

    fn idle_timeout(&self, setting: Duration) -> Duration {
        // A comment comes every 15 s (§2.1).
        setting.max(Duration::from_secs(20))
    }

    fn start_gap(&self) -> Option<Duration> {
        // What happens after the stream's first event is in the stream (§2.1).
        None
    }

    fn pulse(&self) -> Option<Duration> {
        Some(PULSE)
    }

    fn decode(&self, data: &str) -> Decoded {
        match serde_json::from_str::<wire::Envelope>(data) {
            Ok(envelope) => {
                let body = self.projection().apply(self.reader(), &envelope);
                if body == Body::Event(Event::CatalogChanged) {
                    self.catalog.send_modify(|changes| *changes += 1);
                }
                Decoded {
                    body,
                    event_type: envelope.event_type.into_owned(),
                }
            }
            Err(error) => Decoded {
                event_type: String::new(),
                body: Body::Malformed(error.to_string()),
            },
        }
    }

    async fn overview(&self) -> Result<Overview, Error> {
        let asked = self.projection().ask();
        let (mut sessions, active, permissions, forms) = tokio::try_join!(
            self.rows(&[], SESSION_LIMIT),
            self.active(),
            self.here::<Vec<wire::Permission>>("/api/permission/request"),
            self.here::<Vec<wire::Form>>("/api/form"),
        )?;
        let complete = sessions.len() < SESSION_LIMIT;
        Ok(Overview {
            running: self.projection().settle(asked, &mut sessions, active),
            complete,
            sessions,
            permissions: Some(
                permissions
                    .into_iter()
                    .map(|wire| self.reader().permission(wire))
                    .collect(),
            ),
            questions: forms.into_iter().map(asking::question).collect(),
            // What its run no longer waits for is in neither list (§0, rule 8).
            tools: HashMap::new(),
        })
    }

    async fn content(&self, session: &SessionId, limit: usize) -> Result<Content, Error> {
        // From here on its events count.
        self.projection().know(session);
        let asked = self.projection().ask();
        let row = self.session(session).await?;
        // In this order: what is delivered meanwhile is in both, and never in none (§2.3).
        let inbox = self.inbox(session).await?;
        let mut page = self.page(session, None, limit).await?;
        for waiting in inbox {
            if page
                .messages
                .iter()
                .all(|known| known.info.id != waiting.info.id)
            {
                page.messages.push(waiting);
            }
        }
        self.projection().learn(session, asked, &page.messages);
        Ok(Content {
            session: row,
            page,
            todos: Vec::new(),
        })
    }

    async fn history(
        &self,
        session: &SessionId,
        cursor: &str,
        limit: usize,
    ) -> Result<MessagePage, Error> {
        self.page(session, Some(cursor.to_owned()), limit).await
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<Vec<SessionInfo>, Error> {
        let mut filters = Vec::new();
        if query.roots {
            filters.push(("parentID", "null"));
        }
        if let Some(search) = &query.search {
            filters.push(("search", search));
        }
        let mut sessions = self.rows(&filters, query.limit).await?;
        sessions.retain(|session| query.archived.takes(session.time.archived));
        Ok(sessions)
    }

    async fn session(&self, session: &SessionId) -> Result<SessionInfo, Error> {
        let row: wire::Session = self.data(&format!("/api/session/{session}"), &[]).await?;
        self.projection().know(&row.id);
        Ok(self.reader().session(row))
    }

    async fn create_session(&self, new: &NewSession) -> Result<SessionInfo, Error> {
        if new.parent_id.is_some() {
            return Err(super::unsupported("make a session below another one"));
        }
        let mut body = Map::new();
        body.insert(
            "location".into(),
            json!({"directory": self.directory.display().to_string()}),
        );
        if let Some(title) = &new.title {
            body.insert("title".into(), json!(title));
        }
        if let Some(agent) = &new.agent {
            self.know_agent(agent).await?;
            body.insert("agent".into(), json!(agent));
        }
        if let Some(model) = &new.model {
            self.know_model(model).await?;
            body.insert("model".into(), choice::body(model));
        }
        let answer = self.post("/api/session", &body.into()).await?;
        let row: wire::Data<wire::Session> = answer.json()?;
        self.projection().know(&row.data.id);
        Ok(self.reader().session(row.data))
    }

    async fn rename_session(&self, session: &SessionId, title: &str) -> Result<(), Error> {
        let body = json!({"title": title});
        let path = format!("/api/session/{session}");
        self.http
            .send(Method::PATCH, &path, &[], Some(&body))
            .await
            .map(drop)
    }

    async fn delete_session(&self, session: &SessionId) -> Result<(), Error> {
        self.delete(&format!("/api/session/{session}")).await
    }

    async fn abort(&self, session: &SessionId) -> Result<(), Error> {
        let path = format!("/api/session/{session}/interrupt");
        self.post(&path, &json!({})).await.map(drop)
    }

    async fn prompt(&self, prompt: &Prompt) -> Result<(), Error> {
        // One that was delivered before the connection was lost must not be sent again: it would
        // make an empty run (§0, rule 14). One that waits still is only answered once more.
        let path = format!("/api/session/{}", prompt.session_id);
        let sent: Result<wire::Data<Value>, _> = self
            .http
            .get(&format!("{path}/message/{}", prompt.message_id), &[])
            .await;
        match sent {
            Ok(_) => return Ok(()),
            Err(error) if error.kind == ErrorKind::BadRequest => {}
            Err(error) => return Err(error),
        }
        let choice = Choice {
            agent: prompt.agent.as_deref(),
            model: prompt.model.as_ref(),
            variant: prompt.variant.as_deref(),
        };
        self.choose(&prompt.session_id, choice).await?;
        let body = prompt::body(prompt, &self.directory);
        self.post(&format!("{path}/prompt"), &body).await.map(drop)
    }

    fn keeper_of_prompts(&self) -> Keeper {
        Keeper::Server
    }

    async fn cancel_prompt(&self, session: &SessionId, message: &MessageId) -> Result<(), Error> {
        self.delete(&format!("/api/session/{session}/inbox/{message}"))
            .await
    }

    async fn nudge(&self, _: &Prompt) -> Result<(), Error> {
        // It forgets nothing, and a prompt that is sent twice makes an empty run (§0, rule 14).
        Ok(())
    }

    async fn reply_permission(
        &self,
        permission: &Permission,
        reply: PermissionReply,
        message: Option<&str>,
    ) -> Result<(), Error> {
        let mut body = json!({"decision": reply});
        if let Some(message) = message {
            body["message"] = json!(message);
        }
        let path = format!(
            "/api/session/{}/permission/{}/reply",
            permission.session_id, permission.id
        );
        self.post(&path, &body).await.map(drop)
    }

    async fn reply_question(
        &self,
        question: &Question,
        answers: &[Vec<String>],
    ) -> Result<(), Error> {
        let form = self.form(question).await?;
        let path = format!(
            "/api/session/{}/form/{}/reply",
            question.session_id, question.id
        );
        let body = json!({"answer": asking::answer(&form.fields, answers)});
        self.post(&path, &body).await.map(drop)
    }

    async fn reject_question(&self, question: &Question) -> Result<(), Error> {
        self.delete(&format!(
            "/api/session/{}/form/{}",
            question.session_id, question.id
        ))
        .await
    }

    fn marks(&self) -> Marks {
        self.projection().marks()
    }

    async fn stands_at(&self, session: &SessionId, mark: u64) -> bool {
        V2::stands_at(self, session, mark).await
    }

    async fn output(&self, source: &str, from: u64) -> Result<(String, u64), Error> {
        let cursor = from.to_string();
        let query = [self.location(), ("cursor", cursor.as_str())];
        let path = format!("/api/shell/{source}/output");
        let grown: wire::ShellOutput = self.data(&path, &query).await?;
        Ok((grown.output, grown.cursor))
    }

    async fn dispose(&self) -> Result<(), Error> {
        // It would take away what its runs ask, and the runs would wait for ever (§2.1).
        Ok(())
    }
}

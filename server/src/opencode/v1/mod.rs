//! OpenCode 1.x: `/global/event` or `/event`, and REST bound to a directory by a query parameter.
//!
//! Its rules and traps are in the v1 contract; comments name the sections.

pub mod decode;
pub mod part;
mod prompt;
mod sessions;
pub mod wire;
mod workspace;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::each::Each;
use super::event::{Content, Decoded, MessagePage, Overview, SessionInfo};
use super::http::{Answer, Http};
use super::{Dialect, NewSession, Order, Prompt, SessionQuery, Sessions as _};
use crate::protocol::{
    DialectName, Error, ErrorKind, ModelRef, Permission, PermissionReply, Question, SessionId, Todo,
};
use decode::Decoder;

/// What the server itself lists when no limit is named (§5).
const SESSION_LIMIT: usize = 100;

/// The first version that orders messages by their time and not by their ids (§5).
const BY_TIME: [u32; 3] = [1, 18, 16];

/// An OpenCode 1.x server, for one directory.
pub struct V1 {
    http: Http,
    directory: PathBuf,
    generation: Generation,
}

/// Which 1.x it is: what `/global/health` says decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Generation {
    /// 1.0.x: no health, no global stream, no lists of permissions and questions, no heartbeat.
    Old,
    Current {
        version: String,
    },
}

impl V1 {
    #[must_use]
    pub fn new(http: Http, directory: PathBuf, generation: Generation) -> Self {
        Self {
            http,
            directory,
            generation,
        }
    }

    fn decoder(&self) -> Decoder<'_> {
        Decoder {
            directory: &self.directory,
        }
    }

    fn directory(&self) -> (&str, &str) {
        ("directory", self.directory.to_str().unwrap_or_default())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.http.get(path, &[self.directory()]).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        self.http.post(path, &[self.directory()], body).await
    }

    /// `GET` of something that 1.0.x has not.
    async fn get_if_current<T: DeserializeOwned + Default>(&self, path: &str) -> Result<T, Error> {
        match self.generation {
            Generation::Old => Ok(T::default()),
            Generation::Current { .. } => self.get(path).await,
        }
    }

    async fn rows(&self, query: &SessionQuery, limit: usize) -> Result<Each<wire::Session>, Error> {
        let limit = limit.to_string();
        let mut all = vec![self.directory(), ("limit", limit.as_str())];
        if query.roots {
            all.push(("roots", "true"));
        }
        if let Some(search) = &query.search {
            all.push(("search", search));
        }
        self.http.get("/session", &all).await
    }

    /// A server shows the sessions of all folders by their ids, but tells of this one's only.
    fn own(&self, row: wire::Session) -> Result<SessionInfo, Error> {
        if row.directory.is_empty() || Path::new(&row.directory) == self.directory {
            return Ok(decode::session(row));
        }
        Err(Error::new(
            ErrorKind::SessionNotFound,
            format!(
                "Session {} belongs to the folder {}.",
                row.id, row.directory
            ),
        )
        .hint("Open that folder to see it."))
    }

    async fn page(
        &self,
        session: &SessionId,
        query: &[(&str, &str)],
    ) -> Result<MessagePage, Error> {
        let mut all = vec![self.directory()];
        all.extend_from_slice(query);
        let path = format!("/session/{session}/message");
        let answer = self.http.send(Method::GET, &path, &all, None).await?;
        let cursor = answer
            .headers
            .get("x-next-cursor")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let wire: Each<wire::MessageWithParts> = answer.json()?;
        let decoder = self.decoder();
        let messages = wire.0.into_iter();
        Ok(MessagePage {
            messages: messages
                .map(|message| decoder.message_with_parts(message))
                .collect(),
            cursor,
        })
    }
}

/// The value as JSON, or nothing at all: OpenCode refuses `null` where a field may be missing.
fn put(body: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(key.to_owned(), value.into());
    }
}

/// The numbers of a version such as `1.18.33` or `1.18.33-beta.1`.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut numbers = version.split(['.', '-']).map(|number| number.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

fn model(model: &ModelRef) -> Value {
    json!({"providerID": model.provider_id, "modelID": model.model_id})
}

#[async_trait]
impl Dialect for V1 {
    fn name(&self) -> DialectName {
        DialectName::V1
    }

    fn version(&self) -> Option<&str> {
        match &self.generation {
            Generation::Old => None,
            Generation::Current { version } => Some(version),
        }
    }

    fn stream(&self) -> reqwest::RequestBuilder {
        match self.generation {
            Generation::Old => self.http.stream("/event", &[self.directory()]),
            Generation::Current { .. } => self.http.stream("/global/event", &[]),
        }
    }

    fn idle_timeout(&self, setting: Duration) -> Duration {
        match &self.generation {
            // Without heartbeats, silence says little; a fresh stream now and then is cheap.
            Generation::Old => setting.max(Duration::from_secs(600)),
            // Heartbeats came every 30 s then (§6), 10 s later on.
            Generation::Current { version } if version.starts_with("1.1.") => {
                setting.max(Duration::from_secs(75))
            }
            Generation::Current { .. } => setting,
        }
    }

    fn start_gap(&self) -> Option<Duration> {
        match self.generation {
            Generation::Old => None,
            // `/global/event` speaks before it listens (§0, rule 3).
            Generation::Current { .. } => Some(Duration::from_millis(250)),
        }
    }

    fn order_of_messages(&self) -> Order {
        let by_time = self
            .version()
            .and_then(numbers)
            .is_some_and(|version| version >= BY_TIME);
        if by_time { Order::Time } else { Order::Id }
    }

    fn unsupported(&self) -> &'static [&'static str] {
        match self.generation {
            Generation::Old => &[
                "sidestream/question/reply",
                "sidestream/question/reject",
                "sidestream/session/setPermissionMode",
            ],
            Generation::Current { .. } => &[],
        }
    }

    fn decode(&self, data: &str) -> Decoded {
        self.decoder().decode(data)
    }

    async fn overview(&self) -> Result<Overview, Error> {
        let (sessions, statuses, permissions, questions) = tokio::try_join!(
            self.get::<Each<wire::Session>>("/session"),
            self.get::<wire::Statuses>("/session/status"),
            self.get_if_current::<Each<wire::Permission>>("/permission"),
            self.get_if_current::<Each<wire::Question>>("/question"),
        )?;
        let running: HashMap<_, _> = match statuses {
            wire::Statuses::Running(map) => map
                .into_iter()
                .map(|(id, status)| (SessionId::from(id), decode::status(status)))
                .collect(),
            wire::Statuses::None(_) => HashMap::new(),
        };
        let permissions: Vec<Permission> = permissions
            .0
            .into_iter()
            .map(|wire| decode::permission(wire, &self.directory))
            .collect();
        let questions: Vec<Question> = questions.0.into_iter().map(decode::question).collect();
        // A request may be a ghost: what its tool does tells (§0, rule 8). Idle sessions' are
        // known to be ghosts without asking.
        let calls = permissions
            .iter()
            .map(|permission| (&permission.session_id, &permission.tool))
            .chain(
                questions
                    .iter()
                    .map(|question| (&question.session_id, &question.tool)),
            )
            .filter(|(session, _)| running.contains_key(*session))
            .filter_map(|(session, call)| Some((session, call.as_ref()?)));
        let tools = join_all(calls.map(async |(session, call)| {
            let message = self.message(session, &call.message_id).await.ok()?;
            let status = part::tool_status(&message, &call.call_id)?;
            Some((call.call_id.clone(), status))
        }))
        .await
        .into_iter()
        .flatten()
        .collect();
        Ok(Overview {
            complete: sessions.0.len() < SESSION_LIMIT,
            sessions: sessions.0.into_iter().map(decode::session).collect(),
            running,
            permissions: match self.generation {
                Generation::Old => None,
                Generation::Current { .. } => Some(permissions),
            },
            questions,
            tools,
        })
    }

    async fn content(&self, session: &SessionId, limit: usize) -> Result<Content, Error> {
        let limit = limit.to_string();
        let (session_path, todo_path) = (
            format!("/session/{session}"),
            format!("/session/{session}/todo"),
        );
        let query = [("limit", limit.as_str())];
        let (info, page, todos) = tokio::try_join!(
            self.get::<wire::Session>(&session_path),
            self.page(session, &query),
            self.get::<Each<Todo>>(&todo_path),
        )?;
        Ok(Content {
            session: self.own(info)?,
            page,
            todos: todos.0,
        })
    }

    async fn history(
        &self,
        session: &SessionId,
        cursor: &str,
        limit: usize,
    ) -> Result<MessagePage, Error> {
        let limit = limit.to_string();
        self.page(session, &[("before", cursor), ("limit", &limit)])
            .await
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<Vec<SessionInfo>, Error> {
        // The server has no such filter: what it is asked for grows until enough is left.
        let mut limit = query.limit;
        loop {
            let rows = self.rows(query, limit).await?;
            let all = rows.0.len() < limit;
            let mut sessions: Vec<_> = rows.0.into_iter().map(decode::session).collect();
            sessions.retain(|session| query.archived.takes(session.time.archived));
            if all || sessions.len() >= query.limit {
                sessions.truncate(query.limit);
                return Ok(sessions);
            }
            limit = limit.saturating_mul(2);
        }
    }

    async fn session(&self, session: &SessionId) -> Result<SessionInfo, Error> {
        let row: wire::Session = self.get(&format!("/session/{session}")).await?;
        self.own(row)
    }

    async fn create_session(&self, new: &NewSession) -> Result<SessionInfo, Error> {
        let mut body = Map::new();
        put(&mut body, "title", new.title.clone());
        put(
            &mut body,
            "parentID",
            new.parent_id.as_ref().map(|id| id.as_str()),
        );
        put(&mut body, "agent", new.agent.clone());
        put(
            &mut body,
            "model",
            new.model
                .as_ref()
                .map(|model| json!({"providerID": model.provider_id, "id": model.model_id})),
        );
        let answer = self.post("/session", &body.into()).await?;
        Ok(decode::session(answer.json()?))
    }

    async fn rename_session(&self, session: &SessionId, title: &str) -> Result<(), Error> {
        let path = format!("/session/{session}");
        let body = json!({"title": title});
        self.http
            .send(Method::PATCH, &path, &[self.directory()], Some(&body))
            .await
            .map(drop)
    }

    async fn delete_session(&self, session: &SessionId) -> Result<(), Error> {
        let path = format!("/session/{session}");
        self.http
            .send(Method::DELETE, &path, &[self.directory()], None)
            .await
            .map(drop)
    }

    async fn abort(&self, session: &SessionId) -> Result<(), Error> {
        self.post(&format!("/session/{session}/abort"), &json!({}))
            .await
            .map(drop)
    }

    async fn prompt(&self, prompt: &Prompt) -> Result<(), Error> {
        let path = format!("/session/{}/prompt_async", prompt.session_id);
        let body = prompt::body(prompt, &self.directory);
        self.post(&path, &body).await.map(drop)
    }

    async fn nudge(&self, prompt: &Prompt) -> Result<(), Error> {
        // Empty parts would do as well (rule 13), but leave an empty message of the user's behind
        // when the server was only slow. The same prompt again changes nothing then.
        self.prompt(prompt).await
    }

    async fn reply_permission(
        &self,
        permission: &Permission,
        reply: PermissionReply,
        message: Option<&str>,
    ) -> Result<(), Error> {
        match self.generation {
            Generation::Old => {
                let path = format!(
                    "/session/{}/permissions/{}",
                    permission.session_id, permission.id
                );
                self.post(&path, &json!({"response": reply})).await?;
            }
            Generation::Current { .. } => {
                let mut body = Map::new();
                body.insert("reply".into(), json!(reply));
                put(&mut body, "message", message);
                let path = format!("/permission/{}/reply", permission.id);
                self.post(&path, &body.into()).await?;
            }
        }
        Ok(())
    }

    async fn reply_question(
        &self,
        question: &Question,
        answers: &[Vec<String>],
    ) -> Result<(), Error> {
        let path = format!("/question/{}/reply", question.id);
        self.post(&path, &json!({"answers": answers}))
            .await
            .map(drop)
    }

    async fn reject_question(&self, question: &Question) -> Result<(), Error> {
        let path = format!("/question/{}/reject", question.id);
        self.post(&path, &json!({})).await.map(drop)
    }

    async fn dispose(&self) -> Result<(), Error> {
        self.post("/instance/dispose", &json!({})).await.map(drop)
    }
}

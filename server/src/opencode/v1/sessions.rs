//! What OpenCode 1.x can do with a session besides talking (v1 contract, §5).

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::wire;
use super::{V1, decode, prompt, put};
use crate::opencode::each::Each;
use crate::opencode::event::{IncomingMessage, SessionInfo};
use crate::opencode::rules::{self, Rule};
use crate::opencode::sessions::{CommandRun, Sessions, ShellRun};
use crate::opencode::{is_loss, unsupported};
use crate::protocol::{
    Error, ErrorKind, FileDiff, MessageId, Millis, ModelRef, PermissionMode, Revert, SessionId,
};

impl V1 {
    /// A message that is named has to be there: the server answers 200 where it is not, and does
    /// nothing or something else.
    async fn row(
        &self,
        session: &SessionId,
        message: &MessageId,
    ) -> Result<wire::MessageWithParts, Error> {
        let path = format!("/session/{session}");
        let found = self.get(&format!("{path}/message/{message}")).await;
        match found {
            Err(error) if is_loss(&error) => Err(error),
            Err(error) => {
                // The session may be what is missing; or the server is in trouble.
                self.get::<wire::Session>(&path).await?;
                let is_none = error.kind != ErrorKind::ServerError || !is_id(message);
                Err(if is_none { no_message(message) } else { error })
            }
            found => found,
        }
    }

    async fn session_row(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<SessionInfo, Error> {
        let answer = self
            .http
            .send(method, path, &[self.directory()], body.as_ref())
            .await?;
        Ok(decode::session(answer.json()?))
    }

    /// What is answered when a run has ended.
    async fn run(&self, path: &str, body: Map<String, Value>) -> Result<(), Error> {
        self.http
            .post_patiently(path, &[self.directory()], &body.into())
            .await
            .map(drop)
    }
}

/// An id that is none of its own is answered with "Unexpected server error" (v1 contract, §5).
fn is_id(message: &MessageId) -> bool {
    message.as_str().starts_with("msg_")
}

fn no_message(message: &MessageId) -> Error {
    Error::new(
        ErrorKind::BadRequest,
        format!("messageId: the session has no message {message}"),
    )
    .hint("It may have been taken back.")
}

fn unknown_agent(agent: &str) -> Error {
    Error::new(
        ErrorKind::BadRequest,
        format!("agent: there is no agent \"{agent}\""),
    )
    .hint("The catalog names those there are.")
}

#[async_trait]
impl Sessions for V1 {
    async fn archive(&self, session: &SessionId, at: Option<Millis>) -> Result<SessionInfo, Error> {
        // A time is never taken back, `null` is ignored: 0 is as good as none.
        let body = json!({"time": {"archived": at.unwrap_or(0)}});
        self.session_row(Method::PATCH, &format!("/session/{session}"), Some(body))
            .await
    }

    async fn fork(
        &self,
        session: &SessionId,
        before: Option<&MessageId>,
    ) -> Result<SessionInfo, Error> {
        if let Some(message) = before {
            self.row(session, message).await?;
        }
        let mut body = Map::new();
        put(&mut body, "messageID", before.map(|id| id.as_str()));
        let path = format!("/session/{session}/fork");
        self.session_row(Method::POST, &path, Some(body.into()))
            .await
    }

    async fn share(&self, session: &SessionId) -> Result<SessionInfo, Error> {
        let path = format!("/session/{session}/share");
        let shared = self.session_row(Method::POST, &path, Some(json!({}))).await;
        shared.map_err(|error| match error.kind {
            // The server says no more than that something is wrong.
            ErrorKind::ServerError => Error::new(
                ErrorKind::Unsupported,
                "OpenCode could not share the session.",
            )
            .hint(
                "Sharing needs the internet, and is off where the configuration says \
                 `\"share\": \"disabled\"`.",
            ),
            _ => error,
        })
    }

    async fn unshare(&self, session: &SessionId) -> Result<SessionInfo, Error> {
        let path = format!("/session/{session}/share");
        self.session_row(Method::DELETE, &path, None).await
    }

    async fn message(
        &self,
        session: &SessionId,
        message: &MessageId,
    ) -> Result<IncomingMessage, Error> {
        let row = self.row(session, message).await?;
        Ok(self.decoder().message_with_parts(row))
    }

    async fn children(&self, session: &SessionId) -> Result<Vec<SessionInfo>, Error> {
        let children: Each<wire::Session> =
            self.get(&format!("/session/{session}/children")).await?;
        Ok(children.0.into_iter().map(decode::session).collect())
    }

    async fn diff(&self, session: &SessionId, message: &MessageId) -> Result<Vec<FileDiff>, Error> {
        let row = self.row(session, message).await?;
        // Only the user's message of a turn knows.
        let turn = row.info.parent_id.unwrap_or(row.info.id);
        let path = format!("/session/{session}/diff");
        let query = [self.directory(), ("messageID", turn.as_str())];
        let files: Vec<wire::FileDiff> = self.http.get(&path, &query).await?;
        let files = files.into_iter();
        Ok(files.map(|file| file.decode(&self.directory)).collect())
    }

    async fn revert(&self, session: &SessionId, to: &Revert) -> Result<SessionInfo, Error> {
        self.row(session, &to.message_id).await?;
        let mut body = Map::new();
        put(&mut body, "messageID", Some(to.message_id.as_str()));
        put(
            &mut body,
            "partID",
            to.part_id.as_ref().map(|id| id.as_str()),
        );
        let path = format!("/session/{session}/revert");
        self.session_row(Method::POST, &path, Some(body.into()))
            .await
    }

    async fn unrevert(&self, session: &SessionId) -> Result<SessionInfo, Error> {
        let path = format!("/session/{session}/unrevert");
        self.session_row(Method::POST, &path, Some(json!({}))).await
    }

    async fn compact(&self, session: &SessionId, model: &ModelRef) -> Result<(), Error> {
        let mut body = Map::new();
        put(&mut body, "providerID", Some(model.provider_id.as_str()));
        put(&mut body, "modelID", Some(model.model_id.as_str()));
        self.run(&format!("/session/{session}/summarize"), body)
            .await
    }

    async fn command(&self, run: &CommandRun) -> Result<(), Error> {
        let body = prompt::command(run, &self.directory);
        self.run(&format!("/session/{}/command", run.session_id), body)
            .await
    }

    async fn shell(&self, run: &ShellRun) -> Result<(), Error> {
        let mut body = Map::new();
        put(&mut body, "messageID", Some(run.message_id.as_str()));
        put(&mut body, "agent", Some(run.agent.as_str()));
        put(&mut body, "command", Some(run.command.as_str()));
        self.run(&format!("/session/{}/shell", run.session_id), body)
            .await
    }

    async fn set_permission_mode(
        &self,
        session: &SessionId,
        mode: PermissionMode,
        agent: &str,
    ) -> Result<SessionInfo, Error> {
        let path = format!("/session/{session}");
        let (agents, row) = tokio::try_join!(
            self.get::<Each<wire::Agent>>("/agent"),
            self.get::<wire::Session>(&path),
        )?;
        // Without the agent's own rules, a mode would be less than it says.
        let own: Vec<Rule> = agents
            .0
            .into_iter()
            .find(|known| known.name == agent)
            .map(|known| known.rules())
            .ok_or_else(|| unknown_agent(agent))?;
        let rules = rules::of_mode(mode, agent, &own, &row.permission.0);
        let body = json!({"permission": rules});
        let changed = self.session_row(Method::PATCH, &path, Some(body)).await?;
        match &changed.permissions {
            Some(set) if set.mode == mode => Ok(changed),
            // Before 1.1 the field is ignored.
            _ => Err(unsupported("keep permissions for a session")),
        }
    }
}

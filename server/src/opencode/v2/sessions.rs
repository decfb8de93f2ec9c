//! What OpenCode 2.x can do with a session besides talking (v2 contract, §4.1).

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};

use super::choice::Choice;
use super::{V2, prompt, row, wire};
use crate::opencode::event::{IncomingMessage, SessionInfo};
use crate::opencode::rules::{self, Rule};
use crate::opencode::sessions::{CommandRun, Ids, Sessions, ShellRun};
use crate::opencode::unsupported;
use crate::protocol::{
    Error, ErrorKind, FileDiff, MessageId, ModelRef, PermissionMode, Revert, SessionId,
};

impl V2 {
    /// Waits until nothing runs in the session.
    async fn until_idle(&self, session: &SessionId) -> Result<(), Error> {
        let path = format!("/api/experimental/session/{session}/wait");
        self.http
            .post_patiently(&path, &[], &json!({}))
            .await
            .map(drop)
    }
}

#[async_trait]
impl Sessions for V2 {
    fn run_ids(&self) -> Ids {
        Ids::Servers
    }

    async fn fork(
        &self,
        session: &SessionId,
        before: Option<&MessageId>,
    ) -> Result<SessionInfo, Error> {
        let body = before.map_or_else(|| json!({}), |before| json!({"before": before}));
        let answer = self
            .post(&format!("/api/session/{session}/fork"), &body)
            .await?;
        let row: wire::Data<wire::Session> = answer.json()?;
        self.projection().know(&row.data.id);
        Ok(self.reader().session(row.data))
    }

    async fn message(
        &self,
        session: &SessionId,
        message: &MessageId,
    ) -> Result<IncomingMessage, Error> {
        let path = format!("/api/session/{session}/message/{message}");
        let row: wire::Message = self.data(&path, &[]).await?;
        self.reader().message(row, session, None).ok_or_else(|| {
            Error::new(
                ErrorKind::BadRequest,
                format!("messageId: {message} is not one that is shown"),
            )
        })
    }

    async fn children(&self, session: &SessionId) -> Result<Vec<SessionInfo>, Error> {
        let parent = [("parentID", session.as_str())];
        self.rows(&parent, super::SESSION_LIMIT).await
    }

    async fn diff(&self, session: &SessionId, message: &MessageId) -> Result<Vec<FileDiff>, Error> {
        let path = format!("/api/session/{session}/diff");
        let files: Vec<wire::FileDiff> = self.data(&path, &[("from", message.as_str())]).await?;
        Ok(files.iter().map(|file| self.reader().diff(file)).collect())
    }

    async fn revert(&self, session: &SessionId, to: &Revert) -> Result<SessionInfo, Error> {
        if to.part_id.is_some() {
            return Err(unsupported("take back a part of a message"));
        }
        let path = format!("/api/session/{session}/revert/stage");
        self.post(&path, &json!({"messageID": to.message_id}))
            .await?;
        self.row(session).await
    }

    async fn unrevert(&self, session: &SessionId) -> Result<SessionInfo, Error> {
        self.delete(&format!("/api/session/{session}/revert"))
            .await?;
        self.row(session).await
    }

    async fn compact(&self, session: &SessionId, _: &ModelRef) -> Result<(), Error> {
        // Which model writes the summary is not for clients to say here (§4.1): to give the session
        // another one would be for all that follows.
        self.post(&format!("/api/session/{session}/compact"), &json!({}))
            .await?;
        self.until_idle(session).await
    }

    async fn command(&self, run: &CommandRun) -> Result<(), Error> {
        let choice = Choice {
            agent: run.agent.as_deref(),
            model: run.model.as_ref(),
            variant: run.variant.as_deref(),
        };
        self.choose(&run.session_id, choice).await?;
        let path = format!("/api/session/{}/command", run.session_id);
        let body = prompt::command(run, &self.directory);
        self.post(&path, &body).await?;
        self.until_idle(&run.session_id).await
    }

    async fn shell(&self, run: &ShellRun) -> Result<(), Error> {
        // Several at once would be shown as one after the other.
        if self.projection().has_shell(&run.session_id) {
            return Err(
                Error::new(ErrorKind::Busy, "A command runs in this session already.")
                    .hint("Wait until it has ended."),
            );
        }
        let path = format!("/api/session/{}/shell", run.session_id);
        self.post(&path, &json!({"command": run.command}))
            .await
            .map(drop)
    }

    async fn set_permission_mode(
        &self,
        session: &SessionId,
        mode: PermissionMode,
        agent: &str,
    ) -> Result<SessionInfo, Error> {
        let path = format!("/api/session/{session}");
        // Without the agent's rules, a mode would be a mark that changes nothing.
        let (row, own) =
            tokio::try_join!(self.data::<wire::Session>(&path, &[]), self.rules_of(agent),)?;
        let before: Vec<Rule> = row.permissions.iter().map(row::rule).collect();
        // Unlike 1.x, what is sent replaces what was there (measured on 2.0.15).
        let all = rules::without_mode(&before)
            .iter()
            .cloned()
            .chain(rules::of_mode(mode, agent, &own, &before));
        let permissions: Vec<Value> = all
            .map(|rule| {
                json!({
                    "action": rule.permission,
                    "resource": rule.pattern,
                    "effect": rule.action,
                })
            })
            .collect();
        let body = json!({"permissions": permissions});
        self.http
            .send(Method::PATCH, &path, &[], Some(&body))
            .await?;
        self.row(session).await
    }
}

impl V2 {
    async fn row(&self, session: &SessionId) -> Result<SessionInfo, Error> {
        crate::opencode::Dialect::session(self, session).await
    }
}

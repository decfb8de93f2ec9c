//! What a user does in the panel, and what is then seen there.

use sidestream::protocol::requests::{
    PermissionReplyTo, PromptPart, SessionAbort, SessionCreate, SessionOpen, SessionPrompt,
    SessionPromptResult,
};
use sidestream::protocol::{
    Message, MessageId, MessageStatus, Notification, Permission, PermissionReply, Question,
    SessionId, SessionSnapshot, SessionStatus,
};

use super::Editor;
use crate::stored::{self, Line, Rest};

impl Editor {
    /// A new session in the first folder, opened.
    pub async fn session(&mut self) -> SessionId {
        self.session_in(0).await
    }

    /// A new session, opened.
    pub async fn session_in(&mut self, folder: usize) -> SessionId {
        let session = self.closed_session_in(folder, "a test").await;
        self.open(&session).await;
        session
    }

    pub async fn closed_session_in(&mut self, folder: usize, title: &str) -> SessionId {
        let create = SessionCreate {
            instance_id: self.instance_id(folder).await,
            title: Some(title.into()),
            parent_id: None,
            agent: None,
            model: None,
        };
        let session = self.call(create).await.expect("a session is made");
        let id = session.id.clone();
        self.screen.sessions.insert(id.clone(), session);
        id
    }

    pub async fn open(&mut self, session: &SessionId) -> SessionSnapshot {
        let open = SessionOpen {
            instance_id: self.instance_of(session),
            session_id: session.clone(),
            limit: None,
        };
        let snapshot = self.call(open).await.expect("the session is opened");
        // Before what follows it is looked at.
        self.screen.open(&snapshot);
        self.catch_up();
        snapshot
    }

    pub async fn prompt(&mut self, session: &SessionId, text: &str) -> SessionPromptResult {
        let prompt = SessionPrompt {
            instance_id: self.instance_of(session),
            session_id: session.clone(),
            parts: vec![PromptPart::Text { text: text.into() }],
            agent: None,
            model: None,
            variant: None,
        };
        let sent = self.call(prompt).await.expect("the prompt is taken");
        self.catch_up();
        sent
    }

    pub async fn abort(&mut self, session: &SessionId) {
        let abort = SessionAbort {
            instance_id: self.instance_of(session),
            session_id: session.clone(),
        };
        self.call(abort).await.expect("the run is aborted");
    }

    /// Waits until nothing runs in the session. A prompt that was taken runs from then on.
    pub async fn idle(&mut self, session: &SessionId) {
        let status = self.ended(session).await;
        assert_eq!(status, SessionStatus::Idle);
    }

    /// How the run ends.
    pub async fn ended(&mut self, session: &SessionId) -> SessionStatus {
        self.shows("the end of the run", |screen| {
            let status = &screen.sessions.get(session)?.status;
            (!status.is_running()).then(|| status.clone())
        })
        .await
    }

    /// Prompts and waits for the end of the answer.
    pub async fn ask(&mut self, session: &SessionId, text: &str) {
        self.prompt(session, text).await;
        self.idle(session).await;
    }

    /// Waits until text of a reply streams in.
    pub async fn streaming(&mut self, session: &SessionId) {
        self.until("text that streams in", |told| match told {
            Notification::PartDidAppend { session_id, .. } if session_id == session => Some(()),
            _ => None,
        })
        .await;
    }

    /// Waits until the newest answer is shown as one that was stopped.
    pub async fn shows_stopped(&mut self, session: &SessionId) {
        self.shows("that the answer was stopped", |screen| {
            let last = screen.open.get(session)?.messages.last()?;
            (last.info.status == MessageStatus::Aborted).then_some(())
        })
        .await;
    }

    /// Waits until a prompt is shown as one that waits.
    pub async fn shows_queued(&mut self, session: &SessionId, prompt: &MessageId) {
        self.shows("the prompt waiting for its turn", |screen| {
            let mut messages = screen.open.get(session)?.messages.iter();
            let shown = messages.find(|message| message.info.id == *prompt)?;
            (shown.info.status == MessageStatus::Queued).then_some(())
        })
        .await;
    }

    pub async fn permission(&mut self) -> Permission {
        self.shows("a permission", |screen| screen.permissions.first().cloned())
            .await
    }

    pub async fn question(&mut self) -> Question {
        self.shows("a question", |screen| screen.questions.first().cloned())
            .await
    }

    pub async fn reply(&mut self, permission: &Permission, reply: PermissionReply) {
        let answer = PermissionReplyTo {
            instance_id: self.instance_of(&permission.session_id),
            permission_id: permission.id.clone(),
            reply,
            message: None,
        };
        self.call(answer).await.expect("the answer is taken");
        self.shows("that it waits no more", |screen| {
            let mut waiting = screen.permissions.iter();
            waiting.all(|p| p.id != permission.id).then_some(())
        })
        .await;
    }

    /// An open session's messages, as they are on the screen.
    pub fn messages(&mut self, session: &SessionId) -> Vec<Message> {
        self.catch_up();
        self.screen.open[session].messages.clone()
    }

    pub fn shown(&mut self, session: &SessionId) -> Vec<Line> {
        stored::shown(&self.messages(session))
    }

    /// The text of the last line on the screen.
    pub fn last_words(&mut self, session: &SessionId) -> String {
        let last = self.shown(session).pop();
        last.map(|line| line.text).unwrap_or_default()
    }

    /// The screen is what the server has stored.
    pub async fn assert_as_stored(&mut self, session: &SessionId) {
        let folder = self.folder_of(session);
        let rest = self.rest(folder).await;
        let stored = rest.lines(session.as_str()).await;
        assert_eq!(self.shown(session), stored);
    }

    /// The screen becomes what the server has stored: after an abort or a crash the last events
    /// may come after the session is idle.
    pub async fn becomes_as_stored(&mut self, session: &SessionId, rest: &Rest) {
        loop {
            self.catch_up();
            let stored = rest.lines(session.as_str()).await;
            if self.shown(session) == stored {
                return;
            }
            self.hear(&format!("what is stored: {stored:#?}")).await;
        }
    }

    fn folder_of(&self, session: &SessionId) -> usize {
        let instance = &self.screen.instances[&self.instance_of(session)];
        let mut folders = self.sandbox.folders.iter();
        let found = folders.position(|folder| *folder == instance.directory);
        found.expect("an instance is of a folder")
    }
}

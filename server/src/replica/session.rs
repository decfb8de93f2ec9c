//! One session: its row, its run, its transcript, and what clients were told of it.

use super::transcript::Transcript;
use crate::opencode::event::{MessagePage, RunStatus, SessionInfo};
use crate::protocol::{
    InstanceId, MessageError, MessageInfo, MessageStatus, ModelRef, Role, Session, SessionId,
    SessionStatus, Tokens, Usage,
};

#[derive(Debug)]
pub(super) struct SessionState {
    pub info: SessionInfo,
    pub row: Row,
    pub status: SessionStatus,
    pub transcript: Kept,
    /// A published copy that was taken back: the server names it in the row for ever (measured on
    /// 1.18.33).
    pub taken_back: Option<String>,
    /// Its run is the making of a summary.
    pub compacts: bool,
    /// What the last answer's context had, and whose model's.
    pub context: Option<(u64, Option<ModelRef>)>,
    /// As clients know it; `None` before they were told at all.
    pub told: Option<Session>,
}

/// Whether something on its way made its session `submitted`, or the session was at work already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submission {
    First,
    Further,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Answer,
    Summary,
}

/// Whether the server has told a session's row. A request may name one that is not there at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Awaited,
    Told,
}

/// Whether a session's content is kept, and who sees it.
#[derive(Debug)]
pub(super) enum Kept {
    No,
    /// Its run goes on unseen: kept so that opening it shows the text streamed so far, which
    /// REST does not have.
    Unseen(Transcript),
    /// Pushed to the client.
    Open(Transcript),
}

impl SessionState {
    /// A session that is only known by its id yet.
    pub fn unknown(id: SessionId) -> Self {
        Self {
            info: SessionInfo {
                id,
                ..SessionInfo::default()
            },
            row: Row::Awaited,
            status: SessionStatus::Idle,
            transcript: Kept::No,
            taken_back: None,
            compacts: false,
            context: None,
            told: None,
        }
    }

    pub fn set_info(&mut self, info: SessionInfo) {
        self.info = info;
        self.row = Row::Told;
    }

    pub fn is_open(&self) -> bool {
        matches!(self.transcript, Kept::Open(_))
    }

    pub fn transcript(&mut self) -> Option<&mut Transcript> {
        match &mut self.transcript {
            Kept::No => None,
            Kept::Unseen(transcript) | Kept::Open(transcript) => Some(transcript),
        }
    }

    /// The transcript that events go into, made for a run that begins.
    pub fn transcript_for_events(&mut self) -> Option<&mut Transcript> {
        if matches!(self.transcript, Kept::No) && self.status.is_running() {
            self.transcript = Kept::Unseen(Transcript::default());
        }
        self.transcript()
    }

    /// What the server says by an event.
    pub fn set_status(&mut self, status: RunStatus) {
        let keeps = match self.status {
            // Idle is a state, not an edge: after an abort it is told twice, and the second time
            // may come when the next prompt is on its way (v1 contract, rule 6).
            SessionStatus::Submitted => status == RunStatus::Idle,
            // It ended by failing; that stays to be seen until something new begins.
            SessionStatus::Error { .. } => status == RunStatus::Idle,
            _ => false,
        };
        if !keeps {
            self.status = status.into();
        }
        if !self.status.is_running() {
            self.compacts = false;
            if !self.is_open() {
                self.transcript = Kept::No;
            }
        }
    }

    /// What a message says of its session: how full the context is, and whether the run is the
    /// making of a summary. Answers whether that is news.
    pub fn learn_from(&mut self, message: &MessageInfo) -> bool {
        if message.role != Role::Assistant {
            return false;
        }
        let before = (self.compacts, self.context.clone());
        let is_summary = message.agent.as_deref() == Some("compaction");
        let streams = message.status == MessageStatus::Streaming;
        if is_summary || streams {
            self.compacts = is_summary && streams;
        }
        let used = message.tokens.as_ref().map_or(0, Tokens::total);
        if used > 0 {
            self.context = Some((used, message.model.clone()));
        }
        before != (self.compacts, self.context.clone())
    }

    /// A run or a prompt failed. The first word is the clearest: some versions repeat it with a
    /// stack trace in its place (v1 contract, §5).
    pub fn fail(&mut self, error: &MessageError) {
        if !error.is_abort() && !matches!(self.status, SessionStatus::Error { .. }) {
            self.status = SessionStatus::Error {
                message: error.message.clone(),
            };
        }
    }

    /// What the newest answer of a page says; of a compaction only events tell.
    pub fn learn_from_page(&mut self, page: &MessagePage) {
        let mut answers = page.messages.iter().rev().map(|message| &message.info);
        let counted = answers.find(|info| {
            info.role == Role::Assistant && info.tokens.as_ref().is_some_and(|t| t.total() > 0)
        });
        if let Some(info) = counted {
            self.learn_from(info);
        }
    }

    pub fn submit(&mut self, purpose: Purpose) -> Submission {
        if self.status.is_running() {
            return Submission::Further;
        }
        self.status = SessionStatus::Submitted;
        self.compacts = purpose == Purpose::Summary;
        Submission::First
    }

    /// Nothing runs any more, whatever the server has told.
    pub fn end(&mut self, status: SessionStatus) {
        self.status = status;
        self.compacts = false;
    }

    pub fn view(&self, instance: &InstanceId, around: Around) -> Session {
        let info = &self.info;
        let works = matches!(self.status, SessionStatus::Submitted | SessionStatus::Busy);
        let compacts = works && (info.compacting || self.compacts);
        let permissions = info.permissions.as_ref();
        Session {
            id: info.id.clone(),
            instance_id: instance.clone(),
            parent_id: info.parent_id.clone(),
            title: info.title.clone(),
            permission_mode: permissions.map(|set| set.mode).unwrap_or_default(),
            agent: info.agent.clone(),
            model: info.model.clone(),
            status: if compacts {
                SessionStatus::Compacting
            } else {
                self.status.clone()
            },
            time: info.time.clone(),
            cost: info.cost,
            tokens: info.tokens.clone(),
            share_url: info
                .share_url
                .clone()
                .filter(|url| self.taken_back.as_ref() != Some(url)),
            revert: info.revert.clone(),
            summary: info.summary.clone(),
            usage: around.usage,
            permissions: around.permissions,
            questions: around.questions,
        }
    }
}

/// What a session's view says of it together with the sessions below it.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub usage: Option<Usage>,
    pub permissions: usize,
    pub questions: usize,
}

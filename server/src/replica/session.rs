//! One session: its row, its run, its transcript, and what clients were told of it.

use super::transcript::Transcript;
use crate::opencode::event::{RunStatus, SessionInfo};
use crate::protocol::{
    InstanceId, MessageError, PermissionMode, Session, SessionId, SessionStatus,
};

#[derive(Debug)]
pub(super) struct SessionState {
    pub info: SessionInfo,
    pub status: SessionStatus,
    pub transcript: Kept,
    /// As clients know it; `None` before they were told at all.
    pub told: Option<Session>,
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
    pub fn new(info: SessionInfo) -> Self {
        Self {
            info,
            status: SessionStatus::Idle,
            transcript: Kept::No,
            told: None,
        }
    }

    /// A session that is only known by its id yet.
    pub fn unknown(id: SessionId) -> Self {
        Self::new(SessionInfo {
            id,
            ..SessionInfo::default()
        })
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
        if !self.status.is_running() && !self.is_open() {
            self.transcript = Kept::No;
        }
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

    pub fn submit(&mut self) {
        if !self.status.is_running() {
            self.status = SessionStatus::Submitted;
        }
    }

    pub fn view(&self, instance: &InstanceId, permissions: usize, questions: usize) -> Session {
        let info = &self.info;
        let compacts = info.compacting && self.status == SessionStatus::Busy;
        Session {
            id: info.id.clone(),
            instance_id: instance.clone(),
            parent_id: info.parent_id.clone(),
            title: info.title.clone(),
            permission_mode: PermissionMode::Default,
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
            share_url: info.share_url.clone(),
            revert: info.revert.clone(),
            summary: info.summary.clone(),
            permissions,
            questions,
        }
    }
}

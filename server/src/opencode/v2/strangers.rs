//! What is heard of sessions that are not known to be of this directory: runs and deletions are told
//! without a place (v2 contract, §2.1), and may be of a session that REST is just about to name.
//!
//! It never tells clients anything: what is kept here counts when the session becomes known.

use std::collections::HashMap;

use super::projection::read;
use super::wire;
use crate::opencode::event::RunStatus;
use crate::protocol::SessionId;

/// So many at most are kept between two looks at REST; with more, those that run are.
const LIMIT: usize = 1_000;

/// The last that was said of a session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    Run(RunStatus),
    Deleted,
}

impl Word {
    /// `None` for an event that says nothing of the kind.
    pub fn of(kind: &str, data: &str) -> serde_json::Result<Option<Self>> {
        Ok(match kind {
            "execution.started" => Some(Self::Run(RunStatus::Busy)),
            "execution.succeeded" | "execution.failed" | "execution.interrupted" => {
                Some(Self::Run(RunStatus::Idle))
            }
            "retry.scheduled" => Some(Self::Run(read::<wire::Retry>(data)?.into())),
            "deleted" => Some(Self::Deleted),
            _ => None,
        })
    }
}

#[derive(Debug, Default)]
pub(super) struct Strangers {
    /// Each with the number of the event that said so.
    words: HashMap<SessionId, (Word, u64)>,
}

impl Strangers {
    pub fn hear(&mut self, session: SessionId, word: Word, heard: u64) {
        if self.words.len() >= LIMIT {
            self.settled();
        }
        self.words.insert(session, (word, heard));
    }

    /// It is known from now on: the run that it was last heard of.
    pub fn take(&mut self, session: &SessionId) -> Option<(RunStatus, u64)> {
        if self.is_deleted(session) {
            return None;
        }
        match self.words.remove(session)? {
            (Word::Run(run), heard) => Some((run, heard)),
            (Word::Deleted, _) => None,
        }
    }

    pub fn is_deleted(&self, session: &SessionId) -> bool {
        matches!(self.words.get(session), Some((Word::Deleted, _)))
    }

    /// REST has named all that are here: only runs that go on elsewhere may still move here.
    pub fn settled(&mut self) {
        let runs = |word: &Word| !matches!(word, Word::Deleted | Word::Run(RunStatus::Idle));
        self.words.retain(|_, (word, _)| runs(word));
    }
}

//! What a session has changed in files: one of its turns, or all of them together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::sleep;

use super::actor::Actor;
use super::outlet::Responder;
use super::sessions::{all_messages, in_sight};
use crate::opencode::Dialect;
use crate::opencode::event::IncomingMessage;
use crate::protocol::requests::{DiffExtent, SessionDiff, SessionDiffResult};
use crate::protocol::{ChangeKind, Error, ErrorKind, FileDiff, MessageId, PartBody, SessionId};

const ASKED_EVERY: Duration = Duration::from_millis(100);
/// A file that is as it was before, after two changes of one turn, is never in the turn's diff.
const ASKED_AT_MOST: usize = 20;

/// A user's message, and the files that its answers' steps have changed, by absolute paths.
#[derive(Debug, PartialEq, Eq)]
struct Turn {
    message: MessageId,
    changed: Vec<String>,
}

impl Actor {
    pub(super) fn diff(
        &self,
        params: SessionDiff,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let session = params.session_id;
        // An answer stands for its turn, which 2.x knows by the user's message alone.
        let turn = params.message_id.map(|message| {
            let message = self.replica.asked(&session, &message).unwrap_or(message);
            let changed = self.replica.changed_in_turn(&session, &message);
            Turn { message, changed }
        });
        let extent = params.extent.unwrap_or_default();
        self.spawn_work(
            async move {
                let turns = match (turn, extent) {
                    (Some(turn), DiffExtent::Turn) => vec![turn],
                    (first, _) => {
                        let first = first.map(|turn| turn.message);
                        changing_turns(&dialect, &session, first.as_ref()).await?
                    }
                };
                let diffs = turns.iter().map(|turn| turn.diff(&dialect, &session));
                Ok(together(try_join_all(diffs).await?))
            },
            move |_, files: Result<_, Error>| {
                responder.send(files.map(|files| SessionDiffResult { files }));
            },
        );
    }
}

impl Turn {
    /// 1.x makes it after the turn's end, and its last event of that looks like those before (v1 contract,
    /// rule 6): it is asked again until it has what the steps have told.
    async fn diff(
        &self,
        dialect: &Arc<dyn Dialect>,
        session: &SessionId,
    ) -> Result<Vec<FileDiff>, Error> {
        let mut files = dialect.diff(session, &self.message).await?;
        for _ in 0..ASKED_AT_MOST {
            if self.is_told_by(&files) {
                break;
            }
            sleep(ASKED_EVERY).await;
            files = dialect.diff(session, &self.message).await?;
        }
        Ok(files)
    }

    fn is_told_by(&self, files: &[FileDiff]) -> bool {
        let mut changed = self.changed.iter();
        changed.all(|path| files.iter().any(|file| path.ends_with(&file.path)))
    }
}

/// The turns in sight that changed files, from one on or all.
///
/// # Errors
/// `badRequest` when there is no such message.
async fn changing_turns(
    dialect: &Arc<dyn Dialect>,
    session: &SessionId,
    first: Option<&MessageId>,
) -> Result<Vec<Turn>, Error> {
    let row = dialect.session(session).await?;
    let mut messages = in_sight(all_messages(dialect, session).await?, row.revert.as_ref());
    if let Some(first) = first {
        let at = messages.iter().position(|known| known.info.id == *first);
        let at = at.ok_or_else(|| {
            Error::new(
                ErrorKind::BadRequest,
                format!("messageId: the session has no message {first}"),
            )
            .hint("It may have been taken back.")
        })?;
        messages.drain(..at);
    }
    let mut turns = turns_with_changes(&messages);
    // The older ones are made.
    for turn in turns.iter_mut().rev().skip(1) {
        turn.changed.clear();
    }
    Ok(turns)
}

fn turns_with_changes(messages: &[IncomingMessage]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for message in messages {
        let Some(asked) = &message.info.parent_id else {
            continue;
        };
        for part in &message.parts {
            let PartBody::Patch { files } = &part.part.body else {
                continue;
            };
            match turns.iter_mut().find(|turn| turn.message == *asked) {
                Some(turn) => turn.changed.extend_from_slice(files),
                None => turns.push(Turn {
                    message: asked.clone(),
                    changed: files.clone(),
                }),
            }
        }
    }
    turns
}

/// One entry for each file.
fn together(turns: Vec<Vec<FileDiff>>) -> Vec<FileDiff> {
    let mut files: BTreeMap<String, FileDiff> = BTreeMap::new();
    for diff in turns.into_iter().flatten() {
        match files.get_mut(&diff.path) {
            None => {
                files.insert(diff.path.clone(), diff);
            }
            Some(known) => {
                known.additions += diff.additions;
                known.deletions += diff.deletions;
                if !known.patch.ends_with('\n') {
                    known.patch.push('\n');
                }
                known.patch.push_str(&diff.patch);
                known.status = followed_by(known.status, diff.status);
            }
        }
    }
    files.into_values().collect()
}

/// What two changes of a file are together.
fn followed_by(first: Option<ChangeKind>, second: Option<ChangeKind>) -> Option<ChangeKind> {
    use ChangeKind::{Added, Deleted, Modified};
    match (first, second) {
        (Some(Added), Some(Modified)) => Some(Added),
        (Some(Deleted), Some(Added)) => Some(Modified),
        (_, second) => second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(path: &str) -> FileDiff {
        FileDiff {
            path: path.to_owned(),
            status: None,
            additions: 1,
            deletions: 0,
            patch: String::new(),
        }
    }

    #[test]
    fn a_diff_without_a_file_that_a_step_has_changed_is_not_made_yet() {
        let turn = Turn {
            message: MessageId::from("msg_1"),
            changed: vec!["/folder/a.rs".to_owned(), "/folder/src/b.rs".to_owned()],
        };
        assert!(!turn.is_told_by(&[]));
        assert!(!turn.is_told_by(&[diff("a.rs")]));
        assert!(turn.is_told_by(&[diff("a.rs"), diff("src/b.rs"), diff("c.rs")]));
    }
}

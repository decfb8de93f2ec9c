//! What can be done with a session besides talking: archive, fork, share, take back, compare,
//! export.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::try_join_all;

use super::actor::Actor;
use super::export;
use super::outlet::Responder;
use super::requests::unknown_session;
use crate::opencode::event::{IncomingMessage, SessionInfo};
use crate::opencode::{Dialect, tool};
use crate::protocol::requests::{
    SessionChildren, SessionChildrenResult, SessionDiff, SessionDiffResult, SessionExport,
    SessionExportResult, SessionRevert, SessionRevertResult, SessionUnrevert,
};
use crate::protocol::{
    Error, ErrorKind, FileDiff, Message, MessageId, PartBody, Revert, SessionId,
};

/// Messages of one page when all are read.
const PAGE: usize = 200;

impl Actor {
    /// Something that answers the session's row anew.
    pub(super) fn adopt(
        &self,
        responder: Responder,
        work: impl Future<Output = Result<SessionInfo, Error>> + Send + 'static,
    ) {
        self.spawn_work(work, move |actor, row| {
            let row = row.map(|row| actor.replica.adopt(row));
            actor.answer(responder, row);
        });
    }

    pub(super) fn children(
        &self,
        params: SessionChildren,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let session = params.session_id;
        if self.replica.info(&session).is_none() {
            return responder.fail(unknown_session(&session));
        }
        let root = session.clone();
        self.spawn_work(
            async move { descendants(&dialect, root).await },
            move |actor, rows| {
                responder.send(rows.map(|rows| SessionChildrenResult {
                    children: actor.replica.tree(&session, rows),
                }));
            },
        );
    }

    pub(super) fn diff(
        &self,
        params: SessionDiff,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let session = params.session_id;
        // An answer stands for its turn, which 2.x knows by the user's message alone.
        let turn = params.message_id.map(|message| {
            let asked = self.replica.asked(&session, &message);
            asked.unwrap_or(message)
        });
        self.spawn_work(
            async move {
                let turns = match turn {
                    Some(message) => vec![message],
                    None => turns_with_changes(&all_messages(&dialect, &session).await?),
                };
                let diffs = turns.iter().map(|turn| dialect.diff(&session, turn));
                Ok(together(try_join_all(diffs).await?))
            },
            move |_, files: Result<_, Error>| {
                responder.send(files.map(|files| SessionDiffResult { files }));
            },
        );
    }

    pub(super) fn revert(
        &self,
        params: SessionRevert,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let to = Revert {
            message_id: params.message_id,
            part_id: params.part_id,
        };
        self.spawn_work(
            async move { dialect.revert(&params.session_id, &to).await },
            move |actor, row| {
                let reverted = row.map(|row| SessionRevertResult {
                    files: row.reverted_files.clone(),
                    session: actor.replica.adopt(row),
                });
                actor.answer(responder, reverted);
            },
        );
    }

    pub(super) fn unrevert(
        &self,
        params: SessionUnrevert,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let session = params.session_id;
        let Some(info) = self.replica.info(&session) else {
            return responder.fail(unknown_session(&session));
        };
        if info.revert.is_none() {
            return responder.fail(
                Error::new(
                    ErrorKind::BadRequest,
                    "Nothing of this session was taken back.",
                )
                .hint("A prompt after session/revert makes it final."),
            );
        }
        let files = info.reverted_files.iter().map(tool::reversed).collect();
        self.spawn_work(
            async move { dialect.unrevert(&session).await },
            move |actor, row| {
                let back = row.map(|row| SessionRevertResult {
                    session: actor.replica.adopt(row),
                    files,
                });
                actor.answer(responder, back);
            },
        );
    }

    pub(super) fn export(
        &self,
        params: SessionExport,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let session = params.session_id;
        let Some(view) = self.replica.view_of(&session) else {
            return responder.fail(unknown_session(&session));
        };
        self.spawn_work(
            async move { all_messages(&dialect, &session).await },
            move |_, messages| {
                responder.send(messages.map(|messages| {
                    let reverted = view.revert.as_ref().map(|revert| &revert.message_id);
                    let shown: Vec<Message> = messages
                        .into_iter()
                        .take_while(|message| Some(&message.info.id) != reverted)
                        .map(whole)
                        .collect();
                    let (filename, markdown) = export::markdown(&view, &shown);
                    SessionExportResult { filename, markdown }
                }));
            },
        );
    }
}

/// All sessions below one.
async fn descendants(
    dialect: &Arc<dyn Dialect>,
    root: SessionId,
) -> Result<Vec<SessionInfo>, Error> {
    let mut found: Vec<SessionInfo> = Vec::new();
    let mut next = vec![root];
    while !next.is_empty() {
        let below = try_join_all(next.iter().map(|session| dialect.children(session))).await?;
        let mut below: Vec<SessionInfo> = below.into_iter().flatten().collect();
        // A circle would go on for ever.
        below.retain(|row| found.iter().all(|known| known.id != row.id));
        next = below.iter().map(|row| row.id.clone()).collect();
        found.extend(below);
    }
    Ok(found)
}

/// The whole session, oldest first.
async fn all_messages(
    dialect: &Arc<dyn Dialect>,
    session: &SessionId,
) -> Result<Vec<IncomingMessage>, Error> {
    let mut page = dialect.content(session, PAGE).await?.page;
    let mut pages = Vec::new();
    while let Some(cursor) = page.cursor.take() {
        pages.push(page.messages);
        page = dialect.history(session, &cursor, PAGE).await?;
    }
    pages.push(page.messages);
    Ok(pages.into_iter().rev().flatten().collect())
}

/// The user's messages whose turns changed files.
fn turns_with_changes(messages: &[IncomingMessage]) -> Vec<MessageId> {
    let mut turns: Vec<MessageId> = Vec::new();
    for message in messages {
        let changed = message
            .parts
            .iter()
            .any(|part| matches!(part.part.body, PartBody::Patch { .. }));
        if let Some(turn) = message.info.parent_id.as_ref().filter(|_| changed)
            && !turns.contains(turn)
        {
            turns.push(turn.clone());
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
                known.status = diff.status;
            }
        }
    }
    files.into_values().collect()
}

fn whole(message: IncomingMessage) -> Message {
    Message {
        info: message.info,
        parts: message.parts.into_iter().map(|part| part.part).collect(),
    }
}

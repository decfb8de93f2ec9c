//! What can be done with a session besides talking: archive, fork, share, take back, export.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::try_join_all;

use super::actor::Actor;
use super::export;
use super::outlet::Responder;
use super::requests::unknown_session;
use crate::opencode::event::{IncomingMessage, SessionInfo};
use crate::opencode::{Dialect, diff};
use crate::protocol::requests::{
    SessionChildren, SessionChildrenResult, SessionExport, SessionExportResult, SessionRevert,
    SessionRevertResult, SessionUnrevert,
};
use crate::protocol::{Error, ErrorKind, Message, Revert, SessionId};

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
        &mut self,
        params: SessionChildren,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let session = params.session_id;
        self.with_session(
            session.clone(),
            dialect.clone(),
            responder,
            move |actor, _, responder| {
                let root = session.clone();
                actor.spawn_work(
                    async move { descendants(&dialect, root).await },
                    move |actor, rows| {
                        responder.send(rows.map(|rows| SessionChildrenResult {
                            children: actor.replica.tree(&session, rows),
                        }));
                    },
                );
            },
        );
    }

    /// Does something with a session's row, which is asked for when it is not known: the overview has
    /// the newest sessions only.
    pub(super) fn with_session(
        &mut self,
        session: SessionId,
        dialect: Arc<dyn Dialect>,
        responder: Responder,
        then: impl FnOnce(&mut Self, SessionInfo, Responder) + Send + 'static,
    ) {
        if let Some(info) = self.replica.info(&session).cloned() {
            return then(self, info, responder);
        }
        self.spawn_work(
            async move { dialect.session(&session).await },
            move |actor, row| match row {
                Ok(row) => {
                    actor.replica.learn(row.clone());
                    then(actor, row, responder);
                }
                Err(error) => responder.fail(error),
            },
        );
    }

    /// What a session and those below it have used is counted over all of them, and the overview has
    /// the newest only.
    pub(super) fn learn_family(&self, dialect: Arc<dyn Dialect>, root: SessionId) {
        self.spawn_work(
            async move { descendants(&dialect, root).await },
            |actor, rows| match rows {
                Ok(rows) => {
                    for row in rows {
                        if actor.replica.info(&row.id).is_none() {
                            actor.replica.adopt(row);
                        }
                    }
                }
                Err(error) => tracing::debug!("the sessions below one were not listed: {error}"),
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
        &mut self,
        params: SessionUnrevert,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let session = params.session_id;
        self.with_session(
            session.clone(),
            dialect.clone(),
            responder,
            move |actor, info, responder| {
                if info.revert.is_none() {
                    return responder.fail(
                        Error::new(
                            ErrorKind::BadRequest,
                            "Nothing of this session was taken back.",
                        )
                        .hint("A prompt after session/revert makes it final."),
                    );
                }
                let files = info.reverted_files.iter().map(diff::reversed).collect();
                actor.spawn_work(
                    async move { dialect.unrevert(&session).await },
                    move |actor, row| {
                        let back = row.map(|row| SessionRevertResult {
                            session: actor.replica.adopt(row),
                            files,
                        });
                        actor.answer(responder, back);
                    },
                );
            },
        );
    }

    pub(super) fn export(
        &mut self,
        params: SessionExport,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let session = params.session_id;
        self.with_session(
            session.clone(),
            dialect.clone(),
            responder,
            move |actor, _, responder| {
                let read = session.clone();
                actor.spawn_work(
                    async move { all_messages(&dialect, &read).await },
                    move |actor, messages| {
                        let exported = messages.and_then(|messages| {
                            let view = actor.replica.view_of(&session);
                            let view = view.ok_or_else(|| unknown_session(&session))?;
                            let shown: Vec<Message> = in_sight(messages, view.revert.as_ref())
                                .into_iter()
                                .map(whole)
                                .collect();
                            let (filename, markdown) = export::markdown(&view, &shown);
                            Ok(SessionExportResult { filename, markdown })
                        });
                        responder.send(exported);
                    },
                );
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
pub(super) async fn all_messages(
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

/// The messages that were not taken back, or only in part.
pub(super) fn in_sight(
    messages: Vec<IncomingMessage>,
    revert: Option<&Revert>,
) -> Vec<IncomingMessage> {
    let Some(revert) = revert else {
        return messages;
    };
    let mut shown = Vec::with_capacity(messages.len());
    for mut message in messages {
        if message.info.id != revert.message_id {
            shown.push(message);
            continue;
        }
        if let Some(part) = &revert.part_id {
            let at = message
                .parts
                .iter()
                .position(|known| known.part.id == *part);
            message.parts.truncate(at.unwrap_or_default());
            shown.push(message);
        }
        break;
    }
    shown
}

fn whole(message: IncomingMessage) -> Message {
    Message {
        info: message.info,
        parts: message.parts.into_iter().map(|part| part.part).collect(),
    }
}

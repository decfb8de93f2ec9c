//! What an instance does for each request: at once from its state where it can, otherwise by
//! asking OpenCode beside the actor.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::actor::{Actor, Phase};
use super::link::LinkState;
use super::outlet::Responder;
use super::server::ServerState;
use crate::opencode::event::{MessagePage, SessionInfo};
use crate::opencode::{Dialect, NewSession, SessionQuery};
use crate::protocol::requests::{
    Done, InstanceEventsResult, InstanceLogsResult, InstanceRequest, PermissionListResult,
    QuestionListResult, SessionHistoryResult, SessionList, SessionListResult,
};
use crate::protocol::{Error, ErrorKind, SessionId};
use crate::time::now;

/// A run that is aborted ends within this, or its session is deleted while it still runs.
const ABORT_LIMIT: Duration = Duration::from_secs(3);

impl Actor {
    pub(super) fn request(&mut self, request: InstanceRequest, responder: Responder) {
        match request {
            // The registry and the actor's loop have seen to this one.
            InstanceRequest::InstanceClose(_) => responder.send(Ok(Done {})),
            InstanceRequest::InstanceRestart(_) => {
                self.server.restart();
                self.wake();
                responder.send(Ok(Done {}));
            }
            InstanceRequest::InstanceReconnect(_) => {
                self.reconnect();
                responder.send(Ok(Done {}));
            }
            InstanceRequest::InstanceLogs(params) => responder.send(Ok(InstanceLogsResult {
                entries: self.server.logs().last(params.limit),
            })),
            InstanceRequest::InstanceEvents(params) => responder.send(Ok(InstanceEventsResult {
                events: self.events.last(params.limit),
            })),
            InstanceRequest::SessionClose(params) => {
                let closed = match self.replica.view_of(&params.session_id) {
                    Some(_) => {
                        self.replica.close(&params.session_id);
                        Ok(Done {})
                    }
                    None => Err(unknown_session(&params.session_id)),
                };
                responder.send(closed);
            }
            InstanceRequest::SessionPrompt(params) => self.prompt(params, responder),
            InstanceRequest::SessionSend(params) => self.send_typed(params, responder),
            InstanceRequest::SessionCancelQueued(params) => {
                self.cancel_queued(params, responder);
            }
            InstanceRequest::SessionListQueued(params) => self.list_queued(&params, responder),
            InstanceRequest::FileCompare(params) => self.compare_files(params, responder),
            InstanceRequest::PermissionList(_) => responder.send(Ok(PermissionListResult {
                permissions: self.replica.permissions().to_vec(),
            })),
            InstanceRequest::QuestionList(_) => responder.send(Ok(QuestionListResult {
                questions: self.replica.questions().to_vec(),
            })),
            request => match (&self.phase, self.dialect.clone()) {
                (Phase::Live, Some(dialect)) => self.ask(request, responder, dialect),
                _ => self.park(request, responder),
            },
        }
    }

    /// Keeps a request until the connection that is being made is there. When none is being
    /// made, the request asks for one: only if the next try fails too, it fails.
    fn park(&mut self, request: InstanceRequest, responder: Responder) {
        match &self.phase {
            Phase::Live
            | Phase::Syncing { .. }
            | Phase::Link(LinkState::Starting | LinkState::Connecting) => {}
            Phase::Link(LinkState::Reconnecting { .. } | LinkState::Disconnected { .. }) => {
                self.wake();
            }
            Phase::Link(LinkState::Failed(failure)) => {
                return responder.fail(failure.clone().into());
            }
        }
        self.parked.push_back((request, responder));
    }

    /// The link has come to another state: what waits for a connection goes on waiting, or not.
    pub(super) fn fail_parked(&mut self) {
        let failure = match &self.phase {
            Phase::Link(
                LinkState::Reconnecting { why, .. }
                | LinkState::Disconnected { why }
                | LinkState::Failed(why),
            )
            | Phase::Syncing { trouble: Some(why) } => why.clone(),
            _ => return,
        };
        for (_, responder) in std::mem::take(&mut self.parked) {
            responder.fail(failure.clone().into());
        }
    }

    /// Connected: what has waited is done now, in order.
    pub(super) fn resume(&mut self) {
        for (request, responder) in std::mem::take(&mut self.parked) {
            self.request(request, responder);
        }
        self.advance_prompts();
    }

    fn reconnect(&mut self) {
        // A server that could not be started has to be started before anything can be connected.
        if matches!(*self.server.state().borrow(), ServerState::Failed(_)) {
            self.server.restart();
        }
        if self.phase == Phase::Live {
            self.resync();
        } else {
            self.wake();
        }
    }

    fn ask(&mut self, request: InstanceRequest, responder: Responder, dialect: Arc<dyn Dialect>) {
        match request {
            InstanceRequest::SessionList(params) => self.list_sessions(params, responder, dialect),
            InstanceRequest::SessionCreate(params) => {
                let new = NewSession {
                    title: params.title,
                    parent_id: params.parent_id,
                    agent: params.agent,
                    model: params.model,
                };
                self.spawn_work(
                    async move { dialect.create_session(&new).await },
                    move |actor, created| {
                        responder.send(created.map(|info| actor.replica.learn(info)));
                    },
                );
            }
            InstanceRequest::SessionOpen(params) => {
                let limit = params.limit.unwrap_or(self.settings.history.page_size);
                self.open_session(dialect, params.session_id, limit.max(1), responder);
            }
            InstanceRequest::SessionHistory(params) => {
                let limit = params.limit.unwrap_or(self.settings.history.page_size);
                let (session, cursor) = (params.session_id, params.cursor);
                let asked = session.clone();
                self.spawn_work(
                    async move {
                        match dialect.history(&asked, &cursor, limit.max(1)).await {
                            // The server says no more than that the request is bad.
                            Err(error) if error.kind == ErrorKind::BadRequest => {
                                dialect.session(&asked).await?;
                                Err(foreign_cursor("session/history"))
                            }
                            page => page,
                        }
                    },
                    move |actor, page| {
                        responder.send(page.map(|page| actor.older(&session, page)));
                    },
                );
            }
            InstanceRequest::SessionRename(params) => self.simply(responder, async move {
                dialect
                    .rename_session(&params.session_id, &params.title)
                    .await
            }),
            InstanceRequest::SessionDelete(params) => {
                self.delete_session(params.session_id, responder, dialect);
            }
            InstanceRequest::SessionAbort(params) => {
                self.abort(params.session_id, responder, dialect);
            }
            InstanceRequest::SessionArchive(params) => self.adopt(responder, async move {
                dialect.archive(&params.session_id, Some(now())).await
            }),
            InstanceRequest::SessionUnarchive(params) => self.adopt(responder, async move {
                dialect.archive(&params.session_id, None).await
            }),
            InstanceRequest::SessionFork(params) => self.adopt(responder, async move {
                let before = params.message_id.as_ref();
                dialect.fork(&params.session_id, before).await
            }),
            InstanceRequest::SessionShare(params) => {
                self.adopt(
                    responder,
                    async move { dialect.share(&params.session_id).await },
                )
            }
            InstanceRequest::SessionUnshare(params) => self.spawn_work(
                async move { dialect.unshare(&params.session_id).await },
                |actor, row| {
                    let row = row.map(|row| actor.replica.unshared(row));
                    actor.answer(responder, row);
                },
            ),
            InstanceRequest::SessionChildren(params) => self.children(params, responder, dialect),
            InstanceRequest::SessionDiff(params) => self.diff(params, responder, dialect),
            InstanceRequest::SessionRevert(params) => self.revert(params, responder, dialect),
            InstanceRequest::SessionUnrevert(params) => self.unrevert(params, responder, dialect),
            InstanceRequest::SessionCompact(params) => self.compact(params, responder, dialect),
            InstanceRequest::SessionExport(params) => self.export(params, responder, dialect),
            InstanceRequest::SessionSetPermissionMode(params) => {
                self.set_permission_mode(params, responder, dialect);
            }
            InstanceRequest::SessionCommand(params) => {
                self.run_command(params, responder, dialect);
            }
            InstanceRequest::SessionShell(params) => self.run_shell(params, responder, dialect),
            InstanceRequest::CatalogRead(_) => {
                self.with_catalog(|_, catalog| responder.send(catalog));
            }
            InstanceRequest::FileFind(params) => self.find_files(params, responder, dialect),
            InstanceRequest::FileContentRead(params) => {
                self.file_content(params, responder, dialect);
            }
            InstanceRequest::FileStatusRead(_) => self.file_status(responder, dialect),
            InstanceRequest::SymbolFind(params) => self.find_symbols(params, responder, dialect),
            InstanceRequest::VcsDiff(_) => self.vcs_diff(responder, dialect),
            InstanceRequest::PartContentRead(params) => {
                self.part_content(params, responder, dialect);
            }
            InstanceRequest::PermissionReplyTo(params) => {
                self.reply_permission(params, responder, dialect);
            }
            InstanceRequest::QuestionReply(params) => {
                self.reply_question(params, responder, dialect);
            }
            InstanceRequest::QuestionReject(params) => {
                self.reject_question(&params, responder, dialect);
            }
            // These are answered without a connection.
            here @ (InstanceRequest::InstanceClose(_)
            | InstanceRequest::InstanceRestart(_)
            | InstanceRequest::InstanceReconnect(_)
            | InstanceRequest::InstanceLogs(_)
            | InstanceRequest::InstanceEvents(_)
            | InstanceRequest::SessionClose(_)
            | InstanceRequest::SessionPrompt(_)
            | InstanceRequest::SessionSend(_)
            | InstanceRequest::SessionCancelQueued(_)
            | InstanceRequest::SessionListQueued(_)
            | InstanceRequest::FileCompare(_)
            | InstanceRequest::PermissionList(_)
            | InstanceRequest::QuestionList(_)) => self.request(here, responder),
        }
    }

    fn list_sessions(&self, params: SessionList, responder: Responder, dialect: Arc<dyn Dialect>) {
        let limit = params.limit.unwrap_or(100).max(1);
        // The server knows no pages of sessions: the cursor is how many were told already.
        let skip: usize = match params.cursor.as_deref().map(str::parse) {
            None => 0,
            Some(Ok(skip)) => skip,
            Some(Err(_)) => {
                return responder.fail(foreign_cursor("session/list"));
            }
        };
        let query = SessionQuery {
            search: params.search.filter(|search| !search.is_empty()),
            limit: skip.saturating_add(limit).saturating_add(1),
            roots: params.roots.unwrap_or(false),
            archived: params.archived.unwrap_or_default(),
        };
        self.spawn_work(
            async move { dialect.sessions(&query).await },
            move |actor, listed| {
                responder.send(listed.map(|listed| actor.page_of_sessions(listed, skip, limit)));
            },
        );
    }

    fn page_of_sessions(
        &mut self,
        listed: Vec<SessionInfo>,
        skip: usize,
        limit: usize,
    ) -> SessionListResult {
        let end = skip.saturating_add(limit);
        let more = listed.len() > end;
        let page = listed.into_iter().skip(skip).take(limit);
        SessionListResult {
            sessions: page.map(|info| self.replica.learn(info)).collect(),
            cursor: more.then(|| end.to_string()),
        }
    }

    fn older(&mut self, session: &SessionId, page: MessagePage) -> SessionHistoryResult {
        let (messages, cursor) = self.replica.prepend(session, page);
        SessionHistoryResult { messages, cursor }
    }

    /// A run goes on after its session is gone (v1 contract, rule 9), so it is aborted first.
    fn delete_session(&self, session: SessionId, responder: Responder, dialect: Arc<dyn Dialect>) {
        let runs = self
            .replica
            .status(&session)
            .is_some_and(crate::protocol::SessionStatus::is_running);
        let deleted = session.clone();
        self.spawn_work(
            async move {
                if runs {
                    dialect.abort(&deleted).await?;
                    let ended = until_idle(&dialect, &deleted);
                    if timeout(ABORT_LIMIT, ended).await.is_err() {
                        tracing::warn!("session {deleted} is deleted while its run goes on");
                    }
                }
                dialect.delete_session(&deleted).await
            },
            move |actor, result| {
                if result.is_ok() {
                    actor.prompts.forget(&session);
                    actor.replica.remove_session(&session);
                }
                actor.answer(responder, result.map(|()| Done {}));
            },
        );
    }

    /// Something that OpenCode does or refuses; what comes of it is told by events.
    pub(super) fn simply(
        &self,
        responder: Responder,
        work: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) {
        self.spawn_work(work, move |_, result| {
            responder.send(result.map(|()| Done {}));
        });
    }
}

async fn until_idle(dialect: &Arc<dyn Dialect>, session: &SessionId) {
    while dialect
        .overview()
        .await
        .is_ok_and(|overview| overview.running.contains_key(session))
    {
        sleep(Duration::from_millis(50)).await;
    }
}

pub(super) fn unknown_session(session: &SessionId) -> Error {
    Error::new(
        ErrorKind::SessionNotFound,
        format!("Session not found: {session}"),
    )
    .hint("It may have been deleted elsewhere.")
}

fn foreign_cursor(method: &str) -> Error {
    Error::new(
        ErrorKind::BadRequest,
        format!("cursor: not one of {method}"),
    )
    .hint("Take it from the answer before; without one, the list begins anew.")
}

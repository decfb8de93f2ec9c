//! Runs that are not begun by a prompt: commands, the user's shell, compactions. OpenCode answers
//! them when they have ended; clients are answered when they have begun.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::actor::{Actor, Phase};
use super::files::within;
use super::outlet::Responder;
use super::prompt_parts;
use super::typed::{Names, Typed, understand};
use crate::opencode::sessions::{CommandRun, Ids, ShellRun};
use crate::opencode::{Dialect, Keeper, id, is_loss};
use crate::protocol::requests::{
    Done, InstanceRequest, PromptState, SessionCommand, SessionCompact, SessionPrompt,
    SessionRunResult, SessionSend, SessionShell,
};
use crate::protocol::{Catalog, Error, ErrorKind, MessageId, SessionId, SessionStatus};
use crate::replica::{Purpose, Submission};

/// What OpenCode itself takes when nobody has chosen.
pub(super) const DEFAULT_AGENT: &str = "build";

/// A run begins within this on a warm server (v1 contract, §1).
const BEGINS_WITHIN: Duration = Duration::from_millis(1_500);

/// Who waits for a run to begin.
#[derive(Default)]
pub(super) struct Runs {
    /// The request that a session's run was asked for by; there is one at most, since a session that
    /// runs takes no further one.
    beginning: HashMap<SessionId, Answer>,
    /// Sessions to abort as soon as they run.
    unwanted: HashSet<SessionId>,
}

type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

impl Actor {
    pub(super) fn send_typed(&mut self, params: SessionSend, responder: Responder) {
        if self.catalog.known.is_none() && self.phase == Phase::Live {
            // Without it, too, a prompt is sent; its mentions of agents are text then.
            self.with_catalog(|actor, catalog| {
                actor.send_understood(params, catalog.unwrap_or_default(), responder);
            });
        } else {
            let catalog = self.catalog.known.clone().unwrap_or_default();
            self.send_understood(params, catalog, responder);
        }
    }

    fn send_understood(&mut self, params: SessionSend, catalog: Catalog, responder: Responder) {
        let directory = self.directory().to_owned();
        let typed = understand(
            &params.text,
            &Names {
                commands: catalog.commands.iter().map(|c| c.name.as_str()).collect(),
                agents: catalog.agents.iter().map(|a| a.name.as_str()).collect(),
                is_file: &|path: &Path| {
                    let inside = within(&directory, path);
                    inside.is_some_and(|inside| directory.join(inside).exists())
                },
            },
        );
        let (instance_id, session_id) = (params.instance_id, params.session_id);
        let request = match typed {
            Typed::Command { name, arguments } => InstanceRequest::SessionCommand(SessionCommand {
                instance_id,
                session_id,
                command: name,
                arguments,
                parts: params.parts,
                agent: params.agent,
                model: params.model,
                variant: params.variant,
            }),
            Typed::Shell { command } => InstanceRequest::SessionShell(SessionShell {
                instance_id,
                session_id,
                command,
            }),
            Typed::Prompt(mut parts) => {
                parts.extend(params.parts.into_iter().flatten());
                // Attachments alone are a prompt too.
                if params.text.trim().is_empty() {
                    parts.remove(0);
                }
                InstanceRequest::SessionPrompt(SessionPrompt {
                    instance_id,
                    session_id,
                    parts,
                    agent: params.agent,
                    model: params.model,
                    variant: params.variant,
                })
            }
        };
        self.request(request, responder);
    }

    pub(super) fn run_command(
        &mut self,
        params: SessionCommand,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        if let Some(parts) = params.parts.as_ref().filter(|parts| !parts.is_empty())
            && let Err(error) = prompt_parts::check(parts, self.directory())
        {
            return responder.fail(error);
        }
        self.with_catalog(move |actor, catalog| {
            let known = |catalog: &Catalog| {
                let mut commands = catalog.commands.iter();
                commands.any(|command| command.name == params.command)
            };
            // The server's answer to an unknown one says nothing (v1 contract, §5).
            if let Ok(catalog) = &catalog
                && !known(catalog)
            {
                let names: Vec<_> = catalog.commands.iter().map(|c| c.name.as_str()).collect();
                return responder.fail(
                    Error::new(
                        ErrorKind::BadRequest,
                        format!("command: there is no command \"{}\"", params.command),
                    )
                    .hint(format!("There are: {}.", names.join(", "))),
                );
            }
            let run = CommandRun {
                session_id: params.session_id,
                message_id: MessageId::from(id::ascending("msg")),
                command: params.command,
                arguments: params.arguments,
                parts: params.parts.unwrap_or_default(),
                agent: params.agent,
                model: params.model,
                variant: params.variant,
            };
            let session = run.session_id.clone();
            let message = ours(dialect.run_ids(), &run.message_id);
            let work = async move { dialect.command(&run).await };
            actor.begin_run(
                session,
                Purpose::Answer,
                work,
                told_message(message, responder),
            );
        });
    }

    pub(super) fn run_shell(
        &mut self,
        params: SessionShell,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        if params.command.trim().is_empty() {
            return responder.fail(
                Error::new(ErrorKind::BadRequest, "command: it is empty")
                    .hint("Write what the shell is to run."),
            );
        }
        let run = ShellRun {
            agent: self.agent_of(&params.session_id),
            session_id: params.session_id,
            message_id: MessageId::from(id::ascending("msg")),
            command: params.command,
        };
        let session = run.session_id.clone();
        let message = ours(dialect.run_ids(), &run.message_id);
        let work = async move { dialect.shell(&run).await };
        self.begin_run(
            session,
            Purpose::Answer,
            work,
            told_message(message, responder),
        );
    }

    pub(super) fn compact(
        &mut self,
        params: SessionCompact,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let session = params.session_id;
        self.with_session(
            session.clone(),
            dialect.clone(),
            responder,
            move |actor, info, responder| {
                let model = params.model.or_else(|| info.model.clone());
                actor.with_catalog(move |actor, catalog| {
                    let chosen = || catalog.ok()?.defaults.model;
                    let Some(model) = model.or_else(chosen) else {
                        return responder.fail(
                            Error::new(
                                ErrorKind::BadRequest,
                                "model: the session has none, and neither has the configuration",
                            )
                            .hint("Name the model that is to write the summary."),
                        );
                    };
                    let compacted = session.clone();
                    let work = async move { dialect.compact(&compacted, &model).await };
                    actor.begin_run(session, Purpose::Summary, work, move |begun| {
                        responder.send(begun.map(|()| Done {}));
                    });
                });
            },
        );
    }

    /// The agent that a session's next run is by.
    pub(super) fn agent_of(&self, session: &SessionId) -> String {
        let info = self.replica.info(session);
        let catalog = self.catalog.known.as_ref();
        info.and_then(|info| info.agent.clone())
            .or_else(|| catalog?.defaults.agent.clone())
            .unwrap_or_else(|| DEFAULT_AGENT.to_owned())
    }

    fn begin_run(
        &mut self,
        session: SessionId,
        purpose: Purpose,
        work: impl Future<Output = Result<(), Error>> + Send + 'static,
        answer: impl FnOnce(Result<(), Error>) + Send + 'static,
    ) {
        match self.replica.submitted(&session, purpose) {
            Submission::First => {
                self.is_wanted(&session);
                self.prompts.is_followed(&session);
                self.runs
                    .beginning
                    .insert(session.clone(), Box::new(answer));
                self.spawn_work(work, move |actor, ended| actor.run_ended(&session, ended));
            }
            // What the session says from now on is of the run before: only the answer tells.
            Submission::Further => match self.dialect.as_ref().map(|d| d.keeper_of_prompts()) {
                Some(Keeper::Server) => self.spawn_work(work, move |_, ended| answer(ended)),
                Some(Keeper::Sidestream) | None => answer(Err(is_busy(&session))),
            },
        }
    }

    /// An abort between a prompt and the beginning of its run is answered and does nothing (v1
    /// contract, rule 7): it is repeated when the run has begun.
    pub(super) fn abort(
        &mut self,
        session: SessionId,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        if self.replica.status(&session) == Some(&SessionStatus::Submitted) {
            self.runs.unwanted.insert(session.clone());
        }
        // For a session that is not there the server would answer true (v1 contract, §5).
        self.with_session(
            session.clone(),
            dialect.clone(),
            responder,
            move |actor, _, responder| {
                let aborted = session.clone();
                actor.spawn_work(
                    async move { dialect.abort(&aborted).await },
                    move |actor, result| {
                        match &result {
                            Ok(()) => actor.expect_no_run(session),
                            Err(_) => actor.is_wanted(&session),
                        }
                        actor.answer(responder, result.map(|()| Done {}));
                    },
                );
            },
        );
    }

    /// An aborted prompt may never be run at all, and the server does not say so. If it is run all the
    /// same later on, it is aborted then.
    fn expect_no_run(&self, session: SessionId) {
        if !self.runs.unwanted.contains(&session) {
            return;
        }
        self.spawn_work(sleep(BEGINS_WITHIN), move |actor, ()| {
            let waits = actor.replica.status(&session) == Some(&SessionStatus::Submitted);
            if waits && actor.runs.unwanted.contains(&session) {
                actor.replica.not_running(&session);
            }
        });
    }

    /// A new prompt is wanted, whatever was aborted before it.
    pub(super) fn is_wanted(&mut self, session: &SessionId) {
        self.runs.unwanted.remove(session);
    }

    /// The server says that the session runs.
    pub(super) fn run_began(&mut self, session: &SessionId) {
        if self.runs.unwanted.remove(session)
            && let Some(dialect) = self.dialect.clone()
        {
            let aborted = session.clone();
            self.spawn_work(
                async move { dialect.abort(&aborted).await },
                |_, aborted| {
                    if let Err(error) = aborted {
                        tracing::warn!("a run that nobody wanted goes on: {error}");
                    }
                },
            );
        }
        if let Some(answer) = self.runs.beginning.remove(session) {
            self.tell();
            answer(Ok(()));
        }
    }

    fn run_ended(&mut self, session: &SessionId, ended: Result<(), Error>) {
        match (self.runs.beginning.remove(session), ended) {
            // Its events have told, or are about to.
            (None, Ok(())) => {}
            (Some(answer), Ok(())) => {
                // The answer has overtaken the events, or they were lost.
                answer(Ok(()));
                let session = session.clone();
                self.spawn_work(sleep(BEGINS_WITHIN), move |actor, ()| {
                    if actor.replica.status(&session) == Some(&SessionStatus::Submitted) {
                        actor.replica.not_running(&session);
                        actor.resync();
                    }
                });
            }
            (Some(answer), ended) => {
                self.replica.not_begun(session, Submission::First);
                self.tell();
                answer(ended);
            }
            (None, Err(error)) if is_loss(&error) => {}
            (None, Err(error)) => self.replica.run_failed(session, error.message),
        }
    }
}

fn is_busy(session: &SessionId) -> Error {
    Error::new(
        ErrorKind::Busy,
        format!("Session {session} is at work already."),
    )
    .hint("Wait until it is idle, or abort its run.")
}

fn ours(ids: Ids, message: &MessageId) -> Option<MessageId> {
    (ids == Ids::Ours).then(|| message.clone())
}

fn told_message(
    message: Option<MessageId>,
    responder: Responder,
) -> impl FnOnce(Result<(), Error>) + Send + 'static {
    move |begun| {
        responder.send(begun.map(|()| SessionRunResult {
            message_id: message,
            state: PromptState::Sent,
        }));
    }
}

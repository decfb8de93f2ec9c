//! Prompts on their way: queued while there is no connection, sent in order, watched until their
//! run begins. What a user has typed is never lost and never sent twice.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::actor::{Actor, Phase};
use super::files;
use super::outlet::Responder;
use crate::opencode::{Dialect, Prompt, id, is_loss, tool};
use crate::protocol::requests::{
    Done, PromptPart, PromptState, SessionCancelQueued, SessionPrompt, SessionPromptResult,
};
use crate::protocol::{
    Error, ErrorKind, FilePart, MessageError, MessageId, MessageInfo, MessageStatus, MessageTime,
    Part, PartBody, PartId, PermissionMode, Role, SessionId, SessionStatus, TextPart,
};
use crate::time::now;

/// More than a person types while the server is away.
const MAX_QUEUED: usize = 32;
/// A run begins within this, even on a cold server (v1 contract, rule 7: 2.8 s).
/// A loaded machine takes much longer, and must not be hurried.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);
/// After a rejection, the server is known to forget prompts (v1 contract, rule 13).
const BEGINS_AFTER_REJECTION: Duration = Duration::from_millis(1_500);
const REJECTED_LATELY: Duration = Duration::from_secs(2);
/// Looks at a prompt whose run does not begin, so often before it is called failed.
const MAX_CHECKS: u32 = 5;

#[derive(Default)]
pub(super) struct Prompts {
    queue: VecDeque<Queued>,
    /// When a permission of the session was rejected last.
    rejected: HashMap<SessionId, Instant>,
}

#[derive(Clone)]
struct Queued {
    prompt: Prompt,
    info: MessageInfo,
}

impl Prompts {
    pub fn note_rejection(&mut self, session: &SessionId) {
        self.rejected.insert(session.clone(), Instant::now());
    }
}

impl Actor {
    pub(super) fn prompt(&mut self, params: SessionPrompt, responder: Responder) {
        if let Err(error) = files::check(&params.parts, self.directory()) {
            return responder.fail(error);
        }
        let queued = Queued::new(params);
        let waits_already = self
            .prompts
            .queue
            .iter()
            .any(|waiting| waiting.prompt.session_id == queued.prompt.session_id);
        match self.dialect.clone() {
            Some(dialect) if self.phase == Phase::Live && !waits_already => {
                self.send(dialect, queued, responder);
            }
            _ => {
                self.queue(queued, responder);
                if self.phase != Phase::Live {
                    // A prompt is a reason to try again now.
                    self.wake();
                }
            }
        }
    }

    fn send(&mut self, dialect: Arc<dyn Dialect>, queued: Queued, responder: Responder) {
        let session = queued.prompt.session_id.clone();
        self.is_wanted(&session);
        self.replica.submitted(&session);
        let prompt = queued.prompt.clone();
        let mode = self.mode_to_renew(&session, prompt.agent.as_deref());
        self.spawn_work(
            async move { deliver(&dialect, &prompt, mode).await },
            move |actor, sent| match sent {
                Ok(()) => {
                    actor.watch(&queued.prompt, 1);
                    let answer = SessionPromptResult {
                        message_id: queued.prompt.message_id,
                        state: PromptState::Sent,
                    };
                    actor.answer(responder, Ok(answer));
                }
                Err(error) if is_loss(&error) => actor.queue(queued, responder),
                Err(error) => {
                    actor.replica.not_running(&session);
                    responder.fail(error);
                }
            },
        );
    }

    fn queue(&mut self, queued: Queued, responder: Responder) {
        if self.prompts.queue.len() >= MAX_QUEUED {
            return responder.fail(
                Error::new(
                    ErrorKind::QueueFull,
                    format!("{MAX_QUEUED} prompts wait for a connection already."),
                )
                .hint("Reconnect the instance, or take back some of them."),
            );
        }
        self.show(&queued);
        let message_id = queued.prompt.message_id.clone();
        self.prompts.queue.push_back(queued);
        let answer = SessionPromptResult {
            message_id,
            state: PromptState::Queued,
        };
        self.answer(responder, Ok(answer));
    }

    /// Sends what waits, one after the other.
    pub(super) fn send_queued(&mut self) {
        let (Some(dialect), Some(next)) = (self.dialect.clone(), self.prompts.queue.front()) else {
            return;
        };
        if self.phase != Phase::Live {
            return;
        }
        let prompt = next.prompt.clone();
        let mode = self.mode_to_renew(&prompt.session_id, prompt.agent.as_deref());
        self.spawn_work(
            async move { (deliver(&dialect, &prompt, mode).await, prompt) },
            |actor, (sent, prompt)| actor.sent_queued(sent, &prompt),
        );
    }

    fn sent_queued(&mut self, sent: Result<(), Error>, prompt: &Prompt) {
        if sent.as_ref().is_err_and(is_loss) {
            // It stays where it is until the next connection.
            return;
        }
        let waits = |queued: &Queued| queued.prompt.message_id == prompt.message_id;
        let at = self.prompts.queue.iter().position(waits);
        if let Some(Queued { mut info, .. }) = at.and_then(|at| self.prompts.queue.remove(at)) {
            match sent {
                Ok(()) => {
                    info.status = MessageStatus::Sent;
                    self.replica.submitted(&prompt.session_id);
                    self.watch(prompt, 1);
                }
                Err(error) => {
                    // The text stays to be seen, and can be copied from there.
                    info.status = MessageStatus::Error;
                    info.error = Some(MessageError {
                        kind: "notSent".into(),
                        message: error.message,
                    });
                }
            }
            self.replica.local_message(info, Vec::new());
        }
        self.send_queued();
    }

    /// Takes back what waits here, or in a server that has an inbox.
    pub(super) fn cancel_queued(&mut self, params: SessionCancelQueued, responder: Responder) {
        let waits = |queued: &Queued| queued.prompt.message_id == params.message_id;
        if let Some(at) = self.prompts.queue.iter().position(waits) {
            self.prompts.queue.remove(at);
            self.replica
                .remove_local_message(&params.session_id, &params.message_id);
            return self.answer(responder, Ok(Done {}));
        }
        let (session, message) = (params.session_id, params.message_id);
        let is_shown = self.replica.waits_for_its_turn(&session, &message);
        match self.dialect.clone().filter(|_| is_shown) {
            Some(dialect) => self.spawn_work(
                async move { (dialect.cancel_prompt(&session, &message).await, message) },
                |actor, (cancelled, message)| {
                    let cancelled = cancelled.map_err(|error| match error.kind {
                        ErrorKind::Unsupported => does_not_wait(&message),
                        _ => error,
                    });
                    actor.answer(responder, cancelled.map(|()| Done {}));
                },
            ),
            None => responder.fail(does_not_wait(&message)),
        }
    }

    /// A session that is opened shows what waits in it.
    pub(super) fn show_queued(&mut self, session: &SessionId) {
        for queued in self.prompts.queue.clone() {
            if queued.prompt.session_id == *session {
                self.show(&queued);
            }
        }
    }

    fn show(&mut self, queued: &Queued) {
        self.replica
            .local_message(queued.info.clone(), queued.shown_parts());
    }

    /// Looks after a while whether the prompt's run has begun.
    fn watch(&self, prompt: &Prompt, check: u32) {
        let lately = self
            .prompts
            .rejected
            .get(&prompt.session_id)
            .is_some_and(|at| at.elapsed() < REJECTED_LATELY);
        let wait = if lately {
            BEGINS_AFTER_REJECTION
        } else {
            BEGINS_WITHIN
        };
        let prompt = prompt.clone();
        self.spawn_work(sleep(wait), move |actor, ()| actor.check(prompt, check));
    }

    fn check(&mut self, prompt: Prompt, check: u32) {
        let submitted = Some(&SessionStatus::Submitted);
        let Some(dialect) = self.dialect.clone() else {
            return;
        };
        if self.replica.status(&prompt.session_id) != submitted {
            return;
        }
        self.spawn_work(
            async move { (look(&dialect, &prompt, check).await, prompt) },
            move |actor, (seen, prompt)| {
                if actor.replica.status(&prompt.session_id) != Some(&SessionStatus::Submitted) {
                    return;
                }
                match seen {
                    // Its events were lost or are late; what it said is in the snapshot.
                    Ok(Seen::Running | Seen::Answered) => {
                        if matches!(seen, Ok(Seen::Answered)) {
                            actor.replica.not_running(&prompt.session_id);
                        }
                        actor.resync();
                    }
                    // Not while the server is away: that is no sign of anything.
                    Err(error) if is_loss(&error) => actor.watch(&prompt, check),
                    Ok(Seen::Forgotten) | Err(_) if check < MAX_CHECKS => {
                        actor.watch(&prompt, check + 1);
                    }
                    Ok(Seen::Forgotten) | Err(_) => actor.replica.failed(
                        &prompt.session_id,
                        "OpenCode took the prompt but did not answer it. Send it again.".into(),
                    ),
                }
            },
        );
    }
}

fn does_not_wait(message: &MessageId) -> Error {
    Error::new(
        ErrorKind::BadRequest,
        format!("The prompt {message} does not wait here."),
    )
    .hint("OpenCode has it already; abort the session to stop its run.")
}

/// A permission mode is of one agent: for another one it is made anew before the prompt, or the
/// prompt is not sent at all.
async fn deliver(
    dialect: &Arc<dyn Dialect>,
    prompt: &Prompt,
    mode: Option<(PermissionMode, String)>,
) -> Result<(), Error> {
    if let Some((mode, agent)) = mode {
        let session = &prompt.session_id;
        dialect.set_permission_mode(session, mode, &agent).await?;
    }
    dialect.prompt(prompt).await
}

enum Seen {
    Running,
    /// The last message is not the user's.
    Answered,
    /// Stored, and nothing came of it.
    Forgotten,
}

/// What the server says of a prompt whose run was not seen to begin. The first time that it is
/// found forgotten, the server is reminded of it.
async fn look(dialect: &Arc<dyn Dialect>, prompt: &Prompt, check: u32) -> Result<Seen, Error> {
    let session = &prompt.session_id;
    if dialect.overview().await?.running.contains_key(session) {
        return Ok(Seen::Running);
    }
    let stored = dialect.message(session, &prompt.message_id).await;
    if stored.is_err_and(|error| error.kind == ErrorKind::BadRequest) {
        // The server died with it.
        dialect.prompt(prompt).await?;
        return Ok(Seen::Forgotten);
    }
    let content = dialect.content(session, 1).await?;
    let last = content.page.messages.last();
    if last.is_some_and(|message| message.info.role == Role::Assistant) {
        return Ok(Seen::Answered);
    }
    if check == 1 {
        dialect.nudge(prompt).await?;
    }
    Ok(Seen::Forgotten)
}

impl Queued {
    fn new(params: SessionPrompt) -> Self {
        let message_id = MessageId::from(id::ascending("msg"));
        let parts = params
            .parts
            .into_iter()
            .map(|part| (PartId::from(id::ascending("prt")), part))
            .collect();
        Self {
            info: MessageInfo {
                id: message_id.clone(),
                session_id: params.session_id.clone(),
                role: Role::User,
                parent_id: None,
                status: MessageStatus::Queued,
                agent: params.agent.clone(),
                model: params.model.clone(),
                time: MessageTime {
                    created: now(),
                    completed: None,
                },
                cost: None,
                tokens: None,
                error: None,
            },
            prompt: Prompt {
                session_id: params.session_id,
                message_id,
                parts,
                agent: params.agent,
                model: params.model,
                variant: params.variant,
            },
        }
    }

    fn shown_parts(&self) -> Vec<Part> {
        let body = |part: &PromptPart| match part {
            PromptPart::Text { text } => PartBody::Text(TextPart {
                text: text.clone(),
                ..TextPart::default()
            }),
            PromptPart::File { path, .. } => PartBody::File(FilePart {
                mime: "text/plain".into(),
                filename: path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned()),
                url: format!("file://{}", path.display()),
            }),
            PromptPart::Image { mime, .. } => PartBody::File(FilePart {
                mime: mime.clone(),
                filename: None,
                url: String::new(),
            }),
            PromptPart::Attachment { mime, filename, .. } => PartBody::File(FilePart {
                mime: mime.clone(),
                filename: filename.clone(),
                url: String::new(),
            }),
            PromptPart::Agent { name } => PartBody::Agent { name: name.clone() },
            PromptPart::Diagnostics { path, items } => PartBody::Text(TextPart {
                text: tool::diagnostics(path, items),
                ..TextPart::default()
            }),
            PromptPart::Selection { path, range, text } => PartBody::Text(TextPart {
                text: tool::selection(path, *range, text),
                ..TextPart::default()
            }),
        };
        self.prompt
            .parts
            .iter()
            .map(|(id, part)| Part::new(id.clone(), body(part)))
            .collect()
    }
}

//! Prompts on their way to OpenCode: each waits here for a connection and for its session's turn,
//! and is sent in the order it was written. What a user has typed is never lost and never sent
//! twice. Whether a prompt that was sent is answered, `prompt_watch` looks after.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::actor::{Actor, Phase};
use super::outlet::Responder;
use super::prompt_parts;
use super::queued_prompt::{Delivery, QueuedPrompt};
use super::requests::unknown_session;
use crate::opencode::{Dialect, Keeper, Order, Prompt, is_loss};
use crate::protocol::requests::{
    Done, PromptState, SessionCancelQueued, SessionListQueued, SessionListQueuedResult,
    SessionPrompt, SessionPromptResult,
};
use crate::protocol::{
    Error, ErrorKind, Message, MessageId, PermissionMode, SessionId, SessionStatus,
};
use crate::replica::{Purpose, Submission};

/// More than a person types while the server is away.
const MAX_QUEUED: usize = 32;
/// A prompt whose request was lost on a living connection is sent again after this.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// OpenCode 1.x forgets prompts that come within 0.3 s after a rejection (v1 contract, rule 13).
const AFTER_REJECTION: Duration = Duration::from_millis(500);

#[derive(Default)]
pub(super) struct Prompts {
    queue: VecDeque<QueuedPrompt>,
    /// When a permission of the session was rejected last.
    rejected: HashMap<SessionId, Instant>,
    /// The prompt that arrived last in a session, until something else is submitted there.
    arrived: HashMap<SessionId, MessageId>,
}

impl Prompts {
    /// Whether the session's run that is awaited is this prompt's: nothing was submitted after it.
    pub fn is_last_of(&self, session: &SessionId, message: &MessageId) -> bool {
        self.arrived.get(session) == Some(message)
    }

    /// Something else is on its way.
    pub fn is_followed(&mut self, session: &SessionId) {
        self.arrived.remove(session);
    }

    pub fn note_rejection(&mut self, session: &SessionId) {
        self.rejected.insert(session.clone(), Instant::now());
    }

    pub fn rejected_within(&self, session: &SessionId, limit: Duration) -> bool {
        let at = self.rejected.get(session);
        at.is_some_and(|at| at.elapsed() < limit)
    }

    /// The session is gone, and what waited for it.
    pub fn forget(&mut self, session: &SessionId) {
        self.rejected.remove(session);
        self.arrived.remove(session);
        self.queue.retain(|queued| queued.session_id() != session);
    }

    /// What clients were told of, or are about to be.
    fn shown(&self, session: &SessionId) -> impl Iterator<Item = &QueuedPrompt> {
        let of_session = move |queued: &&QueuedPrompt| queued.session_id() == session;
        let queue = self.queue.iter().filter(of_session);
        queue.filter(|queued| queued.asked.is_none())
    }

    fn get_mut(&mut self, message: &MessageId) -> Option<&mut QueuedPrompt> {
        let mut queue = self.queue.iter_mut();
        queue.find(|queued| queued.message_id() == message)
    }

    fn take(&mut self, message: &MessageId) -> Option<QueuedPrompt> {
        let mut queue = self.queue.iter();
        let at = queue.position(|queued| queued.message_id() == message)?;
        self.queue.remove(at)
    }

    fn waiting(&self) -> usize {
        let queue = self.queue.iter();
        queue.filter(|queued| !queued.is_refused()).count()
    }

    /// The texts of old refusals are let go first.
    fn make_room(&mut self) {
        while self.queue.len() >= 2 * MAX_QUEUED {
            let Some(oldest) = self.queue.iter().position(QueuedPrompt::is_refused) else {
                return;
            };
            self.queue.remove(oldest);
        }
    }
}

impl Actor {
    pub(super) fn prompt(&mut self, params: SessionPrompt, responder: Responder) {
        if let Err(error) = prompt_parts::check(&params.parts, self.directory()) {
            return responder.fail(error);
        }
        if self.prompts.waiting() >= MAX_QUEUED {
            return responder.fail(
                Error::new(
                    ErrorKind::QueueFull,
                    format!("{MAX_QUEUED} prompts wait already."),
                )
                .hint("Take back some of them, or reconnect if there is no connection."),
            );
        }
        self.prompts.make_room();
        let queued = QueuedPrompt::new(params, self.directory(), responder);
        let message = queued.message_id().clone();
        self.prompts.queue.push_back(queued);
        self.advance_prompts();
        if self.phase != Phase::Live {
            // A prompt is a reason to try again now.
            self.wake();
        }
        let waits = self.prompts.get_mut(&message);
        if waits.is_some_and(|queued| queued.delivery != Delivery::Sending) {
            self.show_as_queued(&message);
        }
    }

    /// Sends each session's next prompt, where its turn has come. Called after everything that
    /// happens, since anything may bring a turn.
    pub(super) fn advance_prompts(&mut self) {
        if self.prompts.queue.is_empty() || self.phase != Phase::Live {
            return;
        }
        let Some(dialect) = self.dialect.clone() else {
            return;
        };
        // Only a session's first one: the next is sent when that one has arrived.
        let mut sessions = HashSet::new();
        let queue = self.prompts.queue.iter();
        let next = queue.filter(|queued| !queued.is_refused());
        let next = next.filter(|queued| sessions.insert(queued.session_id().clone()));
        let ready: Vec<MessageId> = next
            .filter(|queued| matches!(queued.delivery, Delivery::Waiting | Delivery::Repeating))
            .filter(|queued| self.is_its_turn(dialect.as_ref(), queued))
            .map(|queued| queued.message_id().clone())
            .collect();
        for message in ready {
            let Some(prompt) = self.prompt_to_send(&message, dialect.order_of_messages()) else {
                continue;
            };
            self.submit(&prompt);
            if self
                .prompts
                .rejected_within(&prompt.session_id, AFTER_REJECTION)
            {
                self.pause(&prompt.message_id, AFTER_REJECTION);
            } else {
                self.deliver(dialect.clone(), prompt);
            }
        }
    }

    /// A server that goes by ids would take a prompt that has waited for older than what its session
    /// said meanwhile, and not answer it: such a prompt is shown and sent as a new message.
    fn prompt_to_send(&mut self, message: &MessageId, order: Order) -> Option<Prompt> {
        let queued = self.prompts.get_mut(message)?;
        let has_waited = queued.asked.is_none() && queued.delivery == Delivery::Waiting;
        if has_waited && order == Order::Id {
            queued.renew_id();
            let (prompt, shown) = (queued.prompt.clone(), queued.message.clone());
            self.replica
                .remove_local_message(&prompt.session_id, message);
            self.show(shown);
            return Some(prompt);
        }
        Some(queued.prompt.clone())
    }

    /// OpenCode 1.x takes a prompt at any time, but never gives it back: there it stays here, where
    /// it can be taken back, until the session is idle.
    fn is_its_turn(&self, dialect: &dyn Dialect, queued: &QueuedPrompt) -> bool {
        match dialect.keeper_of_prompts() {
            Keeper::Server => true,
            Keeper::Sidestream => match self.replica.status(queued.session_id()) {
                Some(SessionStatus::Submitted) => queued.submission == Submission::First,
                Some(status) => !status.is_running(),
                None => true,
            },
        }
    }

    /// The session is at work from now on: nobody is to take it for idle before the run has begun.
    fn submit(&mut self, prompt: &Prompt) {
        self.prompts.is_followed(&prompt.session_id);
        let submission = self.replica.submitted(&prompt.session_id, Purpose::Answer);
        if submission == Submission::First
            && let Some(queued) = self.prompts.get_mut(&prompt.message_id)
        {
            queued.submission = submission;
        }
    }

    /// It will not be sent, or not now.
    fn not_submitted(&mut self, message: &MessageId) {
        if let Some(queued) = self.prompts.get_mut(message) {
            let submission = std::mem::replace(&mut queued.submission, Submission::Further);
            let session = queued.session_id().clone();
            self.replica.not_begun(&session, submission);
        }
    }

    fn deliver(&mut self, dialect: Arc<dyn Dialect>, prompt: Prompt) {
        let session = prompt.session_id.clone();
        if let Some(queued) = self.prompts.get_mut(&prompt.message_id) {
            queued.delivery = Delivery::Sending;
        }
        self.is_wanted(&session);
        let mode = self.mode_to_renew(&session, prompt.agent.as_deref());
        let is_known = self.replica.info(&session).is_some();
        self.spawn_work(
            async move {
                // One of another folder would be answered unseen.
                let found = match is_known {
                    true => Ok(()),
                    false => dialect.session(&session).await.map(drop),
                };
                let sent = match found {
                    Ok(()) => send(&dialect, &prompt, mode).await,
                    Err(error) => Err(error),
                };
                (sent, prompt)
            },
            move |actor, (sent, prompt)| {
                match sent {
                    Ok(()) => actor.prompt_arrived(&prompt.message_id),
                    // It stays submitted: it is on its way still.
                    Err(error) if is_loss(&error) => {
                        actor.show_as_queued(&prompt.message_id);
                        actor.pause(&prompt.message_id, TRY_AGAIN);
                    }
                    Err(error) => {
                        actor.not_submitted(&prompt.message_id);
                        actor.prompt_refused(&prompt.message_id, error);
                    }
                }
            },
        );
    }

    /// OpenCode has the prompt: by its answer, or because it tells of the message.
    pub(super) fn prompt_arrived(&mut self, message: &MessageId) {
        let Some(queued) = self.prompts.take(message) else {
            return;
        };
        let session = queued.session_id().clone();
        self.prompts.arrived.insert(session, message.clone());
        self.watch(&queued.prompt, 1);
        match queued.asked {
            Some(responder) => {
                let answer = SessionPromptResult {
                    message_id: queued.prompt.message_id,
                    state: PromptState::Sent,
                };
                self.answer(responder, Ok(answer));
            }
            None => self.replica.local_message(queued.sent(), Vec::new()),
        }
    }

    /// A snapshot shows prompts whose arrival was not told of.
    pub(super) fn find_arrived_prompts(&mut self) {
        let arrived = |queued: &&QueuedPrompt| {
            let (session, message) = (queued.session_id(), queued.message_id());
            self.replica.has_from_server(session, message)
        };
        let arrived: Vec<MessageId> = self
            .prompts
            .queue
            .iter()
            .filter(arrived)
            .map(|queued| queued.message_id().clone())
            .collect();
        for message in arrived {
            self.prompt_arrived(&message);
        }
    }

    fn prompt_refused(&mut self, message: &MessageId, error: Error) {
        let Some(queued) = self.prompts.get_mut(message) else {
            return;
        };
        if let Some(responder) = queued.asked.take() {
            self.prompts.take(message);
            return self.answer::<Done>(responder, Err(error));
        }
        // Clients were told that it waits: its text stays to be seen, and can be copied from there.
        queued.refuse(&error);
        let (session, shown) = (queued.session_id().clone(), queued.message.clone());
        self.replica.local_message(shown.info, Vec::new());
        self.replica.failed(&session, error.message);
    }

    /// Keeps a prompt back for a while.
    fn pause(&mut self, message: &MessageId, wait: Duration) {
        let Some(queued) = self.prompts.get_mut(message) else {
            return;
        };
        let then = match std::mem::replace(&mut queued.delivery, Delivery::Paused) {
            Delivery::Sending => Delivery::Repeating,
            before => before,
        };
        let message = message.clone();
        self.spawn_work(sleep(wait), move |actor, ()| {
            let queued = actor.prompts.get_mut(&message);
            if let Some(queued) = queued.filter(|queued| queued.delivery == Delivery::Paused) {
                queued.delivery = then;
            }
        });
    }

    /// Answers a prompt that is not sent yet, and shows it among its session's messages.
    fn show_as_queued(&mut self, message: &MessageId) {
        let Some(queued) = self.prompts.get_mut(message) else {
            return;
        };
        let Some(responder) = queued.asked.take() else {
            return;
        };
        let shown = queued.message.clone();
        self.show(shown);
        let answer = SessionPromptResult {
            message_id: message.clone(),
            state: PromptState::Queued,
        };
        self.answer(responder, Ok(answer));
    }

    /// Takes back what waits here, or in a server that has an inbox.
    pub(super) fn cancel_queued(&mut self, params: SessionCancelQueued, responder: Responder) {
        let (session, message) = (params.session_id, params.message_id);
        if let Some(queued) = self.prompts.get_mut(&message) {
            if queued.delivery == Delivery::Sending {
                return responder.fail(does_not_wait(&message));
            }
            self.not_submitted(&message);
            self.prompts.take(&message);
            self.replica.remove_local_message(&session, &message);
            return self.answer(responder, Ok(Done {}));
        }
        // Without a connection, nobody knows which sessions there are.
        if self.phase == Phase::Live && self.replica.info(&session).is_none() {
            return responder.fail(unknown_session(&session));
        }
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

    /// What waits in a session, here and in the server; without a connection too.
    pub(super) fn list_queued(&self, params: &SessionListQueued, responder: Responder) {
        let session = &params.session_id;
        let ours: Vec<Message> = self
            .prompts
            .shown(session)
            .map(|queued| queued.message.clone())
            .collect();
        if ours.is_empty() && self.replica.info(session).is_none() {
            return responder.fail(unknown_session(session));
        }
        let is_ours = |message: &Message| ours.iter().any(|own| own.info.id == message.info.id);
        let mut messages = self.replica.queued(session);
        messages.retain(|message| !is_ours(message));
        messages.extend(ours.iter().cloned());
        responder.send(Ok(SessionListQueuedResult { messages }));
    }

    /// A session that is opened shows what waits in it.
    pub(super) fn show_queued(&mut self, session: &SessionId) {
        let shown: Vec<Message> = self
            .prompts
            .shown(session)
            .map(|queued| queued.message.clone())
            .collect();
        for message in shown {
            self.show(message);
        }
    }

    fn show(&mut self, message: Message) {
        self.replica.local_message(message.info, message.parts);
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
async fn send(
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

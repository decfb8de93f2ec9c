//! Looks after prompts that OpenCode has taken: each is watched until its run begins. Some are
//! forgotten by the server, and are called to its mind by the same prompt with the same ids.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::actor::{Actor, Phase};
use crate::opencode::{Dialect, Prompt, is_loss};
use crate::protocol::{Error, ErrorKind, MessageStatus, Role, SessionStatus};

/// A run begins within this, even on a cold server (v1 contract, rule 7: 2.8 s).
/// A loaded machine takes much longer, and must not be hurried.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);
/// After a rejection, the server is known to forget prompts (v1 contract, rule 13).
const BEGINS_AFTER_REJECTION: Duration = Duration::from_millis(1_500);
const REJECTED_LATELY: Duration = Duration::from_secs(2);
/// Looks at a prompt whose run does not begin, so often before it is called failed.
const MAX_CHECKS: u32 = 5;

impl Actor {
    /// Looks after a while whether the prompt's run has begun.
    pub(super) fn watch(&self, prompt: &Prompt, check: u32) {
        let lately = self
            .prompts
            .rejected_within(&prompt.session_id, REJECTED_LATELY);
        let wait = if lately {
            BEGINS_AFTER_REJECTION
        } else {
            BEGINS_WITHIN
        };
        let prompt = prompt.clone();
        self.spawn_work(sleep(wait), move |actor, ()| actor.check(prompt, check));
    }

    fn check(&mut self, prompt: Prompt, check: u32) {
        if !self.is_awaited(&prompt) {
            return;
        }
        // Not while the server is away: that is no sign of anything.
        let Some(dialect) = self.dialect.clone().filter(|_| self.phase == Phase::Live) else {
            return self.watch(&prompt, check);
        };
        self.spawn_work(
            async move { (look(&dialect, &prompt, check).await, prompt) },
            move |actor, (seen, prompt)| {
                if !actor.is_awaited(&prompt) {
                    return;
                }
                match seen {
                    // Its events were lost or are late; what it said is in the snapshot.
                    Ok(Seen::Answered) => {
                        actor.replica.not_running(&prompt.session_id);
                        actor.resync();
                    }
                    Ok(Seen::Running) => {
                        actor.resync();
                        actor.watch(&prompt, check);
                    }
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

    /// Its run is what the session waits for.
    fn is_awaited(&self, prompt: &Prompt) -> bool {
        let session = &prompt.session_id;
        let is_submitted = self.replica.status(session) == Some(&SessionStatus::Submitted);
        is_submitted && self.prompts.is_last_of(session, &prompt.message_id)
    }
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
    match content.page.messages.last().map(|message| &message.info) {
        // It has begun since the run was asked for.
        Some(last) if last.status == MessageStatus::Streaming => return Ok(Seen::Running),
        Some(last) if last.role == Role::Assistant => return Ok(Seen::Answered),
        _ => {}
    }
    if check == 1 {
        dialect.nudge(prompt).await?;
    }
    Ok(Seen::Forgotten)
}

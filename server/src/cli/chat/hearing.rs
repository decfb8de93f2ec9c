//! What the server says during a run, as it is shown.

use anyhow::{Result, bail};

use super::{Chat, Ended, in_words};
use crate::cli::dialogue::Ask;
use crate::cli::render::Voice;
use crate::protocol::notifications::Field;
use crate::protocol::{
    Instance, InstanceState, MessageId, Notification, Part, PartBody, Role, SessionStatus,
};

impl Chat {
    /// Shows what is said; answers how the run ended, when it has.
    pub(super) fn hear(
        &mut self,
        notification: Notification,
        started: &mut bool,
    ) -> Result<Option<Ended>> {
        match notification {
            Notification::InstanceDidChange { instance, .. } => self.state_changed(&instance)?,
            Notification::SessionDidChange { session, .. } => {
                if session
                    .parent_id
                    .is_some_and(|parent| self.family.contains(&parent))
                {
                    self.family.insert(session.id.clone());
                }
                if session.id != self.session {
                    return Ok(None);
                }
                *started |= session.status.is_running();
                match session.status {
                    SessionStatus::Idle if *started => return Ok(Some(Ended::Idle)),
                    SessionStatus::Error { message } => {
                        self.screen.line(&format!("The run failed: {message}"))?;
                        return Ok(Some(Ended::Failed));
                    }
                    SessionStatus::Retry {
                        message, attempt, ..
                    } => {
                        self.screen
                            .line(&format!("Try {attempt} failed: {message}"))?;
                    }
                    _ => {}
                }
            }
            Notification::MessageDidChange { message, .. } => {
                self.roles.insert(message.id, message.role);
            }
            Notification::PartDidChange {
                message_id, part, ..
            } => self.show_part(&message_id, &part)?,
            Notification::PartDidAppend {
                message_id,
                part_id,
                field: Field::Text,
                text,
                ..
            } if self.is_reply(&message_id) => {
                let voice = self
                    .voices
                    .get(&part_id)
                    .copied()
                    .unwrap_or(Voice::Speaking);
                self.screen.append(&part_id, &text, voice)?;
            }
            Notification::PermissionDidAsk { permission, .. }
                if self.family.contains(&permission.session_id) =>
            {
                self.put(Ask::Permission(permission))?;
            }
            Notification::QuestionDidAsk { question, .. }
                if self.family.contains(&question.session_id) =>
            {
                self.put(Ask::Question {
                    question,
                    answers: Vec::new(),
                })?;
            }
            Notification::PermissionDidResolve { permission_id, .. } => self.settle(
                |ask| matches!(ask, Ask::Permission(waiting) if waiting.id == permission_id),
            )?,
            Notification::QuestionDidResolve { question_id, .. } => self.settle(
                |ask| matches!(ask, Ask::Question { question, .. } if question.id == question_id),
            )?,
            _ => {}
        }
        Ok(None)
    }

    fn state_changed(&mut self, instance: &Instance) -> Result<()> {
        let before = std::mem::replace(&mut self.state, instance.state);
        match instance.state {
            InstanceState::Failed | InstanceState::Disconnected => {
                bail!(in_words(instance.error.as_ref()))
            }
            InstanceState::Reconnecting if before == InstanceState::Connected => {
                self.screen
                    .line("The connection was lost; connecting again …")?;
            }
            InstanceState::Connected if before != InstanceState::Connected => {
                self.screen.line("Connected again.")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn show_part(&mut self, message: &MessageId, part: &Part) -> Result<()> {
        if !self.is_reply(message) {
            return Ok(());
        }
        match &part.body {
            PartBody::Text(text) if !text.synthetic => {
                self.screen.whole(&part.id, &text.text, Voice::Speaking)?;
            }
            PartBody::Reasoning(text) => {
                self.voices.insert(part.id.clone(), Voice::Thinking);
                self.screen.whole(&part.id, &text.text, Voice::Thinking)?;
            }
            PartBody::Tool(tool) => self.screen.tool(&part.id, tool)?,
            _ => {}
        }
        Ok(())
    }

    fn is_reply(&self, message: &MessageId) -> bool {
        self.roles.get(message) == Some(&Role::Assistant)
    }
}

//! What each event changes.

use super::Replica;
use crate::opencode::event::{Event, RunStatus};
use crate::protocol::{Notification, PartBody};

impl Replica {
    pub fn apply(&mut self, event: Event) {
        if event
            .session_id()
            .is_some_and(|id| self.deleted.contains(id))
        {
            return;
        }
        match event {
            // What these say is for the actor to act on.
            Event::Connected
            | Event::Heartbeat
            | Event::CatalogChanged
            | Event::Disposed
            | Event::RowChanged(_)
            | Event::ContentChanged(_) => {}
            Event::Session(info) => {
                let id = info.id.clone();
                // A request's answer may have overtaken the events before it.
                if info.time.updated >= self.session(&id).info.time.updated {
                    self.set_row(*info);
                    self.tell_session(&id);
                }
            }
            Event::SessionRemoved(id) => self.remove_session(&id),
            Event::Status { session_id, status } => {
                let idle = status == RunStatus::Idle;
                self.session(&session_id).set_status(status);
                if idle {
                    let ended = self.waiting.end_session(&session_id);
                    self.tell_waits(ended);
                }
                self.tell_session(&session_id);
            }
            Event::Failed { session_id, error } => {
                if let Some(id) = session_id {
                    self.session(&id).fail(&error);
                    self.tell_session(&id);
                }
            }
            Event::Message(info) => {
                let id = info.session_id.clone();
                if self.session(&id).learn_from(&info) {
                    self.tell_session(&id);
                }
                self.edit(&id, |transcript, changes| {
                    transcript.message(*info, changes)
                });
            }
            Event::MessageRemoved {
                session_id,
                message_id,
            } => self.edit(&session_id, |transcript, changes| {
                transcript.message_removed(&message_id, changes);
            }),
            Event::Part {
                session_id,
                message_id,
                part,
            } => {
                if let PartBody::Tool(tool) = &part.part.body
                    && !tool.status.is_live()
                {
                    let ended = self.waiting.end_call(&session_id, &tool.call_id);
                    self.tell_waits(ended);
                }
                self.edit(&session_id, |transcript, changes| {
                    transcript.part(message_id, part, changes);
                });
            }
            Event::Delta {
                session_id,
                message_id,
                part_id,
                text,
            } => self.edit(&session_id, |transcript, changes| {
                transcript.delta(message_id, part_id, text, changes);
            }),
            Event::PartRemoved {
                session_id,
                message_id,
                part_id,
            } => self.edit(&session_id, |transcript, changes| {
                transcript.part_removed(&message_id, &part_id, changes);
            }),
            Event::Whole(message) => {
                let id = message.info.session_id.clone();
                if let Some(status) = message.run_status() {
                    self.session(&id).set_status(status);
                    self.tell_session(&id);
                }
                self.edit(&id, |transcript, changes| {
                    transcript.whole(*message, changes)
                });
            }
            Event::Todos { session_id, todos } => {
                self.edit(&session_id, |transcript, changes| {
                    transcript.todos(todos, changes);
                });
            }
            Event::PermissionAsked(mut permission) => {
                permission.path = self.path_to(&permission.session_id);
                let asked = self.waiting.ask_permission(*permission);
                self.tell_waits(asked);
            }
            Event::PermissionReplied {
                permission_id,
                reply,
            } => {
                let resolved = self.waiting.resolve_permission(&permission_id, reply);
                self.tell_waits(resolved);
            }
            Event::QuestionAsked(mut question) => {
                question.path = self.path_to(&question.session_id);
                let asked = self.waiting.ask_question(*question);
                self.tell_waits(asked);
            }
            Event::QuestionClosed(id) => {
                let resolved = self.waiting.resolve_question(&id);
                self.tell_waits(resolved);
            }
            Event::FileEdited { path } => self.changes.push(Notification::FileDidChange {
                instance_id: self.instance_id.clone(),
                path,
            }),
        }
    }
}

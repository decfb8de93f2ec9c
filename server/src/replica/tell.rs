//! What has changed, as notifications for the client.

use super::Replica;
use super::cut;
use super::session::{Row, SessionState};
use super::transcript::Change;
use super::waiting::Wait;
use crate::protocol::{Notification, Session, SessionId, SessionStatus};

impl Replica {
    pub(super) fn view(&self, session: &SessionState) -> Session {
        session.view(&self.instance_id, self.around(session))
    }

    /// Tells a session's row, and those above it, which count what is below them.
    pub(super) fn tell_session(&mut self, id: &SessionId) {
        self.tell_row(id);
        let above: Vec<_> = self.ancestors(id).map(|s| s.info.id.clone()).collect();
        for id in above {
            self.tell_row(&id);
        }
    }

    fn tell_row(&mut self, id: &SessionId) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        // There is nothing to show of it yet; its row is on its way.
        if session.row == Row::Awaited {
            return;
        }
        let view = self.view(session);
        if session.told.as_ref() != Some(&view) {
            self.session(id).told = Some(view.clone());
            // Idle for no time between two runs is nothing to tell.
            self.changes.retain(|change| {
                !matches!(change, Notification::SessionDidChange { session, .. }
                    if session.id == *id && session.status == SessionStatus::Idle)
            });
            self.changes.push(Notification::SessionDidChange {
                instance_id: self.instance_id.clone(),
                session: view,
            });
        }
    }

    pub(super) fn tell_waits(&mut self, waits: impl IntoIterator<Item = Wait>) {
        for wait in waits {
            let session_id = wait.session_id().clone();
            let instance_id = self.instance_id.clone();
            self.changes.push(match wait {
                Wait::PermissionAsked(permission) => Notification::PermissionDidAsk {
                    instance_id,
                    permission,
                },
                Wait::PermissionResolved(_, permission_id, reply) => {
                    Notification::PermissionDidResolve {
                        instance_id,
                        permission_id,
                        reply,
                    }
                }
                Wait::QuestionAsked(question) => Notification::QuestionDidAsk {
                    instance_id,
                    question,
                },
                Wait::QuestionResolved(_, question_id) => Notification::QuestionDidResolve {
                    instance_id,
                    question_id,
                },
            });
            self.tell_session(&session_id);
        }
    }

    /// Revisions are counted where the notifications leave, because merged ones count as one.
    pub(super) fn tell_content(&mut self, session_id: &SessionId, changes: Vec<Change>) {
        for change in changes {
            let (instance_id, session_id) = (self.instance_id.clone(), session_id.clone());
            let revision = 0;
            let notification = match change {
                Change::Message(message) => Notification::MessageDidChange {
                    instance_id,
                    session_id,
                    revision,
                    message,
                },
                Change::MessageRemoved(message_id) => Notification::MessageDidRemove {
                    instance_id,
                    session_id,
                    revision,
                    message_id,
                },
                Change::Part(message_id, part) => Notification::PartDidChange {
                    before: self.part_after(&session_id, &message_id, &part.id),
                    instance_id,
                    session_id,
                    revision,
                    message_id,
                    part: cut::part(part),
                },
                Change::Append(message_id, part_id, field, text) => Notification::PartDidAppend {
                    instance_id,
                    session_id,
                    revision,
                    message_id,
                    part_id,
                    field,
                    text,
                },
                Change::PartRemoved(message_id, part_id) => Notification::PartDidRemove {
                    instance_id,
                    session_id,
                    revision,
                    message_id,
                    part_id,
                },
                Change::Todos(todos) => Notification::TodoDidChange {
                    instance_id,
                    session_id,
                    revision,
                    todos,
                },
                Change::Reset => match self.snapshot(&session_id) {
                    Some(snapshot) => Notification::SessionDidReset {
                        instance_id,
                        session_id,
                        revision,
                        snapshot: Box::new(snapshot),
                    },
                    None => continue,
                },
            };
            self.changes.push(notification);
        }
    }
}

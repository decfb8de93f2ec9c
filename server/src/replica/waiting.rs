//! The permissions and questions that wait for the user.
//!
//! A server forgets to say that one has lost its meaning, and lists it on (v1 contract, rule 8):
//! such a ghost is never shown.

use std::collections::HashMap;

use crate::opencode::event::{Overview, RunStatus};
use crate::protocol::{
    CallId, Permission, PermissionId, PermissionReply, Question, QuestionId, SessionId, ToolCall,
    ToolStatus,
};

/// In the order they came.
#[derive(Debug, Default)]
pub struct Waiting {
    permissions: Vec<Permission>,
    questions: Vec<Question>,
}

/// What became of a request; clients are told in these words.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    PermissionAsked(Permission),
    PermissionResolved(SessionId, PermissionId, Option<PermissionReply>),
    QuestionAsked(Question),
    QuestionResolved(SessionId, QuestionId),
}

impl Wait {
    #[must_use]
    pub fn session_id(&self) -> &SessionId {
        match self {
            Self::PermissionAsked(permission) => &permission.session_id,
            Self::QuestionAsked(question) => &question.session_id,
            Self::PermissionResolved(session, ..) | Self::QuestionResolved(session, _) => session,
        }
    }
}

impl Waiting {
    #[must_use]
    pub fn permissions(&self) -> &[Permission] {
        &self.permissions
    }

    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.permissions.len() + self.questions.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn ask_permission(&mut self, permission: Permission) -> Option<Wait> {
        if self
            .permissions
            .iter()
            .any(|known| known.id == permission.id)
        {
            return None;
        }
        self.permissions.push(permission.clone());
        Some(Wait::PermissionAsked(permission))
    }

    pub fn ask_question(&mut self, question: Question) -> Option<Wait> {
        if self.questions.iter().any(|known| known.id == question.id) {
            return None;
        }
        self.questions.push(question.clone());
        Some(Wait::QuestionAsked(question))
    }

    pub fn resolve_permission(
        &mut self,
        id: &PermissionId,
        reply: Option<PermissionReply>,
    ) -> Vec<Wait> {
        self.end(|permission| permission.id == *id, |_| false, reply)
    }

    pub fn resolve_question(&mut self, id: &QuestionId) -> Vec<Wait> {
        self.end(|_| false, |question| question.id == *id, None)
    }

    /// A session that is idle or gone waits for nothing.
    pub fn end_session(&mut self, session: &SessionId) -> Vec<Wait> {
        self.end(
            |permission| permission.session_id == *session,
            |question| question.session_id == *session,
            None,
        )
    }

    /// A tool that has ended waits for nothing.
    pub fn end_call(&mut self, session: &SessionId, call: &CallId) -> Vec<Wait> {
        if self.is_empty() {
            return Vec::new();
        }
        let names = |s: &SessionId, tool: &Option<ToolCall>| {
            s == session && tool.as_ref().is_some_and(|tool| tool.call_id == *call)
        };
        self.end(
            |permission| names(&permission.session_id, &permission.tool),
            |question| names(&question.session_id, &question.tool),
            None,
        )
    }

    /// What the server lists now, without the ghosts among it.
    pub fn resync(&mut self, overview: &Overview) -> Vec<Wait> {
        let live = |session: &SessionId, tool: &Option<ToolCall>| {
            is_live(session, tool, &overview.running, &overview.tools)
        };
        let mut told = self.end(
            |known| match &overview.permissions {
                Some(listed) => {
                    !listed.iter().any(|listed| listed.id == known.id)
                        || !live(&known.session_id, &known.tool)
                }
                // The server has no list: a run that goes on still waits.
                None => !overview.running.contains_key(&known.session_id),
            },
            |known| {
                !overview
                    .questions
                    .iter()
                    .any(|listed| listed.id == known.id)
                    || !live(&known.session_id, &known.tool)
            },
            None,
        );
        for permission in overview.permissions.iter().flatten() {
            if live(&permission.session_id, &permission.tool) {
                told.extend(self.ask_permission(permission.clone()));
            }
        }
        for question in &overview.questions {
            if live(&question.session_id, &question.tool) {
                told.extend(self.ask_question(question.clone()));
            }
        }
        told
    }

    fn end(
        &mut self,
        permission: impl Fn(&Permission) -> bool,
        question: impl Fn(&Question) -> bool,
        reply: Option<PermissionReply>,
    ) -> Vec<Wait> {
        let permissions = self.permissions.extract_if(.., |known| permission(known));
        let mut told: Vec<Wait> = permissions
            .map(|gone| Wait::PermissionResolved(gone.session_id, gone.id, reply))
            .collect();
        let questions = self.questions.extract_if(.., |known| question(known));
        told.extend(questions.map(|gone| Wait::QuestionResolved(gone.session_id, gone.id)));
        told
    }
}

/// Its session runs, and its tool waits: anything else is a ghost. A tool that could not be
/// looked up gets the benefit of the doubt: better to ask for nothing than to hang unseen.
fn is_live(
    session: &SessionId,
    tool: &Option<ToolCall>,
    running: &HashMap<SessionId, RunStatus>,
    tools: &HashMap<CallId, ToolStatus>,
) -> bool {
    running.contains_key(session)
        && tool
            .as_ref()
            .and_then(|tool| tools.get(&tool.call_id))
            .is_none_or(|status| status.is_live())
}

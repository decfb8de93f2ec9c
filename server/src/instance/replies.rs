//! What the user answers to permissions and questions. Whether it was heard, events tell.

use std::sync::Arc;

use super::actor::Actor;
use super::outlet::Responder;
use crate::opencode::Dialect;
use crate::protocol::requests::{PermissionReplyTo, QuestionReject, QuestionReply};
use crate::protocol::{Error, ErrorKind, PermissionReply};

impl Actor {
    pub(super) fn reply_permission(
        &mut self,
        params: PermissionReplyTo,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let Some(permission) = self.replica.permission(&params.permission_id).cloned() else {
            return responder.fail(not_waiting("permission", params.permission_id.as_str()));
        };
        if params.reply == PermissionReply::Reject {
            self.prompts.note_rejection(&permission.session_id);
        }
        self.simply(responder, async move {
            dialect
                .reply_permission(&permission, params.reply, params.message.as_deref())
                .await
        });
    }

    pub(super) fn reply_question(
        &self,
        params: QuestionReply,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let Some(question) = self.replica.question(&params.question_id).cloned() else {
            return responder.fail(not_waiting("question", params.question_id.as_str()));
        };
        if params.answers.len() != question.questions.len() {
            return responder.fail(
                Error::new(
                    ErrorKind::BadRequest,
                    format!(
                        "answers: {} questions were asked, {} answered",
                        question.questions.len(),
                        params.answers.len()
                    ),
                )
                .hint("Send one list of answers for each question."),
            );
        }
        self.simply(responder, async move {
            dialect.reply_question(&question, &params.answers).await
        });
    }

    pub(super) fn reject_question(
        &self,
        params: &QuestionReject,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        match self.replica.question(&params.question_id).cloned() {
            Some(question) => self.simply(responder, async move {
                dialect.reject_question(&question).await
            }),
            None => responder.fail(not_waiting("question", params.question_id.as_str())),
        }
    }
}

fn not_waiting(what: &str, id: &str) -> Error {
    Error::new(
        ErrorKind::BadRequest,
        format!("The {what} \"{id}\" does not wait for an answer."),
    )
    .hint("It may have been answered elsewhere.")
}

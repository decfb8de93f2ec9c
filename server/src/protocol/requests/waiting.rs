//! Answers to what waits for the user.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::protocol::{
    InstanceId, Permission, PermissionId, PermissionReply, Question, QuestionId,
};

params! {
    /// All permissions that wait in this instance, those of children included.
    PermissionList {
        instance_id: InstanceId,
    }
    PermissionListResult {
        permissions: Vec<Permission>,
    }
    /// Answers a permission. `always` counts for all sessions of the instance until its server ends.
    PermissionReplyTo {
        instance_id: InstanceId,
        permission_id: PermissionId,
        reply: PermissionReply,
        /// With `reject`: what to do instead; the model goes on with it.
        message: Option<String>,
    }
    /// All questions that wait in this instance, those of children included.
    QuestionList {
        instance_id: InstanceId,
    }
    QuestionListResult {
        questions: Vec<Question>,
    }
    /// Answers a question.
    QuestionReply {
        instance_id: InstanceId,
        question_id: QuestionId,
        /// One list per question: the labels chosen, or the user's own words.
        answers: Vec<Vec<String>>,
    }
    /// Dismisses a question; the run ends.
    QuestionReject {
        instance_id: InstanceId,
        question_id: QuestionId,
    }
}

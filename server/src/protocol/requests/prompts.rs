//! What a person sends: prompts, commands, the shell; and how it is taken back.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::protocol::{InstanceId, Message, MessageId, ModelRef, SessionId};

params! {
    /// What a person typed: `/command arguments` runs a command, `!command` runs in the shell, and in
    /// any other text `@path`, `@path:10-20` and `@agent` become parts where such a thing is there.
    SessionSend {
        instance_id: InstanceId,
        session_id: SessionId,
        text: String,
        /// What is attached besides; a shell command takes none of it.
        parts: Option<Vec<PromptPart>>,
        agent: Option<String>,
        model: Option<ModelRef>,
        variant: Option<String>,
    }
    /// Runs one of the catalog's commands. Answers when its run has begun.
    SessionCommand {
        instance_id: InstanceId,
        session_id: SessionId,
        command: String,
        arguments: String,
        /// What is attached besides.
        parts: Option<Vec<PromptPart>>,
        agent: Option<String>,
        model: Option<ModelRef>,
        variant: Option<String>,
    }
    /// Runs a command of the user's own in the shell; its output streams in as a tool part.
    SessionShell {
        instance_id: InstanceId,
        session_id: SessionId,
        command: String,
    }
    SessionRunResult {
        /// The user's message.
        message_id: Option<MessageId>,
        state: PromptState,
    }
    /// A prompt waits (`queued`) while there is no connection, and while its session runs; then it is
    /// sent by itself, never twice. Until then it is one of the session's messages and can be taken back.
    SessionPrompt {
        instance_id: InstanceId,
        session_id: SessionId,
        parts: Vec<PromptPart>,
        agent: Option<String>,
        model: Option<ModelRef>,
        variant: Option<String>,
    }
    SessionPromptResult {
        /// The user's message.
        message_id: MessageId,
        state: PromptState,
    }
    /// The prompts that wait in a session. Answered without a connection, too.
    SessionListQueued {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    SessionListQueuedResult {
        /// Oldest first. One with the status `error` was refused by OpenCode; its text is kept until
        /// it is taken back.
        messages: Vec<Message>,
    }
    /// Takes back a prompt that waits.
    SessionCancelQueued {
        instance_id: InstanceId,
        session_id: SessionId,
        message_id: MessageId,
    }
    /// Stops a session's run, and those of its children.
    SessionAbort {
        instance_id: InstanceId,
        session_id: SessionId,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PromptState {
    Sent,
    Queued,
}

/// A piece of what the user sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum PromptPart {
    Text {
        text: String,
    },
    File {
        /// Absolute, or relative to the instance's directory.
        path: PathBuf,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<LineRange>,
    },
    Image {
        mime: String,
        /// Base64.
        data: String,
    },
    Agent {
        name: String,
    },
    /// A file's content, from wherever it is.
    Attachment {
        mime: String,
        /// Base64.
        data: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// A piece of a file as the editor has it, saved or not.
    Selection {
        /// Absolute, or relative to the instance's directory.
        path: PathBuf,
        range: LineRange,
        text: String,
    },
    /// What the editor says is wrong in a file; the server puts it into words for the model.
    Diagnostics {
        /// Absolute, or relative to the instance's directory.
        path: PathBuf,
        items: Vec<Diagnostic>,
    },
}

/// Lines from 1, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineRange {
    pub start: u32,
    pub end: u32,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// From 1.
    pub line: u32,
    pub severity: Severity,
    pub message: String,
    /// Who says so, as `rustc`.
    pub source: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    Error,
    Warning,
    Information,
    Hint,
}

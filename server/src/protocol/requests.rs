//! What a client may ask, method by method: parameters and results.

use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use super::settings::ServerSettings;
use super::{
    EventRecord, Instance, InstanceId, LogEntry, Message, MessageId, ModelRef, Permission,
    PermissionId, PermissionReply, Question, QuestionId, Session, SessionId, SessionSnapshot,
};

/// A method's parameters know the method's name and what it answers.
pub trait Call: Serialize {
    const METHOD: &'static str;
    type Result: for<'de> Deserialize<'de>;
}

macro_rules! requests {
    (
        editor { $($editor_method:literal $editor:ident => $editor_result:ty;)* }
        instance { $($method:literal $name:ident => $result:ty;)* }
    ) => {
        /// A request, decoded.
        #[derive(Clone, Debug)]
        pub enum Request {
            $($editor($editor),)*
            /// One that concerns a single instance.
            Of(InstanceId, InstanceRequest),
        }

        #[derive(Clone, Debug)]
        pub enum InstanceRequest {
            $($name($name),)*
        }

        $(impl Call for $editor {
            const METHOD: &'static str = $editor_method;
            type Result = $editor_result;
        })*
        $(impl Call for $name {
            const METHOD: &'static str = $method;
            type Result = $result;
        })*

        impl Request {
            /// All methods, in the order of the documentation.
            pub const METHODS: &'static [&'static str] = &[$($editor_method,)* $($method,)*];

            /// `None` for a method that is not ours. An error names the field that is wrong.
            pub fn parse(method: &str, params: Option<Value>) -> Option<Result<Self, String>> {
                let params = params.unwrap_or_else(|| Value::Object(Map::new()));
                match method {
                    $($editor_method => Some(read(params).map(Self::$editor)),)*
                    $($method => Some(read(params).map(|params: $name| {
                        Self::Of(params.instance_id.clone(), InstanceRequest::$name(params))
                    })),)*
                    _ => None,
                }
            }

            /// Reads an answered request as its types and writes it again: what the types do not
            /// know is gone. For the tests of the documentation's examples.
            #[must_use]
            pub fn rewrite(
                method: &str,
                params: &Value,
                result: &Value,
            ) -> Option<serde_json::Result<(Value, Value)>> {
                match method {
                    $($editor_method => Some(rewrite::<$editor>(params, result)),)*
                    $($method => Some(rewrite::<$name>(params, result)),)*
                    _ => None,
                }
            }

            /// Per method: name, the schema of its parameters, the schema of its result.
            pub fn schemas(generator: &mut SchemaGenerator) -> Vec<(&'static str, Schema, Schema)> {
                vec![
                    $(schemas_of::<$editor>(generator),)*
                    $(schemas_of::<$name>(generator),)*
                ]
            }
        }
    };
}

fn rewrite<C>(params: &Value, result: &Value) -> serde_json::Result<(Value, Value)>
where
    C: Call + for<'de> Deserialize<'de>,
    C::Result: Serialize,
{
    Ok((
        serde_json::to_value(C::deserialize(params)?)?,
        serde_json::to_value(C::Result::deserialize(result)?)?,
    ))
}

fn schemas_of<C>(generator: &mut SchemaGenerator) -> (&'static str, Schema, Schema)
where
    C: Call + JsonSchema,
    C::Result: JsonSchema,
{
    (
        C::METHOD,
        generator.subschema_for::<C>(),
        generator.subschema_for::<C::Result>(),
    )
}

fn read<T: for<'de> Deserialize<'de>>(params: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(params).map_err(|error| describe(&error))
}

fn describe(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    match error.path().to_string().as_str() {
        "." => error.inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    }
}

requests! {
    editor {
        "sidestream/instance/list" InstanceList => InstanceListResult;
        "sidestream/instance/open" InstanceOpen => Instance;
    }
    instance {
        "sidestream/instance/close" InstanceClose => Done;
        "sidestream/instance/restart" InstanceRestart => Done;
        "sidestream/instance/reconnect" InstanceReconnect => Done;
        "sidestream/instance/logs" InstanceLogs => InstanceLogsResult;
        "sidestream/instance/events" InstanceEvents => InstanceEventsResult;
        "sidestream/session/list" SessionList => SessionListResult;
        "sidestream/session/create" SessionCreate => Session;
        "sidestream/session/open" SessionOpen => SessionSnapshot;
        "sidestream/session/history" SessionHistory => SessionHistoryResult;
        "sidestream/session/close" SessionClose => Done;
        "sidestream/session/rename" SessionRename => Done;
        "sidestream/session/delete" SessionDelete => Done;
        "sidestream/session/prompt" SessionPrompt => SessionPromptResult;
        "sidestream/session/cancelQueued" SessionCancelQueued => Done;
        "sidestream/session/abort" SessionAbort => Done;
        "sidestream/permission/list" PermissionList => PermissionListResult;
        "sidestream/permission/reply" PermissionReplyTo => Done;
        "sidestream/question/list" QuestionList => QuestionListResult;
        "sidestream/question/reply" QuestionReply => Done;
        "sidestream/question/reject" QuestionReject => Done;
    }
}

/// `{}`: it was done, or was begun and is reported by notification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {}

macro_rules! params {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[skip_serializing_none]
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }
    )*};
}

params! {
    /// All instances of this editor, in the order they were opened.
    InstanceList {}
    InstanceListResult {
        instances: Vec<Instance>,
    }
    /// Answers at once; the state follows by notification. An open folder's instance is returned as it is.
    InstanceOpen {
        directory: PathBuf,
        /// In place of the settings' `server`, for this instance.
        server: Option<ServerSettings>,
    }
    /// Closes the event stream, then stops the server if it is ours.
    InstanceClose {
        instance_id: InstanceId,
    }
    /// Stops the server, if it is ours, and starts it anew.
    InstanceRestart {
        instance_id: InstanceId,
    }
    /// Connects at once, whatever wait is under way.
    InstanceReconnect {
        instance_id: InstanceId,
    }
    /// The last lines of the server process, 1,000 at most.
    InstanceLogs {
        instance_id: InstanceId,
        limit: Option<usize>,
    }
    InstanceLogsResult {
        /// Oldest first.
        entries: Vec<LogEntry>,
    }
    /// The last raw events of the stream, 1,000 at most, for debugging.
    InstanceEvents {
        instance_id: InstanceId,
        limit: Option<usize>,
    }
    InstanceEventsResult {
        /// Oldest first.
        events: Vec<EventRecord>,
    }
    /// Sessions of the folder, newest first; 100 when no limit is named.
    SessionList {
        instance_id: InstanceId,
        /// Only titles with this text.
        search: Option<String>,
        limit: Option<usize>,
        /// From the answer before.
        cursor: Option<String>,
        /// Without sub-agents' sessions.
        roots: Option<bool>,
    }
    SessionListResult {
        /// Newest first.
        sessions: Vec<Session>,
        /// There are more.
        cursor: Option<String>,
    }
    /// A new session. It is not open yet.
    SessionCreate {
        instance_id: InstanceId,
        title: Option<String>,
        parent_id: Option<SessionId>,
        agent: Option<String>,
        model: Option<ModelRef>,
    }
    /// From now on this session's content is pushed.
    SessionOpen {
        instance_id: InstanceId,
        session_id: SessionId,
        limit: Option<usize>,
    }
    /// Older messages than a page's cursor says.
    SessionHistory {
        instance_id: InstanceId,
        session_id: SessionId,
        cursor: String,
        limit: Option<usize>,
    }
    SessionHistoryResult {
        /// Oldest first.
        messages: Vec<Message>,
        cursor: Option<String>,
    }
    /// Stops the pushes of this session's content.
    SessionClose {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    /// Gives a session another title.
    SessionRename {
        instance_id: InstanceId,
        session_id: SessionId,
        title: String,
    }
    /// A run under way is aborted first.
    SessionDelete {
        instance_id: InstanceId,
        session_id: SessionId,
    }
    /// Queued while not connected, and sent by itself later; never sent twice.
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
    /// Takes back a prompt that waits for a connection.
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
}

/// Lines from 1, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineRange {
    pub start: u32,
    pub end: u32,
}

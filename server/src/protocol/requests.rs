//! What a client may ask: the table of all methods, and how a request is read. Parameters and results are
//! in the modules below, by what they concern.

/// The shapes of parameters and results: each a struct with camelCase fields.
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

pub mod content;
pub mod folder;
pub mod instances;
pub mod prompts;
pub mod sessions;
pub mod waiting;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Catalog, FileContent, Instance, InstanceId, Session, SessionSnapshot};
pub use content::*;
pub use folder::*;
pub use instances::*;
pub use prompts::*;
pub use sessions::*;
pub use waiting::*;

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
    // A struct could be read from an array too, past the check of its ids.
    let Some(fields) = params.as_object() else {
        return Err("params: an object is needed".into());
    };
    let wrong = wrong_id(fields);
    let read = serde_path_to_error::deserialize(params).map_err(|error| describe(&error));
    wrong.map_or(read, Err)
}

/// Ids become segments of OpenCode's paths: one that is none would ask for something else there.
fn wrong_id(fields: &Map<String, Value>) -> Option<String> {
    let mut ids = fields.iter().filter(|(name, _)| name.ends_with("Id"));
    ids.find_map(|(name, id)| {
        let id = id.as_str()?;
        let is_segment = |id: &str| {
            let mut letters = id.chars();
            letters.all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c)) && !id.starts_with('.')
        };
        match name.as_str() {
            _ if id.is_empty() => Some(format!("{name}: an id is never empty")),
            // An instance's id has a folder's name in it, a part's is its place in 2.x; neither
            // goes into a path.
            "instanceId" | "partId" => None,
            _ => (!is_segment(id)).then(|| format!("{name}: no id is \"{id}\"")),
        }
    })
}

/// The path of the field that is wrong, and what is wrong with it.
fn describe(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let (path, inner) = (error.path().to_string(), error.inner().to_string());
    let missing = inner
        .strip_prefix("missing field `")
        .and_then(|rest| Some(rest.split_once('`')?.0));
    match (path.as_str(), missing) {
        (".", Some(field)) => format!("{field}: it is missing"),
        (path, Some(field)) => format!("{path}.{field}: it is missing"),
        (".", None) => inner,
        (path, None) => format!("{path}: {inner}"),
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
        "sidestream/session/archive" SessionArchive => Session;
        "sidestream/session/unarchive" SessionUnarchive => Session;
        "sidestream/session/fork" SessionFork => Session;
        "sidestream/session/share" SessionShare => Session;
        "sidestream/session/unshare" SessionUnshare => Session;
        "sidestream/session/children" SessionChildren => SessionChildrenResult;
        "sidestream/session/diff" SessionDiff => SessionDiffResult;
        "sidestream/session/revert" SessionRevert => SessionRevertResult;
        "sidestream/session/unrevert" SessionUnrevert => SessionRevertResult;
        "sidestream/session/compact" SessionCompact => Done;
        "sidestream/session/export" SessionExport => SessionExportResult;
        "sidestream/session/setPermissionMode" SessionSetPermissionMode => Session;
        "sidestream/session/send" SessionSend => SessionRunResult;
        "sidestream/session/prompt" SessionPrompt => SessionPromptResult;
        "sidestream/session/listQueued" SessionListQueued => SessionListQueuedResult;
        "sidestream/session/cancelQueued" SessionCancelQueued => Done;
        "sidestream/session/command" SessionCommand => SessionRunResult;
        "sidestream/session/shell" SessionShell => SessionRunResult;
        "sidestream/session/abort" SessionAbort => Done;
        "sidestream/permission/list" PermissionList => PermissionListResult;
        "sidestream/permission/reply" PermissionReplyTo => Done;
        "sidestream/question/list" QuestionList => QuestionListResult;
        "sidestream/question/reply" QuestionReply => Done;
        "sidestream/question/reject" QuestionReject => Done;
        "sidestream/catalog" CatalogRead => Catalog;
        "sidestream/file/find" FileFind => FileFindResult;
        "sidestream/file/content" FileContentRead => FileContent;
        "sidestream/file/compare" FileCompare => FileCompareResult;
        "sidestream/file/status" FileStatusRead => FileStatusResult;
        "sidestream/symbol/find" SymbolFind => SymbolFindResult;
        "sidestream/vcs/diff" VcsDiff => VcsDiffResult;
        "sidestream/part/content" PartContentRead => PartContent;
    }
}

/// `{}`: it was done, or was begun and is reported by notification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {}

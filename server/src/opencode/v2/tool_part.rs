//! The tools' calls of OpenCode 2.x, and the user's own commands, as ours. Pure.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::message::{Reader, part_id};
use super::wire;
use crate::opencode::event::{Growth, IncomingPart};
use crate::opencode::tool;
use crate::protocol::{MessageId, MessageStatus, Part, PartBody, Span, ToolPart, ToolStatus};

impl Reader<'_> {
    pub fn tool(self, wire: wire::Tool) -> ToolPart {
        let mut part = ToolPart {
            call_id: wire.id,
            kind: tool::kind(&wire.name),
            summary: String::new(),
            tool: wire.name,
            status: match wire.state.status {
                wire::ToolStatus::Streaming => ToolStatus::Pending,
                wire::ToolStatus::Running => ToolStatus::Running,
                wire::ToolStatus::Completed => ToolStatus::Completed,
                wire::ToolStatus::Error => ToolStatus::Error,
            },
            title: None,
            // Half an object says nothing yet.
            input: match wire.state.input {
                input @ Value::Object(_) => input,
                _ => json!({}),
            },
            output: output(wire.state.content),
            error: wire.state.error.map(|error| error.message),
            diff: None,
            metadata: None,
            time: Some(Span {
                start: wire.time.ran.unwrap_or(wire.time.created),
                end: wire.time.completed,
            }),
            child_session_id: None,
        };
        self.take_metadata(&mut part, wire.state.metadata.unwrap_or_default());
        part
    }

    /// Puts a tool's metadata where clients look for it, and says in one line what the tool does.
    pub fn take_metadata(self, part: &mut ToolPart, mut metadata: Map<String, Value>) {
        if let Some(Value::Array(files)) = metadata.remove("files") {
            let files = files.into_iter();
            let files = files.filter_map(|file| serde_json::from_value(file).ok());
            part.diff = Some(files.map(|file| self.diff(&file)).collect());
        }
        if let Some(Value::String(child)) = metadata.remove("sessionID") {
            part.child_session_id = Some(child.into());
        }
        part.metadata = Some(metadata).filter(|metadata| !metadata.is_empty());
        part.summary = tool::summary(
            &part.tool,
            &part.input,
            part.title.as_deref(),
            part.diff.as_deref(),
            self.directory,
        );
    }
}

pub fn shell_part(
    message: &MessageId,
    shell: &wire::Shell,
    output: Option<wire::ShellOutput>,
    time: &wire::Time,
) -> (MessageStatus, IncomingPart) {
    let (status, tool_status, error) = match shell.status {
        wire::ShellStatus::Running => (MessageStatus::Streaming, ToolStatus::Running, None),
        wire::ShellStatus::Exited => (MessageStatus::Complete, ToolStatus::Completed, None),
        wire::ShellStatus::Timeout => (
            MessageStatus::Complete,
            ToolStatus::Error,
            Some("It took too long and was ended."),
        ),
        wire::ShellStatus::Killed => (
            MessageStatus::Complete,
            ToolStatus::Error,
            Some("It was ended before it was done."),
        ),
    };
    let mut metadata = Map::new();
    if let Some(exit) = shell.exit.as_i64() {
        metadata.insert("exit".into(), exit.into());
    }
    let input = json!({"command": shell.command});
    let part = ToolPart {
        call_id: shell.id.as_str().into(),
        tool: "shell".into(),
        kind: tool::kind("shell"),
        summary: tool::summary("shell", &input, None, None, Path::new("/")),
        status: tool_status,
        title: None,
        input,
        output: output.map(|output| output.output),
        error: error.map(str::to_owned),
        diff: None,
        metadata: Some(metadata).filter(|metadata| !metadata.is_empty()),
        time: Some(Span {
            start: time.created,
            end: time.completed,
        }),
        child_session_id: None,
    };
    let growth = match tool_status.is_live() {
        true => Growth::Open,
        false => Growth::Closed,
    };
    let part = IncomingPart {
        part: Part::new(part_id(message, 0), PartBody::Tool(Box::new(part))),
        growth,
    };
    (status, part)
}

pub fn output(content: Vec<wire::ToolContent>) -> Option<String> {
    let texts: Vec<String> = content.into_iter().filter_map(|piece| piece.text).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

//! OpenCode 1.x's parts as ours. Pure.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::decode::{Decoder, error, read, unknown_error};
use super::wire;
use crate::opencode::event::{Growth, IncomingMessage, IncomingPart};
use crate::opencode::{diff, tool};
use crate::protocol::{
    CallId, FileDiff, FilePart, Part, PartBody, ReasoningPart, Span, TextPart, ToolPart, ToolStatus,
};

/// What a running command's output begins with when it is only the last 30,000 characters
/// (measured on 1.18.33).
const TAIL_MARK: &str = "...\n\n";
const TAIL_MIN: usize = 20_000;

impl Decoder<'_> {
    /// A part, by its own JSON: `raw` is kept for types that are not known.
    pub fn part(&self, wire: wire::Part, raw: &RawValue) -> serde_json::Result<IncomingPart> {
        // Only a part that has begun and not ended grows; the user's text has no time at all.
        let growth = match wire.time {
            Some(time) if time.end.is_none() => Growth::Open,
            _ => Growth::Closed,
        };
        let (body, growth) = match wire.part_type.as_str() {
            "text" => (
                PartBody::Text(TextPart {
                    text: wire.text,
                    synthetic: wire.synthetic,
                    partial: false,
                }),
                growth,
            ),
            "reasoning" => (
                PartBody::Reasoning(ReasoningPart {
                    text: wire.text,
                    partial: false,
                    time: wire.time.map(span),
                }),
                growth,
            ),
            "tool" => {
                let Some(state) = wire.state else {
                    return Err(serde::de::Error::missing_field("state"));
                };
                let call_id = wire.call_id.unwrap_or_else(|| wire.id.as_str().into());
                let mut tool = self.tool(wire.tool, call_id, state);
                let growth = match &mut tool.output {
                    _ if !tool.status.is_live() => Growth::Closed,
                    Some(output) if output.starts_with(TAIL_MARK) && output.len() > TAIL_MIN => {
                        output.drain(..TAIL_MARK.len());
                        Growth::Tail
                    }
                    _ => Growth::Open,
                };
                (PartBody::Tool(Box::new(tool)), growth)
            }
            "file" => (
                PartBody::File(FilePart {
                    mime: wire.mime,
                    filename: wire.filename,
                    url: wire.url,
                }),
                Growth::Closed,
            ),
            "agent" => (PartBody::Agent { name: wire.name }, Growth::Closed),
            "subtask" => (
                PartBody::Subtask {
                    prompt: wire.prompt,
                    description: wire.description,
                    agent: wire.agent,
                },
                Growth::Closed,
            ),
            "patch" => (PartBody::Patch { files: wire.files }, Growth::Closed),
            "step-start" => (PartBody::StepStart, Growth::Closed),
            "step-finish" => (
                PartBody::StepFinish {
                    cost: wire.cost,
                    tokens: wire.tokens,
                    reason: wire.reason,
                },
                Growth::Closed,
            ),
            "retry" => (
                PartBody::Retry {
                    attempt: wire.attempt,
                    error: wire.error.map_or_else(unknown_error, error),
                },
                Growth::Closed,
            ),
            "compaction" => (PartBody::Compaction { auto: wire.auto }, Growth::Closed),
            _ => (
                PartBody::Unknown {
                    raw: read::<Value>(raw.get())?,
                },
                Growth::Closed,
            ),
        };
        Ok(IncomingPart {
            part: Part::new(wire.id, body),
            growth,
        })
    }

    fn tool(&self, name: String, call_id: CallId, state: wire::ToolState) -> ToolPart {
        let mut metadata = state.metadata;
        // While a command runs, all its output so far is in the metadata; afterwards it is there
        // a second time.
        let so_far = match metadata.remove("output") {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let child_session_id = metadata
            .get("sessionId")
            .and_then(Value::as_str)
            .map(Into::into);
        let diff = self.take_diff(&mut metadata, &state.input);
        ToolPart {
            call_id,
            kind: tool::kind(&name),
            summary: tool::summary(
                &name,
                &state.input,
                state.title.as_deref(),
                diff.as_deref(),
                self.directory,
            ),
            tool: name,
            status: state.status,
            title: state.title,
            input: state.input,
            output: state.output.or(so_far),
            error: state.error,
            diff,
            metadata: Some(metadata).filter(|metadata| !metadata.is_empty()),
            time: state.time.map(span),
            child_session_id,
        }
    }

    /// What an edit changed. It is in the metadata twice, as a structure and as text.
    fn take_diff(
        &self,
        metadata: &mut serde_json::Map<String, Value>,
        input: &Value,
    ) -> Option<Vec<FileDiff>> {
        let text = metadata.remove("diff");
        let structure = metadata
            .remove("filediff")
            .and_then(|value| wire::FileDiff::deserialize(value).ok());
        if let Some(file) = structure {
            return Some(vec![file.decode(self.directory)]);
        }
        let path = input.get("filePath").and_then(Value::as_str)?;
        let patch = text?.as_str()?.to_owned();
        Some(vec![diff::diff_of_patch(path, &patch, self.directory)])
    }
}

impl wire::FileDiff {
    pub fn decode(self, directory: &Path) -> FileDiff {
        FileDiff {
            path: tool::relative(&self.file, directory).to_owned(),
            status: self.status,
            additions: self.additions,
            deletions: self.deletions,
            patch: self.patch,
        }
    }
}

/// The state of a tool in a message, by its call.
pub fn tool_status(message: &IncomingMessage, call: &CallId) -> Option<ToolStatus> {
    message.parts.iter().find_map(|part| match &part.part.body {
        PartBody::Tool(tool) if tool.call_id == *call => Some(tool.status),
        _ => None,
    })
}

fn span(time: wire::PartTime) -> Span {
    Span {
        start: time.start,
        end: time.end,
    }
}

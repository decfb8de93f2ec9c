//! Code actions on diagnostics and selections, and the commands behind them.
//!
//! A client may carry out the commands itself; for one that does not, they work here.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Command, Diagnostic,
    DiagnosticSeverity, Range,
};

use crate::instance::Registry;
use crate::protocol::requests::{
    self, InstanceRequest, LineRange, PromptPart, SessionCreate, SessionDelete, SessionPrompt,
    Severity,
};
use crate::protocol::{Error, ErrorKind, InstanceId, Notification};

pub const EXPLAIN: &str = "sidestream.explain";
pub const FIX: &str = "sidestream.fix";
pub const ADD_TO_PROMPT: &str = "sidestream.addToPrompt";
pub const COMMANDS: [&str; 3] = [EXPLAIN, FIX, ADD_TO_PROMPT];

/// The argument of each command: a place in a file, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    instance_id: InstanceId,
    /// Absolute.
    path: String,
    range: LineRange,
    #[serde(default)]
    diagnostics: Vec<requests::Diagnostic>,
}

/// What can be done at a place. Documents outside of all folders have no actions.
pub fn offered(registry: &Registry, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    let Ok(path) = params.text_document.uri.to_file_path() else {
        return Vec::new();
    };
    let Some(instance) = instance_of(registry, &path) else {
        return Vec::new();
    };
    let diagnostics = &params.context.diagnostics;
    let place = Place {
        instance_id: instance,
        path: path.display().to_string(),
        range: lines(params.range, diagnostics),
        diagnostics: diagnostics.iter().map(problem).collect(),
    };
    let is_selection = params.range.start != params.range.end;
    let mut actions = Vec::new();
    if !diagnostics.is_empty() {
        actions.push(place.action("Fix with OpenCode", FIX, CodeActionKind::QUICKFIX));
    }
    if is_selection || !diagnostics.is_empty() {
        let kind = CodeActionKind::EMPTY;
        actions.push(place.action("Explain with OpenCode", EXPLAIN, kind.clone()));
        actions.push(place.action("Add to the OpenCode prompt", ADD_TO_PROMPT, kind));
    }
    actions
}

/// Carries out a command.
///
/// # Errors
/// `badRequest` for an argument that is none of ours; otherwise as the session's requests.
pub async fn execute(
    registry: &Registry,
    command: &str,
    arguments: Vec<Value>,
) -> Result<Value, Error> {
    let argument = arguments.into_iter().next().unwrap_or_default();
    let place: Place = serde_json::from_value(argument).map_err(|error| {
        Error::new(ErrorKind::BadRequest, format!("arguments[0]: {error}"))
            .hint("Take the argument from the code action.")
    })?;
    let file = PromptPart::File {
        path: place.path.clone().into(),
        range: Some(place.range),
    };
    let problems = (!place.diagnostics.is_empty()).then(|| PromptPart::Diagnostics {
        path: place.path.clone().into(),
        items: place.diagnostics.clone(),
    });
    let mut parts = vec![file];
    parts.extend(problems);
    let asked = match command {
        ADD_TO_PROMPT => {
            registry.check(&place.instance_id)?;
            registry.tell(Notification::PromptDidAdd {
                instance_id: place.instance_id,
                parts,
            });
            return Ok(json!({}));
        }
        FIX => place.words("Fix"),
        EXPLAIN => place.words("Explain"),
        other => {
            return Err(Error::new(
                ErrorKind::BadRequest,
                format!("command: there is no command \"{other}\""),
            )
            .hint("The capabilities name those there are."));
        }
    };
    parts.insert(0, PromptPart::Text { text: asked });
    place.begin(registry, parts).await
}

impl Place {
    fn action(&self, title: &str, command: &str, kind: CodeActionKind) -> CodeActionOrCommand {
        CodeActionOrCommand::CodeAction(CodeAction {
            title: title.into(),
            kind: Some(kind),
            command: Some(Command {
                title: title.into(),
                command: command.into(),
                arguments: Some(vec![json!(self)]),
            }),
            ..CodeAction::default()
        })
    }

    fn words(&self, what: &str) -> String {
        let LineRange { start, end } = self.range;
        let lines = if start == end {
            format!("line {start}")
        } else {
            format!("lines {start} to {end}")
        };
        let name = Path::new(&self.path).file_name().unwrap_or_default();
        format!("{what} {lines} of {}.", name.display())
    }

    /// In a session of its own, so that no other one is disturbed.
    async fn begin(&self, registry: &Registry, parts: Vec<PromptPart>) -> Result<Value, Error> {
        let instance = &self.instance_id;
        let create = InstanceRequest::SessionCreate(SessionCreate {
            instance_id: instance.clone(),
            title: None,
            parent_id: None,
            agent: None,
            model: None,
        });
        let session = registry.ask::<SessionCreate>(instance, create).await?;
        let prompt = InstanceRequest::SessionPrompt(SessionPrompt {
            instance_id: instance.clone(),
            session_id: session.id.clone(),
            parts,
            agent: None,
            model: None,
            variant: None,
        });
        let sent = match registry.ask::<SessionPrompt>(instance, prompt).await {
            Ok(sent) => sent,
            Err(error) => {
                // Nobody wants an empty session for a prompt that was refused.
                let delete = InstanceRequest::SessionDelete(SessionDelete {
                    instance_id: instance.clone(),
                    session_id: session.id,
                });
                if let Err(kept) = registry.ask::<SessionDelete>(instance, delete).await {
                    tracing::warn!("an empty session stays: {kept}");
                }
                return Err(error);
            }
        };
        Ok(json!({
            "instanceId": instance,
            "sessionId": session.id,
            "messageId": sent.message_id,
        }))
    }
}

/// The innermost folder that holds the file.
fn instance_of(registry: &Registry, path: &Path) -> Option<InstanceId> {
    let real = path.canonicalize();
    let path = real.as_deref().unwrap_or(path);
    let instances = registry.list().into_iter();
    instances
        .filter(|instance| path.starts_with(&instance.directory))
        .max_by_key(|instance| instance.directory.components().count())
        .map(|instance| instance.id)
}

/// Whole lines, from 1: of the selection, or of what the diagnostics are about.
fn lines(range: Range, diagnostics: &[Diagnostic]) -> LineRange {
    let ranges = diagnostics.iter().map(|diagnostic| diagnostic.range);
    let all: Vec<Range> = ranges.chain([range]).collect();
    let start = all.iter().map(|range| range.start.line).min();
    let end = all.iter().map(|range| {
        // A selection that ends before a line's first letter does not have that line.
        let empty_last = range.end.character == 0 && range.end.line > range.start.line;
        range.end.line - u32::from(empty_last)
    });
    LineRange {
        start: start.unwrap_or_default() + 1,
        end: end.max().unwrap_or_default() + 1,
    }
}

fn problem(diagnostic: &Diagnostic) -> requests::Diagnostic {
    requests::Diagnostic {
        line: diagnostic.range.start.line + 1,
        severity: match diagnostic.severity {
            Some(DiagnosticSeverity::WARNING) => Severity::Warning,
            Some(DiagnosticSeverity::INFORMATION) => Severity::Information,
            Some(DiagnosticSeverity::HINT) => Severity::Hint,
            // What is left open is up to us to say.
            _ => Severity::Error,
        },
        message: diagnostic.message.clone(),
        source: diagnostic.source.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower_lsp::lsp_types::Position;

    #[test]
    fn a_selection_of_whole_lines_does_not_take_the_next_one() {
        let range = Range::new(Position::new(2, 0), Position::new(4, 0));
        assert_eq!(lines(range, &[]), LineRange { start: 3, end: 4 });
        let cursor = Range::new(Position::new(2, 0), Position::new(2, 0));
        assert_eq!(lines(cursor, &[]), LineRange { start: 3, end: 3 });
    }
}

//! A prompt, and a command, as OpenCode 1.x takes them. Pure.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{model, put};
use crate::opencode::Prompt;
use crate::opencode::attached::{self, AttachedFile};
use crate::opencode::sessions::CommandRun;
use crate::protocol::requests::PromptPart;

pub(super) fn body(prompt: &Prompt, directory: &Path) -> Value {
    let mut body = Map::new();
    // The same ids again leave the message single (§5): that is what makes resending safe.
    put(&mut body, "messageID", Some(prompt.message_id.as_str()));
    put(&mut body, "agent", prompt.agent.clone());
    put(&mut body, "model", prompt.model.as_ref().map(model));
    let variant = prompt
        .variant
        .clone()
        .or_else(|| prompt.model.as_ref()?.variant.clone());
    put(&mut body, "variant", variant);
    let parts = prompt.parts.iter();
    let parts: Vec<Value> = parts
        .map(|(id, part)| {
            let mut wire = self::part(part, directory);
            wire["id"] = json!(id);
            wire
        })
        .collect();
    put(&mut body, "parts", Some(parts));
    body.into()
}

/// A command's words and files. It takes no other parts: an agent is named in the text.
pub(super) fn command(run: &CommandRun, directory: &Path) -> Map<String, Value> {
    let agent = |part: &PromptPart| match part {
        PromptPart::Agent { name } => Some(format!("@{name}")),
        _ => None,
    };
    let words = run.parts.iter();
    let words = words.filter_map(|part| attached::words(part, directory).or_else(|| agent(part)));
    let mut arguments = vec![run.arguments.clone()];
    arguments.extend(words);
    let files = run.parts.iter();
    let files = files.filter_map(|part| attached::file(part, directory));
    let files: Vec<Value> = files.map(file).collect();

    let mut body = Map::new();
    put(&mut body, "messageID", Some(run.message_id.as_str()));
    put(&mut body, "command", Some(run.command.as_str()));
    put(&mut body, "arguments", Some(arguments.join("\n\n")));
    put(&mut body, "agent", run.agent.as_deref());
    let model = run.model.as_ref();
    let model = model.map(|model| format!("{}/{}", model.provider_id, model.model_id));
    put(&mut body, "model", model);
    put(&mut body, "variant", run.variant.as_deref());
    put(&mut body, "parts", (!files.is_empty()).then_some(files));
    body
}

fn part(part: &PromptPart, directory: &Path) -> Value {
    if let PromptPart::Agent { name } = part {
        return json!({"type": "agent", "name": name});
    }
    match attached::file(part, directory) {
        Some(attached) => file(attached),
        None => json!({"type": "text", "text": attached::words(part, directory)}),
    }
}

fn file(attached: AttachedFile) -> Value {
    let mut part = json!({"type": "file", "mime": attached.mime, "url": attached.url});
    if let Some(name) = attached.name {
        part["filename"] = json!(name);
    }
    part
}

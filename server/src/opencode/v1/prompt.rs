//! A prompt as OpenCode 1.x takes it. Pure.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{model, put};
use crate::opencode::tool::{data_url, file_url};
use crate::opencode::{Prompt, tool};
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

fn part(part: &PromptPart, directory: &Path) -> Value {
    match part {
        PromptPart::Text { text } => json!({"type": "text", "text": text}),
        PromptPart::File { path, range } => {
            let absolute = directory.join(path);
            let mime = if absolute.is_dir() {
                "application/x-directory"
            } else {
                "text/plain"
            };
            json!({
                "type": "file",
                "mime": mime,
                "filename": path.file_name().and_then(|name| name.to_str()),
                "url": file_url(&absolute, *range),
            })
        }
        PromptPart::Image { mime, data } => {
            json!({"type": "file", "mime": mime, "url": data_url(mime, data)})
        }
        PromptPart::Attachment {
            mime,
            data,
            filename,
        } => {
            let mut part = json!({"type": "file", "mime": mime, "url": data_url(mime, data)});
            if let Some(filename) = filename {
                part["filename"] = json!(filename);
            }
            part
        }
        PromptPart::Agent { name } => json!({"type": "agent", "name": name}),
        PromptPart::Diagnostics { path, items } => {
            let shown = directory.join(path);
            let shown = shown.strip_prefix(directory).unwrap_or(&shown);
            json!({"type": "text", "text": tool::diagnostics(shown, items)})
        }
        PromptPart::Selection { path, range, text } => {
            let shown = directory.join(path);
            let shown = shown.strip_prefix(directory).unwrap_or(&shown);
            json!({"type": "text", "text": tool::selection(shown, *range, text)})
        }
    }
}

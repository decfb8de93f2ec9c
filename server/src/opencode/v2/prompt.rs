//! A prompt as OpenCode 2.x takes it: one text, and files and agents beside it. Pure.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::opencode::{Prompt, tool};
use crate::protocol::requests::PromptPart;

pub(super) fn body(prompt: &Prompt, directory: &Path) -> Value {
    let mut texts = Vec::new();
    let mut files: Vec<Value> = Vec::new();
    let mut agents = Vec::new();
    for (_, part) in &prompt.parts {
        match part {
            PromptPart::Text { text } => texts.push(text.clone()),
            PromptPart::Selection { path, range, text } => {
                let shown = directory.join(path);
                let shown = shown.strip_prefix(directory).unwrap_or(&shown);
                texts.push(tool::selection(shown, *range, text));
            }
            PromptPart::Diagnostics { path, items } => {
                let shown = directory.join(path);
                let shown = shown.strip_prefix(directory).unwrap_or(&shown);
                texts.push(tool::diagnostics(shown, items));
            }
            PromptPart::File { path, range } => files.push(json!({
                "uri": tool::file_url(&directory.join(path), *range),
                "name": path.file_name().and_then(|name| name.to_str()),
            })),
            PromptPart::Image { mime, data } => {
                files.push(json!({"uri": tool::data_url(mime, data)}));
            }
            PromptPart::Attachment {
                mime,
                data,
                filename,
            } => {
                let mut file = json!({"uri": tool::data_url(mime, data)});
                if let Some(filename) = filename {
                    file["name"] = json!(filename);
                }
                files.push(file);
            }
            PromptPart::Agent { name } => agents.push(json!({"name": name})),
        }
    }
    let mut body = Map::new();
    body.insert("id".into(), json!(prompt.message_id));
    body.insert("text".into(), json!(texts.join("\n\n")));
    for (key, list) in [("files", files), ("agents", agents)] {
        if !list.is_empty() {
            body.insert(key.into(), list.into());
        }
    }
    body.into()
}

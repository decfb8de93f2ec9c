//! A prompt, and a command, as OpenCode 2.x takes them: one text, and files and agents beside it. Pure.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::opencode::Prompt;
use crate::opencode::attached::{self, AttachedFile};
use crate::opencode::sessions::CommandRun;
use crate::protocol::requests::PromptPart;

pub(super) fn body(prompt: &Prompt, directory: &Path) -> Value {
    let mut body = Map::new();
    body.insert("id".into(), json!(prompt.message_id));
    let parts = prompt.parts.iter().map(|(_, part)| part);
    put_parts(&mut body, Vec::new(), parts, directory);
    body.into()
}

pub(super) fn command(run: &CommandRun, directory: &Path) -> Value {
    let mut body = Map::new();
    body.insert("name".into(), json!(run.command));
    let arguments = vec![run.arguments.clone()];
    put_parts(&mut body, arguments, run.parts.iter(), directory);
    body.into()
}

/// The texts become one, below those that are there already.
fn put_parts<'a>(
    body: &mut Map<String, Value>,
    mut texts: Vec<String>,
    parts: impl Iterator<Item = &'a PromptPart>,
    directory: &Path,
) {
    let mut files = Vec::new();
    let mut agents = Vec::new();
    for part in parts {
        texts.extend(attached::words(part, directory));
        files.extend(attached::file(part, directory).map(file));
        if let PromptPart::Agent { name } = part {
            agents.push(json!({"name": name}));
        }
    }
    body.insert("text".into(), json!(texts.join("\n\n")));
    for (key, list) in [("files", files), ("agents", agents)] {
        if !list.is_empty() {
            body.insert(key.into(), list.into());
        }
    }
}

fn file(attached: AttachedFile) -> Value {
    let mut file = json!({"uri": attached.url});
    if let Some(name) = attached.name {
        file["name"] = json!(name);
    }
    file
}

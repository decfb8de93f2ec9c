//! A session as Markdown, for a person to read and keep. Pure.

use crate::opencode::attached::fenced;
use crate::protocol::{Message, PartBody, Role, Session, ToolPart};

/// A name for the file, and what it holds.
pub(super) fn markdown(session: &Session, messages: &[Message]) -> (String, String) {
    let mut text = format!("# {}\n", session.title.trim());
    for message in messages {
        let body = body(message);
        if body.is_empty() {
            continue;
        }
        let who = match message.info.role {
            Role::User => "You".to_owned(),
            Role::Assistant => {
                let model = message.info.model.as_ref();
                let model = model.map(|model| format!(" ({})", model.model_id));
                format!("Assistant{}", model.unwrap_or_default())
            }
        };
        text.push_str(&format!("\n## {who}\n\n{body}"));
        if let Some(error) = message.info.error.as_ref().filter(|e| !e.is_abort()) {
            text.push_str(&format!("\n> **Error:** {}\n", error.message));
        }
    }
    (format!("{}.md", slug(&session.title)), text)
}

fn body(message: &Message) -> String {
    let pieces: Vec<String> = message
        .parts
        .iter()
        .filter_map(|part| match &part.body {
            PartBody::Text(text) if !text.synthetic && !text.text.trim().is_empty() => {
                Some(format!("{}\n", text.text.trim_end()))
            }
            PartBody::Reasoning(text) if !text.text.trim().is_empty() => {
                Some(folded("Thinking", &format!("{}\n", text.text.trim_end())))
            }
            PartBody::Tool(tool) => Some(self::tool(tool)),
            PartBody::File(file) => {
                let name = file.filename.as_deref().unwrap_or(&file.mime);
                Some(format!("*Attached: {name}*\n"))
            }
            PartBody::Subtask { description, .. } => Some(format!("*Sub-agent: {description}*\n")),
            PartBody::Compaction { .. } => Some("*The session was summarised here.*\n".into()),
            _ => None,
        })
        .collect();
    pieces.join("\n")
}

fn tool(tool: &ToolPart) -> String {
    let mut details = String::new();
    for diff in tool.diff.iter().flatten() {
        details.push_str(&fenced("diff", &diff.patch));
    }
    // What an edit says is in its diff.
    if details.is_empty() {
        let said = tool.output.as_deref().or(tool.error.as_deref());
        if let Some(said) = said.filter(|said| !said.trim().is_empty()) {
            details.push_str(&fenced("", said));
        }
    }
    folded(&tool.summary, &details)
}

fn folded(summary: &str, details: &str) -> String {
    let summary = summary.replace('&', "&amp;").replace('<', "&lt;");
    if details.is_empty() {
        return format!("`{}`\n", summary.replace('`', "'"));
    }
    format!("<details><summary>{summary}</summary>\n\n{details}\n</details>\n")
}

fn slug(title: &str) -> String {
    let letters = title.to_lowercase();
    let words = letters
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let slug: String = words
        .collect::<Vec<_>>()
        .join("-")
        .chars()
        .take(60)
        .collect();
    if slug.is_empty() {
        "session".into()
    } else {
        slug
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_the_title_in_plain_letters() {
        assert_eq!(slug("Fix: the *thing* (again)!"), "fix-the-thing-again");
        assert_eq!(slug("¿?"), "session");
    }

    #[test]
    fn code_in_output_does_not_end_its_fence() {
        let text = fenced("", "```\ncode\n```\n");
        assert!(text.starts_with("````\n") && text.ends_with("````\n"));
    }
}

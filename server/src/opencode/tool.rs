//! Tools in words: what kind one is, and one line that says what it does.
//!
//! Computed here once, so that no client has to know OpenCode's tools.

use std::path::Path;

use serde_json::{Map, Value};

use crate::protocol::{FileDiff, ToolKind};

/// By OpenCode's name; a plugin's or MCP server's tool is `Other`.
#[must_use]
pub fn kind(tool: &str) -> ToolKind {
    match tool {
        "bash" | "shell" => ToolKind::Shell,
        "edit" | "write" | "patch" | "multiedit" | "apply_patch" => ToolKind::Edit,
        "read" => ToolKind::Read,
        "glob" | "grep" | "list" | "codesearch" | "lsp" => ToolKind::Search,
        "webfetch" | "websearch" => ToolKind::Web,
        "task" | "subagent" => ToolKind::Task,
        "todowrite" | "todoread" => ToolKind::Todo,
        "question" => ToolKind::Question,
        _ => ToolKind::Other,
    }
}

/// One line, as `edit src/a.rs +12 -3`; paths are relative to the instance's directory.
#[must_use]
pub fn summary(
    tool: &str,
    input: &Value,
    title: Option<&str>,
    diff: Option<&[FileDiff]>,
    directory: &Path,
) -> String {
    let text = |key: &str| input.get(key).and_then(Value::as_str);
    let path = |key: &str| text(key).map(|path| relative(path, directory).to_owned());
    let subject = match kind(tool) {
        ToolKind::Shell => text("command").map(str::to_owned),
        ToolKind::Edit | ToolKind::Read => path("filePath").or_else(|| path("path")),
        ToolKind::Search => text("pattern")
            .or_else(|| text("query"))
            .map(str::to_owned)
            .or_else(|| path("path")),
        ToolKind::Web => text("url").or_else(|| text("query")).map(str::to_owned),
        ToolKind::Task => text("description").map(str::to_owned),
        // OpenCode's title counts those that are left, so that a list that is done has none.
        ToolKind::Todo => todos(input).or_else(|| title.map(str::to_owned)),
        ToolKind::Question => input
            .pointer("/questions/0/question")
            .and_then(Value::as_str)
            .map(str::to_owned),
        ToolKind::Other => title.map(str::to_owned),
    };
    let mut line = tool.to_owned();
    if let Some(subject) = subject.as_deref().or(title).filter(|s| !s.is_empty()) {
        line.push(' ');
        line.push_str(&one_line(subject));
    }
    if let Some(diff) = diff.filter(|diff| !diff.is_empty()) {
        let additions: u64 = diff.iter().map(|file| file.additions).sum();
        let deletions: u64 = diff.iter().map(|file| file.deletions).sum();
        line.push_str(&format!(" +{additions} -{deletions}"));
    }
    line
}

fn todos(input: &Value) -> Option<String> {
    let todos = input.get("todos")?.as_array()?;
    let is_done =
        |todo: &&Value| matches!(todo["status"].as_str(), Some("completed" | "cancelled"));
    let done = todos.iter().filter(is_done).count();
    Some(format!("{done} of {} done", todos.len()))
}

/// What a permission asks for, in one line.
#[must_use]
pub fn permission_title(
    permission: &str,
    patterns: &[String],
    metadata: &Map<String, Value>,
    directory: &Path,
) -> String {
    let meta = |key: &str| metadata.get(key).and_then(Value::as_str);
    let subject = meta("command")
        .map(str::to_owned)
        .or_else(|| meta("filepath").map(|path| relative(path, directory).to_owned()))
        .or_else(|| meta("url").map(str::to_owned))
        .unwrap_or_else(|| patterns.join(", "));
    let subject = one_line(&subject);
    match permission {
        "bash" | "shell" => format!("Run {subject}"),
        "edit" => format!("Edit {subject}"),
        "read" => format!("Read {subject}"),
        "webfetch" => format!("Fetch {subject}"),
        "external_directory" => format!("Use {subject}, outside this folder"),
        "doom_loop" => format!("Go on, though the same call was repeated: {subject}"),
        other => format!("{other} {subject}"),
    }
}

/// How long OpenCode keeps an "always".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// For all sessions of the folder, until its server ends (v1 contract, §5).
    UntilEnd,
    /// For the project, for good (v2 contract, §4.2).
    InProject,
}

/// What "always" would allow, in one line.
#[must_use]
pub fn always_title(permission: &str, always: &[String], kept: Kept) -> Option<String> {
    if always.is_empty() {
        return None;
    }
    let patterns: Vec<String> = always.iter().map(|pattern| one_line(pattern)).collect();
    let patterns = patterns.join(", ");
    let until = match kept {
        Kept::UntilEnd => "in all sessions of this folder, until OpenCode ends",
        Kept::InProject => "in all sessions of this project, from now on",
    };
    Some(match (permission, patterns.as_str()) {
        ("bash" | "shell", _) => format!("Run {patterns} {until}"),
        ("edit", "*") => format!("Edit any file {until}"),
        ("edit", _) => format!("Edit {patterns} {until}"),
        (other, "*") => format!("Allow {other} {until}"),
        (other, _) => format!("Allow {other} {patterns} {until}"),
    })
}

/// The path below the directory, or the whole path when it lies elsewhere.
#[must_use]
pub fn relative<'a>(path: &'a str, directory: &Path) -> &'a str {
    Path::new(path)
        .strip_prefix(directory)
        .ok()
        .and_then(Path::to_str)
        .filter(|rest| !rest.is_empty())
        .unwrap_or(path)
}

/// The first 120 characters, with line breaks and control characters as spaces.
fn one_line(text: &str) -> String {
    const MAX: usize = 120;
    let mut line: String = text
        .trim()
        .chars()
        .take(MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.trim().chars().nth(MAX).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opencode::diff::diff_of_patch;
    use serde_json::json;

    #[test]
    fn an_edit_says_its_file_and_its_size() {
        let patch = "--- /w/src/a.rs\n+++ /w/src/a.rs\n@@ -1,2 +1,2 @@\n-old\n+new\n+more\n same\n";
        let diff = [diff_of_patch("/w/src/a.rs", patch, Path::new("/w"))];
        let line = summary(
            "edit",
            &json!({"filePath": "/w/src/a.rs"}),
            None,
            Some(&diff),
            Path::new("/w"),
        );
        assert_eq!(line, "edit src/a.rs +2 -1");
    }

    #[test]
    fn a_list_of_todos_says_how_much_of_it_is_done() {
        let input = json!({"todos": [{"status": "completed"}, {"status": "pending"}]});
        let line = summary("todowrite", &input, Some("1 todos"), None, Path::new("/w"));
        assert_eq!(line, "todowrite 1 of 2 done");
    }

    #[test]
    fn a_long_command_of_many_lines_stays_one_short_line() {
        let command = "echo one\necho two\n".repeat(30);
        let line = summary(
            "bash",
            &json!({"command": command}),
            None,
            None,
            Path::new("/w"),
        );
        assert!(line.starts_with("bash echo one echo two"));
        assert_eq!(line.lines().count(), 1);
        assert!(line.chars().count() < 130);
    }

    #[test]
    fn permissions_are_titled_in_words() {
        let metadata = json!({"filepath": "/w/a.txt"});
        let title = permission_title(
            "edit",
            &["a.txt".into()],
            metadata.as_object().unwrap(),
            Path::new("/w"),
        );
        assert_eq!(title, "Edit a.txt");
        let title = permission_title("bash", &["echo *".into()], &Map::new(), Path::new("/w"));
        assert_eq!(title, "Run echo *");
    }
}

//! Tools in words: what kind one is, and one line that says what it does.
//!
//! Computed here once, so that no client has to know OpenCode's tools.

use std::path::Path;

use serde_json::{Map, Value};

use crate::protocol::requests::{Diagnostic, LineRange, Severity};
use crate::protocol::{ChangeKind, FileDiff, ToolKind};

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
        ToolKind::Todo => title.map(str::to_owned),
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

/// The files of a `git diff`.
#[must_use]
pub fn diffs_of_git(diff: &str, directory: &Path) -> Vec<FileDiff> {
    let mut starts: Vec<usize> = diff
        .match_indices("diff --git ")
        .map(|(at, _)| at)
        .collect();
    starts.retain(|at| *at == 0 || diff.as_bytes()[at - 1] == b'\n');
    let ends = starts.iter().skip(1).copied().chain([diff.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| {
            let patch = &diff[start..end];
            let header = |prefix: &str| {
                let mut lines = patch.lines().take_while(|line| !line.starts_with("@@"));
                let path = lines.find_map(|line| line.strip_prefix(prefix))?;
                (path != "/dev/null").then(|| path.get(2..).unwrap_or(path))
            };
            let (old, new) = (header("--- "), header("+++ "));
            let first_line = patch.lines().next().unwrap_or_default();
            let named = first_line.rsplit_once(" b/").map_or("", |(_, path)| path);
            FileDiff {
                status: Some(match (old, new) {
                    (None, Some(_)) => ChangeKind::Added,
                    (Some(_), None) => ChangeKind::Deleted,
                    _ => ChangeKind::Modified,
                }),
                ..diff_of_patch(new.or(old).unwrap_or(named), patch, directory)
            }
        })
        .collect()
}

/// The same changes the other way round.
#[must_use]
pub fn reversed(diff: &FileDiff) -> FileDiff {
    let mut patch = String::with_capacity(diff.patch.len());
    let mut in_hunk = false;
    for line in diff.patch.split_inclusive('\n') {
        in_hunk = in_hunk && !line.starts_with("diff --git ") || line.starts_with("@@ ");
        match line.split_at_checked(1) {
            Some(("+", rest)) if in_hunk => patch.push_str(&format!("-{rest}")),
            Some(("-", rest)) if in_hunk => patch.push_str(&format!("+{rest}")),
            _ => match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["@@", old, new, rest @ ..] => patch.push_str(&format!(
                    "@@ -{} +{} {}",
                    new.trim_start_matches('+'),
                    old.trim_start_matches('-'),
                    rest.join(" ")
                )),
                _ => patch.push_str(line),
            },
        }
    }
    FileDiff {
        path: diff.path.clone(),
        status: diff.status.map(|status| match status {
            ChangeKind::Added => ChangeKind::Deleted,
            ChangeKind::Modified => ChangeKind::Modified,
            ChangeKind::Deleted => ChangeKind::Added,
        }),
        additions: diff.deletions,
        deletions: diff.additions,
        patch,
    }
}

/// A change as the `diff` text of a tool's or permission's metadata has it.
#[must_use]
pub fn diff_of_patch(path: &str, patch: &str, directory: &Path) -> FileDiff {
    let count = |sign: char, header: &str| {
        let lines = patch.lines();
        let changed = lines.filter(|line| line.starts_with(sign) && !line.starts_with(header));
        changed.count() as u64
    };
    FileDiff {
        path: relative(path, directory).to_owned(),
        status: None,
        additions: count('+', "+++ "),
        deletions: count('-', "--- "),
        patch: patch.to_owned(),
    }
}

/// A piece of a file in words for the model: what the editor has may not be on the disk.
#[must_use]
pub fn selection(path: &Path, range: LineRange, text: &str) -> String {
    let language = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    format!(
        "Lines {} to {} of {}:\n\n{}",
        range.start,
        range.end,
        path.display(),
        fenced(language, text),
    )
}

/// What is wrong in a file, in words for the model.
#[must_use]
pub fn diagnostics(path: &Path, items: &[Diagnostic]) -> String {
    let line = |item: &Diagnostic| {
        let severity = match item.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
            Severity::Hint => "hint",
        };
        let source = item.source.as_deref();
        let source = source.map(|source| format!(" ({source})"));
        let (line, message) = (item.line, item.message.trim());
        let source = source.unwrap_or_default();
        format!("- line {line}: {severity}: {message}{source}\n")
    };
    let lines: String = items.iter().map(line).collect();
    format!("The editor says of {}:\n\n{lines}", path.display())
}

/// Where a file is, and which lines of it are meant.
#[must_use]
pub fn file_url(path: &Path, range: Option<LineRange>) -> String {
    let mut url = reqwest::Url::from_file_path(path)
        .map_or_else(|()| format!("file://{}", path.display()), String::from);
    if let Some(range) = range {
        url.push_str(&format!("?start={}&end={}", range.start, range.end));
    }
    url
}

/// A file that is in the URL itself; `data` is Base64.
#[must_use]
pub fn data_url(mime: &str, data: &str) -> String {
    format!("data:{mime};base64,{data}")
}

/// Markdown's code block, with a fence longer than any in the text, so that the text cannot end it.
#[must_use]
pub fn fenced(language: &str, text: &str) -> String {
    let ticks = |line: &str| line.chars().take_while(|c| *c == '`').count();
    let longest = text.lines().map(|line| ticks(line.trim_start())).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
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
    fn what_is_wrong_is_said_line_by_line() {
        let item = |line, severity, source: Option<&str>| Diagnostic {
            line,
            severity,
            message: "unused\n".into(),
            source: source.map(Into::into),
        };
        let items = [
            item(2, Severity::Error, Some("rustc")),
            item(5, Severity::Hint, None),
        ];
        assert_eq!(
            diagnostics(Path::new("src/a.rs"), &items),
            "The editor says of src/a.rs:\n\n- line 2: error: unused (rustc)\n- line 5: hint: unused\n"
        );
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

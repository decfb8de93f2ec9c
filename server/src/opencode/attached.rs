//! What goes along with a prompt or a command: each part is either said in words or a file of its own.
//! Pure. How a dialect's wire names them is the dialect's.

use std::path::Path;

use crate::protocol::requests::{Diagnostic, LineRange, PromptPart, Severity};

/// A file as OpenCode takes it.
pub struct AttachedFile {
    /// `file:` with the lines that are meant, or `data:` with the content.
    pub url: String,
    pub mime: String,
    pub name: Option<String>,
}

/// What the part says to the model, if it is no file and no agent.
#[must_use]
pub fn words(part: &PromptPart, directory: &Path) -> Option<String> {
    // Models know files by where they are in the folder.
    let shown = |path: &Path| {
        let path = directory.join(path);
        path.strip_prefix(directory).unwrap_or(&path).to_owned()
    };
    match part {
        PromptPart::Text { text } => Some(text.clone()),
        PromptPart::Selection { path, range, text } => Some(selection(&shown(path), *range, text)),
        PromptPart::Diagnostics { path, items } => Some(diagnostics(&shown(path), items)),
        PromptPart::File { .. }
        | PromptPart::Image { .. }
        | PromptPart::Attachment { .. }
        | PromptPart::Agent { .. } => None,
    }
}

/// The part as a file, if it is one.
#[must_use]
pub fn file(part: &PromptPart, directory: &Path) -> Option<AttachedFile> {
    match part {
        PromptPart::File { path, range } => {
            let absolute = directory.join(path);
            let mime = if absolute.is_dir() {
                "application/x-directory"
            } else {
                "text/plain"
            };
            let name = path.file_name().and_then(|name| name.to_str());
            Some(AttachedFile {
                url: file_url(&absolute, *range),
                mime: mime.into(),
                name: name.map(Into::into),
            })
        }
        PromptPart::Image { mime, data } => Some(AttachedFile {
            url: data_url(mime, data),
            mime: mime.clone(),
            name: None,
        }),
        PromptPart::Attachment {
            mime,
            data,
            filename,
        } => Some(AttachedFile {
            url: data_url(mime, data),
            mime: mime.clone(),
            name: filename.clone(),
        }),
        PromptPart::Text { .. }
        | PromptPart::Agent { .. }
        | PromptPart::Diagnostics { .. }
        | PromptPart::Selection { .. } => None,
    }
}

/// A piece of a file in words for the model: what the editor has may not be on the disk.
fn selection(path: &Path, range: LineRange, text: &str) -> String {
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
fn diagnostics(path: &Path, items: &[Diagnostic]) -> String {
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
fn file_url(path: &Path, range: Option<LineRange>) -> String {
    let mut url = reqwest::Url::from_file_path(path)
        .map_or_else(|()| format!("file://{}", path.display()), String::from);
    if let Some(range) = range {
        url.push_str(&format!("?start={}&end={}", range.start, range.end));
    }
    url
}

/// A file that is in the URL itself; `data` is Base64.
fn data_url(mime: &str, data: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}

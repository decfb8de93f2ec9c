//! Refuses prompts that OpenCode would take and then fail on without a word.

use std::path::Path;

use super::files::within;
use crate::protocol::requests::PromptPart;
use crate::protocol::{Error, ErrorKind};

/// What a prompt may carry, in base64's letters: more than any model takes.
const MAX_ATTACHED: usize = 20 * 1024 * 1024;

/// Whether OpenCode can work with the parts.
///
/// # Errors
/// `badRequest`, with the path of the part that is wrong.
pub(super) fn check(parts: &[PromptPart], directory: &Path) -> Result<(), Error> {
    if parts.is_empty() {
        return Err(Error::new(
            ErrorKind::BadRequest,
            "parts: a prompt needs at least one part",
        )
        .hint("Write something, or attach a file."));
    }
    let mut attached = 0;
    for (index, part) in parts.iter().enumerate() {
        let wrong = |what: String, hint: &str| {
            Err(Error::new(ErrorKind::BadRequest, format!("parts[{index}].{what}")).hint(hint))
        };
        match part {
            PromptPart::File { path, range } => {
                if range.is_some_and(|range| range.start == 0 || range.end < range.start) {
                    return wrong(
                        "range: no such lines".into(),
                        "Lines count from 1, and the end is not before the start.",
                    );
                }
                let Some(inside) = within(directory, path) else {
                    return wrong(
                        format!("path: {} is not in the folder", path.display()),
                        "Attach its content instead, or open the folder that it is in.",
                    );
                };
                if !directory.join(inside).exists() {
                    return wrong(
                        format!("path: there is no file {}", path.display()),
                        "It may have been moved or deleted.",
                    );
                }
            }
            PromptPart::Image { data, .. } | PromptPart::Attachment { data, .. } => {
                attached += data.len();
                if attached > MAX_ATTACHED {
                    return wrong(
                        format!("data: more than {} MB are attached", MAX_ATTACHED >> 20),
                        "Name the file by its path instead; OpenCode reads it itself.",
                    );
                }
            }
            PromptPart::Diagnostics { items, .. } if items.is_empty() => {
                return wrong(
                    "items: nothing is wrong there".into(),
                    "Name at least one line, with what is wrong in it.",
                );
            }
            PromptPart::Text { .. }
            | PromptPart::Agent { .. }
            | PromptPart::Selection { .. }
            | PromptPart::Diagnostics { .. } => {}
        }
    }
    Ok(())
}

//! A file's text before and after a change, from the text that is there and OpenCode's unified diff.
//! Pure: it reads no files.
//!
//! OpenCode's diffs are not quite of the file: those of its tools have lost the indentation that all
//! their lines share, and say `\n` where the file says `\r\n`. So a diff that does not fit is written
//! as the file is, and tried again.

use std::borrow::Cow;

use diffy::{Line, Patch};

use crate::protocol::{ChangeStage, ChangedPlace};

/// What stands between places that do not follow each other.
const GAP: &str = "⋯\n";

/// Both sides of a change.
#[derive(Debug, PartialEq, Eq)]
pub struct Sides {
    pub before: String,
    pub after: String,
    /// They are whole texts, not only the places that were changed.
    pub complete: bool,
    pub places: Vec<ChangedPlace>,
}

/// Several diffs of the file may follow each other in the patch, as when several turns changed it.
#[must_use]
pub fn sides(now: &str, patch: &str, change: ChangeStage) -> Sides {
    let diffs = diffs(patch);
    let other = match change {
        _ if diffs.is_empty() => now.is_empty().then(String::new),
        ChangeStage::Proposed => apply_all(now, diffs.iter(), change),
        ChangeStage::Made => apply_all(now, diffs.iter().rev(), change),
    };
    match other {
        Some(other) => {
            let (before, after) = match change {
                ChangeStage::Proposed => (now.to_owned(), other),
                ChangeStage::Made => (other, now.to_owned()),
            };
            let patch = diffy::create_patch(&before, &after);
            let places = places(&patch, change);
            Sides {
                complete: true,
                places,
                before,
                after,
            }
        }
        None => alone(&diffs, change),
    }
}

/// What the patch says by itself, for a file that is no text.
#[must_use]
pub fn places_alone(patch: &str, change: ChangeStage) -> Sides {
    alone(&diffs(patch), change)
}

/// The hunks of one diff, as they are written.
type Diff<'a> = Vec<&'a str>;

fn diffs(patch: &str) -> Vec<Diff<'_>> {
    let is_header = |line: &str| line.starts_with("Index: ") || line.starts_with("diff --git ");
    let is_hunk = |line: &str| line.starts_with("@@ ");
    let mut diffs: Vec<Diff<'_>> = pieces(patch, is_header)
        .into_iter()
        .map(|diff| pieces(diff, is_hunk))
        .collect();
    for diff in &mut diffs {
        diff.retain(|piece| is_hunk(piece));
    }
    diffs.retain(|diff| !diff.is_empty());
    diffs
}

/// The text, parted before each line that begins something. In diffs no line of a file is one: it has
/// a sign before it.
fn pieces(text: &str, begins: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if begins(line) {
            pieces.push(&text[start..at]);
            start = at;
        }
        at += line.len();
    }
    pieces.push(&text[start..]);
    pieces
}

fn apply_all<'a>(
    now: &str,
    mut diffs: impl Iterator<Item = &'a Diff<'a>>,
    change: ChangeStage,
) -> Option<String> {
    diffs.try_fold(now.to_owned(), |text, diff| apply(&text, diff, change))
}

/// The text changed by the diff, forwards or backwards; nothing when it is not one of this text.
fn apply(text: &str, diff: &Diff<'_>, change: ChangeStage) -> Option<String> {
    let mut written = diff.concat();
    if !written.ends_with('\n') {
        written.push('\n');
    }
    let parsed = Patch::from_str(&written).ok()?;
    let first = towards(&parsed, change);
    let (mut from_nothing, mut to_nothing) = (false, false);
    for hunk in first.hunks() {
        from_nothing |= hunk.old_range().range() == (0..0);
        to_nothing |= hunk.new_range().range() == (0..0);
    }
    // Without old lines a hunk would fit everywhere.
    if from_nothing && !text.is_empty() {
        return None;
    }
    let result = spellings(text, &written, &first).find_map(|written| {
        let patch = Patch::from_str(&written).ok()?;
        let patch = towards(&patch, change);
        diffy::apply(text, &patch).ok()
    })?;
    (!to_nothing || result.is_empty()).then_some(result)
}

fn towards<'p>(patch: &'p Patch<'p, str>, change: ChangeStage) -> Patch<'p, str> {
    match change {
        ChangeStage::Proposed => patch.clone(),
        ChangeStage::Made => patch.reverse(),
    }
}

/// The ways in which a diff may be meant for the text, the likeliest first.
fn spellings<'a>(
    text: &'a str,
    written: &'a str,
    parsed: &Patch<'_, str>,
) -> impl Iterator<Item = Cow<'a, str>> {
    let line_ends = [None, Some("\r\n"), Some("\n")];
    let indents = indents(text, parsed);
    let indents = std::iter::once("").chain(indents);
    indents.flat_map(move |indent| {
        line_ends.into_iter().map(move |line_end| match line_end {
            None if indent.is_empty() => Cow::Borrowed(written),
            _ => Cow::Owned(rewritten(written, indent, line_end)),
        })
    })
}

/// What lines of the text have before what the diff's first line of them says.
fn indents<'a>(text: &'a str, parsed: &Patch<'_, str>) -> Vec<&'a str> {
    let mut old = parsed.hunks().iter().flat_map(|hunk| hunk.lines());
    let first = old.find_map(|line| match line {
        Line::Context(line) | Line::Delete(line) if !line.trim().is_empty() => {
            Some(line.trim_end())
        }
        _ => None,
    });
    let mut indents: Vec<&str> = Vec::new();
    for line in text.lines() {
        let indent = first.and_then(|first| line.trim_end().strip_suffix(first));
        if let Some(indent) = indent
            && !indent.is_empty()
            && indent.trim().is_empty()
            && !indents.contains(&indent)
        {
            indents.push(indent);
        }
    }
    indents
}

/// The hunks with an indentation before each line that is not empty, and with other line ends.
fn rewritten(written: &str, indent: &str, line_end: Option<&str>) -> String {
    let mut result = String::with_capacity(written.len() + written.len() / 4);
    let mut lines = written.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let content = line.trim_end_matches('\n');
        let (content, own_end) = match content.strip_suffix('\r') {
            Some(content) => (content, "\r\n"),
            None => (content, "\n"),
        };
        if line.starts_with("@@ ") || line.starts_with('\\') {
            result.push_str(line);
            continue;
        }
        match content.split_at_checked(1) {
            Some((sign, rest)) if !rest.is_empty() => {
                result.push_str(sign);
                result.push_str(indent);
                result.push_str(rest);
            }
            _ => result.push_str(content),
        }
        // The last line of a file that ends without one.
        let is_last = lines.peek().is_some_and(|next| next.starts_with('\\'));
        result.push_str(if is_last {
            "\n"
        } else {
            line_end.unwrap_or(own_end)
        });
    }
    result
}

/// Where the hunks' first changes are in the file as it is now.
fn places(patch: &Patch<'_, str>, change: ChangeStage) -> Vec<ChangedPlace> {
    let hunks = patch.hunks().iter();
    hunks
        .map(|hunk| {
            let now = match change {
                ChangeStage::Proposed => hunk.old_range(),
                ChangeStage::Made => hunk.new_range(),
            };
            let is_context = |line: &&Line<'_, str>| matches!(line, Line::Context(_));
            let above = hunk.lines().iter().take_while(is_context).count();
            let changed = hunk.lines()[above..].iter();
            let changed = changed.take_while(|line| !is_context(line));
            let text = changed.clone().find_map(|line| match line {
                Line::Insert(text) => Some(*text),
                _ => None,
            });
            let text = text.or_else(|| changed.map(text_of).next());
            ChangedPlace {
                // What is gone from the end has no line any more.
                line: (now.start() + above).clamp(1, now.end().saturating_sub(1).max(1)),
                text: text.unwrap_or_default().trim_end().to_owned(),
            }
        })
        .collect()
}

fn text_of<'a>(line: &Line<'a, str>) -> &'a str {
    match line {
        Line::Context(text) | Line::Delete(text) | Line::Insert(text) => text,
    }
}

/// Of a diff that does not fit the text: what it says by itself, as far as it can be read.
fn alone(diffs: &[Diff<'_>], change: ChangeStage) -> Sides {
    let mut sides = Sides {
        before: String::new(),
        after: String::new(),
        complete: false,
        places: Vec::new(),
    };
    for written in diffs.iter().flatten() {
        let Ok(patch) = Patch::from_str(written) else {
            // It was cut.
            continue;
        };
        sides.places.extend(places(&patch, change));
        for side in [&mut sides.before, &mut sides.after] {
            if !side.is_empty() {
                if !side.ends_with('\n') {
                    side.push('\n');
                }
                side.push_str(GAP);
            }
        }
        for line in patch.hunks().iter().flat_map(|hunk| hunk.lines()) {
            if !matches!(line, Line::Insert(_)) {
                sides.before.push_str(text_of(line));
            }
            if !matches!(line, Line::Delete(_)) {
                sides.after.push_str(text_of(line));
            }
        }
    }
    sides
}

#[cfg(test)]
mod tests;

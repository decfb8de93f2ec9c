//! Changes of files as the pieces of OpenCode's answers and events have them. Pure; `patch` applies them.

use std::path::Path;

use super::tool::relative;
use crate::protocol::{ChangeKind, FileDiff};

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

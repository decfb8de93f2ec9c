//! A tool's output of which the server shows only the end: what of it is new. Pure.
//!
//! OpenCode tells a running command's output again and again, whole at first, then only its last
//! 30,000 characters. Clients get what was added.

/// A command that says more than this while it runs is told anew, as its end alone: neither the
/// replica nor a client keeps more.
const MAX_OUTPUT: usize = 1 << 20;

/// The old output with what the new end of it has more. `None` where nothing connects the two, or
/// where it would get too long.
pub(super) fn join(old: &str, end: &str) -> Option<String> {
    let known = overlap(old, end);
    if known == 0 || old.len() + end.len() - known > MAX_OUTPUT {
        return None;
    }
    Some([old, &end[known..]].concat())
}

/// How many bytes at the start of `end` are the last ones of `old`: the most that fit, by the
/// failure function of Knuth, Morris and Pratt.
fn overlap(old: &str, end: &str) -> usize {
    let (end, old) = (end.as_bytes(), old.as_bytes());
    if end.is_empty() {
        return 0;
    }
    let mut borders = vec![0; end.len()];
    for at in 1..end.len() {
        borders[at] = next(end, &borders, borders[at - 1], end[at]);
    }
    // What lies further back cannot be part of an overlap.
    let old = &old[old.len().saturating_sub(end.len())..];
    let mut matched = 0;
    for &byte in old {
        if matched == end.len() {
            matched = borders[matched - 1];
        }
        matched = next(end, &borders, matched, byte);
    }
    matched
}

fn next(end: &[u8], borders: &[usize], mut matched: usize, byte: u8) -> usize {
    while matched > 0 && end[matched] != byte {
        matched = borders[matched - 1];
    }
    matched + usize::from(end[matched] == byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_behind_what_is_known() {
        assert_eq!(
            join("one two ", "two three").as_deref(),
            Some("one two three")
        );
        assert_eq!(join("abcabc", "abcabc").as_deref(), Some("abcabc"));
        assert_eq!(join("é1", "1é2").as_deref(), Some("é1é2"));
    }

    #[test]
    fn an_end_that_does_not_connect_is_not_joined() {
        assert_eq!(join("one", "two"), None);
        assert_eq!(join("", "two"), None);
    }

    #[test]
    fn an_output_without_end_is_not_kept_without_end() {
        let old = "x".repeat(MAX_OUTPUT);
        assert_eq!(join(&old, "xx!"), None);
    }
}

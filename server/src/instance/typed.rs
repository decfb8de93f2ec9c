//! What a person typed into the prompt box, understood. Pure.

use std::path::{Path, PathBuf};

use crate::protocol::requests::{LineRange, PromptPart};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Typed {
    /// `/name arguments`, for a name that there is.
    Command { name: String, arguments: String },
    /// `!command`
    Shell { command: String },
    /// The text, and what it mentions.
    Prompt(Vec<PromptPart>),
}

/// What mentions and commands may name.
pub(super) struct Names<'a> {
    pub commands: Vec<&'a str>,
    pub agents: Vec<&'a str>,
    /// Whether there is such a file or folder, by its path below the instance's directory.
    pub is_file: &'a dyn Fn(&Path) -> bool,
}

pub(super) fn understand(text: &str, names: &Names) -> Typed {
    let trimmed = text.trim();
    if let Some(command) = trimmed.strip_prefix('!') {
        return Typed::Shell {
            command: command.trim().to_owned(),
        };
    }
    if let Some(line) = trimmed.strip_prefix('/') {
        let (name, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if names.commands.contains(&name) {
            return Typed::Command {
                name: name.to_owned(),
                arguments: arguments.trim().to_owned(),
            };
        }
    }
    let mut parts = vec![PromptPart::Text { text: text.into() }];
    for word in text.split_whitespace() {
        // An address of somebody's mail is no mention.
        let word = word.trim_start_matches(['(', '[', '"', '\'']);
        if let Some(part) = word.strip_prefix('@').and_then(|word| mention(word, names))
            && !parts.contains(&part)
        {
            parts.push(part);
        }
    }
    Typed::Prompt(parts)
}

/// The longest beginning of the word that names something: punctuation may follow it.
fn mention(word: &str, names: &Names) -> Option<PromptPart> {
    let mut rest = word;
    while !rest.is_empty() {
        if names.agents.contains(&rest) {
            return Some(PromptPart::Agent { name: rest.into() });
        }
        let (path, range) = split_range(rest);
        for (path, range) in [(path, range), (rest, None)] {
            if (names.is_file)(Path::new(path)) {
                return Some(PromptPart::File {
                    path: PathBuf::from(path),
                    range,
                });
            }
        }
        let end = rest.char_indices().next_back()?;
        if end.1.is_alphanumeric() || matches!(end.1, '/' | '_') {
            return None;
        }
        rest = &rest[..end.0];
    }
    None
}

/// `a.rs:3` and `a.rs:3-9`.
fn split_range(word: &str) -> (&str, Option<LineRange>) {
    let range = |lines: &str| {
        let (start, end) = lines.split_once('-').unwrap_or((lines, lines));
        let (start, end) = (start.parse().ok()?, end.parse().ok()?);
        (1 <= start && start <= end).then_some(LineRange { start, end })
    };
    match word
        .rsplit_once(':')
        .map(|(path, lines)| (path, range(lines)))
    {
        Some((path, Some(range))) => (path, Some(range)),
        _ => (word, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Typed {
        let names = Names {
            commands: vec!["init"],
            agents: vec!["explore"],
            is_file: &|path| path == Path::new("src/a.rs") || path == Path::new("notes"),
        };
        understand(text, &names)
    }

    fn mentions(text: &str) -> Vec<PromptPart> {
        match typed(text) {
            Typed::Prompt(parts) => parts[1..].to_vec(),
            other => panic!("{other:?}"),
        }
    }

    fn file(path: &str, range: Option<(u32, u32)>) -> PromptPart {
        PromptPart::File {
            path: path.into(),
            range: range.map(|(start, end)| LineRange { start, end }),
        }
    }

    #[test]
    fn a_slash_runs_a_command_that_there_is_and_is_text_otherwise() {
        let command = Typed::Command {
            name: "init".into(),
            arguments: "the tests".into(),
        };
        assert_eq!(typed("/init  the tests "), command);
        assert_eq!(mentions("/usr/bin is full"), []);
    }

    #[test]
    fn an_exclamation_mark_is_for_the_shell() {
        let shell = Typed::Shell {
            command: "ls -l".into(),
        };
        assert_eq!(typed("! ls -l"), shell);
    }

    #[test]
    fn files_and_agents_are_mentioned_once_each_whatever_stands_behind_them() {
        assert_eq!(
            mentions("look at @src/a.rs, (@notes) and @src/a.rs. @explore: go"),
            [
                file("src/a.rs", None),
                file("notes", None),
                PromptPart::Agent {
                    name: "explore".into()
                }
            ]
        );
    }

    #[test]
    fn a_mention_may_name_lines() {
        assert_eq!(mentions("@src/a.rs:3"), [file("src/a.rs", Some((3, 3)))]);
        assert_eq!(mentions("@src/a.rs:3-9."), [file("src/a.rs", Some((3, 9)))]);
        assert_eq!(mentions("@src/a.rs:9-3"), []);
    }

    #[test]
    fn what_is_not_there_stays_text() {
        assert_eq!(mentions("mail me@notes or @nobody"), []);
    }
}

//! Permissions and questions in words, and a person's answers understood.

use crate::protocol::{Permission, PermissionReply, Question, QuestionItem};

/// Something that waits for the person at the terminal.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    Permission(Permission),
    Question {
        question: Question,
        /// To the items asked so far.
        answers: Vec<Vec<String>>,
    },
}

/// What a line means as an answer to a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub reply: PermissionReply,
    /// With a rejection: what to do instead.
    pub message: Option<String>,
}

impl Ask {
    /// As it is put to the person; ends where the answer goes.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Permission(permission) => {
                let mut text = format!("OpenCode asks: {}?\n", permission.title);
                for file in permission.diff.iter().flatten() {
                    text.push_str(&file.patch);
                }
                if !permission.always.is_empty() {
                    let always = permission.always.join(", ");
                    text.push_str(&format!("  \"always\" would allow: {always}\n"));
                }
                text.push_str("  [o]nce, [a]lways, [r]eject, or r and what to do instead: ");
                text
            }
            Self::Question { question, answers } => match question.questions.get(answers.len()) {
                Some(item) => item_in_words(item),
                None => String::new(),
            },
        }
    }
}

fn item_in_words(item: &QuestionItem) -> String {
    let mut text = format!("OpenCode asks: {}\n", item.question);
    for (number, option) in (1..).zip(&item.options) {
        text.push_str(&format!("  {number}. {}", option.label));
        if !option.description.is_empty() {
            text.push_str(&format!(" ({})", option.description));
        }
        text.push('\n');
    }
    text.push_str(match (item.multiple, item.custom) {
        (true, true) => "  Numbers with commas between them, or your own words: ",
        (true, false) => "  Numbers with commas between them: ",
        (false, true) => "  A number, or your own words: ",
        (false, false) => "  A number: ",
    });
    text
}

/// `None` when the line is none of the answers.
#[must_use]
pub fn decide(line: &str) -> Option<Decision> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let reply = match word.to_lowercase().as_str() {
        "o" | "once" | "y" | "yes" => PermissionReply::Once,
        "a" | "always" => PermissionReply::Always,
        "r" | "reject" | "n" | "no" => PermissionReply::Reject,
        _ => return None,
    };
    let message = Some(rest.trim())
        .filter(|rest| reply == PermissionReply::Reject && !rest.is_empty())
        .map(str::to_owned);
    Some(Decision { reply, message })
}

/// The labels that a line chooses, or the line itself where own words are welcome.
#[must_use]
pub fn choose(item: &QuestionItem, line: &str) -> Option<Vec<String>> {
    let by_number = |text: &str| {
        let number: usize = text.trim().parse().ok()?;
        let option = item.options.get(number.checked_sub(1)?)?;
        Some(option.label.clone())
    };
    let chosen: Option<Vec<String>> = line.split(',').map(by_number).collect();
    match chosen {
        Some(labels) if item.multiple || labels.len() == 1 => Some(labels),
        _ if item.custom && !line.trim().is_empty() => Some(vec![line.trim().to_owned()]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::QuestionOption;

    #[test]
    fn a_permission_is_answered_by_a_letter_or_a_word() {
        let reply = |line| decide(line).map(|decision| decision.reply);
        assert_eq!(reply("o"), Some(PermissionReply::Once));
        assert_eq!(reply(" Always "), Some(PermissionReply::Always));
        assert_eq!(reply("maybe"), None);
        let decision = decide("r use ls instead").unwrap();
        assert_eq!(decision.reply, PermissionReply::Reject);
        assert_eq!(decision.message.as_deref(), Some("use ls instead"));
    }

    #[test]
    fn a_question_is_answered_by_numbers_or_own_words() {
        let option = |label: &str| QuestionOption {
            label: label.into(),
            description: String::new(),
        };
        let mut item = QuestionItem {
            header: String::new(),
            question: "Which?".into(),
            options: vec![option("A"), option("B")],
            multiple: true,
            custom: true,
        };
        assert_eq!(choose(&item, "2, 1"), Some(vec!["B".into(), "A".into()]));
        assert_eq!(choose(&item, "neither"), Some(vec!["neither".into()]));
        item.custom = false;
        item.multiple = false;
        assert_eq!(choose(&item, "1,2"), None);
        assert_eq!(choose(&item, "9"), None);
    }
}

//! Large fields cut to what a client can draw; `part/content` has the whole of them. Pure.
//!
//! What a model says is never cut: it was streamed already, and is what the user came for.

use serde_json::Value;

use crate::protocol::requests::{CutField, PartContent};
use crate::protocol::{Message, Part, PartBody};

/// Output and diffs, in bytes.
pub const LARGE: usize = 64 * 1024;
/// Each text in a tool's input and metadata, and text that was written for the model.
pub const SMALL: usize = 16 * 1024;

/// The part as it is pushed.
#[must_use]
pub fn part(mut part: Part) -> Part {
    let mut cut = false;
    match &mut part.body {
        PartBody::Text(text) if text.synthetic => cut |= head(&mut text.text, SMALL),
        PartBody::Tool(tool) => {
            if let Some(output) = &mut tool.output {
                // Its end is what a person wants to see.
                cut |= tail(output, LARGE);
            }
            cut |= value(&mut tool.input);
            for diff in tool.diff.iter_mut().flatten() {
                cut |= head(&mut diff.patch, LARGE);
            }
            for (_, field) in tool.metadata.iter_mut().flatten() {
                cut |= value(field);
            }
        }
        PartBody::File(file) if file.url.starts_with("data:") && file.url.len() > LARGE => {
            let end = file.url.find(',').map_or(0, |comma| comma + 1);
            file.url.truncate(end);
            cut = true;
        }
        PartBody::Unknown { raw } => cut |= value(raw),
        _ => {}
    }
    part.cut = cut;
    part
}

#[must_use]
pub fn message(mut message: Message) -> Message {
    message.parts = message.parts.into_iter().map(part).collect();
    message
}

/// The whole of a field, if the part has it.
#[must_use]
pub fn content(part: &Part, field: CutField) -> Option<PartContent> {
    let content = match (&part.body, field) {
        (PartBody::Text(text), CutField::Text) => Value::String(text.text.clone()),
        (PartBody::Reasoning(text), CutField::Text) => Value::String(text.text.clone()),
        (PartBody::File(file), CutField::Url) => Value::String(file.url.clone()),
        (PartBody::Unknown { raw }, CutField::Raw) => raw.clone(),
        (PartBody::Tool(tool), CutField::Input) => tool.input.clone(),
        (PartBody::Tool(tool), CutField::Output) => Value::String(tool.output.clone()?),
        (PartBody::Tool(tool), CutField::Diff) => serde_json::to_value(tool.diff.as_ref()?).ok()?,
        (PartBody::Tool(tool), CutField::Metadata) => Value::Object(tool.metadata.clone()?),
        _ => return None,
    };
    Some(PartContent { field, content })
}

fn value(value: &mut Value) -> bool {
    match value {
        Value::String(text) => head(text, SMALL),
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |cut, item| self::value(item) | cut),
        Value::Object(fields) => {
            let fields = fields.iter_mut();
            fields.fold(false, |cut, (_, field)| self::value(field) | cut)
        }
        _ => false,
    }
}

fn head(text: &mut String, limit: usize) -> bool {
    if text.len() <= limit {
        return false;
    }
    text.truncate(text.floor_char_boundary(limit));
    true
}

fn tail(text: &mut String, limit: usize) -> bool {
    if text.len() <= limit {
        return false;
    }
    text.drain(..text.ceil_char_boundary(text.len() - limit));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::TextPart;

    fn text(text: String, synthetic: bool) -> Part {
        let body = PartBody::Text(TextPart {
            text,
            synthetic,
            partial: false,
        });
        Part::new("p", body)
    }

    #[test]
    fn a_file_written_for_the_model_is_cut_and_its_whole_is_to_be_had() {
        let whole = text("é".repeat(SMALL), true);
        let pushed = part(whole.clone());
        assert!(pushed.cut);
        assert!(serde_json::to_string(&pushed).unwrap().len() < SMALL + 200);
        let content = content(&whole, CutField::Text).unwrap().content;
        assert_eq!(content, Value::String("é".repeat(SMALL)));
    }

    #[test]
    fn what_the_model_says_is_never_cut() {
        let said = text("x".repeat(10 * LARGE), false);
        assert_eq!(part(said.clone()), said);
    }
}

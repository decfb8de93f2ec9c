//! What OpenCode 2.x asks the user: permissions, and forms, which are questions with fields. Pure.

use serde_json::{Value, json};

use super::message::Reader;
use super::wire;
use crate::opencode::tool;
use crate::protocol::{Permission, Question, QuestionItem, QuestionOption, ToolCall};

impl Reader<'_> {
    pub fn permission(self, wire: wire::Permission) -> Permission {
        let mut metadata = wire.metadata;
        let diff = match metadata.remove("files") {
            Some(Value::Array(files)) => {
                let files = files.into_iter();
                let files = files.filter_map(|file| serde_json::from_value(file).ok());
                Some(files.map(|file| self.diff(&file)).collect())
            }
            _ => None,
        };
        let title =
            tool::permission_title(&wire.action, &wire.resources, &metadata, self.directory);
        Permission {
            title: wire.message.unwrap_or(title),
            always_title: tool::always_title(&wire.action, &wire.save, tool::Kept::InProject),
            path: Vec::new(),
            id: wire.id,
            session_id: wire.session_id,
            permission: wire.action,
            patterns: wire.resources,
            always: wire.save,
            metadata,
            tool: wire.source.and_then(call),
            diff,
        }
    }
}

pub fn question(wire: wire::Form) -> Question {
    let title = wire.title;
    let item = |field: wire::Field| {
        let yes_or_no = field.field_type == wire::FieldType::Boolean;
        let mut options: Vec<QuestionOption> = field
            .options
            .into_iter()
            .map(|option| QuestionOption {
                label: match option.label.is_empty() {
                    true => option.value,
                    false => option.label,
                },
                description: option.description,
            })
            .collect();
        if yes_or_no {
            options.extend(["Yes", "No"].map(|label| QuestionOption {
                label: label.to_owned(),
                description: String::new(),
            }));
        }
        QuestionItem {
            question: field
                .description
                .or_else(|| field.title.clone())
                .unwrap_or_else(|| field.key.clone()),
            header: field.title.unwrap_or_else(|| title.clone()),
            multiple: field.field_type == wire::FieldType::Multiselect,
            // A field without options can only be filled in.
            custom: field.custom.unwrap_or(options.is_empty()),
            options,
        }
    };
    Question {
        id: wire.id,
        session_id: wire.session_id,
        questions: wire.fields.into_iter().map(item).collect(),
        tool: wire.metadata.tool.and_then(call),
        path: Vec::new(),
    }
}

/// The answers to a form's fields, in their order, as OpenCode takes them.
pub fn answer(fields: &[wire::Field], answers: &[Vec<String>]) -> Value {
    let values = fields.iter().zip(answers).filter_map(|(field, answers)| {
        let value_of = |label: &String| {
            let mut options = field.options.iter();
            let option = options.find(|option| option.label == *label);
            option.map_or_else(|| label.clone(), |option| option.value.clone())
        };
        let first = answers.first();
        let value = match field.field_type {
            wire::FieldType::Multiselect => json!(answers.iter().map(value_of).collect::<Vec<_>>()),
            wire::FieldType::Boolean => json!(first? == "Yes"),
            wire::FieldType::Number | wire::FieldType::Integer => {
                // What is no number is for OpenCode to refuse, in its own words.
                let typed = first?;
                serde_json::from_str::<Value>(typed).unwrap_or_else(|_| json!(typed))
            }
            wire::FieldType::String | wire::FieldType::Other => json!(value_of(first?)),
        };
        Some((field.key.clone(), value))
    });
    Value::Object(values.collect())
}

fn call(source: wire::Source) -> Option<ToolCall> {
    Some(ToolCall {
        message_id: source.message_id?,
        call_id: source.id?,
    })
}

//! The protocol's types as LuaCATS annotations, for the Neovim client.
//!
//! A union of tables becomes one class with the fields of all of them: Lua code looks at `type` and
//! takes what is there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::document::{array, is_id, is_of_a_method, object, type_name};

/// A file of annotations, which is never run.
#[must_use]
pub fn render(schema: &Value) -> String {
    let types = &schema["$defs"];
    let mut text = String::from(
        "---@meta\n-- Generated from server/src/protocol: `UPDATE=1 cargo test -p sidestream-tests --test protocol`.\n",
    );
    for (name, schema) in object(types) {
        let is_params = is_of_a_method(name, schema) && !name.ends_with("Result");
        if name == "Notification" || is_params {
            continue;
        }
        text.push('\n');
        if let Some(description) = schema["description"].as_str() {
            text.push_str(&format!("---{}\n", one_line(description)));
        }
        text.push_str(&declare(name, schema, types));
    }
    text.push_str("\nreturn {}\n");
    text
}

fn declare(name: &str, schema: &Value, types: &Value) -> String {
    let fields = fields(schema, types);
    if fields.is_empty() && schema["type"] != "object" {
        return format!("---@alias sidestream.{name} {}\n", shape(schema));
    }
    let mut text = format!("---@class sidestream.{name}\n");
    for (name, field) in fields {
        let mark = if field.required { "" } else { "?" };
        let description = field.description.map(|d| format!(" {}", one_line(&d)));
        text.push_str(&format!(
            "---@field {name}{mark} {}{}\n",
            field.types.join("|"),
            description.unwrap_or_default()
        ));
    }
    text
}

struct Field {
    types: Vec<String>,
    required: bool,
    description: Option<String>,
}

/// Own ones, those of a type that is referred to, and those of all variants.
fn fields(schema: &Value, types: &Value) -> BTreeMap<String, Field> {
    let mut fields = own_fields(schema);
    if fields.is_empty() && schema["properties"].is_null() && schema["oneOf"].is_null() {
        return fields;
    }
    for variant in array(&schema["oneOf"]) {
        let referred = type_name(variant).map(|name| &types[name]);
        for source in [Some(variant), referred].into_iter().flatten() {
            for (name, new) in own_fields(source) {
                match fields.get_mut(&name) {
                    Some(known) => {
                        let more = new.types.into_iter().filter(|t| !known.types.contains(t));
                        known.types.extend(more.collect::<Vec<_>>());
                    }
                    None => {
                        let required = name == "type";
                        fields.insert(name, Field { required, ..new });
                    }
                }
            }
        }
    }
    fields
}

fn own_fields(schema: &Value) -> BTreeMap<String, Field> {
    let required: Vec<&str> = array(&schema["required"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    object(&schema["properties"])
        .map(|(name, field)| {
            let description = field["description"].as_str();
            let description = description.filter(|text| !is_id(name, text));
            let field = Field {
                types: vec![shape(field)],
                required: required.contains(&name.as_str()),
                description: description.map(str::to_owned),
            };
            (name.clone(), field)
        })
        .collect()
}

fn shape(schema: &Value) -> String {
    if let Some(name) = type_name(schema) {
        return format!("sidestream.{name}");
    }
    let variants = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    if let Some(variants) = variants {
        let shapes = variants.iter().filter(|variant| variant["type"] != "null");
        return shapes.map(shape).collect::<Vec<_>>().join("|");
    }
    if let Some(text) = schema["const"].as_str() {
        return format!("\"{text}\"");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return values.join("|");
    }
    let named = |name: &str| match name {
        "array" => {
            let item = shape(&schema["items"]);
            if item.contains('|') {
                format!("({item})[]")
            } else {
                format!("{item}[]")
            }
        }
        "object" => match &schema["additionalProperties"] {
            Value::Object(values) if !values.is_empty() => {
                format!("table<string, {}>", shape(&schema["additionalProperties"]))
            }
            _ => "table".into(),
        },
        other => other.to_owned(),
    };
    match &schema["type"] {
        Value::String(name) => named(name),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str);
            let names = names.filter(|name| *name != "null").map(named);
            names.collect::<Vec<_>>().join("|")
        }
        _ => "any".into(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

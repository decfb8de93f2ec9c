//! `PROTOCOL.md`, made from the protocol's types and from examples of a real run.
//!
//! What stands above the marker is written by hand and kept; all below it is generated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub const MARKER: &str = "<!-- Generated from here on: tests/protocol says how. -->";

/// What was said in a real run, by method.
pub type Examples = BTreeMap<String, Example>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Example {
    pub params: Value,
    /// Absent for notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

/// The whole document: the hand-written part of `present`, and the rest anew.
#[must_use]
pub fn render(present: &str, schema: &Value, examples: &Examples) -> String {
    let (by_hand, _) = present.split_once(MARKER).unwrap_or((present, ""));
    let mut document = format!("{by_hand}{MARKER}\n\n");
    let page = Page {
        types: &schema["$defs"],
        examples,
    };
    document.push_str("## Requests\n\n");
    for (method, shapes) in object(&schema["methods"]) {
        document.push_str(&page.request(method, shapes));
    }
    document.push_str("## Notifications\n\n");
    for variant in array(&page.types["Notification"]["oneOf"]) {
        document.push_str(&page.notification(variant));
    }
    document.push_str("## Types\n\n```ts\n");
    document.push_str(&page.types());
    document.push_str("```\n");
    document
}

/// The schema as those see it who are told: a field that has a default is always sent. Settings are
/// the exception, since it is the client who sends them.
#[must_use]
pub fn as_told(mut schema: Value) -> Value {
    let types = schema["$defs"].as_object_mut().into_iter().flatten();
    for (_, told) in types.filter(|(name, _)| !name.ends_with("Settings")) {
        let fields: Vec<Value> = object(&told["properties"])
            .filter(|(_, field)| field.get("default").is_some_and(|d| !d.is_null()))
            .map(|(name, _)| Value::String(name.clone()))
            .collect();
        for field in fields {
            match told["required"].as_array_mut() {
                Some(required) if required.contains(&field) => {}
                Some(required) => required.push(field),
                None => told["required"] = Value::Array(vec![field]),
            }
        }
    }
    schema
}

struct Page<'a> {
    types: &'a Value,
    examples: &'a Examples,
}

impl Page<'_> {
    fn request(&self, method: &str, shapes: &Value) -> String {
        let params = self.resolve(&shapes["params"]);
        let result = match type_name(&shapes["result"]) {
            // A type that only one method answers is shown where it is answered.
            Some(name) if name.ends_with("Result") => shape(self.resolve(&shapes["result"]), 0),
            Some(name) => name.to_owned(),
            None => shape(&shapes["result"], 0),
        };
        let mut text = format!("### {method}\n\n");
        if let Some(description) = params["description"].as_str() {
            text.push_str(&format!("{description}\n\n"));
        }
        text.push_str(&format!(
            "```ts\nparams: {}\nresult: {result}\n```\n\n",
            shape(params, 0)
        ));
        self.push_example(&mut text, method);
        text
    }

    fn notification(&self, variant: &Value) -> String {
        let method = variant["properties"]["method"]["const"]
            .as_str()
            .unwrap_or_default();
        let description = variant["description"].as_str().unwrap_or_default();
        let params = shape(&variant["properties"]["params"], 0);
        let mut text = format!("### {method}\n\n{description}\n\n```ts\nparams: {params}\n```\n\n");
        self.push_example(&mut text, method);
        text
    }

    fn push_example(&self, text: &mut String, method: &str) {
        let Some(example) = self.examples.get(method) else {
            return;
        };
        let params = pretty(&example.params, 0);
        text.push_str(&match &example.result {
            Some(result) => {
                format!(
                    "```json\n// params\n{params}\n// result\n{}\n```\n\n",
                    pretty(result, 0)
                )
            }
            None => format!("```json\n{params}\n```\n\n"),
        });
    }

    /// All named types but those that belong to one method.
    fn types(&self) -> String {
        let mut text = String::new();
        let is_shown_elsewhere =
            |name: &str, schema: &Value| name == "Notification" || is_of_a_method(name, schema);
        for (name, schema) in object(self.types) {
            if is_shown_elsewhere(name, schema) {
                continue;
            }
            if let Some(description) = schema["description"].as_str() {
                text.push_str(&format!("{}\n", comment(description, 0)));
            }
            let shape = shape(schema, 0);
            let space = if shape.starts_with('\n') { "" } else { " " };
            text.push_str(&format!("type {name} ={space}{shape}\n\n"));
        }
        text
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match type_name(schema) {
            Some(name) => &self.types[name],
            None => schema,
        }
    }
}

/// Parameters and results are named after their methods.
pub(crate) fn is_of_a_method(name: &str, schema: &Value) -> bool {
    name.ends_with("Result")
        || name == "InstanceList"
        || name == "InstanceOpen"
        || (schema["properties"]["instanceId"].is_object() && name != "Session")
}

pub(crate) fn type_name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// A schema as a TypeScript type.
pub(crate) fn shape(schema: &Value, depth: usize) -> String {
    let own = object_shape(schema, depth);
    if let Some(variants) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        return union(variants, own, depth);
    }
    match (type_name(schema), own) {
        // A variant of a tagged union: the type with its tag.
        (Some(name), Some(own)) => return format!("{own} & {name}"),
        (Some(name), None) => return name.to_owned(),
        (None, Some(own)) => return own,
        (None, None) => {}
    }
    if let Some(text) = schema["const"].as_str() {
        return format!("\"{text}\"");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return values.join(" | ");
    }
    match &schema["type"] {
        Value::String(name) => simple(name, schema, depth),
        // An option: the question mark at the field says so already.
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .map(|name| simple(name, schema, depth))
            .collect::<Vec<_>>()
            .join(" | "),
        _ => "unknown".into(),
    }
}

fn union(variants: &[Value], own: Option<String>, depth: usize) -> String {
    let options: Vec<(Option<&str>, String)> = variants
        .iter()
        .filter(|variant| variant["type"] != "null")
        .map(|variant| (variant["description"].as_str(), shape(variant, depth + 1)))
        .collect();
    let names: Vec<&str> = options.iter().map(|(_, text)| text.as_str()).collect();
    let line = names.join(" | ");
    let has_comments = options.iter().any(|(description, _)| description.is_some());
    let joined = if names.len() == 1 || (!has_comments && !line.contains('\n') && line.len() < 80) {
        line
    } else {
        let option = |(description, text): &(Option<&str>, String)| {
            let lead = indent(depth + 1);
            match description {
                Some(description) => {
                    format!("\n{}\n{lead}| {text}", comment(description, depth + 1))
                }
                None => format!("\n{lead}| {text}"),
            }
        };
        options.iter().map(option).collect()
    };
    match own {
        Some(own) => format!("{own} & ({joined}\n{})", indent(depth)),
        None => joined,
    }
}

fn object_shape(schema: &Value, depth: usize) -> Option<String> {
    let properties = schema["properties"].as_object()?;
    let required: Vec<&str> = array(&schema["required"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let fields: Vec<(Option<&str>, String)> = properties
        .iter()
        .map(|(name, field)| {
            let mark = if required.contains(&name.as_str()) {
                ""
            } else {
                "?"
            };
            let description = field["description"]
                .as_str()
                .filter(|text| !is_id(name, text));
            (
                description,
                format!("{name}{mark}: {}", shape(field, depth + 1)),
            )
        })
        .collect();
    let short: Vec<&str> = fields.iter().map(|(_, text)| text.as_str()).collect();
    let line = format!("{{ {} }}", short.join(", "));
    let has_comments = fields.iter().any(|(description, _)| description.is_some());
    if !has_comments && !line.contains('\n') && line.len() < 90 {
        return Some(line);
    }
    let mut text = "{\n".to_owned();
    for (description, field) in fields {
        if let Some(description) = description {
            text.push_str(&format!("{}\n", comment(description, depth + 1)));
        }
        text.push_str(&format!("{}{field},\n", indent(depth + 1)));
    }
    text.push_str(&format!("{}}}", indent(depth)));
    Some(text)
}

/// The ids' own descriptions would repeat at every field.
pub(crate) fn is_id(name: &str, description: &str) -> bool {
    (name == "id" || name.ends_with("Id"))
        && (description.starts_with('`') || description.starts_with("One workspace"))
}

fn simple(name: &str, schema: &Value, depth: usize) -> String {
    match name {
        "integer" | "number" => "number".into(),
        "array" => {
            let item = shape(&schema["items"], depth);
            if item.contains(['|', '&', ' ']) {
                format!("({item})[]")
            } else {
                format!("{item}[]")
            }
        }
        "object" => match &schema["additionalProperties"] {
            Value::Object(values) if !values.is_empty() => {
                let values = shape(&schema["additionalProperties"], depth);
                format!("Record<string, {values}>")
            }
            Value::Bool(true) => "Record<string, unknown>".into(),
            _ => "{}".into(),
        },
        other => other.to_owned(),
    }
}

pub(crate) fn comment(text: &str, depth: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}/** {text} */", indent(depth))
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

/// JSON with short things on one line.
fn pretty(value: &Value, depth: usize) -> String {
    let line = value.to_string();
    if line.len() + 2 * depth <= 96 {
        return line.replace("\":", "\": ").replace(",\"", ", \"");
    }
    let items: Vec<String> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                format!(
                    "{}\"{name}\": {}",
                    indent(depth + 1),
                    pretty(value, depth + 1)
                )
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .map(|item| format!("{}{}", indent(depth + 1), pretty(item, depth + 1)))
            .collect(),
        _ => return line,
    };
    let (open, close) = if value.is_object() {
        ("{", "}")
    } else {
        ("[", "]")
    };
    format!("{open}\n{}\n{}{close}", items.join(",\n"), indent(depth))
}

pub(crate) fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

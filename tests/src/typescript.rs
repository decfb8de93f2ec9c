//! The protocol's types as TypeScript, for the VS Code client.

use serde_json::Value;

use crate::document::{array, comment, object, shape, type_name};

/// A whole module: a type for each of the protocol's, and by method what is asked, answered, told.
#[must_use]
pub fn render(schema: &Value) -> String {
    let mut text = String::from(
        "// Generated from server/src/protocol: `UPDATE=1 cargo test -p sidestream-tests --test protocol`.\n\n",
    );
    for (name, schema) in object(&schema["$defs"]) {
        if name == "Notification" {
            continue;
        }
        if let Some(description) = schema["description"].as_str() {
            text.push_str(&format!("{}\n", comment(description, 0)));
        }
        let shape = match shape(schema, 0).as_str() {
            // That would be anything but nothing.
            "{}" => "Record<string, never>".to_owned(),
            shape => shape.to_owned(),
        };
        let space = if shape.starts_with('\n') { "" } else { " " };
        text.push_str(&format!("export type {name} ={space}{shape};\n\n"));
    }
    text.push_str("/** What is asked and answered, by method. */\nexport interface Requests {\n");
    for (method, shapes) in object(&schema["methods"]) {
        let name = |shape: &Value| type_name(shape).unwrap_or("unknown").to_owned();
        let (params, result) = (name(&shapes["params"]), name(&shapes["result"]));
        text.push_str(&format!(
            "  \"{method}\": {{ params: {params}; result: {result} }};\n"
        ));
    }
    text.push_str("}\n\n/** What is told, by method. */\nexport interface Notifications {\n");
    for variant in array(&schema["$defs"]["Notification"]["oneOf"]) {
        let properties = &variant["properties"];
        let method = properties["method"]["const"].as_str().unwrap_or_default();
        if let Some(description) = variant["description"].as_str() {
            text.push_str(&format!("{}\n", comment(description, 1)));
        }
        let params = shape(&properties["params"], 1);
        text.push_str(&format!("  \"{method}\": {params};\n"));
    }
    text.push_str("}\n");
    text
}

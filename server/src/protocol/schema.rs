//! The protocol as JSON Schema, for client authors and for the tests that compare it with `PROTOCOL.md`.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{ErrorKind, Notification, Request, Settings, VERSION};

/// One document: `methods` (parameters and result), `notification`, `settings`, `errorKind` and `$defs`.
#[must_use]
pub fn document() -> Value {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let methods: serde_json::Map<String, Value> = Request::schemas(&mut generator)
        .into_iter()
        .map(|(method, params, result)| {
            (
                method.to_owned(),
                json!({"params": params, "result": result}),
            )
        })
        .collect();
    let notification = generator.subschema_for::<Notification>();
    let settings = generator.subschema_for::<Settings>();
    let error_kind = generator.subschema_for::<ErrorKind>();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sidestream protocol",
        "version": VERSION,
        "methods": methods,
        "notification": notification,
        "settings": settings,
        "errorKind": error_kind,
        "$defs": generator.take_definitions(true),
    })
}

//! `PROTOCOL.md` and the JSON Schema say what the code says.
//!
//! After a change of the protocol: `UPDATE=1 cargo test -p sidestream-tests --test protocol` writes
//! both anew, and `cargo run -p sidestream-tests --bin record-protocol` takes new examples from a
//! real run.

#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;
use sidestream::protocol::{Notification, Request, schema};
use sidestream_tests::document::{Examples, as_told, render};
use sidestream_tests::{luacats, typescript};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn examples() -> Examples {
    let path = root().join("tests/fixtures/protocol/examples.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn methods_of_notifications() -> Vec<String> {
    let document = schema::document();
    let variants = document["$defs"]["Notification"]["oneOf"]
        .as_array()
        .unwrap();
    let method = |variant: &Value| {
        variant["properties"]["method"]["const"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    variants.iter().map(method).collect()
}

/// Compares a file with what it should hold, or writes it.
fn check(path: &str, expected: &str) {
    let path = root().join(path);
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, expected).unwrap();
    }
    let present = fs::read_to_string(&path).unwrap_or_default();
    let differs = present.lines().zip(expected.lines()).find(|(a, b)| a != b);
    assert!(
        present == expected,
        "{} is not up to date (run with UPDATE=1); first difference: {differs:?}",
        path.display()
    );
}

#[test]
fn protocol_md_says_what_the_code_says() {
    let present = fs::read_to_string(root().join("server/PROTOCOL.md")).unwrap();
    let expected = render(&present, &as_told(schema::document()), &examples());
    check("server/PROTOCOL.md", &expected);
}

#[test]
fn the_schema_says_what_the_code_says() {
    let schema = serde_json::to_string_pretty(&schema::document()).unwrap();
    check("server/protocol.schema.json", &format!("{schema}\n"));
}

#[test]
fn the_clients_types_are_those_of_the_code() {
    let schema = as_told(schema::document());
    check(
        "editors/vscode/src/protocol.ts",
        &typescript::render(&schema),
    );
    check(
        "editors/nvim/lua/sidestream/protocol.lua",
        &luacats::render(&schema),
    );
}

#[test]
fn every_method_and_notification_has_an_example() {
    let examples = examples();
    let methods = Request::METHODS.iter().map(|method| (*method).to_owned());
    let missing: Vec<String> = methods
        .chain(methods_of_notifications())
        .filter(|method| !examples.contains_key(method))
        .collect();
    assert!(missing.is_empty(), "no example of {missing:?}");
}

/// A test's name is its method's, in Rust's spelling.
#[test]
fn every_method_has_a_test_against_a_real_server() {
    let text = |entry: std::io::Result<fs::DirEntry>| fs::read_to_string(entry.unwrap().path());
    let files = fs::read_dir(root().join("tests/methods")).unwrap();
    let tests: String = files.map(|entry| text(entry).unwrap()).collect();
    let name = |method: &str| {
        let mut name = String::new();
        for letter in method.trim_start_matches("sidestream/").chars() {
            match letter {
                '/' => name.push('_'),
                upper if upper.is_uppercase() => {
                    name.push('_');
                    name.extend(upper.to_lowercase());
                }
                other => name.push(other),
            }
        }
        name
    };
    let missing: Vec<_> = Request::METHODS
        .iter()
        .filter(|method| !tests.contains(&format!("async fn {}(", name(method))))
        .collect();
    assert!(missing.is_empty(), "no test of {missing:?}");
}

#[test]
fn every_example_is_what_the_types_say() {
    for (method, example) in examples() {
        match example.result {
            Some(result) => {
                let (params, rewritten) = Request::rewrite(&method, &example.params, &result)
                    .unwrap_or_else(|| panic!("{method} is not a method any more"))
                    .unwrap_or_else(|error| panic!("{method}: {error}"));
                assert_eq!(params, example.params, "{method}");
                assert_eq!(rewritten, result, "{method}");
            }
            None => {
                let message = serde_json::json!({"method": method, "params": example.params});
                let notification: Notification = serde_json::from_value(message.clone())
                    .unwrap_or_else(|error| panic!("{method}: {error}"));
                assert_eq!(
                    serde_json::to_value(notification).unwrap(),
                    message,
                    "{method}"
                );
            }
        }
    }
}

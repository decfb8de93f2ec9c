//! Requests that make no sense: each is refused with its kind, and nothing changes by them.

use serde_json::{Map, Value, json};
use sidestream::protocol::requests::InstanceList;
use sidestream::protocol::{ErrorKind, Request, schema};
use sidestream_tests::Editor;
use sidestream_tests::generation::{Generation, generation};

async fn refused(editor: &Editor, method: &str, params: Value) -> (ErrorKind, String) {
    let method = format!("sidestream/{method}");
    let answer = editor.client.request(&method, params.clone()).await;
    match answer {
        Err(error) => {
            assert!(error.hint.is_some(), "{method} {params}: {error}");
            (error.kind, error.message)
        }
        Ok(answer) => panic!("{method} {params} was answered: {answer}"),
    }
}

/// Every method with parameters, as in the protocol's examples, for an instance and a session.
fn requests(instance: &str, session: &str) -> Vec<(String, Map<String, Value>)> {
    let examples = include_str!("../fixtures/protocol/examples.json");
    let examples: Map<String, Value> = serde_json::from_str(examples).unwrap();
    Request::METHODS
        .iter()
        // It takes nothing, so nothing can be wrong with it.
        .filter(|method| **method != "sidestream/instance/list")
        .map(|method| {
            let mut params = examples[*method]["params"].as_object().unwrap().clone();
            for (id, value) in [("instanceId", instance), ("sessionId", session)] {
                params.entry(id).and_modify(|known| *known = json!(value));
            }
            let name = method.strip_prefix("sidestream/").unwrap();
            (name.to_owned(), params)
        })
        .collect()
}

/// The fields of a method's parameters, and whether they may be missing.
fn fields(method: &str) -> Vec<(String, bool)> {
    let document = schema::document();
    let params = &document["methods"][format!("sidestream/{method}")]["params"];
    let name = params["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
    let shape = &document["$defs"][name];
    let required: Vec<&str> = shape["required"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let all = shape["properties"].as_object().unwrap().keys();
    all.map(|field| (field.clone(), !required.contains(&field.as_str())))
        .collect()
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    editor.ask(&session, "all is well").await;
    let known = editor.instance_id(0).await.to_string();
    let before = editor.call(InstanceList {}).await.unwrap();
    let shown = editor.messages(&session);

    for (method, params) in requests(&known, session.as_str()) {
        for (field, may_be_missing) in fields(&method) {
            if !may_be_missing {
                let mut params = params.clone();
                params.remove(&field);
                let (kind, message) = refused(&editor, &method, params.into()).await;
                assert_eq!(kind, ErrorKind::BadRequest, "{method} without {field}");
                assert_eq!(message, format!("{field}: it is missing"), "{method}");
            }
            let mut params = params.clone();
            // Nothing takes this, whatever it is.
            params.insert(field.clone(), json!([[0.5]]));
            let (kind, message) = refused(&editor, &method, params.into()).await;
            assert_eq!(kind, ErrorKind::BadRequest, "{method} with a wrong {field}");
            assert!(message.starts_with(&field), "{method}: {message}");
        }
        let listed = Value::Array(params.into_iter().map(|(_, value)| value).collect());
        let (kind, _) = refused(&editor, &method, listed).await;
        assert_eq!(kind, ErrorKind::BadRequest, "{method} with a list");
    }
    let nested =
        json!({"instanceId": known, "sessionId": session, "parts": [{"type": "text", "text": 5}]});
    let (kind, message) = refused(&editor, "session/prompt", nested).await;
    assert_eq!(kind, ErrorKind::BadRequest);
    assert!(message.starts_with("parts[0]"), "{message}");

    for (method, params) in requests("nowhere-001", session.as_str()) {
        if params.contains_key("instanceId") {
            let (kind, _) = refused(&editor, &method, params.into()).await;
            assert_eq!(kind, ErrorKind::InstanceNotFound, "{method}");
        }
    }
    for (method, params) in requests(&known, "ses_nowhere") {
        if params.contains_key("sessionId") {
            let (kind, message) = refused(&editor, &method, params.into()).await;
            let is_lacking = generation() == Generation::Two && kind == ErrorKind::Unsupported;
            if !is_lacking {
                assert_eq!(kind, ErrorKind::SessionNotFound, "{method}: {message}");
            }
        }
    }
    // An empty id, or one that would lead elsewhere among OpenCode's paths.
    for (instance, session) in [
        ("", "ses_nowhere"),
        (&*known, ""),
        (&*known, ".."),
        (&*known, "a/b"),
    ] {
        for (method, params) in requests(instance, session) {
            if params.contains_key("sessionId") {
                let (kind, message) = refused(&editor, &method, params.into()).await;
                assert_eq!(kind, ErrorKind::BadRequest, "{method}: {message}");
                assert!(message.contains("Id: "), "{method}: {message}");
            }
        }
    }
    let of = |fields: Value| {
        let mut params = json!({"instanceId": known, "sessionId": session});
        params
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        params
    };
    let file = editor.sandbox.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let (_, message) = refused(&editor, "session/history", of(json!({"cursor": "x"}))).await;
    assert!(message.starts_with("cursor"), "{message}");
    for (method, params) in [
        ("session/prompt", of(json!({"parts": []}))),
        (
            "session/prompt",
            of(json!({"parts": [{"type": "diagnostics", "path": "a.rs", "items": []}]})),
        ),
        (
            "session/prompt",
            of(json!({"parts": [{"type": "file", "path": "/etc/passwd"}]})),
        ),
        (
            "session/prompt",
            of(json!({"parts": [{"type": "file", "path": "../a-file"}]})),
        ),
        (
            "session/command",
            of(json!({"command": "nonsense", "arguments": ""})),
        ),
        ("file/content", of(json!({"path": "../a-file"}))),
        (
            "session/cancelQueued",
            of(json!({"messageId": "msg_nowhere"})),
        ),
        ("session/list", of(json!({"cursor": "not a cursor"}))),
        ("session/history", of(json!({"cursor": "not a cursor"}))),
        (
            "permission/reply",
            of(json!({"permissionId": "per_nowhere", "reply": "once"})),
        ),
        (
            "permission/reply",
            of(json!({"permissionId": "per_nowhere", "reply": "maybe"})),
        ),
        (
            "permission/reply",
            of(json!({"permissionId": "", "reply": "once"})),
        ),
        (
            "question/reply",
            of(json!({"questionId": "que_nowhere", "answers": []})),
        ),
        ("question/reject", of(json!({"questionId": "que_nowhere"}))),
        ("instance/open", json!({"directory": "/nowhere/at/all"})),
        ("instance/open", json!({"directory": file})),
    ] {
        let (kind, message) = refused(&editor, method, params.clone()).await;
        assert_eq!(kind, ErrorKind::BadRequest, "{method} {params}: {message}");
    }

    assert_eq!(editor.call(InstanceList {}).await.unwrap(), before);
    assert_eq!(editor.messages(&session), shown);
    editor.ask(&session, "and still is").await;
    editor.assert_as_stored(&session).await;
    editor.stop().await;
}

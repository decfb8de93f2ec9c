//! Requests that make no sense: each is refused with its kind, and nothing changes by them.

use serde_json::{Value, json};
use sidestream::protocol::requests::InstanceList;
use sidestream::protocol::{ErrorKind, Request};
use sidestream_tests::Editor;

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

/// A method's name without the prefix, and parameters that would do if the ids were right.
fn with_ids(instance: &str, session: &str) -> Vec<(&'static str, Value)> {
    let of = |more: Value| {
        let mut params = json!({"instanceId": instance, "sessionId": session});
        let fields = more.as_object().cloned().unwrap_or_default();
        params.as_object_mut().unwrap().extend(fields);
        params
    };
    vec![
        ("session/open", of(json!({}))),
        ("session/close", of(json!({}))),
        ("session/rename", of(json!({"title": "x"}))),
        ("session/delete", of(json!({}))),
        ("session/abort", of(json!({}))),
        (
            "session/prompt",
            of(json!({"parts": [{"type": "text", "text": "x"}]})),
        ),
        ("session/send", of(json!({"text": "x"}))),
        ("session/archive", of(json!({}))),
        ("session/unarchive", of(json!({}))),
        ("session/fork", of(json!({}))),
        ("session/share", of(json!({}))),
        ("session/unshare", of(json!({}))),
        ("session/children", of(json!({}))),
        ("session/diff", of(json!({}))),
        ("session/revert", of(json!({"messageId": "msg_nowhere"}))),
        ("session/unrevert", of(json!({}))),
        ("session/compact", of(json!({}))),
        ("session/export", of(json!({}))),
        ("session/setPermissionMode", of(json!({"mode": "ask"}))),
        (
            "session/command",
            of(json!({"command": "init", "arguments": ""})),
        ),
        ("session/shell", of(json!({"command": "ls"}))),
        (
            "part/content",
            of(json!({"messageId": "msg_nowhere", "partId": "prt_nowhere", "field": "text"})),
        ),
    ]
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    editor.ask(&session, "all is well").await;
    let instance = editor.instance_id(0).await;
    let before = editor.call(InstanceList {}).await.unwrap();
    let shown = editor.messages(&session);

    for method in Request::METHODS {
        let method = method.strip_prefix("sidestream/").unwrap();
        // It takes nothing, so nothing can be wrong with it.
        if method == "instance/list" {
            continue;
        }
        let field = match method {
            "instance/open" => "directory",
            _ => "instanceId",
        };
        for params in [json!({}), json!({"instanceId": 5, "directory": 5})] {
            let (kind, message) = refused(&editor, method, params).await;
            assert_eq!(kind, ErrorKind::BadRequest, "{method}");
            assert!(message.contains(field), "{method}: {message}");
        }
    }
    let nested = json!({"instanceId": instance, "sessionId": session, "parts": [{"type": "text", "text": 5}]});
    let (kind, message) = refused(&editor, "session/prompt", nested).await;
    assert_eq!(kind, ErrorKind::BadRequest);
    assert!(message.starts_with("parts[0]"), "{message}");

    let known = instance.to_string();
    for (method, params) in with_ids("nowhere-001", "ses_nowhere") {
        let (kind, _) = refused(&editor, method, params).await;
        assert_eq!(kind, ErrorKind::InstanceNotFound, "{method}");
    }
    for (method, params) in with_ids(&known, "ses_nowhere") {
        let (kind, message) = refused(&editor, method, params).await;
        assert_eq!(kind, ErrorKind::SessionNotFound, "{method}: {message}");
    }
    // An empty id, or one that would lead elsewhere among OpenCode's paths.
    for (instance, session) in [
        ("", "ses_nowhere"),
        (&*known, ""),
        (&*known, ".."),
        (&*known, "a/b"),
    ] {
        for (method, params) in with_ids(instance, session) {
            let (kind, message) = refused(&editor, method, params).await;
            assert_eq!(kind, ErrorKind::BadRequest, "{method}: {message}");
            assert!(message.contains("Id: "), "{method}: {message}");
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

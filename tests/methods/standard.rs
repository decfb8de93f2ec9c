//! The methods of LSP itself, through the pipe as an editor asks them.

use std::path::Path;

use serde_json::{Value, json};
use sidestream::protocol::requests::{PromptPart, SessionList, Severity};
use sidestream::protocol::{ErrorKind, InstanceState, Notification, SessionId};
use sidestream_tests::Editor;
use sidestream_tests::proxy::Proxy;

use crate::room::Room;

/// Writes a prompt and asks what may stand at its end.
async fn completed(editor: &Editor, uri: &str, text: &str) -> Value {
    let document = json!({"uri": uri, "version": 2});
    let change = json!({"textDocument": document, "contentChanges": [{"text": text}]});
    let changed = editor.client.notify("textDocument/didChange", change).await;
    changed.unwrap();
    let line = text.split('\n').count() - 1;
    let end = text.split('\n').next_back().unwrap();
    let position = json!({"line": line, "character": end.encode_utf16().count()});
    let params = json!({"textDocument": {"uri": uri}, "position": position});
    let asked = editor.client.request("textDocument/completion", params);
    asked.await.unwrap()
}

fn labels(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["label"].as_str().unwrap()).collect()
}

pub async fn text_document_completion(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let instance = editor.instance_id(0).await;
    let uri = format!("sidestream://prompt/{instance}/new");
    let opened = |uri: &str, language: &str| {
        json!({"textDocument": {
            "uri": uri, "languageId": language, "version": 1, "text": "",
        }})
    };
    let open = opened(&uri, "sidestream-prompt");
    let done = editor.client.notify("textDocument/didOpen", open).await;
    done.unwrap();

    // A file, with the edit that puts it there; columns count as editors count them.
    let list = completed(&editor, &uri, "first\nlook 𝄞 @src/a").await;
    assert_eq!(labels(&list)[0], "src/a.rs");
    assert_eq!(list["isIncomplete"], true);
    let edit = &list["items"][0]["textEdit"];
    assert_eq!(edit["newText"], "@src/a.rs ");
    assert_eq!(edit["range"]["start"], json!({"line": 1, "character": 8}));
    assert_eq!(edit["range"]["end"], json!({"line": 1, "character": 14}));
    // What is typed on while the answer is on its way may fit it, too.
    assert_eq!(list["items"][0]["filterText"], "@src/a.rs");
    let list = completed(&editor, &uri, "@a.r").await;
    assert_eq!(list["items"][0]["filterText"], "@a.r");
    // A folder goes on.
    let list = completed(&editor, &uri, "@sr").await;
    let items = list["items"].as_array().unwrap();
    let folder = items.iter().find(|item| item["label"] == "src/").unwrap();
    assert_eq!(folder["textEdit"]["newText"], "@src/");
    // An agent that can be called; not the one that is talked to. OpenCode finds no symbols here.
    let list = completed(&editor, &uri, "ask @gener").await;
    assert_eq!(labels(&list)[0], "general");
    assert_eq!(list["items"][0]["textEdit"]["newText"], "@general ");
    let list = completed(&editor, &uri, "ask @").await;
    assert!(labels(&list).contains(&"explore"), "{list}");
    assert!(!labels(&list).contains(&"build"), "{list}");

    // Commands stand at the very beginning only.
    let list = completed(&editor, &uri, "/ini").await;
    assert_eq!(list["isIncomplete"], false);
    let items = list["items"].as_array().unwrap();
    let init = items.iter().find(|item| item["label"] == "init").unwrap();
    assert_eq!(init["textEdit"]["newText"], "/init ");
    assert_eq!(init["filterText"], "/init");
    assert_eq!(completed(&editor, &uri, "see /ini").await, Value::Null);

    // Other documents are other servers' affair.
    let other = "file:///a.md";
    let open = opened(other, "markdown");
    let done = editor.client.notify("textDocument/didOpen", open).await;
    done.unwrap();
    assert_eq!(completed(&editor, other, "@src").await, Value::Null);
    let close = json!({"textDocument": {"uri": uri}});
    let done = editor.client.notify("textDocument/didClose", close).await;
    done.unwrap();
    assert_eq!(completed(&editor, &uri, "@src").await, Value::Null);
}

/// What is offered for lines of a file, with what is wrong in the second one.
async fn offered(editor: &Editor, path: &Path, lines: [u32; 2], wrong: bool) -> Vec<Value> {
    let place = |line: u32, end: u32| {
        json!({
            "start": {"line": line, "character": 0},
            "end": {"line": end, "character": 0},
        })
    };
    let diagnostic = json!({
        "range": place(1, 1), "severity": 1, "source": "rustc", "message": "unused function b",
    });
    let diagnostics = wrong.then_some(diagnostic);
    let params = json!({
        "textDocument": {"uri": format!("file://{}", path.display())},
        "range": place(lines[0], lines[1]),
        "context": {"diagnostics": Vec::from_iter(diagnostics)},
    });
    let asked = editor.client.request("textDocument/codeAction", params);
    asked.await.unwrap().as_array().unwrap().clone()
}

fn commands(actions: &[Value]) -> Vec<&str> {
    let commands = actions.iter().map(|action| &action["command"]["command"]);
    commands.map(|command| command.as_str().unwrap()).collect()
}

pub async fn text_document_code_action(room: Room) {
    let editor = room.editor_in_repository().await;
    let file = editor.sandbox.folders[0].join("src/a.rs");
    let on_problem = offered(&editor, &file, [1, 1], true).await;
    assert_eq!(
        commands(&on_problem),
        [
            "sidestream.fix",
            "sidestream.explain",
            "sidestream.addToPrompt"
        ]
    );
    assert_eq!(on_problem[0]["kind"], "quickfix");
    let on_selection = offered(&editor, &file, [0, 2], false).await;
    assert_eq!(
        commands(&on_selection),
        ["sidestream.explain", "sidestream.addToPrompt"]
    );
    let argument = &on_selection[0]["command"]["arguments"][0];
    assert_eq!(argument["range"], json!({"start": 1, "end": 2}));
    assert!(offered(&editor, &file, [1, 1], false).await.is_empty());
    let outside = Path::new("/etc/hosts");
    assert!(offered(&editor, outside, [0, 2], true).await.is_empty());
}

pub async fn workspace_execute_command(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let file = editor.sandbox.folders[0].join("src/a.rs");
    let actions = offered(&editor, &file, [1, 1], true).await;
    let execute = |action: &Value| {
        let command = &action["command"];
        json!({"command": command["command"], "arguments": command["arguments"]})
    };
    let method = "workspace/executeCommand";
    let fixed = editor.client.request(method, execute(&actions[0])).await;
    let fixed = fixed.unwrap();
    let session: SessionId = fixed["sessionId"].as_str().unwrap().into();
    // The session is new: it is told of before the answer.
    editor.catch_up();
    editor.open(&session).await;
    editor.idle(&session).await;
    let message = editor.messages(&session)[0].clone();
    assert_eq!(json!(message.info.id), fixed["messageId"]);
    let sent = serde_json::to_string(&message.parts).unwrap();
    for said in [
        "Fix line 2 of a.rs",
        "The editor says of src/a.rs:",
        "- line 2: error: unused function b (rustc)",
        "src/a.rs?start=2&end=2",
    ] {
        assert!(sent.contains(said), "{said} is not in {sent}");
    }
    editor.assert_as_stored(&session).await;

    let explained = editor.client.request(method, execute(&actions[1])).await;
    let other = explained.unwrap()["sessionId"].clone();
    assert_ne!(json!(session), other);

    // Into the prompt that is being written: the client puts it there.
    let added = editor.client.request(method, execute(&actions[2])).await;
    assert_eq!(added.unwrap(), json!({}));
    let parts = editor
        .until("something for the prompt", |told| match told {
            Notification::PromptDidAdd { parts, .. } => Some(parts.clone()),
            _ => None,
        })
        .await;
    assert!(matches!(&parts[0], PromptPart::File { path, .. } if *path == file));
    let PromptPart::Diagnostics { path, items } = &parts[1] else {
        panic!("what is wrong is missing: {parts:?}");
    };
    assert_eq!(*path, file);
    assert_eq!((items[0].line, items[0].severity), (2, Severity::Error));
    assert_eq!(items[0].source.as_deref(), Some("rustc"));

    let foreign = json!({"command": "sidestream.fix", "arguments": [{"path": 5}]});
    let refused = editor.client.request(method, foreign).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);
    assert!(refused.message.starts_with("arguments[0]"), "{refused}");
}

pub async fn cancel_request(room: Room) {
    // A server that does not answer, for as long as it is wanted.
    let proxy = Proxy::before(&room.rest().url).await;
    proxy.go_silent();
    let mut editor = Editor::in_sandbox(room.sandbox())
        .attach_to(&proxy.url, &room.rest().password)
        .launch()
        .await;
    let instance = editor.instance_id(0).await;
    let uri = "sidestream://prompt/new";
    let document = json!({
        "uri": uri, "languageId": "sidestream-prompt", "version": 1, "text": "@s",
    });
    let open = json!({"textDocument": document});
    let done = editor.client.notify("textDocument/didOpen", open).await;
    done.unwrap();
    let place = json!({
        "textDocument": {"uri": uri}, "position": {"line": 0, "character": 2},
    });
    for (method, params) in [
        ("sidestream/session/list", json!({"instanceId": instance})),
        ("textDocument/completion", place),
    ] {
        let (id, answer) = editor.client.begin(method, params).await.unwrap();
        let cancel = json!({"id": id});
        let cancelled = editor.client.notify("$/cancelRequest", cancel).await;
        cancelled.unwrap();
        let refused = answer.await.unwrap().unwrap_err();
        assert!(refused.message.starts_with("Cancel"), "{method}: {refused}");
    }

    // Nothing is broken by it.
    proxy.cut();
    editor.next_state(0, InstanceState::Connected).await;
    let listed = editor.request::<SessionList>(json!({})).await.unwrap();
    assert!(listed.sessions.is_empty());
}

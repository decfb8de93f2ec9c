//! Servers that cannot work: each is told with its kind and what to do, and the program lives on.

use serde_json::json;
use sidestream::protocol::requests::{InstanceList, PromptState, SessionCancelQueued, SessionList};
use sidestream::protocol::{ErrorKind, Failure, InstanceState};
use sidestream_tests::editor::Setup;
use sidestream_tests::generation::{Generation, is_not_for};
use sidestream_tests::{Editor, impostor};

/// Why the instance failed; the program still answers.
async fn failure(setup: Setup) -> Failure {
    let mut editor = setup.launch().await;
    let failed = editor.state(0, InstanceState::Failed).await;
    let listed = editor.call(InstanceList {}).await.unwrap().instances;
    assert_eq!(listed, std::slice::from_ref(&failed));
    let error = failed.error.unwrap();
    let list = SessionList {
        instance_id: failed.id,
        search: None,
        limit: None,
        cursor: None,
        roots: None,
        archived: None,
    };
    assert_eq!(editor.call(list).await.unwrap_err().kind, error.kind);
    editor.stop().await;
    assert!(error.hint.is_some(), "{error:?}");
    error
}

#[tokio::test]
async fn there_is_no_program() {
    let settings = json!({"server": {"command": ["/nowhere/opencode"]}});
    let error = failure(Editor::in_folders(1).settings(settings)).await;
    assert_eq!(error.kind, ErrorKind::ServerNotFound);
    assert!(error.message.contains("/nowhere/opencode"));
}

#[tokio::test]
async fn the_program_ends_at_once() {
    let command = ["/bin/sh", "-c", "echo no luck today >&2; exit 7"];
    let settings = json!({"server": {"command": command}});
    let error = failure(Editor::in_folders(1).settings(settings)).await;
    assert_eq!(error.kind, ErrorKind::StartFailed);
    assert!(error.message.contains("no luck today"), "{}", error.message);
}

#[tokio::test]
async fn the_configuration_is_broken() {
    let why = "2.x ignores a broken configuration without a word (v2 contract, §1.7)";
    if is_not_for(Generation::Two, why) {
        return;
    }
    let error = failure(Editor::in_folders(1).server_env("OPENCODE_CONFIG_CONTENT", "{ no")).await;
    assert_eq!(error.kind, ErrorKind::StartFailed);
    assert!(error.message.contains("configuration"), "{}", error.message);
}

#[tokio::test]
async fn a_web_site_is_no_server() {
    let site = impostor::WebSite::open().await;
    let error = failure(Editor::in_folders(1).attach_to(&site.url, "secret")).await;
    assert_eq!(error.kind, ErrorKind::ServerError);
    assert!(error.message.contains(&site.url));
}

#[tokio::test]
async fn nobody_listens() {
    let reconnect = json!({"baseDelayMs": 10, "maxDelayMs": 20, "maxAttempts": 3});
    let mut editor = Editor::in_folders(1)
        .attach_to(&impostor::nobody().await, "secret")
        .settings(json!({"reconnect": reconnect}))
        .launch()
        .await;
    for attempt in 1..=3 {
        let trying = editor.next_state(0, InstanceState::Reconnecting).await;
        assert_eq!(trying.attempt, Some(attempt));
        assert_eq!(trying.error.unwrap().kind, ErrorKind::NotConnected);
    }
    let gone = editor.next_state(0, InstanceState::Disconnected).await;
    let error = gone.error.unwrap();
    assert_eq!(error.kind, ErrorKind::NotConnected);
    assert!(error.hint.is_some());

    let list = SessionList {
        instance_id: gone.id.clone(),
        search: None,
        limit: None,
        cursor: None,
        roots: None,
        archived: None,
    };
    let refused = editor.call(list).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::NotConnected);
    // It may be the one that the user was in before the server went away.
    let prompt = json!({
        "instanceId": gone.id,
        "sessionId": "ses_before",
        "parts": [{"type": "text", "text": "wait for me"}],
    });
    let method = "sidestream/session/prompt";
    let answer = editor.client.request(method, prompt).await.unwrap();
    assert_eq!(answer["state"], json!(PromptState::Queued));
    let cancel = SessionCancelQueued {
        instance_id: gone.id,
        session_id: "ses_before".into(),
        message_id: answer["messageId"].as_str().unwrap().into(),
    };
    // It still waits: only then it can be taken back.
    editor.call(cancel.clone()).await.unwrap();
    let twice = editor.call(cancel).await.unwrap_err();
    assert_eq!(twice.kind, ErrorKind::BadRequest);
}

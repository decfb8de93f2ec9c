//! Bad lines to a server that goes on: cut mid-reply, silent, refused. What was missed is marked
//! while it is missing, and there in the end.

use serde_json::json;
use sidestream::protocol::{InstanceState, Message, PartBody, SessionId};
use sidestream_tests::Editor;
use sidestream_tests::opencode::OpenCode;
use sidestream_tests::proxy::Proxy;

fn has_hole(messages: &[Message]) -> bool {
    let mut parts = messages.iter().flat_map(|message| &message.parts);
    parts.any(|part| matches!(&part.body, PartBody::Text(text) if text.partial))
}

/// Waits for the whole reply after the line is good again.
async fn is_whole_again(editor: &mut Editor, session: &SessionId, server: &OpenCode) {
    editor.next_state(0, InstanceState::Connected).await;
    editor.ended(session).await;
    editor.becomes_as_stored(session, &server.rest).await;
    assert!(!has_hole(&editor.messages(session)));
}

#[tokio::test]
async fn whatever_happens_to_the_line_the_reply_is_whole_in_the_end() {
    let server = OpenCode::serve(1).await;
    let proxy = Proxy::before(&server.rest.url).await;
    let mut editor = Editor::in_sandbox(server.sandbox())
        .attach_to(&proxy.url, &server.rest.password)
        // Longer than the server's heartbeat takes, or good lines would be given up.
        .settings(json!({"reconnect": {"idleTimeoutMs": 12_000}}))
        .start()
        .await;
    let session = editor.session().await;

    // Cut while the reply goes on: the hole is seen, and closed with the reply.
    editor.prompt(&session, "long: 1000000").await;
    editor.streaming(&session).await;
    proxy.cut();
    editor.next_state(0, InstanceState::Reconnecting).await;
    editor
        .shows("text with a hole", |screen| {
            has_hole(&screen.open[&session].messages).then_some(())
        })
        .await;
    editor.connected(0).await;
    editor.abort(&session).await;
    editor.ended(&session).await;
    editor.becomes_as_stored(&session, &server.rest).await;
    assert!(!has_hole(&editor.messages(&session)));

    // Refused until the reply is over.
    editor.forget();
    editor.prompt(&session, "long: 300").await;
    editor.streaming(&session).await;
    proxy.refuse();
    editor.next_state(0, InstanceState::Reconnecting).await;
    while server.rest.is_busy().await {
        tokio::task::yield_now().await;
    }
    proxy.accept();
    is_whole_again(&mut editor, &session, &server).await;
    assert_eq!(editor.last_words(&session).split_whitespace().count(), 300);

    // Silent: only the clock tells.
    editor.forget();
    editor.prompt(&session, "long: 300").await;
    editor.streaming(&session).await;
    proxy.go_silent();
    editor.next_state(0, InstanceState::Reconnecting).await;
    is_whole_again(&mut editor, &session, &server).await;
    assert_eq!(editor.last_words(&session).split_whitespace().count(), 300);

    editor.ask(&session, "all well again").await;
    editor.becomes_as_stored(&session, &server.rest).await;
}

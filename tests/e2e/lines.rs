//! Bad lines to a server that goes on: cut mid-reply, silent, refused. What was missed is marked
//! while it is missing, and there in the end.

use serde_json::json;
use sidestream::protocol::{InstanceState, Message, PartBody, Role, SessionId};
use sidestream_tests::Editor;
use sidestream_tests::generation::{Generation, generation};
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
    let folder = editor.sandbox.folders[0].clone();

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
    while server.rest.is_busy(&folder).await {
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

#[tokio::test]
async fn a_prompt_whose_answer_was_lost_is_sent_again_and_stays_one() {
    let server = OpenCode::serve(1).await;
    let proxy = Proxy::before(&server.rest.url).await;
    let mut editor = Editor::in_sandbox(server.sandbox())
        .attach_to(&proxy.url, &server.rest.password)
        .start()
        .await;
    let session = editor.session().await;
    proxy.lose_answer_to(match generation() {
        Generation::One => "/prompt_async",
        Generation::Two => "/prompt",
    });
    let sent = editor.prompt(&session, "only once").await;
    let next = editor.prompt(&session, "and this after it").await;
    editor
        .shows("the answer to the second one", |screen| {
            let messages = &screen.open[&session].messages;
            messages
                .iter()
                .any(|m| m.info.parent_id.as_ref() == Some(&next.message_id))
                .then_some(())
        })
        .await;
    editor.idle(&session).await;
    editor.becomes_as_stored(&session, &server.rest).await;
    let mut prompts = editor.messages(&session);
    prompts.retain(|message| message.info.role == Role::User);
    let ids: Vec<_> = prompts.into_iter().map(|message| message.info.id).collect();
    assert_eq!(ids, [sent.message_id, next.message_id]);
}

//! A prompt and its reply: streamed, shown whole, aborted.

use sidestream::protocol::{MessageStatus, Role, SessionStatus};
use sidestream_tests::Editor;

#[tokio::test]
async fn replies_are_shown_as_the_server_stores_them() {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    editor.ask(&session, "hello there").await;
    assert!(
        editor
            .last_words(&session)
            .starts_with("You said: hello there")
    );
    editor.assert_as_stored(&session).await;

    // The screen panics when a revision is missing.
    let before = editor.screen.open[&session].revision;
    editor.ask(&session, "long: 2000").await;
    assert_eq!(editor.last_words(&session).split_whitespace().count(), 2000);
    // In many pieces: how many is up to the machine, and 2.x joins what comes within 100 ms (v2 contract, §2.1).
    assert!(editor.screen.open[&session].revision > before + 10);
    editor.assert_as_stored(&session).await;

    editor.ask(&session, "reason: the sea").await;
    editor.assert_as_stored(&session).await;

    let messages = editor.messages(&session);
    assert!(messages.iter().all(|message| match message.info.role {
        Role::User => message.info.status == MessageStatus::Sent,
        Role::Assistant => message.info.status == MessageStatus::Complete,
    }));
    editor.stop().await;
}

#[tokio::test]
async fn an_aborted_reply_ends_where_it_was_and_the_next_prompt_is_answered() {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    editor.prompt(&session, "long: 1000000").await;
    editor.streaming(&session).await;
    editor.abort(&session).await;
    let ended = editor.ended(&session).await;
    assert!(
        matches!(ended, SessionStatus::Idle | SessionStatus::Error { .. }),
        "{ended:?}"
    );
    let rest = editor.rest(0).await;
    editor.becomes_as_stored(&session, &rest).await;
    editor.shows_stopped(&session).await;

    editor.ask(&session, "are you there?").await;
    assert!(
        editor
            .last_words(&session)
            .starts_with("You said: are you there?")
    );
    editor.assert_as_stored(&session).await;
}

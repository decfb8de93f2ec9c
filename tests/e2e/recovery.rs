//! The OpenCode server dies: it comes back, and nothing that the user typed is lost or doubled.

use sidestream::protocol::requests::{PromptState, SessionCancelQueued};
use sidestream::protocol::{InstanceState, MessageStatus, PartBody, SessionStatus};
use sidestream_tests::{Editor, processes};

#[tokio::test]
async fn a_server_killed_mid_reply_comes_back_and_queued_prompts_are_sent_once() {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    editor.prompt(&session, "long: 1000000").await;
    editor.streaming(&session).await;
    let old = editor.connected(0).await.server.unwrap().pid.unwrap();
    processes::kill(old);
    let reconnecting = editor.next_state(0, InstanceState::Reconnecting).await;
    assert!(reconnecting.error.is_some());

    let first = editor.prompt(&session, "the first one").await;
    let second = editor.prompt(&session, "the second one").await;
    assert_eq!(first.state, PromptState::Queued);
    assert_eq!(second.state, PromptState::Queued);
    editor
        .shows("both prompts waiting", |screen| {
            let messages = screen.open[&session].messages.iter();
            let queued = messages.filter(|m| m.info.status == MessageStatus::Queued);
            (queued.count() == 2).then_some(())
        })
        .await;
    let cancel = SessionCancelQueued {
        instance_id: editor.instance_id(0).await,
        session_id: session.clone(),
        message_id: second.message_id.clone(),
    };
    editor.call(cancel).await.unwrap();

    let connected = editor.next_state(0, InstanceState::Connected).await;
    assert_ne!(connected.server.unwrap().pid.unwrap(), old);
    editor
        .shows("the answer to the queued prompt", |screen| {
            // By its words: on a busy machine OpenCode was seen to name the prompt before as what
            // it answers.
            let answered = screen.open[&session].messages.iter().any(|message| {
                message.info.status == MessageStatus::Complete
                    && message.parts.iter().any(|part| {
                        matches!(&part.body, PartBody::Text(text)
                            if text.text.starts_with("You said: the first one"))
                    })
            });
            let idle = screen.sessions[&session].status == SessionStatus::Idle;
            (answered && idle).then_some(())
        })
        .await;
    let rest = editor.rest(0).await;
    editor.becomes_as_stored(&session, &rest).await;
    let texts = |what: &str| {
        let lines = editor.screen.open[&session].messages.iter();
        let lines = lines.flat_map(|message| &message.parts);
        lines
            .filter(|part| {
                matches!(&part.body,
            PartBody::Text(text) if text.text == what)
            })
            .count()
    };
    assert_eq!(texts("the first one"), 1);
    assert_eq!(texts("the second one"), 0);
    let messages = editor.messages(&session);
    assert!(
        messages
            .iter()
            .any(|m| m.info.status == MessageStatus::Interrupted)
    );

    editor.ask(&session, "and one more").await;
    assert!(
        editor
            .last_words(&session)
            .starts_with("You said: and one more")
    );
    editor.assert_as_stored(&session).await;
}

//! Prompts: understood, sent, waiting for their turn, taken back.

use serde_json::{Value, json};
use sidestream::protocol::requests::{
    PromptState, SessionCancelQueued, SessionListQueued, SessionPrompt, SessionSend,
};
use sidestream::protocol::{
    ErrorKind, InstanceState, MessageStatus, Notification, PartBody, Role, SessionId,
};
use sidestream_tests::generation::{Generation, generation};
use sidestream_tests::{Editor, processes};

use crate::room::Room;

const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// The parts of the user's last message, by type, without those written for the model.
pub fn sent(editor: &mut Editor, session: &SessionId) -> Vec<PartBody> {
    let messages = editor.messages(session);
    let mut messages = messages.iter().rev();
    let last = messages.find(|message| message.info.role == Role::User);
    let parts = last.unwrap().parts.iter().map(|part| part.body.clone());
    parts
        .filter(|body| !matches!(body, PartBody::Text(text) if text.synthetic))
        .collect()
}

pub async fn session_send(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let session = editor.session().await;
    let send = |text: &str| json!({"sessionId": session, "text": text});
    let typed = send("what is @src/a.rs:1-1 for, @explore? mail@nobody");
    let answer = editor.request::<SessionSend>(typed).await.unwrap();
    assert_eq!(answer.state, PromptState::Sent);
    editor.idle(&session).await;
    let parts = sent(&mut editor, &session);
    assert_eq!(parts.len(), 3, "{parts:#?}");
    assert!(matches!(&parts[1], PartBody::File(file) if file.url.ends_with("a.rs?start=1&end=1")));
    assert!(matches!(&parts[2], PartBody::Agent { name } if name == "explore"));

    editor
        .request::<SessionSend>(send("! echo typed"))
        .await
        .unwrap();
    editor.idle(&session).await;
    let words = editor.last_words(&session);
    assert_eq!(words.trim(), "typed");

    let command = editor.request::<SessionSend>(send("/init the tests")).await;
    assert_eq!(command.unwrap().state, PromptState::Sent);
    editor.idle(&session).await;
    let parts = sent(&mut editor, &session);
    assert!(matches!(&parts[0], PartBody::Text(text) if text.text.contains("AGENTS.md")));
    editor.assert_as_stored(&session).await;
}

pub async fn session_prompt(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let session = editor.session().await;
    let prompt = |part: Value| json!({"sessionId": session, "parts": [part], "agent": "plan"});
    for part in [
        json!({"type": "file", "path": "notes.txt", "range": {"start": 1, "end": 1}}),
        json!({"type": "image", "mime": "image/png", "data": PIXEL}),
        json!({"type": "attachment", "mime": "text/plain", "data": "aGk=", "filename": "hi.txt"}),
        json!({"type": "selection", "path": "src/a.rs", "range": {"start": 1, "end": 1}, "text": "fn unsaved() {}"}),
    ] {
        editor
            .request::<SessionPrompt>(prompt(part.clone()))
            .await
            .unwrap();
        editor.idle(&session).await;
        assert_eq!(
            editor.shown(&session).last().unwrap().kind,
            "text",
            "{part}"
        );
    }
    let parts = sent(&mut editor, &session);
    assert!(
        matches!(&parts[0], PartBody::Text(text) if text.text.starts_with("Lines 1 to 1 of src/a.rs:"))
    );
    let wrong = json!({"type": "diagnostics", "path": "src/a.rs", "items": [
        {"line": 2, "severity": "warning", "message": "b is never used", "source": "rustc"},
    ]});
    editor
        .request::<SessionPrompt>(prompt(wrong))
        .await
        .unwrap();
    editor.idle(&session).await;
    let parts = sent(&mut editor, &session);
    let said = "The editor says of src/a.rs:\n\n- line 2: warning: b is never used (rustc)\n";
    assert!(
        matches!(&parts[0], PartBody::Text(text) if text.text == said),
        "{parts:?}"
    );
    // While an answer goes on, the next prompt is queued, and is sent when its turn has come.
    editor.forget();
    editor
        .request::<SessionPrompt>(prompt(json!({"type": "text", "text": "long: 400"})))
        .await
        .unwrap();
    editor.streaming(&session).await;
    let next = prompt(json!({"type": "text", "text": "and then"}));
    let next = editor.request::<SessionPrompt>(next).await.unwrap();
    let id = next.message_id;
    for status in [MessageStatus::Queued, MessageStatus::Sent] {
        editor
            .until(&format!("the prompt as {status:?}"), |told| match told {
                Notification::MessageDidChange { message, .. } if message.id == id => {
                    (message.status == status).then_some(())
                }
                _ => None,
            })
            .await;
    }
    editor.idle(&session).await;

    let messages = editor.messages(&session);
    assert!(
        messages
            .iter()
            // In 2.x the agent is the session's, and only answers say it (v2 contract, §3.7).
            .filter(|m| m.info.role == Role::Assistant || generation() == Generation::One)
            .all(|m| m.info.agent.as_deref() == Some("plan"))
    );
    editor.assert_as_stored(&session).await;

    let huge = "A".repeat(100 << 20);
    for (part, path) in [
        (
            json!({"type": "file", "path": "nothing.txt"}),
            "parts[0].path",
        ),
        (
            json!({"type": "file", "path": "notes.txt", "range": {"start": 2, "end": 1}}),
            "parts[0].range",
        ),
        (
            json!({"type": "image", "mime": "image/png", "data": huge}),
            "parts[0].data",
        ),
    ] {
        let refused = editor
            .request::<SessionPrompt>(prompt(part))
            .await
            .unwrap_err();
        assert_eq!(refused.kind, ErrorKind::BadRequest);
        assert!(refused.message.starts_with(path), "{}", refused.message);
    }
    assert_eq!(editor.messages(&session), messages);
}

pub async fn session_cancel_queued(_: Room) {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    let server = editor.connected(0).await.server.unwrap().pid.unwrap();
    processes::kill(server);
    editor.next_state(0, InstanceState::Reconnecting).await;
    let queued = editor.prompt(&session, "never mind").await;
    assert_eq!(queued.state, PromptState::Queued);
    let cancel = json!({"sessionId": session, "messageId": queued.message_id});
    editor
        .request::<SessionCancelQueued>(cancel.clone())
        .await
        .unwrap();
    let refused = editor.request::<SessionCancelQueued>(cancel).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::BadRequest);
    editor.connected(0).await;
    editor.ask(&session, "this one").await;
    editor.assert_as_stored(&session).await;
    assert_eq!(editor.messages(&session).len(), 2);

    // One that waits for the answer before it to end.
    editor.prompt(&session, "long: 100000").await;
    editor.streaming(&session).await;
    let waiting = editor.prompt(&session, "never mind this either").await;
    editor.shows_queued(&session, &waiting.message_id).await;
    let cancel = json!({"sessionId": session, "messageId": waiting.message_id});
    editor.request::<SessionCancelQueued>(cancel).await.unwrap();
    editor
        .shows("that it is gone", |screen| {
            let messages = &screen.open[&session].messages;
            let gone = messages.iter().all(|m| m.info.id != waiting.message_id);
            gone.then_some(())
        })
        .await;
    editor.abort(&session).await;
    editor.idle(&session).await;
}

pub async fn session_list_queued(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    let of_session = json!({"sessionId": session});
    editor.prompt(&session, "long: 100000").await;
    editor.streaming(&session).await;
    let mut waiting = Vec::new();
    for text in ["first", "second"] {
        let prompt = editor.prompt(&session, text).await;
        editor.shows_queued(&session, &prompt.message_id).await;
        waiting.push((prompt.message_id, text.to_owned()));
    }
    let listed = editor
        .request::<SessionListQueued>(of_session.clone())
        .await
        .unwrap();
    let listed: Vec<_> = listed
        .messages
        .iter()
        .map(|message| match &message.parts[0].body {
            PartBody::Text(text) => (message.info.id.clone(), text.text.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(listed, waiting);

    editor.abort(&session).await;
    if generation() == Generation::Two {
        // Its inbox stays as it is until something else is sent.
        editor.idle(&session).await;
        for (message, _) in &waiting {
            let cancel = json!({"sessionId": session, "messageId": message});
            editor.request::<SessionCancelQueued>(cancel).await.unwrap();
        }
        return;
    }
    // After an abort they are sent one after the other.
    for (prompt, _) in &waiting {
        editor
            .shows("an answer to each", |screen| {
                let messages = &screen.open[&session].messages;
                let shown = messages.iter().find(|m| m.info.id == *prompt)?;
                (shown.info.status == MessageStatus::Sent).then_some(())
            })
            .await;
    }
    editor.idle(&session).await;
    assert!(editor.last_words(&session).starts_with("You said: second"));
    let listed = editor
        .request::<SessionListQueued>(of_session)
        .await
        .unwrap();
    assert_eq!(listed.messages, []);
    // What an abort leaves comes after it is told.
    let rest = editor.rest(0).await;
    editor.becomes_as_stored(&session, &rest).await;
}

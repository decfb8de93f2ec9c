//! Runs that no prompt begins, and the end of any.

use serde_json::json;
use sidestream::protocol::requests::{SessionAbort, SessionCommand, SessionSend, SessionShell};
use sidestream::protocol::{ErrorKind, Notification, PartBody, SessionStatus};
use sidestream_tests::generation::{Generation, generation};

use crate::prompts::sent;
use crate::room::Room;

pub async fn session_command(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let session = editor.session().await;
    let run = json!({"sessionId": session, "command": "init", "arguments": "for mice"});
    let begun = editor.request::<SessionCommand>(run).await.unwrap();
    editor.idle(&session).await;
    let messages = editor.messages(&session);
    match generation() {
        Generation::One => assert_eq!(begun.message_id.as_ref(), Some(&messages[0].info.id)),
        // There the server names the message, when it is there.
        Generation::Two => assert_eq!(begun.message_id, None),
    }
    let parts = sent(&mut editor, &session);
    assert!(matches!(&parts[0], PartBody::Text(text) if text.text.contains("for mice")));
    editor.assert_as_stored(&session).await;

    // What is attached goes along, also when the command was typed.
    let typed = json!({"sessionId": session, "text": "/init for cats", "parts": [
        {"type": "file", "path": "src/a.rs"},
        {"type": "diagnostics", "path": "src/a.rs", "items": [
            {"line": 1, "severity": "error", "message": "no mice here"},
        ]},
    ]});
    editor.request::<SessionSend>(typed).await.unwrap();
    editor.idle(&session).await;
    let parts = sent(&mut editor, &session);
    let says = |words: &str| {
        let mut texts = parts.iter();
        texts.any(|part| matches!(part, PartBody::Text(text) if text.text.contains(words)))
    };
    assert!(
        says("for cats") && says("line 1: error: no mice here"),
        "{parts:?}"
    );
    let is_file = |part: &PartBody| matches!(part, PartBody::File(file) if file.filename.as_deref() == Some("a.rs"));
    assert!(parts.iter().any(is_file), "{parts:?}");
    editor.assert_as_stored(&session).await;
    let outside = json!({"sessionId": session, "command": "init", "arguments": "",
        "parts": [{"type": "file", "path": "/etc/passwd"}]});
    let refused = editor.request::<SessionCommand>(outside).await.unwrap_err();
    assert!(
        refused.message.contains("is not in the folder"),
        "{refused:?}"
    );

    let messages = editor.messages(&session);
    let unknown = json!({"sessionId": session, "command": "nonsense", "arguments": ""});
    let refused = editor.request::<SessionCommand>(unknown).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);
    assert!(refused.hint.unwrap().contains("init"));
    assert_eq!(editor.messages(&session), messages);
    assert_eq!(editor.screen.sessions[&session].status, SessionStatus::Idle);
}

pub async fn session_shell(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.forget();
    let run = json!({"sessionId": session, "command": "echo one; sleep 1; echo two"});
    // 2.x is asked for output while the command runs; the last of it comes with its end.
    let grows_by = match generation() {
        Generation::One => "two",
        Generation::Two => "one",
    };
    editor.request::<SessionShell>(run.clone()).await.unwrap();
    editor
        .until("output that is added", |told| match told {
            Notification::PartDidAppend { text, .. } => text.contains(grows_by).then_some(()),
            _ => None,
        })
        .await;
    editor.idle(&session).await;
    assert_eq!(editor.last_words(&session), "one\ntwo\n");
    editor.assert_as_stored(&session).await;

    let run = json!({"sessionId": session, "command": "sleep 5"});
    editor.request::<SessionShell>(run.clone()).await.unwrap();
    let refused = editor.request::<SessionShell>(run).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Busy);
    editor.abort(&session).await;
    editor.idle(&session).await;
    let empty = json!({"sessionId": session, "command": " "});
    let refused = editor.request::<SessionShell>(empty).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);
}

pub async fn session_abort(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.prompt(&session, "long: 100000").await;
    editor.streaming(&session).await;
    let abort = json!({"sessionId": session});
    editor.request::<SessionAbort>(abort).await.unwrap();
    editor.idle(&session).await;
    editor.shows_stopped(&session).await;
    let rest = editor.rest(0).await;
    editor.becomes_as_stored(&session, &rest).await;

    // Before the run has begun, too.
    editor.prompt(&session, "long: 100000").await;
    let abort = json!({"sessionId": session});
    editor.request::<SessionAbort>(abort).await.unwrap();
    editor.idle(&session).await;
    editor.ask(&session, "and on").await;
    let words = editor.last_words(&session);
    assert!(
        words.starts_with("You said: and on"),
        "{words}: {:#?}",
        editor.shown(&session)
    );
}

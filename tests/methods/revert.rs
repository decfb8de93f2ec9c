use serde_json::json;
use sidestream::protocol::requests::{SessionDiff, SessionRevert, SessionUnrevert};
use sidestream::protocol::{ChangeKind, ErrorKind, PermissionReply, SessionId, SessionStatus};
use sidestream_tests::Editor;

use crate::room::{Room, read};

const EDIT: &str = r#"tools: read {"filePath":"notes.txt"} ;; edit {"filePath":"notes.txt","oldString":"one","newString":"two"}"#;
const AGAIN: &str = r#"tools: read {"filePath":"notes.txt"} ;; edit {"filePath":"notes.txt","oldString":"two","newString":"two\nthree"}"#;

/// A session in which `notes.txt` was edited.
async fn edited(editor: &mut Editor) -> SessionId {
    let session = editor.session().await;
    edit(editor, &session, EDIT).await;
    session
}

async fn edit(editor: &mut Editor, session: &SessionId, prompt: &str) {
    editor.prompt(session, prompt).await;
    let permission = editor.permission().await;
    assert_eq!(permission.diff.as_ref().unwrap()[0].path, "notes.txt");
    editor.reply(&permission, PermissionReply::Once).await;
    editor.idle(session).await;
}

pub async fn session_diff(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let session = edited(&mut editor).await;
    edit(&mut editor, &session, AGAIN).await;
    let it = json!({"sessionId": session});
    let all = editor.request::<SessionDiff>(it).await.unwrap().files;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].path.as_str(), all[0].additions), ("notes.txt", 2));

    // Of one turn, by an answer in it.
    let answer = editor.messages(&session)[1].info.id.clone();
    let turn = json!({"sessionId": session, "messageId": answer});
    let turn = editor.request::<SessionDiff>(turn).await.unwrap().files;
    assert_eq!((turn[0].additions, turn[0].deletions), (1, 1));
    assert_eq!(turn[0].status, Some(ChangeKind::Modified));
    assert!(turn[0].patch.contains("-one\n+two"), "{}", turn[0].patch);

    let nothing = json!({"sessionId": session, "messageId": "msg_0"});
    let refused = editor.request::<SessionDiff>(nothing).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);
}

pub async fn session_revert(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let folder = editor.sandbox.folders[0].clone();
    let session = editor.session().await;
    editor.ask(&session, "before").await;
    edit(&mut editor, &session, EDIT).await;
    let shown = editor.messages(&session);
    let to = shown[2].info.id.clone();

    let nothing = json!({"sessionId": session, "messageId": "msg_0"});
    let refused = editor.request::<SessionRevert>(nothing).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);

    let revert = json!({"sessionId": session, "messageId": to});
    let reverted = editor
        .request::<SessionRevert>(revert.clone())
        .await
        .unwrap();
    assert_eq!(reverted.session.revert.unwrap().message_id, to);
    assert_eq!(reverted.files.len(), 1);
    assert_eq!(reverted.files[0].path, "notes.txt");
    assert!(reverted.files[0].patch.contains("-two\n+one"));
    assert_eq!(read(&folder, "notes.txt"), "one\n");
    // What was taken back is out of sight, for those who come later too.
    assert_eq!(editor.messages(&session), shown[..2]);
    assert_eq!(editor.open(&session).await.messages, shown[..2]);

    // The next prompt makes it final.
    editor.ask(&session, "after").await;
    let texts = editor.shown(&session);
    assert_eq!(texts.iter().filter(|line| line.kind == "tool").count(), 0);
    editor.assert_as_stored(&session).await;

    editor.prompt(&session, "long: 100000").await;
    editor.streaming(&session).await;
    let busy = json!({"sessionId": session, "messageId": shown[0].info.id});
    let refused = editor.request::<SessionRevert>(busy).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Busy);
    editor.catch_up();
    let row = &editor.screen.sessions[&session];
    assert_eq!((row.status.is_running(), &row.revert), (true, &None));
    assert_eq!(read(&folder, "notes.txt"), "one\n");
    assert_eq!(editor.messages(&session)[0], shown[0]);
    editor.abort(&session).await;
    assert_eq!(editor.ended(&session).await, SessionStatus::Idle);
}

pub async fn session_unrevert(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let folder = editor.sandbox.folders[0].clone();
    let session = edited(&mut editor).await;
    let shown = editor.messages(&session);
    let it = json!({"sessionId": session});
    let refused = editor
        .request::<SessionUnrevert>(it.clone())
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);

    let revert = json!({"sessionId": session, "messageId": shown[0].info.id});
    editor.request::<SessionRevert>(revert).await.unwrap();
    assert!(editor.messages(&session).is_empty());
    let back = editor.request::<SessionUnrevert>(it).await.unwrap();
    assert_eq!(back.session.revert, None);
    assert!(
        back.files[0].patch.contains("+two"),
        "{}",
        back.files[0].patch
    );
    assert_eq!(read(&folder, "notes.txt"), "two\n");
    assert_eq!(editor.messages(&session), shown);
    editor.assert_as_stored(&session).await;
}

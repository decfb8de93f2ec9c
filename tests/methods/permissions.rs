use serde_json::{Value, json};
use sidestream::protocol::requests::{
    PermissionList, PermissionReplyTo, QuestionList, QuestionReject, QuestionReply, SessionList,
    SessionSetPermissionMode,
};
use sidestream::protocol::{ErrorKind, Notification, PermissionMode, SessionId};
use sidestream_tests::Editor;
use sidestream_tests::generation::{Generation, generation};

use crate::room::{Room, read};

const WRITE: &str = r#"tool: write {"filePath":"new.txt","content":"hello\n"}"#;
const QUESTION: &str = r#"tool: question {"questions":[{"question":"Which?","header":"H","options":[{"label":"A","description":"a"}]}]}"#;

async fn set(editor: &mut Editor, session: &SessionId, mode: &str) {
    let set = json!({"sessionId": session, "mode": mode});
    let set = editor.request::<SessionSetPermissionMode>(set).await;
    let word = serde_json::to_value(set.unwrap().permission_mode).unwrap();
    assert_eq!(word, mode);
}

/// What is asked for while a prompt is answered; each is allowed.
async fn asked(editor: &mut Editor, session: &SessionId, prompt: &str) -> Vec<String> {
    editor.forget();
    editor.prompt(session, prompt).await;
    let mut asked = Vec::new();
    loop {
        let next = editor
            .shows("a permission or the end", |screen| {
                match screen.permissions.first() {
                    Some(permission) => Some(Some(permission.clone())),
                    None => (!screen.sessions[session].status.is_running()).then_some(None),
                }
            })
            .await;
        let Some(permission) = next else { return asked };
        asked.push(permission.permission.clone());
        editor
            .reply(&permission, sidestream::protocol::PermissionReply::Once)
            .await;
    }
}

pub async fn session_set_permission_mode(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let session = editor.session().await;
    let shell = generation().shell();
    assert_eq!(asked(&mut editor, &session, "bash: echo a").await, [shell]);

    set(&mut editor, &session, "acceptEdits").await;
    assert_eq!(asked(&mut editor, &session, WRITE).await, [""; 0]);
    let folder = editor.sandbox.folders[0].clone();
    assert_eq!(read(&folder, "new.txt"), "hello\n");
    assert_eq!(asked(&mut editor, &session, "bash: echo b").await, [shell]);

    set(&mut editor, &session, "allow").await;
    assert_eq!(asked(&mut editor, &session, "bash: echo c").await, [""; 0]);
    // A sub-agent may what its caller may.
    let task =
        r#"tool: task {"description":"sub","prompt":"bash: echo child","subagent_type":"general"}"#;
    assert_eq!(asked(&mut editor, &session, task).await, [""; 0]);

    set(&mut editor, &session, "default").await;
    assert_eq!(asked(&mut editor, &session, "bash: echo d").await, [shell]);
    set(&mut editor, &session, "ask").await;
    let edit = r#"tools: read {"filePath":"notes.txt"} ;; edit {"filePath":"notes.txt","oldString":"one","newString":"two"}"#;
    assert_eq!(asked(&mut editor, &session, edit).await, ["edit"]);

    // It is the server's to keep: an editor that comes later sees it.
    let sandbox = editor.sandbox.clone();
    editor.stop().await;
    let mut editor = room.editor_in(sandbox).await;
    let listed = editor.request::<SessionList>(json!({})).await.unwrap();
    let mut listed = listed.sessions.into_iter();
    let kept = listed.find(|known| known.id == session).unwrap();
    assert_eq!(kept.permission_mode, PermissionMode::Ask);
    let unknown = json!({"sessionId": "ses_0", "mode": "ask"});
    let refused = editor.request::<SessionSetPermissionMode>(unknown).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::SessionNotFound);
}

pub async fn permission_list(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.prompt(&session, "bash: echo x").await;
    let permission = editor.permission().await;
    let listed = editor.request::<PermissionList>(json!({})).await.unwrap();
    assert_eq!(listed.permissions, std::slice::from_ref(&permission));
    let always = permission.always_title.unwrap();
    assert!(always.starts_with("Run echo *"), "{always}");
    editor.abort(&session).await;
    editor.idle(&session).await;
    // The server lists it on, though nobody waits any more.
    let listed = editor.request::<PermissionList>(json!({})).await.unwrap();
    assert_eq!(listed.permissions, []);
}

pub async fn permission_reply(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.prompt(&session, "bash: echo x").await;
    let permission = editor.permission().await;
    // Somebody else answers.
    let rest = editor.rest(0).await;
    let folder = editor.sandbox.folders[0].display().to_string();
    let (path, body) = match generation() {
        Generation::One => (
            format!("/permission/{}/reply?directory={folder}", permission.id),
            json!({"reply": "once"}),
        ),
        Generation::Two => (
            format!("/api/session/{session}/permission/{}/reply", permission.id),
            json!({"decision": "once"}),
        ),
    };
    rest.post(&path, body).await;
    editor
        .until("that it was answered", |told| match told {
            Notification::PermissionDidResolve { permission_id, .. } => {
                (*permission_id == permission.id).then_some(())
            }
            _ => None,
        })
        .await;
    editor.idle(&session).await;
    // What a run has cost may be told after its end.
    editor
        .shows("what both steps have cost", |screen| {
            let tokens = screen.sessions[&session].tokens.as_ref()?;
            (tokens.output == 40).then_some(())
        })
        .await;
    let reply = |message: Value| json!({"permissionId": permission.id, "reply": "reject", "message": message});
    let (messages, row) = (
        editor.messages(&session),
        editor.screen.sessions[&session].clone(),
    );
    let late = editor
        .request::<PermissionReplyTo>(reply(Value::Null))
        .await;
    assert_eq!(late.unwrap_err().kind, ErrorKind::BadRequest);
    editor.catch_up();
    assert_eq!(editor.messages(&session), messages);
    assert_eq!(editor.screen.sessions[&session], row);

    // Rejected with a word, the model goes on with it.
    editor.prompt(&session, "bash: echo y").await;
    let permission = editor.permission().await;
    let reject = json!({"permissionId": permission.id, "reply": "reject", "message": "use printf"});
    editor.request::<PermissionReplyTo>(reject).await.unwrap();
    editor.idle(&session).await;
    let lines = editor.shown(&session);
    let tool = lines.iter().rev().find(|line| line.kind == "tool").unwrap();
    // 2.x tells the word to the model alone (v2 contract, §3.3).
    if generation() == Generation::One {
        assert!(tool.text.contains("use printf"), "{}", tool.text);
    }
    assert_eq!(lines.last().unwrap().kind, "text");
    editor.assert_as_stored(&session).await;
}

pub async fn question_list(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.prompt(&session, QUESTION).await;
    let question = editor.question().await;
    let listed = editor.request::<QuestionList>(json!({})).await.unwrap();
    assert_eq!(listed.questions, [question]);
    editor.abort(&session).await;
    editor.idle(&session).await;
    let listed = editor.request::<QuestionList>(json!({})).await.unwrap();
    assert_eq!(listed.questions, []);
}

pub async fn question_reply(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.prompt(&session, QUESTION).await;
    let question = editor.question().await;
    let few = json!({"questionId": question.id, "answers": []});
    let refused = editor.request::<QuestionReply>(few).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);
    let own = json!({"questionId": question.id, "answers": [["neither"]]});
    editor.request::<QuestionReply>(own.clone()).await.unwrap();
    editor.idle(&session).await;
    let lines = editor.shown(&session);
    assert!(lines.iter().any(|line| line.text.contains("neither")));
    let late = editor.request::<QuestionReply>(own).await.unwrap_err();
    assert_eq!(late.kind, ErrorKind::BadRequest);
}

pub async fn question_reject(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.prompt(&session, QUESTION).await;
    let question = editor.question().await;
    let it = json!({"questionId": question.id});
    editor.request::<QuestionReject>(it.clone()).await.unwrap();
    editor.idle(&session).await;
    assert!(editor.screen.questions.is_empty());
    let late = editor.request::<QuestionReject>(it).await.unwrap_err();
    assert_eq!(late.kind, ErrorKind::BadRequest);
}

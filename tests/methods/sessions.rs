use serde_json::{Value, json};
use sidestream::protocol::requests::{
    SessionArchive, SessionChildren, SessionClose, SessionCompact, SessionCreate, SessionDelete,
    SessionExport, SessionFork, SessionHistory, SessionList, SessionOpen, SessionRename,
    SessionShare, SessionUnarchive, SessionUnshare,
};
use sidestream::protocol::{
    ErrorKind, Notification, PartBody, PermissionReply, SessionId, SessionStatus,
};
use sidestream_tests::generation::{Generation, generation};
use sidestream_tests::{Editor, Sandbox, sharing};

use crate::room::{Room, assert_unsupported};

async fn titles(editor: &mut Editor, params: Value) -> Vec<String> {
    let listed = editor.request::<SessionList>(params).await.unwrap();
    listed.sessions.into_iter().map(|s| s.title).collect()
}

pub async fn session_list(room: Room) {
    let mut editor = room.editor().await;
    for title in ["apple", "banana", "apricot"] {
        editor.closed_session_in(0, title).await;
    }
    assert_eq!(
        titles(&mut editor, json!({"search": "ap"})).await,
        ["apricot", "apple"]
    );
    let first = json!({"limit": 2});
    let first = editor.request::<SessionList>(first).await.unwrap();
    assert_eq!(first.sessions.len(), 2);
    let rest = json!({"limit": 2, "cursor": first.cursor.unwrap()});
    assert_eq!(titles(&mut editor, rest).await, ["apple"]);
}

pub async fn session_create(room: Room) {
    let mut editor = room.editor().await;
    let session = json!({"title": "fresh", "agent": "plan"});
    let session = editor.request::<SessionCreate>(session).await.unwrap();
    assert_eq!(session.title, "fresh");
    assert_eq!(session.agent.as_deref(), Some("plan"));
    assert_eq!(session.status, SessionStatus::Idle);
    assert_eq!(titles(&mut editor, json!({})).await, ["fresh"]);

    // 2.0 ignores it (v2 contract, §4.1), which would be a session in another place than was asked.
    if generation() == Generation::Two {
        let child = json!({"parentId": session.id});
        let refused = editor.request::<SessionCreate>(child).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Unsupported);
    }
}

pub async fn session_open(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.ask(&session, "hello").await;
    let open = json!({"sessionId": session});
    let snapshot = editor.request::<SessionOpen>(open).await.unwrap();
    assert_eq!(snapshot.messages, editor.messages(&session));
    assert_eq!(snapshot.revision, editor.screen.open[&session].revision);
    let usage = snapshot.session.usage.unwrap();
    assert!(usage.context.unwrap().used > 0);
}

pub async fn session_history(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    for text in ["one", "two"] {
        editor.ask(&session, text).await;
    }
    let all = editor.messages(&session);
    let last = json!({"sessionId": session, "limit": 2});
    let last = editor.request::<SessionOpen>(last).await.unwrap();
    assert_eq!(last.messages, all[2..]);
    let older = json!({"sessionId": session, "limit": 2, "cursor": last.cursor.unwrap()});
    let older = editor.request::<SessionHistory>(older).await.unwrap();
    assert_eq!(older.messages, all[..2]);
    assert_eq!(older.cursor, None);
}

pub async fn session_close(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    let close = json!({"sessionId": session});
    editor.request::<SessionClose>(close).await.unwrap();
    editor.forget();
    editor.ask(&session, "nobody listens").await;
    let content = editor.not_looked_at().iter().filter_map(|told| {
        let mut told = told.clone();
        told.revision_mut().copied()
    });
    assert_eq!(content.count(), 0);
}

pub async fn session_rename(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    let rename = json!({"sessionId": session, "title": "renamed"});
    editor.request::<SessionRename>(rename).await.unwrap();
    editor
        .shows("the new title", |screen| {
            (screen.sessions[&session].title == "renamed").then_some(())
        })
        .await;
}

pub async fn session_delete(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.prompt(&session, "long: 100000").await;
    editor.streaming(&session).await;
    let delete = json!({"sessionId": session});
    editor.request::<SessionDelete>(delete).await.unwrap();
    assert!(!editor.screen.sessions.contains_key(&session));
    assert!(titles(&mut editor, json!({})).await.is_empty());
}

pub async fn session_archive(room: Room) {
    let mut editor = room.editor().await;
    // 2.0 has no archive (v2 contract, §5).
    if generation() == Generation::Two {
        let session = editor.session().await;
        return assert_unsupported::<SessionArchive>(&mut editor, json!({"sessionId": session}))
            .await;
    }
    editor.closed_session_in(0, "kept").await;
    let session = editor.closed_session_in(0, "put away").await;
    let archive = json!({"sessionId": session});
    let archived = editor.request::<SessionArchive>(archive).await.unwrap();
    assert!(archived.time.archived.is_some());
    assert_eq!(titles(&mut editor, json!({})).await, ["kept"]);
    assert_eq!(
        titles(&mut editor, json!({"archived": "only"})).await,
        ["put away"]
    );
    assert_eq!(
        titles(&mut editor, json!({"archived": "with"})).await.len(),
        2
    );
}

pub async fn session_unarchive(room: Room) {
    let mut editor = room.editor().await;
    // 2.0 has no archive (v2 contract, §5).
    if generation() == Generation::Two {
        let session = editor.session().await;
        return assert_unsupported::<SessionUnarchive>(&mut editor, json!({"sessionId": session}))
            .await;
    }
    let session = editor.closed_session_in(0, "put away").await;
    let it = json!({"sessionId": session});
    editor.request::<SessionArchive>(it.clone()).await.unwrap();
    let session = editor.request::<SessionUnarchive>(it).await.unwrap();
    assert_eq!(session.time.archived, None);
    assert_eq!(titles(&mut editor, json!({})).await, ["put away"]);
}

pub async fn session_fork(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    for text in ["one", "two"] {
        editor.ask(&session, text).await;
    }
    let second = editor.messages(&session)[2].info.id.clone();
    let fork = json!({"sessionId": session, "messageId": second});
    let fork = editor.request::<SessionFork>(fork).await.unwrap();
    assert_eq!(fork.parent_id, None);
    let snapshot = editor.open(&fork.id).await;
    let text = |id: &PartBody| match id {
        PartBody::Text(text) => Some(text.text.clone()),
        _ => None,
    };
    let parts = snapshot.messages.iter().flat_map(|m| &m.parts);
    let texts: Vec<String> = parts.filter_map(|part| text(&part.body)).collect();
    assert_eq!(texts[0], "one");
    assert!(!texts.contains(&"two".to_owned()));

    let nothing = json!({"sessionId": session, "messageId": "msg_0"});
    let refused = editor.request::<SessionFork>(nothing).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);
}

async fn sharing_editor() -> (Editor, SessionId) {
    let sandbox = Sandbox::new(1, 1).await;
    let config = sharing::allow(&sandbox.environment()["OPENCODE_CONFIG_CONTENT"]).await;
    let mut editor = Editor::in_sandbox(sandbox)
        .server_env("OPENCODE_CONFIG_CONTENT", &config)
        .start()
        .await;
    let session = editor.session().await;
    (editor, session)
}

pub async fn session_share(room: Room) {
    // 2.x does not share (v2 contract, §4.1).
    if generation() == Generation::Two {
        let mut editor = room.editor().await;
        let session = editor.session().await;
        return assert_unsupported::<SessionShare>(&mut editor, json!({"sessionId": session}))
            .await;
    }
    let (mut editor, session) = sharing_editor().await;
    let it = json!({"sessionId": session});
    let shared = editor.request::<SessionShare>(it).await.unwrap();
    assert_eq!(shared.share_url.as_deref(), Some(sharing::URL));

    let mut editor = room.editor_in(room.sandbox()).await;
    let it = json!({"sessionId": editor.session().await});
    let refused = editor.request::<SessionShare>(it).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Unsupported);
    assert!(refused.hint.unwrap().contains("share"));
}

pub async fn session_unshare(room: Room) {
    // 2.x does not share (v2 contract, §4.1).
    if generation() == Generation::Two {
        let mut editor = room.editor().await;
        let session = editor.session().await;
        return assert_unsupported::<SessionUnshare>(&mut editor, json!({"sessionId": session}))
            .await;
    }
    let (mut editor, session) = sharing_editor().await;
    let it = json!({"sessionId": session});
    editor.request::<SessionShare>(it.clone()).await.unwrap();
    let session = editor.request::<SessionUnshare>(it).await.unwrap();
    assert_eq!(session.share_url, None);
}

pub async fn session_children(room: Room) {
    let mut editor = room.editor().await;
    let root = editor.session().await;
    let task = r#"tool: task {"description":"sub job","prompt":"bash: echo from-child","subagent_type":"general"}"#;
    editor.prompt(&root, task).await;
    let permission = editor.permission().await;
    let path: Vec<_> = permission.path.iter().map(|above| &above.id).collect();
    assert_eq!(path, [&root]);
    editor
        .shows("that it waits below the root", |screen| {
            (screen.sessions[&root].permissions == 1).then_some(())
        })
        .await;
    editor.reply(&permission, PermissionReply::Once).await;
    editor.idle(&root).await;

    let it = json!({"sessionId": root});
    let below = editor
        .request::<SessionChildren>(it)
        .await
        .unwrap()
        .children;
    assert_eq!(below.len(), 1);
    assert_eq!(below[0].session.id, permission.session_id);
    assert!(below[0].children.is_empty());
    let root = &editor.screen.sessions[&root];
    let usage = root.usage.clone().unwrap();
    let own = root.tokens.clone().unwrap().total();
    let child = below[0].session.tokens.clone().unwrap().total();
    assert_eq!(usage.tokens.total(), own + child);
}

pub async fn session_export(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.closed_session_in(0, "How: it *went*").await;
    editor.open(&session).await;
    editor
        .prompt(&session, "bash: printf '%s\\n' '```' done")
        .await;
    let permission = editor.permission().await;
    editor.reply(&permission, PermissionReply::Once).await;
    editor.idle(&session).await;
    let it = json!({"sessionId": session});
    let export = editor.request::<SessionExport>(it).await.unwrap();
    assert_eq!(export.filename, "how-it-went.md");
    let markdown = export.markdown;
    let shell = generation().shell();
    let tool =
        format!("<summary>{shell} printf '%s\\n' '```' done</summary>\n\n````\n```\ndone\n````\n");
    for piece in [
        "# How: it *went*\n",
        "\n## You\n\nbash: printf '%s\\n' '```' done\n",
        "\n## Assistant (scripted)\n",
        tool.as_str(),
        "The command has ended.",
    ] {
        assert!(
            markdown.contains(piece),
            "{piece:?} is missing in:\n{markdown}"
        );
    }
}

pub async fn session_compact(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.ask(&session, "slow: 20 remember this").await;
    editor.forget();
    let it = json!({"sessionId": session});
    editor.request::<SessionCompact>(it).await.unwrap();
    editor
        .until("that it is compacted", |told| match told {
            Notification::SessionDidChange { session, .. } => {
                (session.status == SessionStatus::Compacting).then_some(())
            }
            _ => None,
        })
        .await;
    editor.idle(&session).await;
    let messages = editor.messages(&session);
    let mut parts = messages.iter().flat_map(|message| &message.parts);
    assert!(parts.any(|part| part.body == PartBody::Compaction { auto: false }));
    editor.assert_as_stored(&session).await;
}

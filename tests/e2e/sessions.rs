//! The list of sessions and the pages of one: found, renamed, deleted, read backwards, closed.

use sidestream::protocol::requests::{
    SessionClose, SessionDelete, SessionHistory, SessionList, SessionOpen, SessionRename,
};
use sidestream::protocol::{Notification, SessionId};
use sidestream_tests::{Editor, stored};

async fn list(
    editor: &mut Editor,
    search: Option<&str>,
    limit: Option<usize>,
    cursor: Option<String>,
) -> (Vec<String>, Option<String>) {
    let list = SessionList {
        instance_id: editor.instance_id(0).await,
        search: search.map(str::to_owned),
        limit,
        cursor,
        roots: None,
        archived: None,
    };
    let listed = editor.call(list).await.unwrap();
    let titles = listed.sessions.into_iter().map(|session| session.title);
    (titles.collect(), listed.cursor)
}

async fn delete(editor: &mut Editor, session: &SessionId) {
    let delete = SessionDelete {
        instance_id: editor.instance_id(0).await,
        session_id: session.clone(),
    };
    editor.call(delete).await.unwrap();
    editor
        .until("that it is gone", |told| match told {
            Notification::SessionDidRemove { session_id, .. } if session_id == session => Some(()),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn sessions_are_listed_renamed_and_deleted() {
    let mut editor = Editor::in_folders(1).start().await;
    let mut sessions = Vec::new();
    for title in ["apple one", "apple two", "pear", "plum", "quince"] {
        sessions.push(editor.closed_session_in(0, title).await);
    }
    let (mut found, more) = list(&mut editor, Some("apple"), None, None).await;
    found.sort();
    assert_eq!(
        (found, more),
        (vec!["apple one".into(), "apple two".into()], None)
    );
    let (mut all, cursor) = list(&mut editor, None, Some(2), None).await;
    assert_eq!(all.len(), 2);
    let (next, cursor) = list(&mut editor, None, Some(2), cursor).await;
    all.extend(next);
    let (last, cursor) = list(&mut editor, None, Some(2), cursor).await;
    all.extend(last);
    assert_eq!(cursor, None);
    all.sort();
    assert_eq!(all, ["apple one", "apple two", "pear", "plum", "quince"]);

    let rename = SessionRename {
        instance_id: editor.instance_id(0).await,
        session_id: sessions[2].clone(),
        title: "melon".into(),
    };
    editor.call(rename).await.unwrap();
    let renamed = sessions[2].clone();
    editor
        .shows("the new title", |screen| {
            (screen.sessions.get(&renamed)?.title == "melon").then_some(())
        })
        .await;
    delete(&mut editor, &sessions[3]).await;
    let (mut left, _) = list(&mut editor, None, None, None).await;
    left.sort();
    assert_eq!(left, ["apple one", "apple two", "melon", "quince"]);

    let running = editor.session().await;
    editor.prompt(&running, "long: 1000000").await;
    editor.streaming(&running).await;
    delete(&mut editor, &running).await;
    let rest = editor.rest(0).await;
    assert!(!rest.is_busy(&editor.sandbox.folders[0]).await);
    assert_eq!(editor.connected(0).await.busy, 0);
    let (left, _) = list(&mut editor, None, None, None).await;
    assert_eq!(left.len(), 4);
}

#[tokio::test]
async fn a_long_session_is_read_page_by_page_and_a_closed_one_is_quiet() {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    for number in 0..4 {
        editor
            .ask(&session, &format!("prompt number {number}"))
            .await;
    }
    let rest = editor.rest(0).await;
    let instance_id = editor.instance_id(0).await;

    let close = SessionClose {
        instance_id: instance_id.clone(),
        session_id: session.clone(),
    };
    editor.call(close).await.unwrap();
    editor.catch_up();
    // Content that came from now on would end the test.
    editor.screen.open.remove(&session);
    editor.ask(&session, "nobody looks").await;

    let open = SessionOpen {
        instance_id: instance_id.clone(),
        session_id: session.clone(),
        limit: Some(3),
    };
    let snapshot = editor.call(open).await.unwrap();
    editor.screen.open(&snapshot);
    let mut pages = snapshot.messages;
    assert_eq!(pages.len(), 3);
    let mut cursor = snapshot.cursor;
    while let Some(from) = cursor {
        let history = SessionHistory {
            instance_id: instance_id.clone(),
            session_id: session.clone(),
            cursor: from,
            limit: Some(3),
        };
        let page = editor.call(history).await.unwrap();
        assert!(!page.messages.is_empty() && page.messages.len() <= 3);
        pages.splice(0..0, page.messages);
        cursor = page.cursor;
    }
    assert_eq!(stored::shown(&pages), rest.lines(session.as_str()).await);
}

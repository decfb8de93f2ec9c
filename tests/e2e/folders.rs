//! Several workspace folders: a server each, or one for all; opened and closed while it runs.

use serde_json::json;
use sidestream::cli::client;
use sidestream::protocol::Notification;
use sidestream_tests::Editor;

#[tokio::test]
async fn two_folders_start_with_progress_and_stream_at_once_without_being_mixed() {
    let mut editor = Editor::in_folders(2)
        .capabilities(json!({"window": {"workDoneProgress": true}}))
        .start()
        .await;
    let mut begun = Vec::new();
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let message = editor.standard().await;
        let token = message["params"]["token"].clone();
        match message["params"]["value"]["kind"].as_str() {
            Some("begin") => begun.push(token),
            Some("end") => ended.push(token),
            Some("report") => assert!(begun.contains(&token)),
            // Before the answer nothing is told of it.
            _ => {
                assert_eq!(message["method"], "window/workDoneProgress/create");
                assert!(!begun.contains(&token));
                let answered = editor.client.answer(&message["id"], json!(null)).await;
                answered.unwrap();
            }
        }
    }
    assert_eq!(editor.log(), "");
    begun.sort_by_key(ToString::to_string);
    ended.sort_by_key(ToString::to_string);
    assert_eq!(begun, ended);

    let pid = async |editor: &mut Editor, folder| {
        editor
            .connected(folder)
            .await
            .server
            .and_then(|server| server.pid)
            .unwrap()
    };
    assert_ne!(pid(&mut editor, 0).await, pid(&mut editor, 1).await);
    let one = editor.session_in(0).await;
    let two = editor.session_in(1).await;
    editor.forget();
    editor.prompt(&one, "long: 1000000").await;
    editor.streaming(&one).await;
    editor.prompt(&two, "long: 1000000").await;
    editor.streaming(&two).await;
    editor.streaming(&one).await;
    editor.abort(&one).await;
    editor.abort(&two).await;
    editor.ended(&one).await;
    editor.ended(&two).await;
    for (folder, session) in [(0, &one), (1, &two)] {
        let rest = editor.rest(folder).await;
        editor.becomes_as_stored(session, &rest).await;
    }

    editor.forget();
    editor.prompt(&one, "this is folder one").await;
    editor.prompt(&two, "this is folder two").await;
    editor.idle(&one).await;
    editor.idle(&two).await;
    assert!(
        editor
            .last_words(&one)
            .starts_with("You said: this is folder one")
    );
    assert!(
        editor
            .last_words(&two)
            .starts_with("You said: this is folder two")
    );
    let (first, second) = (editor.instance_id(0).await, editor.instance_id(1).await);
    for notification in editor.not_looked_at() {
        if let Notification::PartDidAppend {
            instance_id,
            session_id,
            ..
        } = notification
        {
            let expected = if *session_id == one { &first } else { &second };
            assert_eq!(instance_id, expected);
        }
    }
}

#[tokio::test]
async fn one_server_serves_a_whole_window_whose_folders_come_and_go() {
    let mut editor = Editor::in_folders(2).scope("window").start().await;
    let one = editor.connected(0).await;
    let two = editor.connected(1).await;
    assert_eq!(
        one.server.unwrap().pid.unwrap(),
        two.server.unwrap().pid.unwrap()
    );

    let folder = client::folder(&editor.sandbox.folders[1]);
    let change = json!({"event": {"added": [], "removed": [folder]}});
    let method = "workspace/didChangeWorkspaceFolders";
    editor.client.notify(method, change).await.unwrap();
    let closed = editor
        .until("a closed folder", |told| match told {
            Notification::InstanceDidClose { instance_id } => Some(instance_id.clone()),
            _ => None,
        })
        .await;
    assert_eq!(closed, two.id);
    let session = editor.session_in(0).await;
    editor.ask(&session, "the first folder goes on").await;
    assert!(
        editor
            .last_words(&session)
            .starts_with("You said: the first folder goes on")
    );

    let change = json!({"event": {"added": [folder], "removed": []}});
    editor.client.notify(method, change).await.unwrap();
    let again = editor.connected(1).await;
    assert_ne!(again.id, two.id);
    let session = editor.session_in(1).await;
    editor.ask(&session, "the second one is back").await;
    editor.stop().await;
}

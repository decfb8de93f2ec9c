//! What takes a while is seen as progress in the editor's own way.

use serde_json::{Value, json};
use sidestream::protocol::requests::SessionCompact;
use sidestream_tests::{Editor, processes};

/// The title of the next piece of work, when it has ended.
async fn work(editor: &mut Editor) -> String {
    let (mut token, mut title) = (Value::Null, String::new());
    loop {
        let message = editor.standard().await;
        let params = &message["params"];
        match params["value"]["kind"].as_str() {
            Some("begin") => {
                token = params["token"].clone();
                title = params["value"]["title"].as_str().unwrap().to_owned();
            }
            Some("end") if params["token"] == token => return title,
            Some(_) => {}
            None => {
                assert_eq!(message["method"], "window/workDoneProgress/create");
                let answered = editor.client.answer(&message["id"], json!(null)).await;
                answered.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn starting_coming_back_and_compacting_are_seen_as_progress() {
    let mut editor = Editor::in_folders(1)
        .capabilities(json!({"window": {"workDoneProgress": true}}))
        .start()
        .await;
    assert_eq!(work(&mut editor).await, "Starting OpenCode in folder-1");

    let server = editor.connected(0).await.server.unwrap().pid.unwrap();
    processes::kill(server);
    assert_eq!(
        work(&mut editor).await,
        "Reconnecting to OpenCode in folder-1"
    );

    let session = editor.session().await;
    editor.ask(&session, "something to compact").await;
    let compact = SessionCompact {
        instance_id: editor.instance_id(0).await,
        session_id: session.clone(),
        model: None,
    };
    editor.call(compact).await.unwrap();
    let title = work(&mut editor).await;
    assert!(title.starts_with("Compacting"), "{title}");
    editor.idle(&session).await;
    editor.stop().await;
}

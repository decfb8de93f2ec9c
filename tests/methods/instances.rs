use serde_json::json;
use sidestream::protocol::requests::{
    InstanceClose, InstanceEvents, InstanceList, InstanceLogs, InstanceOpen, InstanceReconnect,
    InstanceRestart,
};
use sidestream::protocol::{EventOutcome, InstanceState, Notification};
use sidestream_tests::Editor;
use sidestream_tests::generation::{Generation, generation};

use crate::room::Room;

pub async fn instance_list(room: Room) {
    let mut editor = room.editor().await;
    let listed = editor.call(InstanceList {}).await.unwrap().instances;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].directory, editor.sandbox.folders[0]);
    assert_eq!(listed[0].state, InstanceState::Connected);
}

pub async fn instance_open(room: Room) {
    let mut editor = room.editor().await;
    let open = InstanceOpen {
        directory: editor.sandbox.folders[0].clone(),
        server: None,
    };
    let again = editor.call(open).await.unwrap();
    assert_eq!(again.id, editor.instance_id(0).await);

    let missing = InstanceOpen {
        directory: "/there/is/no/such/folder".into(),
        server: None,
    };
    let refused = editor.call(missing).await.unwrap_err();
    assert!(refused.message.contains("/there/is/no/such/folder"));
    assert_eq!(
        editor.call(InstanceList {}).await.unwrap().instances.len(),
        1
    );
}

pub async fn instance_close(room: Room) {
    let mut editor = room.editor().await;
    editor.request::<InstanceClose>(json!({})).await.unwrap();
    editor
        .until("the end of the instance", |told| {
            matches!(told, Notification::InstanceDidClose { .. }).then_some(())
        })
        .await;
    assert_eq!(editor.call(InstanceList {}).await.unwrap().instances, []);
}

pub async fn instance_restart(_: Room) {
    // A server that somebody else runs is never stopped, so this one is our own.
    let mut editor = Editor::in_folders(1).start().await;
    let before = editor.connected(0).await.server.unwrap().pid;
    editor.forget();
    editor.request::<InstanceRestart>(json!({})).await.unwrap();
    let after = editor.next_state(0, InstanceState::Connected).await;
    assert_ne!(after.server.unwrap().pid, before);
}

pub async fn instance_reconnect(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor
        .request::<InstanceReconnect>(json!({}))
        .await
        .unwrap();
    editor.ask(&session, "still here").await;
    editor.assert_as_stored(&session).await;
}

pub async fn instance_logs(_: Room) {
    let mut editor = Editor::in_folders(1).start().await;
    let logs = editor.request::<InstanceLogs>(json!({})).await.unwrap();
    let listens = |text: &str| match generation() {
        Generation::One => text.contains("listening on http://127.0.0.1"),
        Generation::Two => text.contains("{\"url\":\"http://127.0.0.1"),
    };
    assert!(logs.entries.iter().any(|entry| listens(&entry.text)));
    let last = json!({"limit": 1});
    let last = editor.request::<InstanceLogs>(last).await.unwrap();
    assert_eq!(last.entries.len(), 1);
}

pub async fn instance_events(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.ask(&session, "hello").await;
    let events = editor.request::<InstanceEvents>(json!({})).await.unwrap();
    let delta = match generation() {
        Generation::One => "message.part.delta",
        Generation::Two => "session.text.delta",
    };
    let delta = events
        .events
        .iter()
        .find(|event| event.event_type == delta)
        .unwrap();
    assert_eq!(delta.outcome, EventOutcome::Applied);
    assert_eq!(delta.size, delta.data.len());
}

//! A server of the legacy dialect: found by what it answers, streamed, and resynchronised.

use serde_json::json;
use sidestream::protocol::requests::{CatalogRead, SessionList};
use sidestream::protocol::{DialectName, InstanceState, Role, SessionStatus};
use sidestream_tests::Editor;
use sidestream_tests::legacy::{LegacyServer, SESSION};

#[tokio::test]
async fn a_legacy_server_is_found_by_its_answers_and_its_replies_stream() {
    let mut server = LegacyServer::start().await;
    let mut editor = Editor::in_folders(1)
        .attach_to(&server.url, "secret")
        .start()
        .await;
    let instance = editor.connected(0).await;
    assert_eq!(instance.server.unwrap().dialect, DialectName::Legacy);
    // What is beyond talking is named, so that clients can hide it.
    let catalog = editor.request::<CatalogRead>(json!({})).await.unwrap();
    let hidden = "sidestream/session/fork".to_owned();
    assert!(catalog.unsupported.contains(&hidden));
    let list = SessionList {
        instance_id: instance.id,
        search: None,
        limit: None,
        cursor: None,
        roots: None,
        archived: None,
    };
    let listed = editor.call(list).await.unwrap().sessions;
    assert_eq!(listed[0].title, "as listed");
    editor
        .screen
        .sessions
        .insert(SESSION.into(), listed[0].clone());
    let session = SESSION.into();
    editor.open(&session).await;

    editor.prompt(&session, "speak").await;
    let prompt = server.prompts.recv().await.unwrap();
    assert_eq!(prompt, json!({"prompt": "speak", "attachments": []}));
    for text in ["one", "one two", "one two three"] {
        server.reply(text, "streaming");
        editor
            .shows(text, |screen| {
                let reply = screen.open.get(&session)?.messages.last()?;
                let text_is = |part: &sidestream::protocol::Part| {
                    matches!(&part.body,
                        sidestream::protocol::PartBody::Text(part) if part.text == text)
                };
                reply.parts.first().filter(|part| text_is(part)).map(|_| ())
            })
            .await;
    }
    // The text grew at its end: it was not sent again as a whole.
    editor.streaming(&session).await;
    editor.streaming(&session).await;
    assert!(editor.screen.sessions[&session].status.is_running());

    server.rename("told by an event");
    editor
        .shows("the new title", |screen| {
            (screen.sessions[&session].title == "told by an event").then_some(())
        })
        .await;

    // What comes while nobody listens is there after the reconnect.
    server.cut();
    editor.next_state(0, InstanceState::Reconnecting).await;
    server.reply("one two three four, five", "complete");
    editor.next_state(0, InstanceState::Connected).await;
    let status = editor.ended(&session).await;
    assert_eq!(status, SessionStatus::Idle);
    assert_eq!(editor.last_words(&session), "one two three four, five");
    let messages = editor.messages(&session);
    let roles: Vec<Role> = messages.iter().map(|message| message.info.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant]);
}

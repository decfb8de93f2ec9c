//! A server that somebody else runs: with its password, for several editors, never stopped.

use sidestream::protocol::requests::InstanceList;
use sidestream::protocol::{ErrorKind, InstanceState};
use sidestream_tests::Editor;
use sidestream_tests::generation::{Generation, generation};
use sidestream_tests::opencode::OpenCode;

#[tokio::test]
async fn editors_attach_with_the_password_and_see_the_same() {
    let server = OpenCode::serve(1).await;
    let mut stranger = Editor::in_sandbox(server.sandbox())
        .attach_to(&server.rest.url, "a wrong password")
        .launch()
        .await;
    let failed = stranger.state(0, InstanceState::Failed).await;
    let error = failed.error.unwrap();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(error.hint.is_some());
    assert!(!error.message.contains("a wrong password"));
    let listed = stranger.call(InstanceList {}).await.unwrap();
    assert_eq!(listed.instances.len(), 1);
    stranger.stop().await;

    let mut before = Editor::in_sandbox(server.sandbox())
        .attach(&server)
        .start()
        .await;
    let info = before.connected(0).await.server.unwrap();
    assert!(!info.owned);
    let session = before.session().await;
    before.ask(&session, "seen from the start").await;
    before.ask(&session, "reason: two editors").await;

    let mut after = Editor::in_sandbox(server.sandbox())
        .attach(&server)
        .start()
        .await;
    let known = before.screen.sessions[&session].clone();
    let instance_id = after.instance_id(0).await;
    let known = sidestream::protocol::Session {
        instance_id,
        ..known
    };
    after.screen.sessions.insert(session.clone(), known);
    after.open(&session).await;
    let json = |messages| serde_json::to_string_pretty(&messages).unwrap();
    assert_eq!(
        json(before.messages(&session)),
        json(after.messages(&session))
    );

    // What one asks, the other sees.
    after.ask(&session, "from the second editor").await;
    before
        .shows("the other editor's reply", |screen| {
            let messages = &screen.open[&session].messages;
            (messages.len() == 6).then_some(())
        })
        .await;
    before.becomes_as_stored(&session, &server.rest).await;
    after.becomes_as_stored(&session, &server.rest).await;
    before.stop().await;
    after.stop().await;
    let (path, field) = match generation() {
        Generation::One => ("/global/health", "healthy"),
        Generation::Two => ("/api/info", "version"),
    };
    assert!(!server.rest.get(path).await[field].is_null());
}

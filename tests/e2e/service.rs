//! OpenCode 2.x's background service: joined by several editors, followed when it is restarted, never
//! stopped.

use sidestream::protocol::{InstanceState, PermissionReply, Session};
use sidestream_tests::generation::{Generation, is_not_for};
use sidestream_tests::{Editor, Sandbox, processes};

#[tokio::test]
async fn editors_share_the_service_and_follow_it_when_it_is_restarted() {
    if is_not_for(Generation::One, "1.x has no background service") {
        return;
    }
    let sandbox = Sandbox::new(1, 1).await;
    let setup = || Editor::in_sandbox(sandbox.clone()).scope("shared");
    let mut first = setup().start().await;
    let service = first.connected(0).await.server.unwrap();
    assert!(!service.owned, "a service is nobody's");
    let mut second = setup().start().await;
    let joined = second.connected(0).await.server.unwrap();
    assert_eq!((&joined.url, joined.pid), (&service.url, service.pid));

    // One asks, the other answers, and it is answered for both.
    let session = first.session().await;
    second
        .shows("the session of the other editor", |screen| {
            screen.sessions.get(&session).map(|_| ())
        })
        .await;
    first.prompt(&session, "bash: echo shared").await;
    let asked = first.permission().await;
    let seen = second.permission().await;
    assert_eq!(asked.id, seen.id);
    second.reply(&seen, PermissionReply::Once).await;
    first.ended(&session).await;
    first
        .shows("that nothing waits", |screen| {
            screen.permissions.is_empty().then_some(())
        })
        .await;

    // Killed in mid-stream: a new one is started, elsewhere, and found by both.
    first.prompt(&session, "long: 100000").await;
    first.streaming(&session).await;
    processes::kill(service.pid.unwrap());
    first.next_state(0, InstanceState::Reconnecting).await;
    let again = first.next_state(0, InstanceState::Connected).await;
    let again = again.server.unwrap();
    assert_ne!(again.pid, service.pid);
    second
        .shows("the same service", |screen| {
            let mut all = screen.instances.values();
            all.any(|instance| {
                instance.state == InstanceState::Connected
                    && instance.server.as_ref().and_then(|server| server.pid) == again.pid
            })
            .then_some(())
        })
        .await;
    // It goes on by itself with what it was doing (v2 contract, §1.4).
    first.streaming(&session).await;
    first.abort(&session).await;
    first.idle(&session).await;
    let other: Session = first.screen.sessions[&session].clone();
    assert_eq!(other.title, "a test");

    first.stop().await;
    second.stop().await;
    let pid = again.pid.unwrap();
    assert!(
        sandbox.processes().contains(&pid),
        "the service outlives those who joined it"
    );
}

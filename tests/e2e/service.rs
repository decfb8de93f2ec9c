//! OpenCode 2.x's background service: started once, joined by several editors, followed when it is
//! restarted, never stopped.

use std::net::TcpListener;
use std::sync::Arc;

use serde_json::{Value, json};
use sidestream::protocol::requests::InstanceLogs;
use sidestream::protocol::{
    InstanceState, MessageStatus, PartBody, PermissionReply, ServerInfo, SessionId, SessionStatus,
};
use sidestream_tests::bad_service::registration_file;
use sidestream_tests::generation::{Generation, is_not_for};
use sidestream_tests::stored::{Line, Rest, shown};
use sidestream_tests::{Editor, Sandbox, processes, programs};
use tokio::process::Command;

fn has_none() -> bool {
    is_not_for(Generation::One, "1.x has no background service")
}

/// Direct access to the service, as it is registered now.
fn rest(sandbox: &Sandbox) -> Rest {
    let text = std::fs::read(registration_file(sandbox)).unwrap();
    let registration: Value = serde_json::from_slice(&text).unwrap();
    let word = |key: &str| registration[key].as_str().unwrap().to_owned();
    Rest {
        url: word("url"),
        password: word("password"),
        generation: Generation::Two,
    }
}

fn services(sandbox: &Sandbox) -> Vec<u32> {
    let all = sandbox.processes().into_iter();
    all.filter(|pid| processes::command_line(*pid).contains("--service"))
        .collect()
}

async fn service_command(sandbox: &Sandbox, arguments: &[&str]) {
    let output = Command::new(programs::opencode().await)
        .arg("service")
        .args(arguments)
        .envs(sandbox.environment())
        .current_dir(sandbox.path())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// Waits until an editor is connected to another server than before.
async fn follows(editor: &mut Editor, before: &ServerInfo) -> ServerInfo {
    let pid = before.pid;
    editor
        .shows("another service", |screen| {
            let mut all = screen.instances.values();
            all.find_map(|instance| {
                let server = instance.server.clone()?;
                let is_new = instance.state == InstanceState::Connected && server.pid != pid;
                is_new.then_some(server)
            })
        })
        .await
}

async fn knows(editor: &mut Editor, session: &SessionId) {
    editor
        .shows("the session of the other editor", |screen| {
            screen.sessions.get(session).map(|_| ())
        })
        .await;
}

#[tokio::test]
async fn editors_share_the_service_and_follow_it_when_it_is_killed() {
    if has_none() {
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

    // Each sees the other's; one asks, the other answers, and it is answered for both.
    let session = first.session().await;
    knows(&mut second, &session).await;
    let others = second.session().await;
    knows(&mut first, &others).await;
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
    first.forget();
    first.prompt(&session, "long: 100000").await;
    first.streaming(&session).await;
    processes::kill(service.pid.unwrap());
    let again = follows(&mut first, &service).await;
    assert_eq!(follows(&mut second, &service).await.pid, again.pid);
    // It goes on by itself with what it was doing (v2 contract, §1.4).
    first
        .shows("the answer that goes on", |screen| {
            let shown = shown(&screen.open[&session].messages);
            let goes_on = |line: &Line| line.text.contains("The server restarted");
            shown.iter().any(goes_on).then_some(())
        })
        .await;
    first
        .shows("that the run has ended", |screen| {
            let status = &screen.sessions[&session].status;
            (*status == SessionStatus::Idle).then_some(())
        })
        .await;
    first.becomes_as_stored(&session, &rest(&sandbox)).await;
    // What was cut off says so, and keeps what was heard of it.
    let messages = first.messages(&session);
    let cut = messages
        .iter()
        .find(|message| message.info.status == MessageStatus::Interrupted)
        .unwrap_or_else(|| panic!("{messages:#?}"));
    let is_partial = |body: &PartBody| matches!(body, PartBody::Text(text) if text.partial);
    assert!(
        cut.parts.iter().any(|part| is_partial(&part.body)),
        "{cut:?}"
    );

    first.stop().await;
    second.stop().await;
    assert_eq!(services(&sandbox), [again.pid.unwrap()], "it outlives them");
}

#[tokio::test]
async fn a_service_that_is_restarted_elsewhere_is_followed() {
    if has_none() {
        return;
    }
    let sandbox = Sandbox::new(1, 1).await;
    let mut editor = Editor::in_sandbox(sandbox.clone())
        .scope("shared")
        .start()
        .await;
    let before = editor.connected(0).await.server.unwrap();
    let session = editor.session().await;
    editor.ask(&session, "before").await;

    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    service_command(&sandbox, &["set", "port", &port]).await;
    service_command(&sandbox, &["set", "password", "another one"]).await;
    service_command(&sandbox, &["restart"]).await;

    let after = follows(&mut editor, &before).await;
    assert!(after.url.ends_with(&port), "{}", after.url);
    assert_eq!(rest(&sandbox).password, "another one");
    editor.ask(&session, "after").await;
    assert!(editor.last_words(&session).starts_with("You said: after"));
    editor.becomes_as_stored(&session, &rest(&sandbox)).await;
    editor.stop().await;
}

#[tokio::test]
async fn folders_that_open_at_once_start_one_service() {
    if has_none() {
        return;
    }
    let mut editor = Editor::in_folders(2).scope("shared").start().await;
    let sandbox: Arc<Sandbox> = editor.sandbox.clone();
    let one = editor.connected(0).await;
    let two = editor.connected(1).await;
    let pid = one.server.unwrap().pid.unwrap();
    assert_eq!(two.server.unwrap().pid, Some(pid));
    let mut started = 0;
    for id in [one.id, two.id] {
        let it = json!({"instanceId": id});
        let logs = editor.request::<InstanceLogs>(it).await.unwrap().entries;
        let says = |line: &&str| line.contains("background service was started");
        started += logs.iter().map(|e| e.text.as_str()).filter(says).count();
    }
    assert_eq!(started, 1, "by the one that came first");
    editor.stop().await;
    assert_eq!(services(&sandbox), [pid]);
}

#[tokio::test]
async fn no_second_server_is_started_beside_a_service() {
    if has_none() {
        return;
    }
    let sandbox = Sandbox::new(1, 1).await;
    service_command(&sandbox, &["start"]).await;
    let running = services(&sandbox);
    for scope in ["workspace", "window"] {
        let setup = Editor::in_sandbox(sandbox.clone()).scope(scope);
        let mut editor = setup.start().await;
        let server = editor.connected(0).await.server.unwrap();
        assert_eq!(running, [server.pid.unwrap()], "{scope}");
        assert!(!server.owned);
        let logs = editor.request::<InstanceLogs>(json!({})).await.unwrap();
        let mut lines = logs.entries.iter();
        assert!(lines.any(|entry| entry.text.contains("XDG_STATE_HOME")));
        editor.stop().await;
    }
    assert_eq!(services(&sandbox), running, "it is never stopped");
}

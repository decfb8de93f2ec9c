//! The versions of OpenCode that Sidestream speaks, each for real: a plain reply, a permission, a
//! prompt that waits its turn, an abort, and a server that dies and comes back. Prints the table that the README shows, and fails
//! when the two differ; with `UPDATE=1` it writes the README's.
//!
//! The last of 1.x and of 2.x are the subjects of the end-to-end tests, too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "this is test code: what goes wrong here has to end the test"
)]

mod table;

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::json;
use sidestream::instance::find;
use sidestream::protocol::{
    InstanceState, MessageStatus, PartBody, PermissionReply, Role, SessionId, SessionStatus,
    ToolStatus,
};
use sidestream_tests::{Editor, processes};

/// What the contracts have measured, oldest first.
const VERSIONS: [&str; 8] = [
    "1.0.152",
    "1.1.65",
    "1.2.27",
    "1.14.41",
    "1.15.3",
    "1.17.11",
    find::PINNED_VERSION,
    find::PINNED_VERSION_2,
];
const CHECKS: [&str; 5] = ["plain reply", "permission", "queue", "abort", "resync"];

/// By version, whether each check held.
type Results = Arc<Mutex<BTreeMap<usize, Vec<bool>>>>;

fn main() {
    let arguments = Arguments::from_args();
    let results = Results::default();
    let trials = VERSIONS.iter().enumerate().map(|(index, version)| {
        let results = results.clone();
        Trial::test(format!("opencode {version}"), move || {
            let held = block_on(check(version));
            results.lock().unwrap().insert(index, held.clone());
            let failed = CHECKS.iter().zip(&held).filter(|(_, held)| !**held);
            let failed: Vec<_> = failed.map(|(name, _)| *name).collect();
            if failed.is_empty() {
                Ok(())
            } else {
                Err(Failed::from(format!("{version}: {}", failed.join(", "))))
            }
        })
    });
    let mut conclusion = libtest_mimic::run(&arguments, trials.collect());
    let results = results.lock().unwrap();
    // A part of the table says nothing.
    if results.len() == VERSIONS.len() {
        let rows: Vec<_> = VERSIONS.iter().zip(results.values()).collect();
        let table = table::render(&CHECKS, &rows);
        println!("{table}");
        if let Err(why) = table::compare_with_readme(&table) {
            println!("{why}");
            conclusion.num_failed += 1;
        }
    }
    conclusion.exit();
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}

/// Whether each check holds. One that fails leaves the others their chance.
async fn check(version: &str) -> Vec<bool> {
    let program = find::install(version, &|_| {}).await;
    let program = program.expect("npm has this version");
    let mut editor = Editor::in_folders(1)
        .settings(json!({"server": {"command": [program], "scope": "workspace"}}))
        .start()
        .await;
    vec![
        holds(plain_reply(&mut editor)).await,
        holds(permission(&mut editor)).await,
        holds(queue(&mut editor)).await,
        holds(abort(&mut editor)).await,
        holds(resync(&mut editor)).await,
    ]
}

async fn holds(check: impl Future<Output = ()>) -> bool {
    AssertUnwindSafe(check).catch_unwind().await.is_ok()
}

async fn plain_reply(editor: &mut Editor) {
    let session = editor.session().await;
    editor.ask(&session, "hello there").await;
    assert!(
        editor
            .last_words(&session)
            .starts_with("You said: hello there")
    );
    editor.assert_as_stored(&session).await;
}

async fn permission(editor: &mut Editor) {
    let session = editor.session().await;
    for (reply, status) in [
        (PermissionReply::Once, "completed"),
        (PermissionReply::Reject, "error"),
    ] {
        editor.prompt(&session, "bash: echo from-the-shell").await;
        let permission = editor.permission().await;
        editor.reply(&permission, reply).await;
        editor.ended(&session).await;
        let lines = editor.shown(&session);
        let tool = lines.iter().rev().find(|line| line.kind == "tool").unwrap();
        assert_eq!(tool.status, status);
    }
    // What comes right after a rejection is answered too.
    editor.ask(&session, "and now?").await;
    assert!(
        editor
            .last_words(&session)
            .starts_with("You said: and now?")
    );
    editor.assert_as_stored(&session).await;
}

/// A prompt that waits for a run of several steps is answered after the last of them.
async fn queue(editor: &mut Editor) {
    let session = editor.session().await;
    editor.prompt(&session, "bash: echo first").await;
    let permission = editor.permission().await;
    editor.prompt(&session, "and then?").await;
    editor.reply(&permission, PermissionReply::Once).await;
    editor
        .shows("the answer to what has waited", |screen| {
            let last = screen.open[&session].messages.last()?;
            let is_answer = last.parts.iter().any(
                |part| matches!(&part.body, PartBody::Text(said) if said.text.starts_with("You said: and then?")),
            );
            (is_answer && last.info.role == Role::Assistant).then_some(())
        })
        .await;
    editor.idle(&session).await;
    editor.assert_as_stored(&session).await;
}

async fn abort(editor: &mut Editor) {
    let session = editor.session().await;
    editor.prompt(&session, "long: 100000").await;
    editor.streaming(&session).await;
    editor.abort(&session).await;
    editor.ended(&session).await;
    editor.shows_stopped(&session).await;
    // 1.2 forgets what it said before it was stopped; the user still sees it.
    let stored = editor.rest(0).await.lines(session.as_str()).await;
    let shown = editor.shown(&session);
    assert_eq!(shown.len(), stored.len());
    for (shown, stored) in shown.iter().zip(&stored) {
        assert_eq!(shown.part, stored.part);
        assert!(shown.text.starts_with(&stored.text) || stored.text.starts_with(&shown.text));
    }
    editor.ask(&session, "still there?").await;
    let messages = editor.messages(&session);
    let open = messages.iter().filter(|message| {
        message.info.status == MessageStatus::Streaming
            || message.parts.iter().any(|part| {
                matches!(&part.body, PartBody::Tool(tool)
                    if matches!(tool.status, ToolStatus::Running | ToolStatus::Pending))
            })
    });
    assert_eq!(open.count(), 0);
}

/// The server is killed in the middle of a reply.
async fn resync(editor: &mut Editor) {
    let session = editor.session().await;
    editor.prompt(&session, "long: 100000").await;
    editor.streaming(&session).await;
    let pid = editor.connected(0).await.server.unwrap().pid.unwrap();
    editor.forget();
    processes::kill(pid);
    editor.next_state(0, InstanceState::Reconnecting).await;
    editor.next_state(0, InstanceState::Connected).await;
    idle(editor, &session).await;
    editor.ask(&session, "back again?").await;
    assert!(
        editor
            .last_words(&session)
            .starts_with("You said: back again?")
    );
    editor.assert_as_stored(&session).await;
}

async fn idle(editor: &mut Editor, session: &SessionId) {
    editor
        .shows("that the lost run is over", |screen| {
            let status = &screen.sessions[session].status;
            matches!(status, SessionStatus::Idle | SessionStatus::Error { .. }).then_some(())
        })
        .await;
}

//! However Sidestream ends, within 3 s nothing of it is left: no server, no guard, no tool.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sidestream::protocol::PermissionReply;
use sidestream_tests::editor::Setup;
use sidestream_tests::{Editor, Sandbox, processes};
use tokio::process::Command;

/// An editor whose session runs a shell tool that would not end by itself.
async fn with_running_tool(setup: Setup) -> Editor {
    let mut editor = setup.start().await;
    let session = editor.session().await;
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .subsec_nanos();
    let tool = format!("sleep 600.{nanos}");
    editor.prompt(&session, &format!("bash: {tool}")).await;
    let permission = editor.permission().await;
    editor.reply(&permission, PermissionReply::Once).await;
    let runs = |pid: &u32| processes::command_line(*pid).trim() == tool;
    processes::until(|| editor.sandbox.processes().iter().any(runs)).await;
    let server = editor.connected(0).await.server.unwrap();
    assert!(editor.sandbox.processes().contains(&server.pid.unwrap()));
    editor
}

async fn assert_nothing_left(sandbox: &Arc<Sandbox>) {
    processes::all_gone(|| sandbox.processes()).await;
}

#[tokio::test]
async fn killed() {
    let editor = with_running_tool(Editor::in_folders(1)).await;
    processes::kill(editor.pid());
    assert_nothing_left(&editor.sandbox).await;
}

#[tokio::test]
async fn terminated() {
    let editor = with_running_tool(Editor::in_folders(1)).await;
    processes::terminate(editor.pid());
    assert_nothing_left(&editor.sandbox).await;
}

#[tokio::test]
async fn standard_input_closed() {
    let editor = with_running_tool(Editor::in_folders(1)).await;
    let sandbox = editor.sandbox.clone();
    let child = editor.client.hang_up();
    assert_nothing_left(&sandbox).await;
    drop(child);
}

#[tokio::test]
async fn exit_without_shutdown() {
    let editor = with_running_tool(Editor::in_folders(1)).await;
    editor.client.notify("exit", Value::Null).await.unwrap();
    assert_nothing_left(&editor.sandbox).await;
}

#[tokio::test]
async fn the_editor_dies_and_its_pipes_stay_open() {
    let mut process = Command::new("sleep")
        .arg("1000")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let setup = Editor::in_folders(1).process_id(process.id().unwrap());
    let editor = with_running_tool(setup).await;
    process.kill().await.unwrap();
    assert_nothing_left(&editor.sandbox).await;
}

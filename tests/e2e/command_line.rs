//! `chat` and `demo` in a terminal or a script: what they print, and with what they end.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use sidestream_tests::opencode::OpenCode;
use sidestream_tests::{Sandbox, processes, programs};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

fn program(sandbox: &Sandbox) -> Command {
    let mut command = Command::new(programs::sidestream());
    command
        .envs(sandbox.environment())
        .current_dir(sandbox.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn chat(server: &OpenCode, folder: &Path) -> Command {
    let mut command = program(&server.sandbox());
    command
        .arg("chat")
        .arg("-C")
        .arg(folder)
        .args(["--url", &server.rest.url])
        .env("OPENCODE_SERVER_PASSWORD", &server.rest.password);
    command
}

/// How it ended, and what it has said: the model's words, then those about them.
async fn run(mut command: Command, typed: &str) -> (Option<i32>, String) {
    let mut child = command.spawn().expect("sidestream starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(typed.as_bytes()).await.expect("it reads");
    drop(input);
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().await.expect("it ends");
    let text = [stdout, stderr].concat();
    (status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test]
async fn a_conversation_in_a_script_ends_with_how_it_went() {
    let server = OpenCode::serve(1).await;
    let folder = server.sandbox().folders[0].clone();
    let with = |arguments: &[&str]| {
        let mut command = chat(&server, &folder);
        command.args(arguments);
        command
    };
    let (code, text) = run(with(&["Hello there"]), "").await;
    assert!(text.contains("You said: Hello there"), "{text}");
    assert_eq!(code, Some(0), "{text}");

    // The session goes on, by itself or by its id, with more prompts from standard input.
    let (code, text) = run(with(&["--continue", "--json"]), "one\ntwo\n").await;
    assert_eq!(code, Some(0), "{text}");
    let lines = text.lines().filter(|line| line.starts_with('{'));
    let told: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).expect("a notification a line"))
        .collect();
    let session = told
        .iter()
        .find_map(|told| told["params"]["sessionId"].as_str())
        .expect("content of the session");
    let (code, text) = run(with(&["--session", session, "three"]), "").await;
    assert_eq!(code, Some(0), "{text}");
    let stored = server.rest.lines(session).await;
    let said = |words: &str| stored.iter().any(|line| line.text == words);
    for words in ["Hello there", "one", "two", "three"] {
        assert!(said(words), "{words}: {stored:?}");
    }

    // Nobody is there to allow it.
    let (code, text) = run(with(&["bash: echo never"]), "").await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("nobody is there to answer"), "{text}");
    // Somebody is.
    let (code, text) = run(with(&["bash: echo hi"]), "o\n").await;
    assert_eq!(code, Some(0), "{text}");

    let (code, text) = run(with(&["--model", "scripted/nonsense", "Hello"]), "").await;
    assert_eq!(code, Some(1), "{text}");
    let (code, text) = run(with(&["--session", "ses_nowhere", "Hello"]), "").await;
    assert_eq!(code, Some(1), "{text}");
}

#[tokio::test]
async fn control_c_stops_the_run_and_the_program() {
    let server = OpenCode::serve(1).await;
    let folder = server.sandbox().folders[0].clone();
    let mut command = chat(&server, &folder);
    command.arg("long: 1000000");
    let child = command.spawn().expect("sidestream starts");
    while !server.rest.is_busy(&folder).await {
        tokio::task::yield_now().await;
    }
    processes::interrupt(child.id().expect("it runs"));
    let ended = child.wait_with_output().await.expect("it ends");
    assert_eq!(ended.status.code(), Some(130));
    while server.rest.is_busy(&folder).await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_demo_answers_on_a_machine_without_an_account() {
    let sandbox = Sandbox::new(1, 1).await;
    let mut command = program(&sandbox);
    command
        .arg("demo")
        .arg("-C")
        .arg(&sandbox.folders[0])
        .arg("Hello")
        .env("OPENCODE_BIN", programs::opencode().await);
    let (code, text) = run(command, "").await;
    assert!(text.contains("You said: Hello"), "{text}");
    assert_eq!(code, Some(0), "{text}");
}

//! A stream that is recorded and served again: without secrets, and with the same outcome.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::json;
use sidestream::protocol::requests::SessionRename;
use sidestream::protocol::{ErrorKind, InstanceState, PermissionReply};
use sidestream_tests::opencode::OpenCode;
use sidestream_tests::stored::Line;
use sidestream_tests::{Editor, Sandbox, programs};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// `sidestream record` or `replay`, which ends with the test, and what it says.
fn start(
    sandbox: &Sandbox,
    arguments: &[&str],
    password: Option<&str>,
) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = Command::new(programs::sidestream());
    let password = password.map(|password| ("OPENCODE_SERVER_PASSWORD", password));
    let mut child = command
        .args(arguments)
        .envs(sandbox.environment())
        .envs(password)
        .current_dir(&sandbox.folders[0])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (child, output.lines())
}

/// What it says with these words.
async fn says(lines: &mut Lines<BufReader<ChildStdout>>, words: &str) -> String {
    loop {
        let line = lines.next_line().await.unwrap().expect(words);
        if line.contains(words) {
            return line;
        }
    }
}

#[tokio::test]
async fn what_was_recorded_is_seen_again_and_holds_no_secret() {
    let server = OpenCode::serve(1).await;
    let sandbox = server.sandbox();
    let folder = sandbox.folders[0].display().to_string();
    let rest = server.rest.clone();
    let password = rest.password.as_str();
    let mut editor = Editor::in_sandbox(sandbox.clone())
        .attach(&server)
        .start()
        .await;
    let other = editor.closed_session_in(0, "of no concern").await;
    let session = editor.session().await;
    editor.ask(&session, "said before").await;

    let file = sandbox.path().join("recording.jsonl").display().to_string();
    let url = rest.url.as_str();
    let record = ["record", &file, "--url", url, "--until-idle"];
    let (mut recorder, mut said) = start(&sandbox, &record, Some(password));
    says(&mut said, "It ends with what is run next").await;
    let prompt = "bash: echo $OPENCODE_SERVER_PASSWORD in $PWD of $HOME";
    editor.prompt(&session, prompt).await;
    let permission = editor.permission().await;
    editor.reply(&permission, PermissionReply::Once).await;
    editor.idle(&session).await;
    says(&mut said, "events are in").await;
    assert!(recorder.wait().await.unwrap().success());
    let stored = rest.lines(session.as_str()).await;
    let tool = stored.iter().find(|line| line.kind == "tool").unwrap();
    assert!(tool.text.contains(&folder), "{tool:?}");
    editor.stop().await;

    let recorded = std::fs::read_to_string(&file).unwrap();
    let home = sandbox.path().join("home").display().to_string();
    for secret in [&folder, &home, password, other.as_str(), "of no concern"] {
        assert!(!recorded.contains(secret), "{secret} is in the recording");
    }
    assert!(recorded.contains(r#""apiKey":"[removed]""#));
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (mut again, _) = start(&sandbox, &record, Some(password));
    let written_over = again.wait().await.unwrap();
    assert!(!written_over.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), recorded);
    drop(server);

    // In another folder, and nothing else is there.
    let world = Sandbox::new(1, 0).await;
    let place = world.folders[0].display().to_string();
    let replay = ["replay", &file, "-C", &place, "--speed", "20"];
    let (_replayer, mut said) = start(&world, &replay, None);
    let line = says(&mut said, "Replaying").await;
    let (_, url) = line.rsplit_once(" at ").unwrap();
    let mut editor = Editor::in_sandbox(world)
        .attach_to(url.trim_end_matches('.'), "")
        .start()
        .await;
    editor
        .shows("the session that was recorded", |screen| {
            screen.sessions.get(&session).map(|_| ())
        })
        .await;
    // The stream ends when it is played; who comes back sees how it ended.
    editor.next_state(0, InstanceState::Reconnecting).await;
    editor.next_state(0, InstanceState::Connected).await;
    editor.open(&session).await;
    let expected: Vec<Line> = stored
        .into_iter()
        .map(|line| Line {
            text: line
                .text
                .replace(&folder, &place)
                .replace(&home, "/home/user")
                .replace(password, "[removed]"),
            ..line
        })
        .collect();
    assert_eq!(editor.shown(&session), expected);

    let it = json!({"sessionId": session, "title": "another"});
    let refused = editor.request::<SessionRename>(it).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);
    assert!(refused.message.contains("recording"), "{}", refused.message);
    editor.stop().await;
}

//! Background services of OpenCode 2.x that cannot be used: each is told with words, and nothing is
//! started beside one that may be at work. The program in these tests is none of OpenCode's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use serde_json::json;
use sidestream::protocol::{ErrorKind, Failure, InstanceState};
use sidestream_tests::bad_service::{BadService, Badness, registration_file};
use sidestream_tests::editor::Setup;
use sidestream_tests::{Editor, Sandbox};

const START: &str = "service start";

async fn sandbox_with(badness: Badness) -> (Arc<Sandbox>, BadService) {
    let sandbox = Sandbox::new(1, 0).await;
    let service = BadService::listen(&sandbox, badness).await;
    (sandbox, service)
}

fn editor(sandbox: &Arc<Sandbox>, service: &BadService, scope: &str) -> Setup {
    Editor::in_sandbox(sandbox.clone())
        .scope(scope)
        .settings(json!({"server": {"command": [service.program()]}}))
        .settings(json!({"reconnect": {"baseDelayMs": 10, "maxDelayMs": 20, "maxAttempts": 3}}))
}

async fn failure(setup: Setup) -> Failure {
    let mut editor = setup.launch().await;
    let failed = editor.state(0, InstanceState::Failed).await;
    editor.stop().await;
    let error = failed.error.unwrap();
    assert!(!error.message.contains("secret"), "{}", error.message);
    assert!(error.hint.is_some(), "{error:?}");
    error
}

#[tokio::test]
async fn a_service_of_a_later_generation_is_left_alone() {
    let (sandbox, service) = sandbox_with(Badness::Version("3.1.0")).await;
    service.register(&sandbox, std::process::id());
    for scope in ["auto", "shared", "workspace", "window"] {
        let error = failure(editor(&sandbox, &service, scope)).await;
        assert_eq!(error.kind, ErrorKind::Unsupported, "{scope}");
        assert!(error.message.contains("3.1.0"), "{}", error.message);
    }
    assert_eq!(service.starts(), [""; 0], "it may be at work");
}

#[tokio::test]
async fn a_service_that_refuses_its_own_password_is_told_with_what_to_do() {
    let (sandbox, service) = sandbox_with(Badness::Unauthorized).await;
    service.register(&sandbox, std::process::id());
    for scope in ["shared", "workspace"] {
        let error = failure(editor(&sandbox, &service, scope)).await;
        assert_eq!(error.kind, ErrorKind::Unauthorized, "{scope}");
        assert!(error.message.contains("service.json"), "{}", error.message);
        let hint = error.hint.unwrap();
        assert!(hint.contains("opencode service restart"), "{hint}");
    }
    assert_eq!(service.starts(), [""; 0], "it may be at work");
}

#[tokio::test]
async fn a_registration_of_a_process_that_has_ended_is_none_whatever_answers_there() {
    let (sandbox, service) = sandbox_with(Badness::Unauthorized).await;
    service.register(&sandbox, u32::MAX);
    let error = failure(editor(&sandbox, &service, "shared")).await;
    // The next one is its equal, but it lives.
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert_eq!(service.starts(), [START]);
}

#[tokio::test]
async fn a_service_that_ends_again_and_again_is_given_up() {
    let (sandbox, service) = sandbox_with(Badness::EndsAtOnce).await;
    let mut editor = editor(&sandbox, &service, "shared").launch().await;
    for attempt in 1..=3 {
        let trying = editor
            .until("another try", |told| match told {
                sidestream::protocol::Notification::InstanceDidChange { instance, .. } => instance
                    .attempt
                    .filter(|number| *number == attempt)
                    .and(instance.error.clone()),
                _ => None,
            })
            .await;
        assert!(trying.hint.is_some());
    }
    let failed = editor.state(0, InstanceState::Failed).await;
    let error = failed.error.unwrap();
    assert!(error.message.contains("background service"), "{error:?}");
    editor.stop().await;
    assert_eq!(
        service.starts(),
        [START; 4],
        "the first one and three tries"
    );
    assert_eq!(service.ended(), 4);
}

#[tokio::test]
async fn a_registration_that_cannot_be_used_is_told_and_nothing_is_started() {
    let (sandbox, service) = sandbox_with(Badness::EndsAtOnce).await;
    let file = registration_file(&sandbox);
    let write = |text: &str, mode: u32| {
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    };
    let whole = json!({"url": "http://127.0.0.1:1", "pid": 1, "password": "secret"}).to_string();

    write(&whole, 0o644);
    let open_to_all = failure(editor(&sandbox, &service, "shared")).await;
    assert!(open_to_all.hint.unwrap().contains("chmod 600"));

    write(&whole[..whole.len() - 5], 0o600);
    let cut = failure(editor(&sandbox, &service, "shared")).await;
    assert!(cut.message.contains("is not understood"), "{}", cut.message);

    write(r#"{"url": 5, "password": "secret"}"#, 0o600);
    let malformed = failure(editor(&sandbox, &service, "workspace")).await;
    assert!(malformed.message.contains("service.json"));

    // What nobody can read, not even root.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let folder = failure(editor(&sandbox, &service, "shared")).await;
    assert!(
        folder.message.contains("cannot be read"),
        "{}",
        folder.message
    );
    for error in [cut.kind, malformed.kind, folder.kind, open_to_all.kind] {
        assert_eq!(error, ErrorKind::StartFailed);
    }
    assert_eq!(service.starts(), [""; 0]);
}

//! Runs that do not go straight: failed, retried, stopped, cut off, queued, taken back.

use sidestream::opencode::event::Event;
use sidestream::protocol::{
    MessageStatus, Notification, PartBody, Role, SessionStatus, ToolStatus,
};

use crate::driver::Driver;
use crate::recordings;
use crate::story::Story;

#[test]
fn a_failure_is_told_once_in_its_first_and_clear_words() {
    let cases = [
        ("error-400.sse", "scripted failure 1"),
        ("error-401.sse", "scripted failure 1"),
        ("error-model-not-found.sse", "Model not found: scripted/zz."),
        (
            "error-agent-not-found.sse",
            "Agent not found: \"nosuch\". Available agents: build, explore, general, plan",
        ),
    ];
    for (stream, words) in cases {
        let story = Story::of(stream);
        let mut states = story.states();
        states.retain(|state| matches!(state, SessionStatus::Error { .. }));
        let message = words.to_owned();
        let failed = SessionStatus::Error { message };
        assert_eq!(states, std::slice::from_ref(&failed), "{stream}");
        assert_eq!(
            story.snapshot().session.status,
            failed,
            "{stream}: it stays to be seen"
        );
    }
}

#[test]
fn a_retry_is_told_and_then_goes_on() {
    for stream in ["retry-429.sse", "retry-500.sse"] {
        let states = Story::of(stream).states();
        let retries: Vec<_> = states
            .iter()
            .filter_map(|state| match state {
                SessionStatus::Retry {
                    attempt,
                    message,
                    next,
                } => Some((*attempt, message.starts_with("scripted failure"), *next > 0)),
                _ => None,
            })
            .collect();
        assert!(!retries.is_empty(), "{stream}");
        for (number, (attempt, has_words, has_time)) in (1..).zip(retries) {
            assert_eq!(
                (attempt, has_words, has_time),
                (number, true, true),
                "{stream}"
            );
        }
        assert_eq!(states.last(), Some(&SessionStatus::Idle), "{stream}");
    }
}

#[test]
fn a_stop_by_the_user_is_no_failure() {
    for stream in [
        "abort-midstream.sse",
        "abort-bash-running.sse",
        "abort-during-retry.sse",
        "abort-while-question-pending.sse",
        "child-task-abort-parent.sse",
        "dispose-while-busy.sse",
    ] {
        let story = Story::of(stream);
        let failed = |state: &SessionStatus| matches!(state, SessionStatus::Error { .. });
        assert!(!story.states().iter().any(failed), "{stream}");
        assert_eq!(
            story.snapshot().session.status,
            SessionStatus::Idle,
            "{stream}"
        );
        let unfinished = |status| matches!(status, MessageStatus::Streaming | MessageStatus::Error);
        let messages = story.snapshot().messages;
        assert!(
            !messages.iter().any(|m| unfinished(m.info.status)),
            "{stream}"
        );
    }
}

#[test]
fn what_a_killed_server_left_unfinished_is_interrupted() {
    for name in [
        "crash-midstream",
        "crash-tool-running",
        "crash-permission-pending",
    ] {
        let file: &'static str = format!("{name}.messages.json").leak();
        let recording = recordings::Recording {
            stream: "",
            messages: file,
            before: recordings::Before::Shown(file),
        };
        // Nothing runs, as after a restart.
        let screen = Driver::idle(&recording).snapshot();
        let reply = screen.messages.last().unwrap();
        assert_eq!(reply.info.role, Role::Assistant, "{name}");
        assert_eq!(reply.info.status, MessageStatus::Interrupted, "{name}");
        let tools: Vec<ToolStatus> = reply
            .parts
            .iter()
            .filter_map(|part| match &part.body {
                PartBody::Tool(tool) => Some(tool.status),
                _ => None,
            })
            .collect();
        let expected: &[ToolStatus] = match name {
            "crash-midstream" => &[],
            _ => &[ToolStatus::Interrupted],
        };
        assert_eq!(tools, expected, "{name}");
    }
}

#[test]
fn text_that_a_broken_try_left_behind_is_hidden() {
    let recording = recordings::named("stream-cut.sse");
    let shown = recording.shown();
    let all = shown[1]["parts"].as_array().unwrap();
    let open = |part: &&serde_json::Value| part["type"] == "text" && part["time"]["end"].is_null();
    assert_eq!(
        all.iter().filter(open).count(),
        1,
        "the server keeps what was left behind"
    );

    let story = Story::of("stream-cut.sse");
    let reply = &story.snapshot().messages[1];
    let texts = reply
        .parts
        .iter()
        .filter(|p| matches!(p.body, PartBody::Text(_)));
    assert_eq!(texts.count(), 1);
    let removed = |told: &&Notification| matches!(told, Notification::PartDidRemove { .. });
    assert!(
        story.told.iter().any(|told| removed(&told)),
        "clients had seen it"
    );
}

#[test]
fn a_prompt_while_busy_is_answered_in_the_same_run() {
    let story = Story::of("queued-prompt.sse");
    let messages = story.snapshot().messages;
    let roles: Vec<Role> = messages.iter().map(|m| m.info.role).collect();
    assert_eq!(roles.iter().filter(|role| **role == Role::User).count(), 2);
    for user in messages.iter().filter(|m| m.info.role == Role::User) {
        let answers =
            |m: &&sidestream::protocol::Message| m.info.parent_id.as_ref() == Some(&user.info.id);
        let answer = messages
            .iter()
            .find(answers)
            .expect("each prompt has its answer");
        assert_eq!(answer.info.status, MessageStatus::Complete);
    }
    let idle = |state: &&SessionStatus| **state == SessionStatus::Idle;
    let states = story.states();
    let busy = states
        .iter()
        .position(|state| *state == SessionStatus::Busy)
        .unwrap();
    assert_eq!(states[busy..].iter().filter(idle).count(), 1, "{states:?}");
}

#[test]
fn a_compaction_is_a_part_of_the_conversation() {
    let recording = recordings::named("compaction.sse");
    let mut driver = Driver::new(&recording);
    for event in recording.events() {
        driver.apply(event);
    }
    let messages = driver.client.screen.messages;
    let parts = messages.iter().flat_map(|message| &message.parts);
    let compactions = parts.filter(|p| matches!(p.body, PartBody::Compaction { auto: false }));
    assert_eq!(compactions.count(), 1);
    assert_eq!(
        messages.last().unwrap().info.status,
        MessageStatus::Complete
    );
}

#[test]
fn a_prompt_after_a_revert_removes_what_was_taken_back() {
    let recording = recordings::named("revert-then-prompt.sse");
    let mut driver = Driver::new(&recording);
    let before: Vec<_> = driver
        .snapshot()
        .messages
        .into_iter()
        .map(|m| m.info.id)
        .collect();
    assert_eq!(before.len(), 3);
    let mut removed = Vec::new();
    for event in recording.events() {
        if let Event::MessageRemoved { message_id, .. } = &event {
            removed.push(message_id.clone());
        }
        driver.apply(event);
    }
    assert_eq!(removed, before);
    let after = driver.client.screen.messages;
    assert_eq!(after.len(), 2);
    assert!(
        after
            .iter()
            .all(|message| !before.contains(&message.info.id))
    );
}

#[test]
fn a_revert_is_told_and_taken_back() {
    let recording = recordings::named("revert-unrevert.sse");
    let mut driver = Driver::new(&recording);
    let mut reverts = Vec::new();
    for event in recording.events() {
        driver.apply(event);
        reverts.push(driver.client.screen.session.revert.is_some());
    }
    reverts.dedup();
    assert_eq!(reverts.last(), Some(&false));
    assert!(reverts.contains(&true));
}

#[test]
fn a_deleted_session_is_silent_though_its_run_goes_on() {
    let stream = "delete-busy.sse";
    let mut story = Story::of(stream);
    let removals = |story: &Story| {
        let removed = |told: &&Notification| matches!(told, Notification::SessionDidRemove { .. });
        story.told.iter().filter(removed).count()
    };
    assert_eq!(removals(&story), 1);
    let last = story.told.last().unwrap();
    assert!(
        matches!(last, Notification::SessionDidRemove { .. }),
        "{last:?}"
    );
    assert!(story.replica.view_of(&story.session).is_none());
    let told = story.told.len();
    for event in recordings::events(stream, "/workspace") {
        story.apply(event);
    }
    assert_eq!(story.told.len(), told, "old words of it say nothing");
}

#[test]
fn a_renamed_session_has_its_new_name() {
    let story = Story::of("rename-delete.sse");
    let titles = story.told.iter().filter_map(|told| match told {
        Notification::SessionDidChange { session, .. } => Some(session.title.as_str()),
        _ => None,
    });
    assert!(titles.collect::<Vec<_>>().contains(&"Renamed"));
    assert!(story.replica.view_of(&story.session).is_none());
}

#[test]
fn a_disposed_folder_says_so() {
    for stream in ["dispose-while-busy.sse", "dispose-while-busy.global.sse"] {
        let events = recordings::events(stream, "/workspace");
        let disposed = events.iter().filter(|event| **event == Event::Disposed);
        assert_eq!(disposed.count(), 1, "{stream}");
    }
}

#[test]
fn an_edited_file_is_told_by_its_whole_path() {
    let edited = |stream: &str| -> Vec<String> {
        let told = Story::of(stream).told.into_iter();
        let paths = told.filter_map(|told| match told {
            Notification::FileDidChange { path, .. } => Some(path),
            _ => None,
        });
        paths.collect()
    };
    for stream in ["write-new-file.sse", "edit-diff-2.sse"] {
        let paths = edited(stream);
        assert_eq!(paths.len(), 1, "{stream}");
        assert!(paths[0].starts_with("/workspace/"), "{stream}: {paths:?}");
    }
    assert_eq!(edited("edit-reject.sse"), Vec::<String>::new());
}

//! Permissions and questions: who asks, what ends the waiting, and what is a ghost.

use std::collections::HashMap;
use std::path::Path;

use sidestream::opencode::event::{Body, Event, Overview, RunStatus};
use sidestream::opencode::v1::decode::permission;
use sidestream::protocol::{Notification, PartBody, Permission, PermissionReply, ToolStatus};
use sidestream::replica::Replica;

use crate::driver::{Driver, instance};
use crate::recordings;
use crate::server::Server;
use crate::story::Story;

/// As a bash tool of a recorded session asks.
fn asked(session: &str, call: &str) -> Permission {
    let data = serde_json::json!({
        "type": "permission.asked",
        "properties": {
            "id": "per_1",
            "sessionID": session,
            "permission": "bash",
            "patterns": ["echo *"],
            "always": ["echo *"],
            "tool": {"messageID": "msg_1", "callID": call},
        },
    });
    match recordings::decode("/workspace", &data.to_string()).body {
        Body::Event(Event::PermissionAsked(permission)) => *permission,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_permission_is_over_when_its_session_goes_idle() {
    let stream = "abort-while-permission-pending.sse";
    let shown = recordings::json("abort-while-permission-pending.messages.json");
    let session = shown[0]["info"]["sessionID"].as_str().unwrap();
    let mut story = Story::new(session);
    story.apply(Event::Status {
        session_id: session.into(),
        status: RunStatus::Busy,
    });
    story.apply(Event::PermissionAsked(Box::new(asked(
        session,
        "call_26_0",
    ))));
    assert_eq!(story.snapshot().session.permissions, 1);

    let mut resolved = Vec::new();
    for event in recordings::events(stream, "/workspace") {
        let is_idle = matches!(&event, Event::Status { status, .. } if *status == RunStatus::Idle);
        for told in story.apply(event) {
            if let Notification::PermissionDidResolve { reply, .. } = told {
                resolved.push((is_idle, *reply));
            }
        }
    }
    assert_eq!(resolved, [(true, None)], "once, by going idle");
    assert_eq!(story.snapshot().session.permissions, 0);
    assert!(story.snapshot().permissions.is_empty());
}

#[test]
fn a_question_is_over_when_its_session_goes_idle() {
    let story = Story::of("abort-while-question-pending.sse");
    let asked = |told: &&Notification| matches!(told, Notification::QuestionDidAsk { .. });
    let resolved = |told: &&Notification| matches!(told, Notification::QuestionDidResolve { .. });
    assert_eq!(story.told.iter().filter(asked).count(), 1);
    assert_eq!(story.told.iter().filter(resolved).count(), 1);
    assert_eq!(story.snapshot().session.questions, 0);
}

#[test]
fn a_ghost_in_the_servers_list_is_never_asked() {
    let ghost = asked("ses_1", "call_1");
    let running = HashMap::from([(ghost.session_id.clone(), RunStatus::Busy)]);
    let tools = |status| HashMap::from([("call_1".into(), status)]);
    let cases = [
        (
            "its session is idle",
            HashMap::new(),
            tools(ToolStatus::Running),
            0,
        ),
        (
            "its tool has failed",
            running.clone(),
            tools(ToolStatus::Error),
            0,
        ),
        (
            "its tool has ended",
            running.clone(),
            tools(ToolStatus::Completed),
            0,
        ),
        (
            "its tool runs",
            running.clone(),
            tools(ToolStatus::Running),
            1,
        ),
        (
            "its tool is about to run",
            running.clone(),
            tools(ToolStatus::Pending),
            1,
        ),
        ("its tool is not known", running, HashMap::new(), 1),
    ];
    for (case, running, tools, asks) in cases {
        let mut replica = Replica::new(instance());
        replica.resync(
            Overview {
                running,
                tools,
                permissions: Some(vec![ghost.clone()]),
                ..Overview::default()
            },
            true,
        );
        let told = replica.take_changes();
        let asked = |told: &&Notification| matches!(told, Notification::PermissionDidAsk { .. });
        assert_eq!(told.iter().filter(asked).count(), asks, "{case}");
        assert_eq!(replica.permissions().len(), asks, "{case}");
    }
}

#[test]
fn a_sub_agents_permission_is_its_own_sessions() {
    for stream in ["child-task.sse", "child-task.global.sse"] {
        let story = Story::of(stream);
        let asked = story.asked();
        let [permission] = asked.as_slice() else {
            panic!("{stream} asks {} times", asked.len());
        };
        assert_ne!(permission.session_id, story.session, "{stream}");
        let child = story.replica.view_of(&permission.session_id).unwrap();
        assert_eq!(child.parent_id.as_ref(), Some(&story.session), "{stream}");

        let tasks = story.snapshot().messages.into_iter().flat_map(|m| m.parts);
        let links: Vec<_> = tasks
            .filter_map(|part| match part.body {
                PartBody::Tool(tool) => tool.child_session_id,
                _ => None,
            })
            .collect();
        assert_eq!(links, [child.id], "{stream}: the call leads to the child");
    }
}

#[test]
fn a_permission_that_rest_lists_is_the_one_that_was_told() {
    for file in recordings::files() {
        let Some(name) = file.strip_suffix(".permission-pending.json") else {
            continue;
        };
        let story = Story::of(&format!("{name}.sse"));
        // One list holds the ghost of an earlier session, too.
        let listed = recordings::array(recordings::json(&file)).into_iter();
        let listed: Vec<Permission> = listed
            .filter(|wire| wire["sessionID"] == story.session.as_str())
            .map(|wire| {
                let wire = serde_json::from_value(wire).unwrap();
                permission(wire, Path::new("/workspace"))
            })
            .collect();
        let first: Vec<_> = story.asked().into_iter().take(1).cloned().collect();
        assert_eq!(first, listed, "{name}");
    }
}

#[test]
fn every_version_asks_once_and_hears_the_answer() {
    for version in [
        "1.0.152", "1.1.65", "1.2.27", "1.14.41", "1.15.3", "1.17.11",
    ] {
        let story = Story::of(&format!("permission-{version}.sse"));
        let asked = story.asked();
        assert_eq!(asked.len(), 1, "{version}");
        assert_eq!(asked[0].permission, "bash", "{version}");
        assert!(!asked[0].title.is_empty(), "{version}");
        assert!(asked[0].tool.is_some(), "{version}");
        let replies: Vec<_> = story
            .told
            .iter()
            .filter_map(|told| match told {
                Notification::PermissionDidResolve {
                    permission_id,
                    reply,
                    ..
                } => Some((permission_id, *reply)),
                _ => None,
            })
            .collect();
        assert_eq!(
            replies,
            [(&asked[0].id, Some(PermissionReply::Once))],
            "{version}"
        );
        assert!(story.replica.permissions().is_empty(), "{version}");
    }
}

#[test]
fn one_answer_may_end_several_permissions() {
    for (name, reply) in [
        ("parallel-permissions-reject-one", PermissionReply::Reject),
        ("parallel-permissions-always-one", PermissionReply::Always),
    ] {
        let story = Story::of(&format!("{name}.sse"));
        assert_eq!(story.asked().len(), 2, "{name}");
        let replies = story.told.iter().filter_map(|told| match told {
            Notification::PermissionDidResolve { reply, .. } => Some(*reply),
            _ => None,
        });
        assert_eq!(replies.collect::<Vec<_>>(), [Some(reply); 2], "{name}");
    }
}

/// A client that connects while a tool waits is asked as one that was there before.
#[test]
fn a_permission_that_waits_is_found_by_a_resync() {
    let recording = recordings::named("bash-allow-once.sse");
    let data = recording.data();
    let asks = data
        .iter()
        .position(|d| d.contains("permission.asked"))
        .unwrap();
    let answers = data
        .iter()
        .position(|d| d.contains("permission.replied"))
        .unwrap();
    for at in asks + 1..=answers {
        let mut server = Server::before(&recording);
        let mut driver = Driver::new(&recording);
        for data in &data[..at] {
            server.hear(data);
        }
        driver.resync(&server, sidestream::replica::Gap::Possible);
        assert_eq!(driver.client.screen.permissions.len(), 1, "at {at}");
        assert_eq!(driver.client.screen.session.permissions, 1, "at {at}");
    }
}

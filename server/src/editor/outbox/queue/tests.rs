//! How notifications merge while they wait, rule by rule.

use super::*;
use crate::protocol::{
    MessageInfo, MessageStatus, MessageTime, Part, PartBody, Permission, PermissionMode, Role,
    Session, SessionStatus, SessionTime, TextPart,
};

fn instance() -> InstanceId {
    "inst".into()
}

fn message(id: &str, status: MessageStatus) -> Notification {
    Notification::MessageDidChange {
        instance_id: instance(),
        session_id: "ses".into(),
        revision: 0,
        message: MessageInfo {
            id: id.into(),
            session_id: "ses".into(),
            role: Role::Assistant,
            parent_id: None,
            status,
            agent: None,
            model: None,
            time: MessageTime::default(),
            cost: None,
            tokens: None,
            error: None,
        },
    }
}

fn part(id: &str, text: &str) -> Notification {
    Notification::PartDidChange {
        instance_id: instance(),
        session_id: "ses".into(),
        revision: 0,
        message_id: "msg".into(),
        part: Part::new(
            id,
            PartBody::Text(TextPart {
                text: text.into(),
                ..TextPart::default()
            }),
        ),
        before: None,
    }
}

fn append(id: &str, text: &str) -> Notification {
    Notification::PartDidAppend {
        instance_id: instance(),
        session_id: "ses".into(),
        revision: 0,
        message_id: "msg".into(),
        part_id: id.into(),
        field: Field::Text,
        text: text.into(),
    }
}

fn removal(id: &str) -> Notification {
    Notification::PartDidRemove {
        instance_id: instance(),
        session_id: "ses".into(),
        revision: 0,
        message_id: "msg".into(),
        part_id: id.into(),
    }
}

fn row(status: SessionStatus) -> Session {
    Session {
        id: "ses".into(),
        instance_id: instance(),
        parent_id: None,
        title: String::new(),
        permission_mode: PermissionMode::Default,
        agent: None,
        model: None,
        status,
        time: SessionTime::default(),
        cost: None,
        tokens: None,
        share_url: None,
        revert: None,
        summary: None,
        usage: None,
        permissions: 0,
        questions: 0,
    }
}

fn session(status: SessionStatus) -> Notification {
    Notification::SessionDidChange {
        instance_id: instance(),
        session: row(status),
    }
}

fn snapshot() -> Box<SessionSnapshot> {
    Box::new(SessionSnapshot {
        session: row(SessionStatus::Idle),
        messages: Vec::new(),
        permissions: Vec::new(),
        questions: Vec::new(),
        todos: Vec::new(),
        revision: 0,
        cursor: None,
    })
}

fn reset() -> Notification {
    Notification::SessionDidReset {
        instance_id: instance(),
        session_id: "ses".into(),
        revision: 0,
        snapshot: snapshot(),
    }
}

fn asked() -> Notification {
    Notification::PermissionDidAsk {
        instance_id: instance(),
        permission: Permission {
            id: "per".into(),
            session_id: "ses".into(),
            permission: "bash".into(),
            patterns: Vec::new(),
            always: Vec::new(),
            metadata: serde_json::Map::new(),
            tool: None,
            title: String::new(),
            always_title: None,
            diff: None,
            path: Vec::new(),
        },
    }
}

fn queue(notifications: impl IntoIterator<Item = Notification>) -> Queue {
    let mut queue = Queue::default();
    for notification in notifications {
        queue.push(Entry::Notification(notification));
    }
    queue
}

/// What leaves, in a word each: its kind, what it is about, and its revision.
fn read(queue: &mut Queue) -> Vec<String> {
    let mut taken = Vec::new();
    queue.take(usize::MAX, &mut taken);
    assert!(queue.is_empty());
    taken.iter().map(word).collect()
}

fn word(entry: &Entry) -> String {
    use Notification as N;
    match entry {
        Entry::Frame(_) => "frame".into(),
        Entry::Snapshot { snapshot, .. } => format!("snapshot@{}", snapshot.revision),
        Entry::Notification(notification) => match notification {
            N::MessageDidChange {
                message, revision, ..
            } => format!("{} {:?}@{revision}", message.id, message.status),
            N::PartDidChange { part, revision, .. } => match &part.body {
                PartBody::Text(text) => format!("{}={}@{revision}", part.id, text.text),
                other => format!("{other:?}"),
            },
            N::PartDidAppend {
                part_id,
                text,
                revision,
                ..
            } => format!("{part_id}+{text}@{revision}"),
            N::PartDidRemove {
                part_id, revision, ..
            } => format!("{part_id}-@{revision}"),
            N::MessageDidRemove {
                message_id,
                revision,
                ..
            } => format!("{message_id}-@{revision}"),
            N::SessionDidReset { revision, .. } => format!("reset@{revision}"),
            N::SessionDidChange { session, .. } => format!("session {:?}", session.status),
            N::SessionDidRemove { .. } => "session-".into(),
            N::PermissionDidAsk { .. } => "asked".into(),
            N::InstanceDidClose { .. } => "closed".into(),
            other => format!("{other:?}"),
        },
    }
}

#[test]
fn appends_to_a_part_join() {
    let mut queue = queue([append("a", "1"), append("b", "x"), append("a", "2")]);
    assert_eq!(read(&mut queue), ["a+12@1", "b+x@2"]);
}

#[test]
fn an_append_does_not_join_one_that_has_left() {
    let mut queue = queue([append("a", "1")]);
    assert_eq!(read(&mut queue), ["a+1@1"]);
    queue.push(Entry::Notification(append("a", "2")));
    assert_eq!(read(&mut queue), ["a+2@2"]);
}

#[test]
fn a_new_state_takes_the_place_of_the_old_one() {
    let mut queue = queue([
        message("msg", MessageStatus::Streaming),
        part("a", "1"),
        part("b", "x"),
        part("a", "12"),
        message("msg", MessageStatus::Complete),
    ]);
    assert_eq!(read(&mut queue), ["msg Complete@1", "a=12@2", "b=x@3"]);
}

#[test]
fn a_part_swallows_the_appends_that_are_in_it() {
    let mut queue = queue([append("a", "1"), part("a", "12"), append("a", "3")]);
    assert_eq!(read(&mut queue), ["a=12@1", "a+3@2"]);
}

#[test]
fn a_part_in_its_old_place_is_followed_by_later_appends_only() {
    let mut queue = queue([
        part("a", ""),
        append("a", "1"),
        part("b", "x"),
        part("a", "12"),
        append("a", "3"),
    ]);
    assert_eq!(read(&mut queue), ["a=12@1", "b=x@2", "a+3@3"]);
}

#[test]
fn a_removed_part_that_comes_again_comes_at_the_end() {
    let mut queue = queue([
        part("a", "1"),
        append("a", "2"),
        part("b", "x"),
        removal("a"),
        part("a", "3"),
    ]);
    assert_eq!(read(&mut queue), ["b=x@1", "a-@2", "a=3@3"]);
}

#[test]
fn a_removed_message_takes_along_what_waits_of_it() {
    let mut queue = queue([
        message("msg", MessageStatus::Streaming),
        message("other", MessageStatus::Sent),
        part("a", "1"),
        append("a", "2"),
        Notification::MessageDidRemove {
            instance_id: instance(),
            session_id: "ses".into(),
            revision: 0,
            message_id: "msg".into(),
        },
    ]);
    assert_eq!(read(&mut queue), ["other Sent@1", "msg-@2"]);
}

#[test]
fn what_waits_for_the_user_overtakes_text() {
    let mut queue = queue([append("a", "1"), append("b", "2"), asked()]);
    assert_eq!(read(&mut queue), ["asked", "a+1@1", "b+2@2"]);
}

#[test]
fn idle_is_not_heard_before_the_last_words() {
    let mut queue = queue([
        session(SessionStatus::Busy),
        append("a", "1"),
        session(SessionStatus::Idle),
    ]);
    assert_eq!(read(&mut queue), ["a+1@1", "session Idle"]);
}

#[test]
fn a_reset_replaces_all_content_that_waits() {
    let mut queue = queue([
        message("msg", MessageStatus::Streaming),
        append("a", "1"),
        reset(),
        append("a", "2"),
    ]);
    assert_eq!(read(&mut queue), ["reset@1", "a+2@2"]);
}

#[test]
fn the_answer_to_opening_drops_older_content_and_has_the_revision_of_its_place() {
    let mut queue = queue([append("a", "1")]);
    assert_eq!(read(&mut queue), ["a+1@1"]);
    queue.push(Entry::Notification(append("a", "2")));
    queue.push(Entry::Snapshot {
        id: Id::Number(1),
        snapshot: snapshot(),
    });
    queue.push(Entry::Notification(append("a", "3")));
    assert_eq!(read(&mut queue), ["snapshot@1", "a+3@2"]);
}

#[test]
fn a_removed_session_takes_along_what_waits_of_it() {
    let mut queue = queue([
        session(SessionStatus::Busy),
        append("a", "1"),
        Notification::SessionDidRemove {
            instance_id: instance(),
            session_id: "ses".into(),
        },
    ]);
    assert_eq!(read(&mut queue), ["session-"]);
}

#[test]
fn revisions_have_no_gap_up_to_the_end_of_an_instance() {
    let close = Notification::InstanceDidClose {
        instance_id: instance(),
    };
    let mut queue = queue([append("a", "1")]);
    assert_eq!(read(&mut queue), ["a+1@1"]);
    queue.push(Entry::Notification(append("a", "2")));
    queue.push(Entry::Notification(close));
    assert_eq!(read(&mut queue), ["a+2@2", "closed"]);
    // An instance of the same name begins anew.
    queue.push(Entry::Notification(append("a", "1")));
    assert_eq!(read(&mut queue), ["a+1@1"]);
}

#[test]
fn a_few_entries_at_a_time_are_the_same_as_all() {
    let told = || {
        queue([
            part("a", ""),
            append("a", "1"),
            asked(),
            removal("b"),
            session(SessionStatus::Idle),
        ])
    };
    let mut slow = told();
    let mut taken = Vec::new();
    let mut words: Vec<String> = Vec::new();
    while !slow.is_empty() {
        slow.take(1, &mut taken);
        words.extend(taken.drain(..).map(|entry| word(&entry)));
    }
    assert_eq!(words, read(&mut told()));
}

#[test]
fn a_snapshot_that_leaves_late_has_what_was_asked_since() {
    let mut queue = Queue::default();
    queue.push(Entry::Snapshot {
        id: Id::Number(1),
        snapshot: snapshot(),
    });
    queue.push(Entry::Notification(asked()));
    let mut taken = Vec::new();
    queue.take(10, &mut taken);
    let [Entry::Notification(_), Entry::Snapshot { snapshot, .. }] = &taken[..] else {
        panic!("the request goes first, the snapshot second");
    };
    assert_eq!(snapshot.permissions.len(), 1);
}

#[test]
fn a_snapshot_that_leaves_late_has_nothing_that_was_answered_since() {
    let mut queue = queue([asked()]);
    let mut old = snapshot();
    let Notification::PermissionDidAsk { permission, .. } = asked() else {
        unreachable!("that is what was asked");
    };
    old.permissions.push(permission.clone());
    queue.push(Entry::Snapshot {
        id: Id::Number(1),
        snapshot: old,
    });
    queue.push(Entry::Notification(Notification::PermissionDidResolve {
        instance_id: instance(),
        permission_id: permission.id,
        reply: None,
    }));
    let mut taken = Vec::new();
    queue.take(10, &mut taken);
    assert!(matches!(
        taken.last(),
        Some(Entry::Snapshot { snapshot, .. }) if snapshot.permissions.is_empty()
    ));
}

#[test]
fn while_nobody_reads_the_queue_grows_no_longer_than_what_is_to_say() {
    let mut queue = Queue::default();
    queue.push(Entry::Notification(message(
        "kept",
        MessageStatus::Streaming,
    )));
    for attempt in 0..20_000 {
        queue.push(Entry::Notification(session(SessionStatus::Retry {
            attempt,
            message: "Overloaded".into(),
            next: 0,
        })));
    }
    assert!(queue.lane.len() < 3_000, "{}", queue.lane.len());
    let mut taken = Vec::new();
    queue.take(usize::MAX, &mut taken);
    let [
        Entry::Notification(Notification::MessageDidChange { .. }),
        Entry::Notification(Notification::SessionDidChange { session, .. }),
    ] = taken.as_slice()
    else {
        panic!("{} entries", taken.len());
    };
    assert!(matches!(
        session.status,
        SessionStatus::Retry {
            attempt: 19_999,
            ..
        }
    ));
}

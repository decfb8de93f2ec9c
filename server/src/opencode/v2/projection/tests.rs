//! What single events mean, and what REST and they say of the same thing.

use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::opencode::event::Growth;
use crate::protocol::PartBody;

const SESSION: &str = "ses_1";
const MESSAGE: &str = "msg_answer";

fn reader() -> Reader<'static> {
    Reader {
        directory: Path::new("/here"),
    }
}

fn hear(projection: &mut Projection, mut event: Value) -> Vec<Event> {
    event["created"] = json!(5);
    let text = event.to_string();
    let envelope = serde_json::from_str(&text).unwrap();
    let body = projection.apply(reader(), &envelope);
    assert!(
        !matches!(body, Body::Unknown | Body::Malformed(_)),
        "{body:?}"
    );
    body.into_events().collect()
}

/// As those that say where their session is.
fn here(kind: &str, data: Value) -> Value {
    let mut event = nowhere(kind, data);
    event["location"] = json!({"directory": "/here"});
    event
}

fn nowhere(kind: &str, mut data: Value) -> Value {
    data["sessionID"] = json!(SESSION);
    json!({"id": "evt_x", "type": format!("session.{kind}"), "data": data})
}

fn of_answer(kind: &str, mut data: Value) -> Value {
    data["assistantMessageID"] = json!(MESSAGE);
    here(kind, data)
}

fn rows() -> Vec<SessionInfo> {
    vec![SessionInfo {
        id: SESSION.into(),
        ..SessionInfo::default()
    }]
}

/// As a connection begins: REST is asked, events come, REST answers.
fn settled(events: &[Value], active: bool) -> (Vec<SessionInfo>, Option<RunStatus>) {
    let mut projection = Projection::default();
    let asked = projection.ask();
    for event in events {
        assert_eq!(hear(&mut projection, event.clone()), []);
    }
    let mut rows = rows();
    for row in &rows {
        projection.know(&row.id);
    }
    let active = active.then(|| (SESSION.into(), RunStatus::Busy));
    let running = projection.settle(asked, &mut rows, active.into_iter().collect());
    (rows, running.get(&SessionId::from(SESSION)).cloned())
}

fn learn(projection: &mut Projection, content: &Value) {
    let message = json!({
        "type": "assistant", "id": MESSAGE, "time": {"created": 3}, "content": content,
    });
    let rows = vec![serde_json::from_value(message).unwrap()];
    let messages = reader().messages(rows, &SESSION.into(), None);
    let asked = projection.ask();
    projection.learn(&SESSION.into(), asked, &messages);
}

/// Of a session that REST has shown, without messages.
fn known() -> Projection {
    let mut projection = Projection::default();
    let asked = projection.ask();
    projection.learn(&SESSION.into(), asked, &[]);
    projection
}

fn part_of(events: &[Event]) -> (&str, &PartBody, Growth) {
    let [Event::Part { part, .. }] = events else {
        panic!("{events:?}");
    };
    (part.part.id.as_str(), &part.part.body, part.growth)
}

#[test]
fn a_run_that_begins_before_its_session_is_known_is_one() {
    let started = nowhere("execution.started", json!({}));
    let ended = nowhere("execution.succeeded", json!({}));
    let retry = json!({"assistantMessageID": MESSAGE, "attempt": 2, "at": 9});
    let retry = nowhere("retry.scheduled", retry);
    let begun = std::slice::from_ref(&started);
    assert_eq!(settled(begun, false).1, Some(RunStatus::Busy));
    assert_eq!(settled(&[ended], true).1, None);
    assert_eq!(settled(&[], true).1, Some(RunStatus::Busy));
    let (_, waits) = settled(&[started, retry], true);
    assert!(matches!(waits, Some(RunStatus::Retry { attempt: 1, .. })));
}

#[test]
fn what_was_said_before_rest_was_asked_is_older_than_its_answer() {
    let mut projection = Projection::default();
    hear(&mut projection, nowhere("execution.started", json!({})));
    let asked = projection.ask();
    let mut rows = rows();
    let running = projection.settle(asked, &mut rows, HashMap::new());
    assert!(running.is_empty());
}

#[test]
fn a_session_that_is_deleted_while_rest_is_asked_is_not_there() {
    let (rows, _) = settled(&[nowhere("deleted", json!({}))], true);
    assert!(rows.is_empty());
}

#[test]
fn a_command_that_ends_does_not_end_the_run_that_rest_has_shown() {
    let mut projection = Projection::default();
    let asked = projection.ask();
    let active = HashMap::from([(SESSION.into(), RunStatus::Busy)]);
    projection.settle(asked, &mut rows(), active);
    let shell = |status: &str| json!({"shell": {"id": "sh_1", "command": "ls", "status": status}});
    let mut told = hear(&mut projection, here("shell.started", shell("running")));
    told.extend(hear(&mut projection, here("shell.ended", shell("exited"))));
    let is_status = |event: &&Event| matches!(event, Event::Status { .. });
    assert_eq!(told.iter().find(is_status), None);
}

#[test]
fn a_session_that_moves_here_is_read() {
    let mut projection = Projection::default();
    let mut moved = nowhere("moved", json!({"location": {"directory": "/here"}}));
    moved["location"] = json!({"directory": "/elsewhere"});
    assert_eq!(
        hear(&mut projection, moved),
        [Event::RowChanged(SESSION.into())]
    );
    let left = here("moved", json!({"location": {"directory": "/elsewhere"}}));
    let gone = Event::SessionRemoved(SESSION.into());
    assert_eq!(hear(&mut projection, left.clone()), [gone]);
    assert_eq!(hear(&mut projection, left), []);
}

#[test]
fn a_fragment_that_rest_has_shown_already_begins_in_its_place() {
    let mut projection = Projection::default();
    learn(
        &mut projection,
        &json!([{"type": "reasoning", "text": "so"}, {"type": "text", "text": ""}]),
    );
    // The step's own beginning comes late as well.
    hear(
        &mut projection,
        of_answer("step.started", json!({"started": 3})),
    );
    let begins = of_answer("text.started", json!({"ordinal": 0}));
    let told = hear(&mut projection, begins);
    let (id, _, growth) = part_of(&told);
    assert_eq!((id, growth), ("msg_answer.002", Growth::Open));
    let ends = of_answer("text.ended", json!({"ordinal": 0, "text": "whole"}));
    let told = hear(&mut projection, ends);
    assert_eq!(part_of(&told).0, "msg_answer.002");
}

#[test]
fn a_call_that_rest_has_shown_already_is_not_told_twice() {
    let mut projection = Projection::default();
    let call = json!({
        "type": "tool", "id": "call_1", "name": "shell",
        "state": {"status": "running", "input": {"command": "ls"}, "metadata": {}},
    });
    learn(&mut projection, &json!([call]));
    let begins = of_answer(
        "tool.input.started",
        json!({"id": "call_1", "name": "shell"}),
    );
    assert_eq!(hear(&mut projection, begins), []);
    let ends = of_answer("tool.success", json!({"id": "call_1", "content": []}));
    let told = hear(&mut projection, ends);
    assert_eq!(part_of(&told).0, "msg_answer.001");
}

#[test]
fn another_try_of_a_step_begins_new_fragments() {
    let mut projection = known();
    let begins = |started: u64| of_answer("step.started", json!({"started": started}));
    let text = of_answer("text.started", json!({"ordinal": 0}));
    hear(&mut projection, begins(3));
    hear(&mut projection, text.clone());
    hear(&mut projection, begins(4));
    let told = hear(&mut projection, text);
    assert_eq!(part_of(&told).0, "msg_answer.002");
}

#[test]
fn a_prompt_that_waited_before_the_connection_is_read_when_it_is_delivered() {
    let mut projection = Projection::default();
    let delivered = |id: &str| here("inbox.delivered", json!({"inboxID": id}));
    let reread = Event::ContentChanged(SESSION.into());
    assert_eq!(hear(&mut projection, delivered("msg_before")), [reread]);
    // What OpenCode puts there by itself is not shown, and so not read again.
    let item = json!({"type": "synthetic", "payload": {"text": "go on"}, "delivery": "steer"});
    let enqueued = json!({"inboxID": "msg_own", "item": item});
    assert_eq!(hear(&mut projection, here("inbox.enqueued", enqueued)), []);
    assert_eq!(hear(&mut projection, delivered("msg_own")), []);
}

#[test]
fn an_event_that_is_told_again_is_none() {
    let mut projection = Projection::default();
    let mut renamed = here("renamed", json!({"title": "new"}));
    renamed["durable"] = json!({"aggregateID": SESSION, "seq": 7, "version": 1});
    let row = Event::RowChanged(SESSION.into());
    assert_eq!(hear(&mut projection, renamed.clone()), [row]);
    assert_eq!(hear(&mut projection, renamed), []);
}

#[test]
fn content_that_changed_in_a_hidden_way_is_read_again() {
    let mut projection = Projection::default();
    let changed = here("message.content.updated", json!({"messageID": MESSAGE}));
    let reread = Event::ContentChanged(SESSION.into());
    assert_eq!(hear(&mut projection, changed), [reread]);
}

#[test]
fn a_summary_that_failed_leaves_no_text() {
    let mut projection = Projection::default();
    let begun = json!({"reason": "manual", "recent": "", "inputID": MESSAGE});
    let told = hear(&mut projection, here("compaction.started", begun));
    let last = told.last().unwrap();
    let (text, ..) = part_of(std::slice::from_ref(last));
    let error = json!({"type": "compaction.failed", "message": "no template"});
    let failed = json!({"reason": "manual", "error": error});
    let told = hear(&mut projection, here("compaction.failed", failed));
    let removed = |event: &Event| matches!(event, Event::PartRemoved { part_id, .. } if part_id.as_str() == text);
    assert!(told.iter().any(removed), "{told:?}");
}

#[test]
fn how_a_step_ended_is_its_last_part_in_events_and_in_rest() {
    let mut projection = known();
    hear(
        &mut projection,
        of_answer("step.started", json!({"started": 3})),
    );
    let ended = json!({"finish": "length", "cost": 0.5, "files": ["a.rs"]});
    let told = hear(&mut projection, of_answer("step.ended", ended));
    let parts: Vec<_> = told
        .iter()
        .filter_map(|event| match event {
            Event::Part { part, .. } => Some(part.part.clone()),
            _ => None,
        })
        .collect();
    let rest = json!({
        "type": "assistant", "id": MESSAGE, "time": {"created": 3, "completed": 5},
        "finish": "length", "cost": 0.5, "snapshot": {"files": ["a.rs"]},
    });
    let rest = serde_json::from_value(rest).unwrap();
    let rest = reader().message(rest, &SESSION.into(), None).unwrap();
    let rest: Vec<_> = rest
        .parts
        .into_iter()
        .skip(1)
        .map(|part| part.part)
        .collect();
    assert_eq!(parts, rest);
    let finish =
        |body: &PartBody| matches!(body, PartBody::StepFinish { reason, .. } if reason == "length");
    assert!(finish(&parts.last().unwrap().body), "{parts:?}");
}

#[test]
fn an_answer_that_is_older_than_what_was_not_understood_is_not_built_upon() {
    let mut projection = Projection::default();
    let asked = projection.ask();
    let reread = [Event::ContentChanged(SESSION.into())];
    let begins = of_answer("text.started", json!({"ordinal": 0}));
    assert_eq!(hear(&mut projection, begins), reread);
    // REST had shown the answer without that text.
    let message = json!({"type": "assistant", "id": MESSAGE, "time": {"created": 3}});
    let rows = vec![serde_json::from_value(message).unwrap()];
    let messages = reader().messages(rows, &SESSION.into(), None);
    projection.learn(&SESSION.into(), asked, &messages);
    let ended = of_answer("step.ended", json!({"finish": "stop"}));
    assert_eq!(hear(&mut projection, ended), reread);
}

#[test]
fn an_answer_that_ended_while_rest_was_asked_is_not_under_way() {
    let mut projection = known();
    let asked = projection.ask();
    hear(&mut projection, nowhere("execution.started", json!({})));
    hear(
        &mut projection,
        of_answer("step.started", json!({"started": 3})),
    );
    hear(
        &mut projection,
        of_answer("step.ended", json!({"finish": "stop"})),
    );
    hear(&mut projection, nowhere("execution.succeeded", json!({})));
    let message = json!({"type": "assistant", "id": MESSAGE, "time": {"created": 3}});
    let rows = vec![serde_json::from_value(message).unwrap()];
    let messages = reader().messages(rows, &SESSION.into(), None);
    projection.learn(&SESSION.into(), asked, &messages);
    hear(&mut projection, nowhere("execution.started", json!({})));
    let told = hear(&mut projection, nowhere("execution.succeeded", json!({})));
    let messages = |event: &&Event| matches!(event, Event::Message(_));
    assert_eq!(told.iter().find(messages), None);
}

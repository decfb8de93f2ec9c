//! How single events change a transcript, and what is told of it.

use super::super::merge::{Gap, Run};
use super::*;
use crate::opencode::event::MessagePage;
use crate::protocol::{MessageTime, Role, TextPart, ToolKind, ToolPart, ToolStatus};

fn info(status: MessageStatus) -> MessageInfo {
    MessageInfo {
        id: "msg".into(),
        session_id: "ses".into(),
        role: Role::Assistant,
        parent_id: None,
        status,
        agent: None,
        model: None,
        time: MessageTime {
            created: 1,
            completed: None,
        },
        cost: None,
        tokens: None,
        error: None,
    }
}

fn text(id: &str, text: &str, growth: Growth) -> IncomingPart {
    let body = PartBody::Text(TextPart {
        text: text.into(),
        ..TextPart::default()
    });
    IncomingPart {
        part: Part::new(id, body),
        growth,
    }
}

fn step(id: &str) -> IncomingPart {
    IncomingPart {
        part: Part::new(id, PartBody::StepStart),
        growth: Growth::Closed,
    }
}

fn tool(output: Option<&str>) -> IncomingPart {
    let body = PartBody::Tool(Box::new(ToolPart {
        call_id: "call".into(),
        tool: "bash".into(),
        kind: ToolKind::Shell,
        summary: "bash".into(),
        status: ToolStatus::Running,
        title: None,
        input: serde_json::Value::Null,
        output: output.map(str::to_owned),
        error: None,
        diff: None,
        metadata: None,
        time: None,
        child_session_id: None,
    }));
    IncomingPart {
        part: Part::new("tool", body),
        growth: Growth::Open,
    }
}

/// A transcript with one message that is being streamed.
fn streaming() -> Transcript {
    let mut transcript = Transcript::default();
    transcript.message(info(MessageStatus::Streaming), &mut Vec::new());
    transcript
}

fn told(transcript: &mut Transcript, part: IncomingPart) -> Vec<Change> {
    let mut changes = Vec::new();
    transcript.part("msg".into(), part, &mut changes);
    changes
}

fn delta(transcript: &mut Transcript, part: &str, text: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    transcript.delta("msg".into(), part.into(), text.into(), &mut changes);
    changes
}

fn shown(transcript: &Transcript) -> Vec<String> {
    let messages = transcript.to_messages();
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts
        .map(|part| match &part.body {
            PartBody::Text(text) if text.partial => format!("{}~{}", part.id, text.text),
            PartBody::Text(text) => format!("{}={}", part.id, text.text),
            _ => part.id.to_string(),
        })
        .collect()
}

fn page(status: MessageStatus, parts: Vec<IncomingPart>) -> MessagePage {
    MessagePage {
        messages: vec![IncomingMessage {
            info: info(status),
            parts,
        }],
        cursor: None,
    }
}

#[test]
fn output_that_is_there_and_empty_is_told_with_its_part() {
    let mut transcript = streaming();
    told(&mut transcript, tool(None));
    let changes = told(&mut transcript, tool(Some("")));
    assert!(matches!(&changes[..], [Change::Part(..)]), "{changes:?}");
}

#[test]
fn output_that_grows_is_told_as_what_was_added() {
    let mut transcript = streaming();
    told(&mut transcript, tool(None));
    for (output, added) in [("one", "one"), ("one two", " two")] {
        let changes = told(&mut transcript, tool(Some(output)));
        let append = Change::Append("msg".into(), "tool".into(), Field::Output, added.into());
        assert_eq!(changes, [append]);
    }
    assert_eq!(told(&mut transcript, tool(Some("one two"))), []);
}

#[test]
fn a_closing_update_tells_only_what_the_deltas_did_not() {
    let mut transcript = streaming();
    told(&mut transcript, text("a", "", Growth::Open));
    delta(&mut transcript, "a", "one");
    let append = Change::Append("msg".into(), "a".into(), Field::Text, " two".into());
    assert_eq!(
        told(&mut transcript, text("a", "one two", Growth::Closed)),
        [append]
    );
    assert_eq!(delta(&mut transcript, "a", "old"), []);
    assert_eq!(told(&mut transcript, text("a", "", Growth::Open)), []);
    assert_eq!(shown(&transcript), ["a=one two"]);
}

#[test]
fn any_number_of_deltas_may_come_before_their_part() {
    let mut transcript = streaming();
    for _ in 0..3 * MAX_EARLY {
        assert_eq!(delta(&mut transcript, "a", "x"), []);
    }
    told(&mut transcript, text("a", "", Growth::Open));
    assert_eq!(
        shown(&transcript),
        [format!("a={}", "x".repeat(3 * MAX_EARLY))]
    );
}

#[test]
fn abandoned_text_does_not_come_back() {
    let mut transcript = streaming();
    told(&mut transcript, text("a", "", Growth::Open));
    delta(&mut transcript, "a", "half");
    told(&mut transcript, step("step"));
    assert_eq!(shown(&transcript), ["step"]);
    // Its events again, as after a resync.
    assert_eq!(told(&mut transcript, text("a", "", Growth::Open)), []);
    assert_eq!(delta(&mut transcript, "a", "half"), []);
    assert_eq!(shown(&transcript), ["step"]);
}

#[test]
fn what_is_taken_for_interrupted_can_go_on() {
    let mut transcript = Transcript::default();
    let parts = vec![text("a", "", Growth::Open), tool(None)];
    let page = page(MessageStatus::Streaming, parts);
    transcript.merge(page, Vec::new(), Run::Over, Gap::None);
    assert_eq!(
        transcript.messages[0].info.status,
        MessageStatus::Interrupted
    );
    transcript.message(info(MessageStatus::Streaming), &mut Vec::new());
    delta(&mut transcript, "a", "text");
    told(&mut transcript, tool(Some("output")));
    assert_eq!(shown(&transcript), ["a~text", "tool"]);
    let tool_status = match &transcript.messages[0].parts[1].part.body {
        PartBody::Tool(tool) => tool.status,
        other => panic!("{other:?}"),
    };
    assert_eq!(tool_status, ToolStatus::Running);
}

#[test]
fn text_that_died_with_the_server_stays_when_the_server_calls_its_message_complete() {
    let mut transcript = streaming();
    told(&mut transcript, text("a", "", Growth::Open));
    delta(&mut transcript, "a", "half");
    // When it was told once, it stays so.
    for _ in 0..2 {
        let page = page(MessageStatus::Complete, vec![text("a", "", Growth::Closed)]);
        transcript.merge(page, Vec::new(), Run::Live, Gap::Possible);
        assert_eq!(shown(&transcript), ["a~half"]);
        let status = transcript.messages[0].info.status;
        assert_eq!(status, MessageStatus::Interrupted);
    }
}

#[test]
fn open_text_keeps_what_only_the_stream_told() {
    let cases = [
        // What REST shows, whether events may be missing, and what is shown then.
        ("", Gap::None, "a=one"),
        ("", Gap::Possible, "a~one"),
        // Old versions show what there is.
        ("one", Gap::Possible, "a=one"),
        ("one two", Gap::Possible, "a=one two"),
        ("other", Gap::Possible, "a=other"),
    ];
    for (rest, gap, shows) in cases {
        let mut transcript = streaming();
        told(&mut transcript, text("a", "", Growth::Open));
        delta(&mut transcript, "a", "one");
        let content = || {
            page(
                MessageStatus::Streaming,
                vec![text("a", rest, Growth::Open)],
            )
        };
        transcript.merge(content(), Vec::new(), Run::Live, gap);
        assert_eq!(shown(&transcript), [shows], "{rest:?} {gap:?}");
        let again = transcript.merge(content(), Vec::new(), Run::Live, gap);
        assert_eq!(again, [], "{rest:?} {gap:?}: nothing new, nothing told");
    }
}

#[test]
fn parts_in_another_order_need_a_reset() {
    let mut transcript = streaming();
    told(&mut transcript, text("a", "1", Growth::Closed));
    told(&mut transcript, text("b", "2", Growth::Closed));
    let parts = vec![
        text("b", "2", Growth::Closed),
        text("a", "1", Growth::Closed),
    ];
    let page = page(MessageStatus::Streaming, parts);
    let changes = transcript.merge(page, Vec::new(), Run::Live, Gap::Possible);
    assert_eq!(changes, [Change::Reset]);
    assert_eq!(shown(&transcript), ["b=2", "a=1"]);
}

#[test]
fn a_text_whose_beginning_is_seen_after_all_has_no_hole() {
    let mut transcript = streaming();
    let open = vec![text("a", "", Growth::Open)];
    transcript.merge(
        page(MessageStatus::Streaming, open),
        Vec::new(),
        Run::Live,
        Gap::None,
    );
    assert_eq!(shown(&transcript), ["a~"]);
    // It was held back while REST was asked.
    told(&mut transcript, text("a", "", Growth::Open));
    delta(&mut transcript, "a", "one");
    assert_eq!(shown(&transcript), ["a=one"]);
}

#[test]
fn a_prompt_that_was_sent_again_stays_before_its_answer() {
    let mut prompt = info(MessageStatus::Sent);
    prompt.id = "a".into();
    prompt.role = Role::User;
    let mut transcript = Transcript::default();
    transcript.message(prompt.clone(), &mut Vec::new());
    transcript.message(info(MessageStatus::Streaming), &mut Vec::new());
    prompt.time.created = 5;
    transcript.message(prompt.clone(), &mut Vec::new());
    let order = |transcript: &Transcript| -> Vec<String> {
        let messages = transcript.to_messages();
        messages.iter().map(|m| m.info.id.to_string()).collect()
    };
    assert_eq!(order(&transcript), ["a", "msg"]);

    let mut listed = page(MessageStatus::Complete, Vec::new());
    listed.messages.insert(
        0,
        IncomingMessage {
            info: prompt,
            parts: Vec::new(),
        },
    );
    let mut fresh = Transcript::default();
    fresh.merge(listed, Vec::new(), Run::Over, Gap::None);
    assert_eq!(order(&fresh), ["a", "msg"]);
    let messages = fresh.to_messages();
    assert!(messages[0].info.time.created <= messages[1].info.time.created);
}

fn prompt(id: &str, created: u64) -> MessageInfo {
    MessageInfo {
        id: id.into(),
        role: Role::User,
        time: MessageTime {
            created,
            completed: None,
        },
        ..info(MessageStatus::Sent)
    }
}

fn statuses(transcript: &Transcript) -> Vec<MessageStatus> {
    let messages = transcript.messages.iter();
    messages.map(|message| message.info.status).collect()
}

#[test]
fn a_prompt_behind_an_answer_that_goes_on_is_queued_until_its_turn() {
    let mut transcript = streaming();
    let mut changes = Vec::new();
    transcript.message(prompt("next", 2), &mut changes);
    let queued = MessageInfo {
        status: MessageStatus::Queued,
        ..prompt("next", 2)
    };
    assert_eq!(changes.pop(), Some(Change::Message(queued)));
    // The server says the same again: nothing is new.
    changes.clear();
    transcript.message(prompt("next", 2), &mut changes);
    assert_eq!(changes, []);
    // A snapshot says it too.
    let page = MessagePage {
        messages: vec![
            IncomingMessage {
                info: info(MessageStatus::Streaming),
                parts: Vec::new(),
            },
            IncomingMessage {
                info: prompt("next", 2),
                parts: Vec::new(),
            },
        ],
        cursor: None,
    };
    let told = transcript.merge(page, Vec::new(), Run::Live, Gap::None);
    assert_eq!(told, []);
    // The answer ends, so it is the prompt's turn.
    transcript.message(info(MessageStatus::Complete), &mut changes);
    assert_eq!(changes.pop(), Some(Change::Message(prompt("next", 2))));
    assert_eq!(
        statuses(&transcript),
        [MessageStatus::Complete, MessageStatus::Sent]
    );
}

#[test]
fn what_a_command_has_written_stays_while_it_runs_whatever_leaves_it_out() {
    let mut transcript = streaming();
    told(&mut transcript, tool(None));
    delta(&mut transcript, "tool", "one\n");
    assert_eq!(told(&mut transcript, tool(None)), []);
    let page = MessagePage {
        messages: vec![crate::opencode::event::IncomingMessage {
            info: info(MessageStatus::Streaming),
            parts: vec![tool(None)],
        }],
        cursor: None,
    };
    let changes = transcript.merge(page, Vec::new(), Run::Live, Gap::None);
    assert_eq!(changes, []);
    let mut ended = tool(Some("one\ntwo\n"));
    ended.growth = Growth::Closed;
    assert!(!told(&mut transcript, ended).is_empty());
}

//! Comparisons with the recorded JSON that do not go through the product's own decoder.

use std::collections::HashMap;

use serde_json::Value;
use sidestream::protocol::{Message, PartBody, SessionSnapshot};

use crate::recordings::Recording;

/// Message by message and part by part: the same ids in the same order, and every text and tool
/// output to the byte.
#[track_caller]
pub fn assert_same_text(shown: &[Value], screen: &SessionSnapshot) {
    let ids: Vec<&str> = shown.iter().map(|m| text(&m["info"]["id"])).collect();
    let seen: Vec<&str> = screen.messages.iter().map(|m| m.info.id.as_str()).collect();
    assert_eq!(seen, ids, "messages");
    for (message, seen) in shown.iter().zip(&screen.messages) {
        assert_same_message(message, seen);
    }
}

#[track_caller]
fn assert_same_message(message: &Value, seen: &Message) {
    let parts: Vec<&Value> = shown_parts(message);
    assert_eq!(seen.parts.len(), parts.len(), "parts of {}", seen.info.id);
    for (part, seen) in parts.into_iter().zip(&seen.parts) {
        let id = text(&part["id"]);
        assert_eq!(seen.id.as_str(), id);
        match &seen.body {
            PartBody::Text(seen) => {
                assert_eq!(part["type"], "text");
                assert_eq!(seen.text.as_bytes(), text(&part["text"]).as_bytes(), "{id}");
                assert!(!seen.partial, "{id} has a hole");
            }
            PartBody::Reasoning(seen) => {
                assert_eq!(part["type"], "reasoning");
                assert_eq!(seen.text.as_bytes(), text(&part["text"]).as_bytes(), "{id}");
                assert!(!seen.partial, "{id} has a hole");
            }
            PartBody::Tool(seen) => {
                let state = &part["state"];
                assert_eq!(part["type"], "tool");
                assert_eq!(seen.tool, text(&part["tool"]), "{id}");
                assert_eq!(
                    serde_json::to_value(seen.status).unwrap(),
                    state["status"],
                    "{id}"
                );
                let output = state["output"].as_str();
                let output = output.or(state["metadata"]["output"].as_str());
                assert_eq!(seen.output.as_deref(), output, "{id}");
                assert_eq!(seen.error.as_deref(), state["error"].as_str(), "{id}");
                assert_eq!(seen.input, state["input"], "{id}");
            }
            _ => assert!(
                !["text", "reasoning", "tool"].contains(&text(&part["type"])),
                "{id} has changed its kind"
            ),
        }
    }
}

/// Without text that a provider left unfinished before it began a new step.
fn shown_parts(message: &Value) -> Vec<&Value> {
    let parts = message["parts"].as_array().unwrap();
    let last_step = parts.iter().rposition(|p| p["type"] == "step-start");
    let abandoned = |at: usize, part: &Value| {
        let grows = part["type"] == "text" || part["type"] == "reasoning";
        let open = part["time"]["start"].is_u64() && part["time"]["end"].is_null();
        grows && open && last_step.is_some_and(|step| at < step)
    };
    let parts = parts.iter().enumerate();
    parts
        .filter(|(at, part)| !abandoned(*at, part))
        .map(|(_, part)| part)
        .collect()
}

/// All that the texts of a stream ever were: by part, the deltas joined and the whole of its end.
#[derive(Default)]
pub struct Texts {
    joined: HashMap<String, String>,
    whole: HashMap<String, String>,
}

impl Texts {
    pub fn of(recording: &Recording) -> Self {
        let mut texts = Self::default();
        for data in recording.data() {
            let envelope: Value = serde_json::from_str(&data).unwrap();
            let event = envelope.get("payload").unwrap_or(&envelope);
            let properties = &event["properties"];
            match text(&event["type"]) {
                // Without a part's start, its deltas joined are not its text.
                "message.part.delta" => {
                    let id = text(&properties["partID"]);
                    if texts.whole.contains_key(id) {
                        let joined = texts.joined.entry(id.to_owned()).or_default();
                        joined.push_str(text(&properties["delta"]));
                    }
                }
                "message.part.updated" => texts.learn(&properties["part"]),
                _ => {}
            }
        }
        for message in recording.shown_before().iter().chain(&recording.shown()) {
            for part in message["parts"].as_array().unwrap() {
                texts.learn(part);
            }
        }
        texts
    }

    fn learn(&mut self, part: &Value) {
        let id = text(&part["id"]).to_owned();
        let whole = self.whole.entry(id).or_default();
        let text = text(&part["text"]);
        if text.len() >= whole.len() {
            text.clone_into(whole);
        }
    }

    /// A text that is not marked as having a hole is true as far as it goes.
    #[track_caller]
    pub fn assert_never_silently_wrong(&self, screen: &SessionSnapshot) {
        for part in screen.messages.iter().flat_map(|message| &message.parts) {
            let (seen, partial) = match &part.body {
                PartBody::Text(text) => (&text.text, text.partial),
                PartBody::Reasoning(text) => (&text.text, text.partial),
                _ => continue,
            };
            let id = part.id.as_str();
            let begins = |with: Option<&String>| with.is_some_and(|all| all.starts_with(seen));
            assert!(
                partial || begins(self.joined.get(id)) || begins(self.whole.get(id)),
                "{id} has a hole that is not marked: {seen:?}"
            );
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! An answer as it is made: its steps, what they say, and the tools that they call.

use crate::opencode::event::{Body, Event, Growth, RunStatus};
use crate::opencode::v2::message::{self, Reader};
use crate::opencode::v2::reply::{Begun, Kind, Reply};
use crate::opencode::v2::tool_part;
use crate::opencode::v2::wire;
use crate::protocol::{
    MessageInfo, MessageStatus, PartBody, Role, SessionId, Span, ToolPart, ToolStatus,
};

use super::{Question, Work};

impl Work {
    pub(super) fn begin_step(&mut self, session: &SessionId, step: wire::StepStarted) -> Body {
        let mut events = Vec::new();
        if matches!(self.run, RunStatus::Retry { .. }) {
            events.push(self.set_run(session, RunStatus::Busy));
        }
        let asked = match &self.question {
            Question::Known(asked) => asked.clone(),
            Question::Unknown => {
                self.lost = self.heard;
                events.push(Event::ContentChanged(session.clone()));
                None
            }
        };
        let reply = self
            .replies
            .entry(step.message_id.clone())
            .or_insert_with(|| {
                Reply::new(MessageInfo {
                    parent_id: asked,
                    ..message::info(step.message_id, session, Role::Assistant, step.started)
                })
            });
        let begun = reply.begin_step(step.started);
        reply.info.agent = step.agent;
        reply.info.model = step.model.map(Into::into);
        events.push(reply.told());
        if begun == Begun::New {
            events.push(reply.push(PartBody::StepStart, Growth::Closed));
        }
        Body::Several(events)
    }

    pub(super) fn end_step(
        &mut self,
        reader: Reader<'_>,
        session: &SessionId,
        step: wire::StepEnded,
        at: u64,
    ) -> Body {
        let Some(reply) = self.replies.get_mut(&step.message_id) else {
            return self.lose(session);
        };
        let error = step.error.map(message::error);
        reply.info.status = match &error {
            None => MessageStatus::Complete,
            Some(error) if error.is_abort() => MessageStatus::Aborted,
            Some(_) => MessageStatus::Error,
        };
        reply.info.error = error;
        reply.info.time.completed = Some(at);
        reply.info.cost = step.cost.or(reply.info.cost);
        reply.info.tokens = step.tokens.or(reply.info.tokens.take());
        let edited = step.files.iter().map(|file| Event::FileEdited {
            path: reader.absolute(file),
        });
        let mut events: Vec<Event> = edited.collect();
        let closing = reader.closing(step.files, step.finish.as_deref(), &reply.info);
        for part in closing {
            events.push(reply.push(part, Growth::Closed));
        }
        events.push(reply.told());
        Body::Several(events)
    }

    pub(super) fn fragment(
        &mut self,
        session: &SessionId,
        kind: Kind,
        phase: &str,
        fragment: wire::Fragment,
        at: u64,
    ) -> Body {
        let reply = self.replies.get_mut(&fragment.message_id);
        let event = match (phase, reply) {
            ("started", Some(reply)) => reply.begin(kind, fragment.ordinal, at),
            ("ended", Some(reply)) => reply.end(kind, fragment.ordinal, fragment.text, at),
            ("delta", Some(reply)) => match reply.fragment(kind, fragment.ordinal) {
                Some(part_id) => Event::Delta {
                    session_id: session.clone(),
                    message_id: fragment.message_id,
                    part_id,
                    text: fragment.delta,
                },
                None => return Body::Skipped,
            },
            // Its end brings all of it.
            ("delta", None) => return Body::Skipped,
            (_, None) => return self.lose(session),
            (_, Some(_)) => return Body::Unknown,
        };
        Body::Event(event)
    }

    pub(super) fn tool(
        &mut self,
        reader: Reader<'_>,
        session: &SessionId,
        phase: &str,
        call: wire::ToolEvent,
        at: u64,
    ) -> Body {
        let Some(reply) = self.replies.get_mut(&call.message_id) else {
            return self.lose(session);
        };
        if phase == "input.started" && reply.has_tool(&call.id) {
            // REST has shown it already.
            return Body::Skipped;
        }
        if phase == "input.started" {
            let part = reader.tool(wire::Tool {
                id: call.id,
                name: call.name,
                state: wire::ToolState {
                    status: wire::ToolStatus::Streaming,
                    input: serde_json::Value::Null,
                    content: Vec::new(),
                    metadata: None,
                    error: None,
                },
                time: wire::Time {
                    created: at,
                    ..wire::Time::default()
                },
            });
            return Body::Event(reply.push(PartBody::Tool(Box::new(part)), Growth::Open));
        }
        let end = |part: &mut ToolPart, status| {
            part.status = status;
            if let Some(time) = &mut part.time {
                time.end = Some(at);
            }
        };
        let metadata = call.metadata.unwrap_or_default();
        let shell = metadata.get("shellID").and_then(|id| id.as_str());
        let shell = shell.map(str::to_owned);
        let changed = reply.change_tool(&call.id, |part| {
            match phase {
                "called" => {
                    part.status = ToolStatus::Running;
                    part.input = call.input;
                    part.time = Some(Span {
                        start: at,
                        end: None,
                    });
                }
                "success" => {
                    end(part, ToolStatus::Completed);
                    part.output = tool_part::output(call.content);
                }
                "failed" => {
                    end(part, ToolStatus::Error);
                    part.output = tool_part::output(call.content);
                    part.error = call.error.map(|error| error.message);
                }
                _ => {}
            }
            reader.take_metadata(part, metadata);
        });
        let Some(changed) = changed else {
            return self.lose(session);
        };
        match (phase, shell, &changed) {
            ("progress", Some(source), Event::Part { part, .. }) => {
                let elsewhere = Event::OutputElsewhere {
                    session_id: session.clone(),
                    message_id: call.message_id,
                    part_id: part.part.id.clone(),
                    source,
                };
                Body::Several(vec![changed, elsewhere])
            }
            _ => Body::Event(changed),
        }
    }
}

//! One answer while it is made: what its events leave out because earlier ones said it.

use std::collections::HashMap;

use crate::opencode::event::{Event, Growth, IncomingMessage, IncomingPart};
use crate::protocol::{
    CallId, MessageInfo, MessageStatus, Millis, Part, PartBody, PartId, SessionId, Span, ToolPart,
};

use super::message::{part_id, reasoning, text};

/// What a fragment's ordinal counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Text,
    Reasoning,
}

impl Kind {
    fn body(self, said: String, time: Span) -> PartBody {
        match self {
            Self::Text => text(said),
            Self::Reasoning => reasoning(said, Some(time)),
        }
    }
}

#[derive(Debug)]
pub struct Reply {
    pub info: MessageInfo,
    /// Its parts in their order; what text there is, others know.
    places: Vec<Place>,
    /// Ordinals count anew with every try of a step; the last one of a number is meant
    /// (v2 contract, §3.6).
    bound: HashMap<(Kind, u32), Bound>,
}

/// Where a fragment is, and when it began.
#[derive(Clone, Copy, Debug)]
struct Bound {
    index: usize,
    start: Millis,
}

/// Whether anything of an answer was known when its step began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    New,
    Known,
}

#[derive(Debug)]
enum Place {
    Tool(Box<ToolPart>),
    Other,
}

impl Reply {
    #[must_use]
    pub fn new(info: MessageInfo) -> Self {
        Self {
            info,
            places: Vec::new(),
            bound: HashMap::new(),
        }
    }

    /// One whose beginning was not heard, as REST shows it.
    #[must_use]
    pub fn of(message: &IncomingMessage) -> Self {
        let mut reply = Self::new(message.info.clone());
        let (mut texts, mut reasonings) = (0, 0);
        for (index, part) in message.parts.iter().enumerate() {
            let (place, number, time) = match &part.part.body {
                PartBody::Tool(tool) => (Place::Tool(tool.clone()), None, None),
                PartBody::Text(_) => (Place::Other, Some((Kind::Text, &mut texts)), None),
                PartBody::Reasoning(part) => (
                    Place::Other,
                    Some((Kind::Reasoning, &mut reasonings)),
                    part.time.as_ref(),
                ),
                _ => (Place::Other, None, None),
            };
            reply.places.push(place);
            if let Some((kind, number)) = number {
                let start = time.map_or(0, |time| time.start);
                reply.bound.insert((kind, *number), Bound { index, start });
                *number += 1;
            }
        }
        reply
    }

    /// The step begins, or is tried again: then the message is as old as the last try (measured on
    /// 2.0.15). A try that REST has shown already, or one before it, changes nothing.
    pub fn begin_step(&mut self, at: Millis) -> Begun {
        let begun = match self.places.is_empty() {
            true => Begun::New,
            false => Begun::Known,
        };
        if begun == Begun::Known && at <= self.info.time.created {
            return begun;
        }
        self.info.time.created = at;
        self.info.time.completed = None;
        self.bound.clear();
        self.info.status = MessageStatus::Streaming;
        self.info.error = None;
        begun
    }

    pub fn told(&self) -> Event {
        Event::Message(Box::new(self.info.clone()))
    }

    /// A part at the end.
    pub fn push(&mut self, body: PartBody, growth: Growth) -> Event {
        let index = self.places.len();
        self.places.push(match &body {
            PartBody::Tool(tool) => Place::Tool(tool.clone()),
            _ => Place::Other,
        });
        self.part(index, body, growth)
    }

    /// Text or reasoning that begins, and may be known from REST already.
    pub fn begin(&mut self, kind: Kind, ordinal: u32, start: Millis) -> Event {
        let time = Span { start, end: None };
        let body = kind.body(String::new(), time);
        if let Some(bound) = self.bound.get(&(kind, ordinal)) {
            return self.part(bound.index, body, Growth::Open);
        }
        let index = self.places.len();
        self.bound.insert((kind, ordinal), Bound { index, start });
        self.push(body, Growth::Open)
    }

    /// Text or reasoning that comes to nothing.
    pub fn drop_fragment(&mut self, kind: Kind, ordinal: u32) -> Option<Event> {
        let part_id = self.fragment(kind, ordinal)?;
        self.bound.remove(&(kind, ordinal));
        Some(Event::PartRemoved {
            session_id: self.session().clone(),
            message_id: self.info.id.clone(),
            part_id,
        })
    }

    /// Text or reasoning that has ended, with all of it.
    pub fn end(&mut self, kind: Kind, ordinal: u32, text: String, end: Millis) -> Event {
        let bound = self.bound.get(&(kind, ordinal)).copied();
        let body = kind.body(
            text,
            Span {
                start: bound.map_or(end, |bound| bound.start),
                end: Some(end),
            },
        );
        match bound {
            Some(bound) => self.part(bound.index, body, Growth::Closed),
            None => self.push(body, Growth::Closed),
        }
    }

    #[must_use]
    pub fn fragment(&self, kind: Kind, ordinal: u32) -> Option<PartId> {
        let bound = self.bound.get(&(kind, ordinal))?;
        Some(part_id(&self.info.id, bound.index))
    }

    #[must_use]
    pub fn has_tool(&self, call: &CallId) -> bool {
        let mut places = self.places.iter();
        places.any(|place| matches!(place, Place::Tool(tool) if tool.call_id == *call))
    }

    /// Changes a call that is known.
    pub fn change_tool(
        &mut self,
        call: &CallId,
        change: impl FnOnce(&mut ToolPart),
    ) -> Option<Event> {
        let (index, tool) = self
            .places
            .iter_mut()
            .enumerate()
            .find_map(|(index, place)| match place {
                Place::Tool(tool) if tool.call_id == *call => Some((index, tool)),
                _ => None,
            })?;
        change(tool);
        let growth = match tool.status.is_live() {
            true => Growth::Open,
            false => Growth::Closed,
        };
        let body = PartBody::Tool(tool.clone());
        Some(self.part(index, body, growth))
    }

    fn part(&self, index: usize, body: PartBody, growth: Growth) -> Event {
        Event::Part {
            session_id: self.session().clone(),
            message_id: self.info.id.clone(),
            part: IncomingPart {
                part: Part::new(part_id(&self.info.id, index), body),
                growth,
            },
        }
    }

    fn session(&self) -> &SessionId {
        &self.info.session_id
    }
}

//! What shows how things came to be: lines of the server's output, and raw events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Millis;

/// One line of a server process's output, or of Sidestream's own about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogEntry {
    pub time: Millis,
    pub source: LogSource,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LogSource {
    Stdout,
    Stderr,
    Sidestream,
}

/// One raw event of the stream, for debugging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventRecord {
    pub time: Millis,
    /// Bytes of the event's data.
    pub size: usize,
    /// OpenCode's event type; empty when it could not be read.
    #[serde(rename = "type")]
    pub event_type: String,
    pub outcome: EventOutcome,
    /// The data, cut after 2,048 bytes.
    pub data: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EventOutcome {
    /// Decoded and applied.
    Applied,
    /// Known, and of no use here: doubles, other folders, heartbeats.
    Skipped,
    /// A type that this version does not know.
    Unknown,
    /// A known type in an unknown shape.
    Malformed,
}

//! Recordings: what `sidestream record` writes and `sidestream replay` reads. One JSON object a line:
//! first the server, then the events of its stream, then what REST answered before and after them.

pub mod disguise;
mod questions;
pub mod record;
pub mod replay;

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::DialectName;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Line {
    Server {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        dialect: DialectName,
        /// The path of the event stream.
        stream: String,
    },
    Event {
        /// Milliseconds since the stream was opened.
        at: u64,
        /// As it was on the wire, without secrets.
        data: String,
    },
    Answer {
        when: When,
        path: String,
        body: Value,
    },
}

/// Of two answers to the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// When the stream was opened; of a session, when its first event came.
    Before,
    /// When the recording ended.
    After,
}

/// The named one or the present one, with links resolved.
fn folder(named: Option<PathBuf>) -> Result<PathBuf> {
    let folder = named.unwrap_or_else(|| ".".into());
    let resolved = folder.canonicalize();
    resolved.with_context(|| format!("the folder {} cannot be opened", folder.display()))
}

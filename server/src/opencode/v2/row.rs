//! OpenCode 2.x's sessions as ours. Pure.

use super::message::Reader;
use super::wire;
use crate::opencode::event::SessionInfo;
use crate::opencode::rules;
use crate::protocol::{Revert, SessionTime};

/// The name that the session's own list shows until OpenCode has thought of one.
const UNTITLED: &str = "New session";

impl Reader<'_> {
    pub fn session(self, wire: wire::Session) -> SessionInfo {
        let files = wire.revert.iter().flat_map(|revert| &revert.files);
        SessionInfo {
            reverted_files: files.map(|file| self.diff(file)).collect(),
            permissions: rules::mode(&wire.permissions.iter().map(rule).collect::<Vec<_>>()),
            id: wire.id,
            parent_id: wire.parent_id,
            title: wire.title.unwrap_or_else(|| UNTITLED.to_owned()),
            agent: wire.agent,
            model: wire.model.map(Into::into),
            time: SessionTime {
                created: wire.time.created,
                updated: wire.time.updated,
                archived: wire.time.archived,
            },
            cost: wire.cost,
            tokens: wire.tokens,
            revert: wire.revert.map(|revert| Revert {
                message_id: revert.message_id,
                part_id: None,
            }),
            ..SessionInfo::default()
        }
    }

    /// A session that has just been made; its event says less than its row (§3.4).
    pub fn created(self, wire: wire::SessionCreated, at: u64) -> SessionInfo {
        SessionInfo {
            permissions: rules::mode(&wire.permissions.iter().map(rule).collect::<Vec<_>>()),
            id: wire.session_id,
            parent_id: wire.parent_id,
            title: wire.title.unwrap_or_else(|| UNTITLED.to_owned()),
            agent: wire.agent,
            model: wire.model.map(Into::into),
            time: SessionTime {
                created: at,
                updated: at,
                archived: None,
            },
            cost: Some(0.0),
            tokens: Some(crate::protocol::Tokens::default()),
            ..SessionInfo::default()
        }
    }
}

pub fn rule(wire: &wire::Rule) -> rules::Rule {
    rules::Rule {
        permission: wire.action.clone(),
        pattern: wire.resource.clone(),
        action: wire.effect,
    }
}

//! What a recording asks of a server, as a client would: each dialect has its own paths and shapes. A
//! further one is added here.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::protocol::DialectName;

pub(super) struct Questions {
    dialect: DialectName,
    /// Of the folder.
    pub of_folder: &'static [&'static str],
    /// Where sessions are.
    pub sessions: &'static str,
    /// Of a session, behind its own path.
    pub of_session: &'static [&'static str],
}

const V1: Questions = Questions {
    dialect: DialectName::V1,
    of_folder: &[
        "/global/health",
        "/path",
        "/session",
        "/session/status",
        "/permission",
        "/question",
        "/agent",
        "/config",
        "/config/providers",
        "/command",
        "/skill",
        "/mcp",
        "/lsp",
        "/vcs",
    ],
    sessions: "/session",
    of_session: &["", "/message", "/todo", "/children"],
};

const V2: Questions = Questions {
    dialect: DialectName::V2,
    of_folder: &[
        "/api/info",
        "/api/location",
        "/api/session",
        "/api/session/active",
        "/api/permission/request",
        "/api/form",
        "/api/agent",
        "/api/model",
        "/api/model/default",
        "/api/provider",
        "/api/command",
        "/api/skill",
        "/api/mcp",
        "/api/vcs",
    ],
    sessions: "/api/session",
    of_session: &["", "/message", "/inbox"],
};

impl Questions {
    pub fn of(dialect: DialectName) -> Result<&'static Self> {
        match dialect {
            DialectName::V1 => Ok(&V1),
            DialectName::V2 => Ok(&V2),
            DialectName::Legacy => bail!("servers of this kind cannot be recorded"),
        }
    }

    /// What is asked along with a path.
    pub fn query<'a>(&self, path: &str, directory: &'a str) -> Vec<(&'static str, &'a str)> {
        match self.dialect {
            DialectName::V2 if path == self.sessions => {
                vec![("directory", directory), ("limit", "500")]
            }
            // Pages are not played again: this is the largest (v2 contract, §1.9).
            DialectName::V2 if path.ends_with("/message") => vec![("limit", "200")],
            DialectName::V2 => vec![("location[directory]", directory)],
            DialectName::V1 | DialectName::Legacy => vec![("directory", directory)],
        }
    }

    /// The folder that an event says it is of.
    pub fn directory_of<'a>(&self, event: &'a Value) -> Option<&'a str> {
        match self.dialect {
            DialectName::V2 => event["location"]["directory"].as_str(),
            DialectName::V1 | DialectName::Legacy => event["directory"].as_str(),
        }
    }

    /// The session of an event that may be of any folder (v2 contract, §2.1).
    pub fn session_without_a_place<'a>(&self, event: &'a Value) -> Option<&'a str> {
        match self.dialect {
            DialectName::V2 => event["data"]["sessionID"].as_str(),
            DialectName::V1 | DialectName::Legacy => None,
        }
    }

    /// Takes the rows of other sessions out of an answer, and where it would go on.
    pub fn keep_only(&self, path: &str, body: &mut Value, keep: impl Fn(&str) -> bool) {
        let whose = match path.strip_prefix("/api").unwrap_or(path) {
            "/session" => Some("id"),
            "/permission" | "/permission/request" | "/question" | "/form" => Some("sessionID"),
            _ => None,
        };
        let rows = match self.dialect {
            DialectName::V2 => &mut body["data"],
            DialectName::V1 | DialectName::Legacy => &mut *body,
        };
        if let (Some(whose), Some(rows)) = (whose, rows.as_array_mut()) {
            rows.retain(|row| keep(row[whose].as_str().unwrap_or_default()));
        }
        if path == "/api/session/active"
            && let Some(running) = rows.as_object_mut()
        {
            running.retain(|session, _| keep(session));
        }
        if let Some(cursor) = body.get_mut("cursor") {
            *cursor = Value::Object(serde_json::Map::new());
        }
    }
}

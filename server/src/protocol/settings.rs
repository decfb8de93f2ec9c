//! What a client may set, by `initializationOptions` or `workspace/didChangeConfiguration`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    pub server: ServerSettings,
    pub reconnect: ReconnectSettings,
    pub history: HistorySettings,
    /// Every workspace folder becomes an instance by itself.
    pub auto_open: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: ServerSettings::default(),
            reconnect: ReconnectSettings::default(),
            history: HistorySettings::default(),
            auto_open: true,
        }
    }
}

/// Where the OpenCode server comes from: `url` attaches to one, otherwise one is started.
#[skip_serializing_none]
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerSettings {
    /// The OpenCode program and arguments to put before `serve`; found by itself when empty.
    pub command: Vec<String>,
    /// Set in the server's environment besides the editor's own.
    pub env: BTreeMap<String, String>,
    /// Attach to this server and never stop it.
    pub url: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub scope: Scope,
    pub start_timeout_ms: u64,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            env: BTreeMap::new(),
            url: None,
            username: None,
            password: None,
            scope: Scope::Auto,
            start_timeout_ms: 30_000,
        }
    }
}

impl std::fmt::Debug for ServerSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The environment and the password are secrets: they must not reach a log by accident.
        f.debug_struct("ServerSettings")
            .field("command", &self.command)
            .field("url", &self.url)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// How many folders share one server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// As suits the server's version: `workspace` for OpenCode 1.x, `shared` for 2.x.
    #[default]
    Auto,
    /// A server per folder.
    Workspace,
    /// One server for all folders of this editor.
    Window,
    /// The user's background service (OpenCode 2.x): joined, started when there is none, never stopped.
    Shared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ReconnectSettings {
    /// The first wait; it doubles from try to try.
    pub base_delay_ms: u64,
    pub max_delay_ms: u64,
    pub max_attempts: u32,
    /// Without a byte for this long, the stream counts as dead.
    pub idle_timeout_ms: u64,
}

impl Default for ReconnectSettings {
    fn default() -> Self {
        Self {
            base_delay_ms: 1_000,
            max_delay_ms: 30_000,
            max_attempts: 5,
            idle_timeout_ms: 30_000,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct HistorySettings {
    /// Messages that `session/open` and `session/history` answer when they name no limit.
    pub page_size: usize,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { page_size: 50 }
    }
}

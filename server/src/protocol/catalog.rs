//! What the pickers show: what OpenCode has to offer in a folder, and the folder's files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::ModelRef;

/// Small on purpose: only what can be used here and now, without the texts behind it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Catalog {
    /// Without those that OpenCode keeps to itself.
    pub agents: Vec<Agent>,
    /// Favourites first, then those used lately, then all others by provider and name.
    pub models: Vec<Model>,
    pub commands: Vec<Command>,
    pub skills: Vec<Skill>,
    pub mcp: Vec<Service>,
    pub lsp: Vec<Service>,
    pub defaults: Defaults,
    /// Methods that this server answers with `unsupported`; clients hide what needs them.
    pub unsupported: Vec<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agent {
    pub name: String,
    pub description: Option<String>,
    pub mode: AgentMode,
    /// In place of the default model.
    pub model: Option<ModelRef>,
    /// As `#rrggbb` or a colour's name.
    pub color: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AgentMode {
    /// The user talks to it.
    Primary,
    /// Other agents, or a mention, call it.
    Subagent,
    #[default]
    All,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    pub provider_id: String,
    pub provider_name: String,
    pub model_id: String,
    pub name: String,
    pub limit: Option<ModelLimit>,
    pub cost: Option<ModelCost>,
    pub reasoning: bool,
    /// It can be shown images and other files.
    pub attachments: bool,
    /// As `low`, `high`: how hard it thinks.
    pub variants: Vec<String>,
    pub rank: ModelRank,
}

/// Why a model stands where it stands.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ModelRank {
    Favourite,
    Recent,
    #[default]
    Other,
}

/// In tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ModelLimit {
    pub context: u64,
    pub output: u64,
}

/// US dollars for a million tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ModelCost {
    pub input: f64,
    pub output: f64,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    /// Without the slash.
    pub name: String,
    pub description: Option<String>,
    pub agent: Option<String>,
}

#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skill {
    pub name: String,
    pub description: Option<String>,
}

/// An MCP or language server that OpenCode runs.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    pub name: String,
    /// OpenCode's word, as `connected`, `failed`, `needs_auth`, `disabled`.
    pub status: String,
    pub error: Option<String>,
}

/// What is used when nothing else is named.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Defaults {
    pub agent: Option<String>,
    pub model: Option<ModelRef>,
}

/// A file's content.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileContent {
    /// Absolute.
    pub path: String,
    pub encoding: Encoding,
    pub content: String,
    pub mime: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    Text,
    Base64,
}

/// A file that differs from the last commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileStatus {
    /// Relative to the instance's directory.
    pub path: String,
    pub status: ChangeKind,
    pub additions: u64,
    pub deletions: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// A named place in the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Symbol {
    pub name: String,
    /// LSP's `SymbolKind`.
    pub kind: u32,
    /// Absolute.
    pub path: String,
    pub range: super::requests::LineRange,
}

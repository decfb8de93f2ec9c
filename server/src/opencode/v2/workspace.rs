//! What OpenCode 2.x has to offer in a folder, and its files (v2 contract, §4.3).

use std::path::Path;

use async_trait::async_trait;
use base64::Engine as _;
use serde::Deserialize;

use super::{V2, wire};
use crate::opencode::{Workspace, http};
use crate::protocol::{
    Agent, AgentMode, Catalog, ChangeKind, Command, Defaults, Encoding, Error, ErrorKind,
    FileContent, FileDiff, FileStatus, Model, ModelCost, ModelLimit, ModelRank, ModelRef, Service,
    Skill,
};

#[async_trait]
impl Workspace for V2 {
    async fn catalog(&self, recent: &[ModelRef]) -> Result<Catalog, Error> {
        let (agents, models, providers, default, commands, skills, mcp) = tokio::join!(
            self.here::<Vec<AgentRow>>("/api/agent"),
            self.here::<Vec<ModelRow>>("/api/model"),
            self.here::<Vec<ProviderRow>>("/api/provider"),
            self.here::<Option<ModelRow>>("/api/model/default"),
            self.here::<Vec<Named>>("/api/command"),
            self.here::<Vec<Named>>("/api/skill"),
            self.here::<Vec<McpRow>>("/api/mcp"),
        );
        // Without these there is nothing to pick.
        let (agents, models) = (agents?, models?);
        let providers = providers.unwrap_or_default();
        let agents: Vec<Agent> = agents
            .into_iter()
            .filter(|agent| !agent.hidden)
            .map(|agent| Agent {
                name: agent.id,
                description: agent.description,
                mode: agent.mode,
                model: agent.model.map(Into::into),
                color: agent.color,
            })
            .collect();
        let first = agents
            .iter()
            .find(|agent| agent.mode != AgentMode::Subagent);
        let default = default.ok().flatten().map(ModelRow::reference);
        // A session says its model only when one was chosen (§3.5): all others use this one.
        let used: Vec<ModelRef> = recent.iter().chain(&default).cloned().collect();
        Ok(Catalog {
            defaults: Defaults {
                agent: first.map(|agent| agent.name.clone()),
                model: default,
            },
            agents,
            models: ranked(models, &providers, &used),
            commands: commands
                .unwrap_or_default()
                .into_iter()
                .map(|row| Command {
                    name: row.name,
                    description: row.description,
                    agent: None,
                })
                .collect(),
            skills: skills
                .unwrap_or_default()
                .into_iter()
                .map(|row| Skill {
                    name: row.name,
                    description: row.description,
                })
                .collect(),
            mcp: mcp
                .unwrap_or_default()
                .into_iter()
                .map(|row| Service {
                    error: row.word("error"),
                    status: row.word("status").unwrap_or_default(),
                    name: row.name,
                })
                .collect(),
            lsp: Vec::new(),
            unsupported: Vec::new(),
        })
    }

    async fn find_files(&self, query: &str, limit: usize) -> Result<Vec<String>, Error> {
        let limit = limit.clamp(1, 200).to_string();
        let query = [self.location(), ("query", query), ("limit", &limit)];
        let found: Vec<Entry> = self.data("/api/fs/find", &query).await?;
        Ok(found.into_iter().map(|entry| entry.path).collect())
    }

    async fn file_content(&self, path: &Path) -> Result<FileContent, Error> {
        let url = format!("/api/fs/read/{}", http::encode_path(path));
        let bytes = self.http.bytes(&url, &[self.location()]).await;
        let bytes = bytes.map_err(|error| match error.kind {
            ErrorKind::BadRequest => Error::new(
                ErrorKind::BadRequest,
                format!("path: there is no file {}", path.display()),
            )
            .hint("It may have been moved or deleted."),
            _ => error,
        })?;
        let (encoding, content) = match String::from_utf8(bytes) {
            Ok(text) => (Encoding::Text, text),
            Err(binary) => {
                let engine = base64::engine::general_purpose::STANDARD;
                (Encoding::Base64, engine.encode(binary.as_bytes()))
            }
        };
        Ok(FileContent {
            path: self.directory.join(path).display().to_string(),
            encoding,
            content,
            mime: None,
        })
    }

    async fn file_status(&self) -> Result<Vec<FileStatus>, Error> {
        let files: Vec<wire::FileDiff> = self.here("/api/vcs/status").await?;
        let files = files.iter().map(|file| self.reader().diff(file));
        Ok(files
            .map(|file| FileStatus {
                status: file.status.unwrap_or(ChangeKind::Modified),
                path: file.path,
                additions: file.additions,
                deletions: file.deletions,
            })
            .collect())
    }

    async fn vcs_diff(&self) -> Result<(Option<String>, Vec<FileDiff>), Error> {
        let query = [self.location(), ("mode", "working")];
        let (vcs, files) = tokio::try_join!(
            self.here::<Vcs>("/api/vcs"),
            self.data::<Vec<wire::FileDiff>>("/api/vcs/diff", &query),
        )?;
        let files = files.iter().map(|file| self.reader().diff(file)).collect();
        Ok((vcs.branch.and_then(|branch| branch.current), files))
    }
}

/// Those used lately first, then all others by provider and name.
fn ranked(rows: Vec<ModelRow>, providers: &[ProviderRow], recent: &[ModelRef]) -> Vec<Model> {
    let mut models: Vec<(usize, Model)> = rows
        .into_iter()
        .map(|row| {
            let used = recent.iter().position(|used| {
                (&used.provider_id, &used.model_id) == (&row.provider_id, &row.id)
            });
            let provider = providers.iter().find(|known| known.id == row.provider_id);
            let takes_files = row.capabilities.input.iter().any(|kind| kind != "text");
            let model = Model {
                provider_name: provider
                    .map_or(&row.provider_id, |known| &known.name)
                    .clone(),
                name: row.name.unwrap_or_else(|| row.id.clone()),
                limit: row.limit.filter(|limit| limit.context > 0),
                cost: row.cost.into_iter().next(),
                reasoning: !row.variants.is_empty(),
                attachments: takes_files,
                variants: row.variants.into_iter().map(|variant| variant.id).collect(),
                rank: match used {
                    Some(_) => ModelRank::Recent,
                    None => ModelRank::Other,
                },
                provider_id: row.provider_id,
                model_id: row.id,
            };
            (used.unwrap_or(usize::MAX), model)
        })
        .collect();
    models.sort_by(|(a, x), (b, y)| {
        (a, &x.provider_name, &x.name).cmp(&(b, &y.provider_name, &y.name))
    });
    models.into_iter().map(|(_, model)| model).collect()
}

#[derive(Deserialize)]
pub(super) struct AgentRow {
    pub id: String,
    description: Option<String>,
    #[serde(default)]
    mode: AgentMode,
    #[serde(default)]
    pub hidden: bool,
    color: Option<String>,
    model: Option<wire::Model>,
    /// In the order in which they count.
    #[serde(default)]
    pub permissions: Vec<wire::Rule>,
}

#[derive(Deserialize)]
pub(super) struct ModelRow {
    pub id: String,
    #[serde(rename = "providerID")]
    pub provider_id: String,
    name: Option<String>,
    limit: Option<ModelLimit>,
    #[serde(default)]
    cost: Vec<ModelCost>,
    #[serde(default)]
    capabilities: Capabilities,
    #[serde(default)]
    variants: Vec<Variant>,
}

impl ModelRow {
    pub fn reference(self) -> ModelRef {
        ModelRef {
            provider_id: self.provider_id,
            model_id: self.id,
            variant: None,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Capabilities {
    input: Vec<String>,
}

#[derive(Deserialize)]
struct Variant {
    id: String,
}

#[derive(Deserialize)]
struct ProviderRow {
    id: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    description: Option<String>,
}

#[derive(Deserialize)]
struct McpRow {
    name: String,
    /// A word, or an object with one.
    #[serde(default)]
    status: serde_json::Value,
}

impl McpRow {
    fn word(&self, key: &str) -> Option<String> {
        let bare = self.status.as_str().filter(|_| key == "status");
        let word = bare.or_else(|| self.status.get(key)?.as_str());
        word.map(str::to_owned)
    }
}

#[derive(Deserialize)]
struct Entry {
    path: String,
}

#[derive(Deserialize)]
struct Vcs {
    branch: Option<Branch>,
}

#[derive(Deserialize)]
struct Branch {
    current: Option<String>,
}

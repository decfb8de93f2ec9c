//! What OpenCode 1.x has to offer in a folder, and its files (v1 contract, §5).

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use serde::Deserialize;

use super::V1;
use super::wire;
use crate::opencode::Workspace;
use crate::opencode::each::Each;
use crate::opencode::rules::Rule;
use crate::protocol::requests::LineRange;
use crate::protocol::{
    Agent, AgentMode, Catalog, ChangeKind, Command, Defaults, Encoding, Error, ErrorKind,
    FileContent, FileDiff, FileStatus, Model, ModelCost, ModelLimit, ModelRank, ModelRef, Service,
    Skill, Symbol,
};

#[async_trait]
impl Workspace for V1 {
    async fn catalog(&self, recent: &[ModelRef]) -> Result<Catalog, Error> {
        let (agents, providers, commands, skills, mcp, lsp, config, path) = tokio::join!(
            self.get::<Each<wire::Agent>>("/agent"),
            self.get::<Providers>("/config/providers"),
            self.get::<Vec<CommandRow>>("/command"),
            self.get::<Vec<SkillRow>>("/skill"),
            self.get::<BTreeMap<String, McpRow>>("/mcp"),
            self.get::<Vec<LspRow>>("/lsp"),
            self.get::<Config>("/config"),
            self.get::<Paths>("/path"),
        );
        // Without these there is nothing to pick; old versions lack some of the others.
        let (agents, providers) = (agents?, providers?);
        let chosen = match path {
            Ok(path) => Chosen::read(&path.state).await,
            Err(_) => Chosen::default(),
        };
        let agents: Vec<Agent> = agents
            .0
            .into_iter()
            .filter(|agent| !agent.hidden)
            .map(|agent| Agent {
                name: agent.name,
                description: agent.description,
                mode: agent.mode,
                model: agent.model.map(ModelRef::from),
                color: agent.color,
            })
            .collect();
        let config = config.unwrap_or_default();
        let default_model = config.model.as_deref().and_then(|name| {
            let (provider, model) = name.split_once('/')?;
            Some(ModelRef {
                provider_id: provider.into(),
                model_id: model.into(),
                variant: None,
            })
        });
        let first = agents
            .iter()
            .find(|agent| agent.mode != AgentMode::Subagent);
        Ok(Catalog {
            defaults: Defaults {
                agent: config
                    .default_agent
                    .or_else(|| first.map(|agent| agent.name.clone())),
                model: default_model
                    .or_else(|| chosen.recent.first().cloned())
                    .or_else(|| providers.default_model()),
            },
            models: providers.models(&chosen, recent),
            agents,
            commands: commands
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
            skills: skills
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
            mcp: mcp
                .unwrap_or_default()
                .into_iter()
                .map(|(name, row)| Service {
                    name,
                    status: row.status,
                    error: row.error,
                })
                .collect(),
            lsp: lsp
                .unwrap_or_default()
                .into_iter()
                .map(|row| Service {
                    name: row.name,
                    status: row.status,
                    error: None,
                })
                .collect(),
            unsupported: Vec::new(),
        })
    }

    async fn find_files(&self, query: &str, limit: usize) -> Result<Vec<String>, Error> {
        // More is refused.
        let limit = limit.clamp(1, 200).to_string();
        let query = [self.directory(), ("query", query), ("limit", &limit)];
        let mut found: Vec<String> = self.http.get("/find/file", &query).await?;
        found.retain(|path| path != "/");
        Ok(found)
    }

    async fn find_symbols(&self, query: &str) -> Result<Vec<Symbol>, Error> {
        let query = [self.directory(), ("query", query)];
        let found: Vec<SymbolRow> = self.http.get("/find/symbol", &query).await?;
        Ok(found.into_iter().map(Into::into).collect())
    }

    async fn file_content(&self, path: &Path) -> Result<FileContent, Error> {
        let shown = path.display().to_string();
        let query = [self.directory(), ("path", shown.as_str())];
        let content: ContentRow = self.http.get("/file/content", &query).await?;
        if content.content.is_empty() && !self.is_there(path).await? {
            return Err(Error::new(
                ErrorKind::BadRequest,
                format!("path: there is no file {shown}"),
            )
            .hint("It may have been moved or deleted."));
        }
        Ok(FileContent {
            path: self.directory.join(path).display().to_string(),
            encoding: match content.encoding.as_deref() {
                Some("base64") => Encoding::Base64,
                _ => Encoding::Text,
            },
            content: content.content,
            mime: content.mime_type,
        })
    }

    async fn file_status(&self) -> Result<Vec<FileStatus>, Error> {
        // `/file/status` was seen empty in a changed repository.
        let (_, files) = self.vcs_diff().await?;
        Ok(files
            .into_iter()
            .map(|file| FileStatus {
                status: file.status.unwrap_or(ChangeKind::Modified),
                path: file.path,
                additions: file.additions,
                deletions: file.deletions,
            })
            .collect())
    }

    async fn vcs_diff(&self) -> Result<(Option<String>, Vec<FileDiff>), Error> {
        let query = [self.directory(), ("mode", "git")];
        let (vcs, files) = tokio::try_join!(
            self.get::<Vcs>("/vcs"),
            self.http.get::<Vec<wire::FileDiff>>("/vcs/diff", &query),
        )?;
        let files = files.into_iter();
        let files = files.map(|file| file.decode(&self.directory)).collect();
        Ok((vcs.branch, files))
    }
}

impl V1 {
    /// The content of a file that is not there is empty too; its folder's list tells.
    async fn is_there(&self, path: &Path) -> Result<bool, Error> {
        let folder = path.parent().unwrap_or(Path::new("")).display().to_string();
        let query = [self.directory(), ("path", folder.as_str())];
        let nodes: Vec<Node> = self.http.get("/file", &query).await?;
        let name = path.file_name().and_then(|name| name.to_str());
        Ok(nodes.iter().any(|node| Some(node.name.as_str()) == name))
    }
}

/// What the user has picked in OpenCode's own terminal client.
#[derive(Default)]
struct Chosen {
    favourites: Vec<ModelRef>,
    recent: Vec<ModelRef>,
}

impl Chosen {
    /// A server on another machine has its file there, and then there is nothing chosen.
    async fn read(state: &str) -> Self {
        let path = Path::new(state).join("model.json");
        let text = tokio::fs::read(path).await.unwrap_or_default();
        let file: ChosenFile = serde_json::from_slice(&text).unwrap_or_default();
        Self {
            favourites: file.favorite.into_iter().map(Into::into).collect(),
            recent: file.recent.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ChosenFile {
    favorite: Vec<wire::MessageModel>,
    recent: Vec<wire::MessageModel>,
}

#[derive(Deserialize)]
struct Providers {
    #[serde(default)]
    providers: Vec<Provider>,
    /// By provider.
    #[serde(default)]
    default: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Provider {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    models: BTreeMap<String, ModelRow>,
}

#[derive(Deserialize)]
struct ModelRow {
    #[serde(default)]
    name: String,
    limit: Option<ModelLimit>,
    cost: Option<ModelCost>,
    #[serde(default)]
    capabilities: Capabilities,
    #[serde(default)]
    variants: serde_json::Map<String, serde_json::Value>,
    /// Of versions without capabilities.
    #[serde(default)]
    reasoning: bool,
    #[serde(default)]
    attachment: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Capabilities {
    reasoning: bool,
    attachment: bool,
}

impl Providers {
    /// What the server itself takes when nobody has chosen.
    fn default_model(&self) -> Option<ModelRef> {
        let mut providers = self.providers.iter();
        providers.find_map(|provider| {
            Some(ModelRef {
                provider_id: provider.id.clone(),
                model_id: self.default.get(&provider.id)?.clone(),
                variant: None,
            })
        })
    }

    fn models(self, chosen: &Chosen, recent: &[ModelRef]) -> Vec<Model> {
        let place = |list: &[ModelRef], provider: &str, model: &str| {
            list.iter()
                .position(|one| one.provider_id == provider && one.model_id == model)
        };
        let mut models: Vec<((ModelRank, usize), Model)> = Vec::new();
        for provider in self.providers {
            for (id, row) in provider.models {
                let favourite = place(&chosen.favourites, &provider.id, &id);
                let used = place(recent, &provider.id, &id)
                    .or_else(|| Some(recent.len() + place(&chosen.recent, &provider.id, &id)?));
                let (rank, at) = match (favourite, used) {
                    (Some(at), _) => (ModelRank::Favourite, at),
                    (None, Some(at)) => (ModelRank::Recent, at),
                    (None, None) => (ModelRank::Other, 0),
                };
                let model = Model {
                    provider_id: provider.id.clone(),
                    provider_name: provider.name.clone(),
                    name: if row.name.is_empty() {
                        id.clone()
                    } else {
                        row.name
                    },
                    model_id: id,
                    limit: row.limit.filter(|limit| limit.context > 0),
                    cost: row.cost,
                    reasoning: row.capabilities.reasoning || row.reasoning,
                    attachments: row.capabilities.attachment || row.attachment,
                    variants: row.variants.into_iter().map(|(name, _)| name).collect(),
                    rank,
                };
                models.push(((rank, at), model));
            }
        }
        models.sort_by(|(a, x), (b, y)| {
            (a, &x.provider_name, &x.name).cmp(&(b, &y.provider_name, &y.name))
        });
        models.into_iter().map(|(_, model)| model).collect()
    }
}

impl From<wire::MessageModel> for ModelRef {
    fn from(wire: wire::MessageModel) -> Self {
        Self {
            provider_id: wire.provider_id,
            model_id: wire.model_id,
            variant: wire.variant,
        }
    }
}

impl wire::Agent {
    /// In the order in which they count. Before 1.1 there were none of this shape.
    pub fn rules(self) -> Vec<Rule> {
        serde_json::from_value::<Each<Rule>>(self.permission)
            .unwrap_or_default()
            .0
    }
}

#[derive(Deserialize)]
struct CommandRow {
    name: String,
    description: Option<String>,
    agent: Option<String>,
}

impl From<CommandRow> for Command {
    fn from(row: CommandRow) -> Self {
        Self {
            name: row.name,
            description: row.description,
            agent: row.agent,
        }
    }
}

#[derive(Deserialize)]
struct SkillRow {
    name: String,
    description: Option<String>,
}

impl From<SkillRow> for Skill {
    fn from(row: SkillRow) -> Self {
        Self {
            name: row.name,
            description: row.description,
        }
    }
}

#[derive(Deserialize)]
struct McpRow {
    #[serde(default)]
    status: String,
    error: Option<String>,
}

#[derive(Deserialize)]
struct LspRow {
    #[serde(default)]
    name: String,
    #[serde(default)]
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    model: Option<String>,
    default_agent: Option<String>,
}

#[derive(Deserialize)]
struct Paths {
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
struct Vcs {
    branch: Option<String>,
}

#[derive(Deserialize)]
struct Node {
    name: String,
}

#[derive(Deserialize)]
struct ContentRow {
    #[serde(default)]
    content: String,
    encoding: Option<String>,
    #[serde(rename = "mimeType")]
    mime_type: Option<String>,
}

#[derive(Deserialize)]
struct SymbolRow {
    name: String,
    #[serde(default)]
    kind: u32,
    location: Location,
}

#[derive(Deserialize)]
struct Location {
    uri: String,
    range: Range,
}

#[derive(Deserialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Deserialize)]
struct Position {
    line: u32,
}

impl From<SymbolRow> for Symbol {
    fn from(row: SymbolRow) -> Self {
        let path = reqwest::Url::parse(&row.location.uri)
            .ok()
            .and_then(|uri| uri.to_file_path().ok())
            .map(|path| path.display().to_string());
        Self {
            name: row.name,
            kind: row.kind,
            path: path.unwrap_or(row.location.uri),
            range: LineRange {
                start: row.location.range.start.line + 1,
                end: row.location.range.end.line + 1,
            },
        }
    }
}

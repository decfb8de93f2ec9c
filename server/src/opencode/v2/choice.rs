//! Agents and models, which here are the session's (v2 contract, §3.5). Unknown ones would be taken
//! without a word (§0, rule 11), so that they are looked up before they are named to the server.
//!
//! Nothing is taken for unknown before its directory had the time to load what it offers.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::workspace::{AgentRow, ModelRow};
use super::{V2, row, wire};
use crate::opencode::rules::{Action, Rule};
use crate::protocol::{Error, ErrorKind, ModelRef, SessionId};

/// What a directory offers is complete half a second to a second after its first use (§1.2); what is
/// not there after this is not there.
const LOADS_WITHIN: Duration = Duration::from_secs(2);

/// What a prompt, a command or a new session is to run with.
#[derive(Clone, Copy, Default)]
pub(super) struct Choice<'a> {
    pub agent: Option<&'a str>,
    pub model: Option<&'a ModelRef>,
    /// Of the named model, or else of the one that the session has.
    pub variant: Option<&'a str>,
}

impl V2 {
    /// Gives the session the agent and the model, where it has others.
    pub(super) async fn choose(
        &self,
        session: &SessionId,
        choice: Choice<'_>,
    ) -> Result<(), Error> {
        let Choice {
            agent,
            model,
            variant,
        } = choice;
        if agent.is_none() && model.is_none() && variant.is_none() {
            return Ok(());
        }
        let path = format!("/api/session/{session}");
        let row: wire::Session = self.data(&path, &[]).await?;
        if let Some(agent) = agent
            && row.agent.as_deref() != Some(agent)
        {
            self.know_agent(agent).await?;
            self.post(&format!("{path}/agent"), &json!({"agent": agent}))
                .await?;
        }
        let has: Option<ModelRef> = row.model.map(Into::into);
        let Some(mut wanted) = self.wanted(model, variant, has.as_ref()).await? else {
            return Ok(());
        };
        if let Some(variant) = variant {
            wanted.variant = Some(variant.to_owned());
        }
        if has.as_ref() == Some(&wanted) {
            return Ok(());
        }
        self.know_model(&wanted).await?;
        self.post(&format!("{path}/model"), &json!({"model": body(&wanted)}))
            .await
            .map(drop)
    }

    /// The named model; for a variant alone the session's, or the one that it would run with.
    async fn wanted(
        &self,
        model: Option<&ModelRef>,
        variant: Option<&str>,
        has: Option<&ModelRef>,
    ) -> Result<Option<ModelRef>, Error> {
        Ok(match (model, variant, has) {
            (Some(model), ..) | (None, Some(_), Some(model)) => Some(model.clone()),
            (None, None, _) => None,
            (None, Some(_), None) => {
                let default: Option<ModelRow> = self.here("/api/model/default").await?;
                default.map(ModelRow::reference)
            }
        })
    }

    pub(super) async fn know_agent(&self, name: &str) -> Result<AgentRow, Error> {
        let is_it = |agent: &AgentRow| agent.id == name;
        self.offered("/api/agent", is_it).await?.map_err(|agents| {
            let shown = agents.iter().filter(|agent| !agent.hidden);
            let names: Vec<&str> = shown.map(|agent| agent.id.as_str()).collect();
            Error::new(
                ErrorKind::BadRequest,
                format!("agent: there is no agent \"{name}\""),
            )
            .hint(format!("There are: {}.", names.join(", ")))
        })
    }

    pub(super) async fn know_model(&self, model: &ModelRef) -> Result<(), Error> {
        let is_it =
            |row: &ModelRow| (&row.provider_id, &row.id) == (&model.provider_id, &model.model_id);
        let found = self.offered("/api/model", is_it).await?;
        found.map(drop).map_err(|_| {
            Error::new(
                ErrorKind::BadRequest,
                format!(
                    "model: there is no model {}/{}",
                    model.provider_id, model.model_id
                ),
            )
            .hint("The catalog has those that can be used.")
        })
    }

    /// An agent's own rules. Without any, everything is allowed (§0, rule 10), which has to be said
    /// where it is to be changed.
    pub(super) async fn rules_of(&self, agent: &str) -> Result<Vec<Rule>, Error> {
        let agent = self.know_agent(agent).await?;
        let rules: Vec<Rule> = agent.permissions.iter().map(row::rule).collect();
        if rules.is_empty() {
            return Ok(vec![Rule {
                permission: "*".into(),
                pattern: "*".into(),
                action: Action::Allow,
            }]);
        }
        Ok(rules)
    }

    /// The row that is looked for, or all that there are when it is not among them. A directory that
    /// has just been loaded may not offer everything yet: it says so when it has more (§0, rule 12).
    async fn offered<T: DeserializeOwned>(
        &self,
        path: &str,
        is_it: impl Fn(&T) -> bool,
    ) -> Result<Result<T, Vec<T>>, Error> {
        let deadline = Instant::now() + LOADS_WITHIN;
        let mut changes = self.catalog.subscribe();
        loop {
            let mut rows: Vec<T> = self.here(path).await?;
            if let Some(at) = rows.iter().position(&is_it) {
                return Ok(Ok(rows.swap_remove(at)));
            }
            match timeout_at(deadline, changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Ok(Err(rows)),
            }
        }
    }
}

/// A model as OpenCode takes it.
pub(super) fn body(model: &ModelRef) -> Value {
    let mut body = json!({"providerID": model.provider_id, "id": model.model_id});
    if let Some(variant) = &model.variant {
        body["variant"] = json!(variant);
    }
    body
}

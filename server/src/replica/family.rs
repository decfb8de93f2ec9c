//! How sessions belong together: a sub-agent's session lies below the one that called it.

use std::collections::HashMap;

use super::Replica;
use super::session::{Around, SessionState};
use crate::opencode::event::SessionInfo;
use crate::protocol::{ContextUse, ModelRef, SessionId, SessionRef, SessionTree, Tokens, Usage};

/// Deeper than any agent calls agents; a circle in what a server says would be endless.
const MAX_DEPTH: usize = 32;

impl Replica {
    /// The sessions above one, root first.
    #[must_use]
    pub fn path_to(&self, id: &SessionId) -> Vec<SessionRef> {
        let mut path: Vec<SessionRef> = self
            .ancestors(id)
            .map(|above| SessionRef {
                id: above.info.id.clone(),
                title: above.info.title.clone(),
            })
            .collect();
        path.reverse();
        path
    }

    /// From the nearest on.
    pub(super) fn ancestors(&self, id: &SessionId) -> impl Iterator<Item = &SessionState> {
        let above = |session: &SessionState| self.sessions.get(session.info.parent_id.as_ref()?);
        let first = self.sessions.get(id).and_then(above);
        std::iter::successors(first, move |session| above(session)).take(MAX_DEPTH)
    }

    /// It is that session, or lies below it.
    #[must_use]
    pub fn is_within(&self, id: &SessionId, of: &SessionId) -> bool {
        id == of || self.ancestors(id).any(|above| above.info.id == *of)
    }

    pub(super) fn around(&self, session: &SessionState) -> Around {
        let id = &session.info.id;
        let permissions = self.waiting.permissions().iter();
        let questions = self.waiting.questions().iter();
        Around {
            usage: self.usage(session),
            permissions: permissions
                .filter(|waits| self.is_within(&waits.session_id, id))
                .count(),
            questions: questions
                .filter(|waits| self.is_within(&waits.session_id, id))
                .count(),
        }
    }

    /// Of the session and all below it; `None` where nothing was used or the server does not say.
    fn usage(&self, session: &SessionState) -> Option<Usage> {
        let id = &session.info.id;
        let has_children = self
            .sessions
            .values()
            .any(|other| other.info.parent_id.as_ref() == Some(id));
        let mut cost = session.info.cost.unwrap_or_default();
        let mut tokens = session.info.tokens.clone().unwrap_or_default();
        if has_children {
            for (other, state) in &self.sessions {
                if other != id && self.is_within(other, id) {
                    cost += state.info.cost.unwrap_or_default();
                    tokens += &state.info.tokens.clone().unwrap_or_default();
                }
            }
        }
        let context = session.context.as_ref().map(|(used, model)| ContextUse {
            used: *used,
            limit: model.as_ref().and_then(|model| self.limits.of(model)),
        });
        (cost > 0.0 || tokens != Tokens::default() || context.is_some()).then_some(Usage {
            cost,
            tokens,
            context,
        })
    }

    /// The tree below a session, of rows that were fetched for it.
    pub fn tree(&mut self, id: &SessionId, rows: Vec<SessionInfo>) -> Vec<SessionTree> {
        let mut below: HashMap<SessionId, Vec<SessionInfo>> = HashMap::new();
        for row in rows {
            if let Some(parent) = row.parent_id.clone() {
                below.entry(parent).or_default().push(row);
            }
        }
        self.branches(id, &mut below)
    }

    fn branches(
        &mut self,
        id: &SessionId,
        below: &mut HashMap<SessionId, Vec<SessionInfo>>,
    ) -> Vec<SessionTree> {
        let mut children = below.remove(id).unwrap_or_default();
        children.sort_by_key(|child| child.time.created);
        children
            .into_iter()
            .map(|child| {
                let children = self.branches(&child.id.clone(), below);
                SessionTree {
                    session: self.learn(child),
                    children,
                }
            })
            .collect()
    }
}

/// How many tokens each model takes.
#[derive(Debug, Default)]
pub struct Limits(HashMap<(String, String), u64>);

impl Limits {
    fn of(&self, model: &ModelRef) -> Option<u64> {
        let key = (model.provider_id.clone(), model.model_id.clone());
        self.0.get(&key).copied()
    }
}

impl<'a> FromIterator<(&'a str, &'a str, u64)> for Limits {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str, u64)>>(models: I) -> Self {
        let models = models.into_iter();
        Self(
            models
                .map(|(provider, model, limit)| ((provider.into(), model.into()), limit))
                .collect(),
        )
    }
}

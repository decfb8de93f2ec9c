//! Permission modes: given to a session, passed on to its sub-agents, made anew for another agent.
//!
//! OpenCode keeps a mode as rules of the session; what is done here is done where those rules do
//! not reach.

use std::sync::Arc;

use super::actor::Actor;
use super::outlet::Responder;
use crate::opencode::Dialect;
use crate::opencode::event::{Event, SessionInfo};
use crate::protocol::requests::SessionSetPermissionMode;
use crate::protocol::{Permission, PermissionMode, PermissionReply, SessionId};

impl Actor {
    /// Sub-agents that run already get the mode too.
    pub(super) fn set_permission_mode(
        &mut self,
        params: SessionSetPermissionMode,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let (session, mode) = (params.session_id, params.mode);
        let agent = self.agent_of(&session);
        for child in self.replica.below(&session) {
            let agent = self.agent_of(&child);
            self.give_mode(&child, mode, agent);
        }
        self.spawn_work(
            async move { dialect.set_permission_mode(&session, mode, &agent).await },
            move |actor, row| {
                let row = row.map(|row| actor.replica.adopt(row));
                actor.answer_waiting_by_mode();
                actor.answer(responder, row);
            },
        );
    }

    /// A sub-agent's session does not inherit its caller's rules (measured on 1.18.33), but a user
    /// who allowed something allowed it for the work as a whole.
    pub(super) fn inherit_mode(&mut self, event: &Event) {
        let Event::Session(info) = event else { return };
        let has_its_own = info.permissions.is_some() || self.inherited.contains(&info.id);
        if has_its_own {
            return;
        }
        let mode = self.inherited_mode(Some(info));
        let mode = mode.filter(|mode| *mode != PermissionMode::Default);
        // In some versions its agent is not known from the first moment on.
        if let (Some(mode), Some(agent)) = (mode, info.agent.clone()) {
            self.inherited.insert(info.id.clone());
            self.give_mode(&info.id, mode, agent);
        }
    }

    fn give_mode(&self, session: &SessionId, mode: PermissionMode, agent: String) {
        let Some(dialect) = self.dialect.clone() else {
            return;
        };
        let session = session.clone();
        self.spawn_work(
            async move { dialect.set_permission_mode(&session, mode, &agent).await },
            |actor, row| match row {
                Ok(row) => {
                    actor.replica.adopt(row);
                    actor.answer_waiting_by_mode();
                }
                // It asks then, which is safe.
                Err(error) => tracing::warn!("a sub-agent did not get its mode: {error}"),
            },
        );
    }

    /// The mode that has to be made anew before a prompt, because it was made for another agent.
    pub(super) fn mode_to_renew(
        &self,
        session: &SessionId,
        agent: Option<&str>,
    ) -> Option<(PermissionMode, String)> {
        let set = self.replica.info(session)?.permissions.as_ref()?;
        let agent = agent.filter(|agent| *agent != set.agent)?;
        Some((set.mode, agent.to_owned()))
    }

    /// A run that has begun before its session got a mode asks on (measured on 1.18.33), and so may
    /// a sub-agent whose mode is on its way. It is answered as the mode says, and nobody is bothered.
    pub(super) fn answer_by_mode(&self, event: &Event) -> bool {
        let Event::PermissionAsked(permission) = event else {
            return false;
        };
        match self.dialect.clone().filter(|_| self.is_allowed(permission)) {
            Some(dialect) => {
                self.allow_once(permission.as_ref().clone(), dialect);
                true
            }
            None => false,
        }
    }

    /// What was asked while there was no connection, or before the mode was chosen.
    pub(super) fn answer_waiting_by_mode(&self) {
        let Some(dialect) = &self.dialect else { return };
        for permission in self.replica.permissions() {
            if self.is_allowed(permission) {
                self.allow_once(permission.clone(), dialect.clone());
            }
        }
    }

    fn is_allowed(&self, permission: &Permission) -> bool {
        let info = self.replica.info(&permission.session_id);
        let own = info.and_then(|info| Some(info.permissions.as_ref()?.mode));
        match own.or_else(|| self.inherited_mode(info)) {
            Some(PermissionMode::Allow) => true,
            Some(PermissionMode::AcceptEdits) => permission.permission == "edit",
            _ => false,
        }
    }

    fn inherited_mode(&self, info: Option<&SessionInfo>) -> Option<PermissionMode> {
        let parent = self.replica.info(info?.parent_id.as_ref()?)?;
        Some(parent.permissions.as_ref()?.mode)
    }

    fn allow_once(&self, permission: Permission, dialect: Arc<dyn Dialect>) {
        let asked = permission.clone();
        self.spawn_work(
            async move {
                let once = PermissionReply::Once;
                dialect.reply_permission(&permission, once, None).await
            },
            move |actor, answered| {
                if let Err(error) = answered {
                    tracing::warn!("a permission could not be answered by its mode: {error}");
                    let asked = Event::PermissionAsked(Box::new(asked));
                    actor.replica.apply(asked);
                }
            },
        );
    }
}

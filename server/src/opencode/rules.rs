//! Permission modes, as the rules that an OpenCode session keeps. Pure.
//!
//! A session's rules stand behind its agent's, and the last one that matches counts. OpenCode 1.x
//! only ever appends rules (measured on 1.18.33: `PATCH` merges, an empty list changes nothing), so
//! that a mode is undone by saying the agent's own rules again. Rules for a permission that does not
//! exist mark where a mode begins and which it was; they come back with the session's row.

use serde::{Deserialize, Serialize};

use super::event::ModeOfAgent;
use crate::protocol::PermissionMode;

/// What a tool may do. Of those that match, the last one counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub permission: String,
    pub pattern: String,
    pub action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Allow,
    Ask,
    Deny,
}

const MARK: &str = "sidestream";

/// Tools that change nothing outside of the session; `ask` leaves them alone.
const HARMLESS: [&str; 14] = [
    "read",
    "glob",
    "grep",
    "list",
    "lsp",
    "codesearch",
    "webfetch",
    "websearch",
    "skill",
    "question",
    "todowrite",
    "todoread",
    "task",
    "subagent",
];

/// The mode that a session's rules make, if Sidestream made them.
#[must_use]
pub fn mode(rules: &[Rule]) -> Option<ModeOfAgent> {
    let mark = rules.iter().rfind(|rule| rule.permission == MARK)?;
    let (mode, agent) = mark.pattern.split_once('/')?;
    Some(ModeOfAgent {
        mode: match mode {
            "ask" => PermissionMode::Ask,
            "acceptEdits" => PermissionMode::AcceptEdits,
            "allow" => PermissionMode::Allow,
            _ => PermissionMode::Default,
        },
        agent: agent.to_owned(),
    })
}

/// The rules to append for a mode: the agent's own, then what the session had before it got any
/// mode, both changed as the mode says. What is denied stays denied.
#[must_use]
pub fn of_mode(mode: PermissionMode, agent: &str, agents: &[Rule], session: &[Rule]) -> Vec<Rule> {
    let own = agents.iter().chain(without_mode(session));
    let own = own.filter(|rule| rule.permission != MARK);
    let name = match mode {
        PermissionMode::Default => "default",
        PermissionMode::Ask => "ask",
        PermissionMode::AcceptEdits => "acceptEdits",
        PermissionMode::Allow => "allow",
    };
    let mut rules = vec![mark("begin".into())];
    rules.extend(own.flat_map(|rule| changed(mode, rule)));
    rules.push(mark(format!("{name}/{agent}")));
    rules
}

/// What a session's rules were before it got any mode.
#[must_use]
pub fn without_mode(session: &[Rule]) -> &[Rule] {
    let begin = session.iter().position(|rule| rule.permission == MARK);
    &session[..begin.unwrap_or(session.len())]
}

fn mark(pattern: String) -> Rule {
    Rule {
        permission: MARK.into(),
        pattern,
        action: Action::Allow,
    }
}

fn changed(mode: PermissionMode, rule: &Rule) -> Vec<Rule> {
    let with = |permission: &str, action: Action| Rule {
        permission: permission.into(),
        pattern: rule.pattern.clone(),
        action,
    };
    let is = |name: &str| rule.permission == name;
    match (mode, rule.action) {
        (PermissionMode::Allow, Action::Ask) => vec![with(&rule.permission, Action::Allow)],
        (PermissionMode::AcceptEdits, Action::Ask) if is("edit") => {
            vec![with("edit", Action::Allow)]
        }
        (PermissionMode::AcceptEdits, Action::Ask) if is("*") => {
            vec![rule.clone(), with("edit", Action::Allow)]
        }
        (PermissionMode::Ask, Action::Allow) if is("*") => {
            let mut rules = vec![with("*", Action::Ask)];
            rules.extend(HARMLESS.iter().map(|name| with(name, Action::Allow)));
            rules
        }
        (PermissionMode::Ask, Action::Allow)
            if !HARMLESS.contains(&rule.permission.as_str())
                && !is("external_directory")
                && !rule.permission.starts_with("plan_") =>
        {
            vec![with(&rule.permission, Action::Ask)]
        }
        _ => vec![rule.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(permission: &str, pattern: &str, action: Action) -> Rule {
        Rule {
            permission: permission.into(),
            pattern: pattern.into(),
            action,
        }
    }

    /// As OpenCode evaluates it, for patterns that are `*` or literal.
    fn action(rules: &[Rule], permission: &str, subject: &str) -> Action {
        let matches = |pattern: &str, text: &str| pattern == "*" || pattern == text;
        rules
            .iter()
            .rfind(|r| matches(&r.permission, permission) && matches(&r.pattern, subject))
            .map_or(Action::Ask, |r| r.action)
    }

    fn build() -> Vec<Rule> {
        vec![
            rule("*", "*", Action::Allow),
            rule("external_directory", "*", Action::Ask),
            rule("bash", "*", Action::Ask),
            rule("bash", "rm", Action::Deny),
            rule("edit", "*", Action::Ask),
        ]
    }

    fn effective(mode: PermissionMode, before: &[Rule]) -> Vec<Rule> {
        let mut all = build();
        all.extend_from_slice(before);
        all.extend(of_mode(mode, "build", &build(), before));
        all
    }

    #[test]
    fn allow_asks_for_nothing_and_what_is_denied_stays_denied() {
        let rules = effective(PermissionMode::Allow, &[]);
        assert_eq!(action(&rules, "edit", "a.rs"), Action::Allow);
        assert_eq!(action(&rules, "bash", "ls"), Action::Allow);
        assert_eq!(action(&rules, "external_directory", "/"), Action::Allow);
        assert_eq!(action(&rules, "bash", "rm"), Action::Deny);
    }

    #[test]
    fn accept_edits_still_asks_for_the_shell() {
        let rules = effective(PermissionMode::AcceptEdits, &[]);
        assert_eq!(action(&rules, "edit", "a.rs"), Action::Allow);
        assert_eq!(action(&rules, "bash", "ls"), Action::Ask);
    }

    #[test]
    fn ask_asks_for_all_that_may_change_something() {
        let rules = effective(PermissionMode::Ask, &[rule("edit", "*", Action::Allow)]);
        assert_eq!(action(&rules, "edit", "a.rs"), Action::Ask);
        assert_eq!(action(&rules, "github_create_issue", "x"), Action::Ask);
        assert_eq!(action(&rules, "read", "a.rs"), Action::Allow);
        assert_eq!(action(&rules, "bash", "rm"), Action::Deny);
    }

    #[test]
    fn default_undoes_what_a_mode_did_and_keeps_what_was_there_before() {
        let before = [rule("task", "*", Action::Deny)];
        let mut session = before.to_vec();
        session.extend(of_mode(PermissionMode::Allow, "build", &build(), &session));
        assert_eq!(mode(&session).unwrap().mode, PermissionMode::Allow);
        session.extend(of_mode(
            PermissionMode::Default,
            "build",
            &build(),
            &session,
        ));
        let mut all = build();
        all.extend_from_slice(&session);
        assert_eq!(action(&all, "edit", "a.rs"), Action::Ask);
        assert_eq!(action(&all, "bash", "ls"), Action::Ask);
        assert_eq!(action(&all, "task", "x"), Action::Deny);
        assert_eq!(mode(&session).unwrap().mode, PermissionMode::Default);
    }

    #[test]
    fn a_session_of_somebody_elses_has_no_mode() {
        assert_eq!(mode(&[rule("*", "*", Action::Allow)]), None);
    }
}

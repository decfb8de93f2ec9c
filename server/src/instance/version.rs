//! Which OpenCode a program is, known before it is started: 1.x and 2.x are started in different
//! ways.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;

use super::find::Program;
use crate::opencode::detect::major;

/// Asked for its version, a program answers within this, or is not waited for.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The families of OpenCode, as far as starting them goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Family {
    /// 1.x, and everything that does not say what it is.
    One,
    Two,
    /// A newer one, by its version.
    Later(String),
}

impl Family {
    #[must_use]
    pub fn of(version: Option<&str>) -> Self {
        match version.and_then(|version| Some((version, major(version)?))) {
            None | Some((_, 0 | 1)) => Self::One,
            Some((_, 2)) => Self::Two,
            Some((version, _)) => Self::Later(version.to_owned()),
        }
    }
}

/// The program's version, as `2.0.15`: from its npm package where it lies in one, which takes no
/// time, otherwise by asking it.
pub async fn version(program: &Program) -> Option<String> {
    match packaged(&program.path) {
        Some(version) if program.args.is_empty() => Some(version),
        _ => asked(program).await,
    }
}

/// From `PACKAGE/package.json` of `PACKAGE/bin/opencode`.
fn packaged(binary: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let file = binary.parent()?.parent()?.join("package.json");
    let text = std::fs::read(file).ok()?;
    let package: Package = serde_json::from_slice(&text).ok()?;
    package.name.contains("opencode").then_some(package.version)
}

async fn asked(program: &Program) -> Option<String> {
    let output = Command::new(&program.path)
        .args(&program.args)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(ANSWERS_WITHIN, output).await.ok()?.ok()?;
    numbers(&String::from_utf8_lossy(&output.stdout))
}

/// From `opencode v2.0.15` or `1.18.33`.
fn numbers(line: &str) -> Option<String> {
    let word = line.split_whitespace().last()?.trim_start_matches('v');
    major(word).map(|_| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_say_their_version_in_their_own_way() {
        assert_eq!(numbers("1.18.33\n").as_deref(), Some("1.18.33"));
        assert_eq!(numbers("opencode v2.0.15\n").as_deref(), Some("2.0.15"));
        assert_eq!(numbers("a wrapper says hello"), None);
        assert_eq!(numbers(""), None);
    }

    #[test]
    fn what_does_not_say_its_version_is_started_like_the_first() {
        assert_eq!(Family::of(None), Family::One);
        assert_eq!(Family::of(Some("1.0.152")), Family::One);
        assert_eq!(Family::of(Some("2.1.2")), Family::Two);
        assert_eq!(Family::of(Some("3.0.0")), Family::Later("3.0.0".into()));
    }
}

//! The contestant in Node: the packages that an extension written in TypeScript would take.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

const PACKAGE: &str = include_str!("node/package.json");
const LOCK: &str = include_str!("node/package-lock.json");
const PROGRAM: &str = include_str!("node/main.mjs");

/// Installs it into the cache, if it is not there, and answers how to start it.
pub fn command() -> Result<Vec<String>> {
    let folder = cache()?.join("sidestream/bench-node");
    let lock = folder.join("package-lock.json");
    // npm writes this file last.
    let is_installed = folder.join("node_modules/.package-lock.json").is_file()
        && fs::read_to_string(&lock).is_ok_and(|known| known == LOCK);
    fs::create_dir_all(&folder)?;
    if !is_installed {
        fs::write(folder.join("package.json"), PACKAGE)?;
        fs::write(&lock, LOCK)?;
        let installed = Command::new("npm")
            .args(["ci", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .status()
            .context("npm was not started; Node is one of the contestants")?;
        if !installed.success() {
            bail!("npm did not install the packages in {}", folder.display());
        }
    }
    let program = folder.join("main.mjs");
    fs::write(&program, PROGRAM)?;
    Ok(vec!["node".into(), program.display().to_string()])
}

/// What `node --version` says.
pub fn version() -> Result<String> {
    let output = Command::new("node").arg("--version").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The packages with their pinned versions.
pub fn packages() -> Result<String> {
    let package: serde_json::Value = serde_json::from_str(PACKAGE)?;
    let pinned = package["dependencies"].as_object().context("no packages")?;
    let names = pinned
        .iter()
        .map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or_default()));
    Ok(names.collect::<Vec<_>>().join(", "))
}

fn cache() -> Result<PathBuf> {
    match std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()) {
        Some(path) => Ok(path.into()),
        None => {
            let home = std::env::var_os("HOME").context("HOME is not set")?;
            Ok(PathBuf::from(home).join(".cache"))
        }
    }
}

//! `sidestream demo`: chat with a real OpenCode server and the scripted model, on a fresh machine
//! and without any account. The user's own OpenCode is untouched.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::chat::{self, ChatOptions};
use super::scripted_model::ScriptedModel;

/// Slow enough to be seen streaming.
const PACE: Duration = Duration::from_millis(25);
/// Slow enough to come in many pieces.
const TEST_PACE: Duration = Duration::from_millis(2);

/// # Errors
/// As chat; or the scripted model could not be started.
pub async fn run(options: ChatOptions) -> Result<ExitCode> {
    let model = ScriptedModel::start(PACE).await?;
    let data = tempfile::Builder::new()
        .prefix("sidestream-demo-")
        .tempdir()?;
    let env = environment(&model, data.path());
    chat::run(
        options,
        &json!({"server": {"env": env, "scope": "workspace"}}),
    )
    .await
}

/// Lends the scripted model to tests in other languages: prints the environment for an OpenCode
/// server as one line of JSON, and stays until standard input ends.
///
/// # Errors
/// The scripted model could not be started, or nobody reads the line.
pub async fn scripted_model(data: &Path) -> Result<ExitCode> {
    let model = ScriptedModel::start(TEST_PACE).await?;
    let line = serde_json::to_string(&environment(&model, data))?;
    let mut output = tokio::io::stdout();
    output.write_all(format!("{line}\n").as_bytes()).await?;
    output.flush().await?;
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Everything that OpenCode would read from or write to the user's folders goes to `data`.
#[must_use]
pub fn environment(model: &ScriptedModel, data: &Path) -> BTreeMap<String, String> {
    let folder = |name: &str| data.join(name).display().to_string();
    [
        ("XDG_DATA_HOME", folder("data")),
        ("XDG_CONFIG_HOME", folder("config")),
        ("XDG_STATE_HOME", folder("state")),
        ("XDG_CACHE_HOME", folder("cache")),
        (
            "OPENCODE_CONFIG_CONTENT",
            model.opencode_config().to_string(),
        ),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1".into()),
        ("OPENCODE_DISABLE_AUTOUPDATE", "1".into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

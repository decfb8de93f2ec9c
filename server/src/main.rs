//! The command line: parses it, sets up logs on standard error, and calls one function.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use serde_json::json;
use sidestream::cli::chat::ChatOptions;
use sidestream::cli::doctor::DoctorOptions;
use sidestream::cli::recording::record::{self, RecordOptions, Until};
use sidestream::cli::recording::replay::{self, ReplayOptions};
use sidestream::instance::guard::Ending;
use sidestream::protocol::ModelRef;
use sidestream::protocol::settings::Scope;
use sidestream::{cli, editor, instance};
use tracing_subscriber::EnvFilter;

/// OpenCode in the editor's side panel.
#[derive(Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    transport: Transport,
}

/// Language clients name the transport, and there is only this one.
#[derive(Args)]
struct Transport {
    /// Changes nothing: the server always speaks on standard input and output
    #[arg(long = "stdio")]
    _stdio: bool,
}

#[derive(Subcommand)]
enum Command {
    /// The stdio server that editors launch (also without a command)
    Serve(Transport),
    /// Sends a prompt, or reads prompts from the terminal, and streams the replies
    Chat {
        #[command(flatten)]
        chat: Conversation,
        /// A server to attach to; its password is taken from OPENCODE_SERVER_PASSWORD
        #[arg(long)]
        url: Option<String>,
    },
    /// The same against a real OpenCode server with a scripted model: works without any account
    Demo(Conversation),
    /// Checks each step from the OpenCode program to a round trip
    Doctor {
        /// The folder to check in
        #[arg(short = 'C', value_name = "DIR")]
        directory: Option<PathBuf>,
        /// As `server.scope` in the editor's settings: auto, workspace, window or shared
        #[arg(long, default_value = "auto", value_parser = parse_scope)]
        scope: Scope,
        /// Prints the findings as JSON
        #[arg(long)]
        json: bool,
    },
    /// Writes a server's events and answers to a file, without secrets, until Ctrl-C
    Record {
        file: PathBuf,
        /// The folder to record
        #[arg(short = 'C', value_name = "DIR")]
        directory: Option<PathBuf>,
        /// A server that runs already; its password is taken from OPENCODE_SERVER_PASSWORD
        #[arg(long)]
        url: Option<String>,
        /// Ends when something has run and nothing runs any more
        #[arg(long)]
        until_idle: bool,
    },
    /// Serves a recording as the OpenCode server that it was made of
    Replay {
        file: PathBuf,
        /// Stands for the folder in which the recording was made
        #[arg(short = 'C', value_name = "DIR")]
        directory: Option<PathBuf>,
        /// How many times as fast as it was
        #[arg(long, default_value = "1", value_parser = parse_speed)]
        speed: f64,
    },
    /// Runs the scripted model until standard input ends, and prints the environment for OpenCode
    #[command(hide = true)]
    ScriptedModel {
        /// Where OpenCode is to keep its data
        data: PathBuf,
    },
    /// Ends an OpenCode server with its parent
    #[command(hide = true)]
    Guard {
        /// Lend it a standard input that ends first of all
        #[arg(long)]
        stdin: bool,
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

#[derive(Args)]
struct Conversation {
    /// The folder to work in
    #[arg(short = 'C', value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Goes on with this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Goes on with the last session
    #[arg(long = "continue", conflicts_with = "session")]
    continue_last: bool,
    #[arg(long)]
    agent: Option<String>,
    /// Provider and model, as anthropic/claude-sonnet-5
    #[arg(long, value_name = "P/M", value_parser = parse_model)]
    model: Option<ModelRef>,
    /// Prints the protocol's notifications, one a line
    #[arg(long)]
    json: bool,
    prompt: Vec<String>,
}

impl From<Conversation> for ChatOptions {
    fn from(chat: Conversation) -> Self {
        Self {
            directory: chat.directory,
            session: chat.session,
            continue_last: chat.continue_last,
            agent: chat.agent,
            model: chat.model,
            json: chat.json,
            prompt: Some(chat.prompt.join(" ")).filter(|prompt| !prompt.is_empty()),
        }
    }
}

fn parse_model(text: &str) -> Result<ModelRef, String> {
    let (provider, model) = text
        .split_once('/')
        .ok_or("a model is named PROVIDER/MODEL")?;
    Ok(ModelRef {
        provider_id: provider.to_owned(),
        model_id: model.to_owned(),
        variant: None,
    })
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    serde_json::from_value(json!(text)).map_err(|error| error.to_string())
}

fn parse_speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().map_err(|_| "a speed is a number")?;
    if speed > 0.0 {
        Ok(speed)
    } else {
        Err("a speed is more than nothing".into())
    }
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(_) => editor::serve().await.map(|()| ExitCode::SUCCESS),
        Command::Chat { chat, url } => {
            let password = std::env::var("OPENCODE_SERVER_PASSWORD").ok();
            let settings = match url {
                Some(url) => json!({"server": {"url": url, "password": password}}),
                None => json!({}),
            };
            cli::chat::run(chat.into(), &settings).await
        }
        Command::Demo(chat) => cli::demo::run(chat.into()).await,
        Command::Doctor {
            directory,
            scope,
            json,
        } => {
            cli::doctor::run(DoctorOptions {
                directory,
                scope,
                json,
            })
            .await
        }
        Command::Record {
            file,
            directory,
            url,
            until_idle,
        } => {
            let until = if until_idle {
                Until::Idle
            } else {
                Until::InputEnds
            };
            record::run(RecordOptions {
                file,
                directory,
                url,
                until,
            })
            .await
        }
        Command::Replay {
            file,
            directory,
            speed,
        } => {
            replay::run(ReplayOptions {
                file,
                directory,
                speed,
            })
            .await
        }
        Command::ScriptedModel { data } => cli::demo::scripted_model(&data).await,
        Command::Guard { stdin, command } => {
            let ending = if stdin {
                Ending::Stdin
            } else {
                Ending::Dispose
            };
            instance::guard::run(&command, ending).await
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_env("SIDESTREAM_LOG").unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    // One thread: tower-lsp is ten times cheaper on it, and everything here waits for pipes.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = runtime.map_err(Into::into).and_then(|runtime| {
        let command = arguments.command;
        let command = command.unwrap_or(Command::Serve(arguments.transport));
        let result = runtime.block_on(run(command));
        // A blocked read of standard input would keep the runtime from ending.
        runtime.shutdown_background();
        result
    });
    result.unwrap_or_else(|error| {
        if writeln!(std::io::stderr(), "Error: {error:#}").is_err() {
            tracing::debug!("nobody reads standard error");
        }
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_put_together_well() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn language_clients_may_name_the_transport() {
        for line in [
            "sidestream",
            "sidestream --stdio",
            "sidestream serve --stdio",
        ] {
            let arguments = Arguments::try_parse_from(line.split(' '));
            let command = arguments.map(|arguments| arguments.command);
            assert!(
                matches!(command, Ok(None | Some(Command::Serve(_)))),
                "{line}"
            );
        }
        assert!(Arguments::try_parse_from(["sidestream", "--stdio", "chat"]).is_err());
    }
}

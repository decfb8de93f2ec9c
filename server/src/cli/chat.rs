//! `sidestream chat`: prompts from the command line or the terminal, replies as they stream.

mod answering;
mod hearing;

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin, stdin};
use tokio::process::Command;
use tokio::signal::ctrl_c;
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};

use super::client::{Client, Heard, Hello};
use super::dialogue::Ask;
use super::render::{Screen, Voice};
use crate::protocol::requests::{
    PromptPart, PromptState, SessionAbort, SessionCreate, SessionList, SessionOpen, SessionPrompt,
};
use crate::protocol::{
    Failure, Instance, InstanceId, InstanceState, MessageId, ModelRef, Notification, PartId, Role,
    SessionId, SessionStatus,
};

/// How long an aborted run may take to end before we leave it.
const ABORT_LIMIT: Duration = Duration::from_secs(3);

#[derive(Clone, Debug, Default)]
pub struct ChatOptions {
    pub directory: Option<PathBuf>,
    pub session: Option<String>,
    pub continue_last: bool,
    pub agent: Option<String>,
    pub model: Option<ModelRef>,
    pub json: bool,
    /// Nothing: prompts are read from the terminal, a line each.
    pub prompt: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Idle,
    Failed,
    /// By Ctrl-C.
    Aborted,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Idle => Self::SUCCESS,
            Ended::Failed => Self::FAILURE,
            Ended::Aborted => Self::from(130),
        }
    }
}

/// Runs the conversation against a server with these initialization options.
///
/// # Errors
/// The folder, the server or the session could not be opened.
pub async fn run(options: ChatOptions, settings: &Value) -> Result<ExitCode> {
    let directory = options.directory.clone().unwrap_or_else(|| ".".into());
    let directory = directory
        .canonicalize()
        .with_context(|| format!("the folder {} cannot be opened", directory.display()))?;
    let mut command = Command::new(std::env::current_exe()?);
    // Ctrl-C is for the conversation; the server ends with it, in order.
    command.arg("serve").process_group(0);
    let hello = Hello {
        folders: vec![directory],
        options: settings.clone(),
    };
    let (client, heard) = Client::start(command, hello).await?;
    let mut chat = Chat {
        client,
        heard,
        screen: Screen::new(options.json),
        input: BufReader::new(stdin()).lines(),
        options,
        instance: InstanceId::default(),
        state: InstanceState::Starting,
        family: HashSet::new(),
        session: SessionId::default(),
        roles: HashMap::new(),
        voices: HashMap::new(),
        asks: VecDeque::new(),
    };
    let ended = tokio::select! {
        ended = chat.converse() => ended,
        _ = ctrl_c() => Ok(chat.abort().await),
    };
    chat.screen.break_line()?;
    chat.client.stop().await?;
    Ok(ended?.into())
}

struct Chat {
    client: Client,
    heard: mpsc::UnboundedReceiver<Heard>,
    screen: Screen,
    input: Lines<BufReader<Stdin>>,
    options: ChatOptions,
    instance: InstanceId,
    state: InstanceState,
    session: SessionId,
    /// The session and its children: their requests are ours to answer.
    family: HashSet<SessionId>,
    roles: HashMap<MessageId, Role>,
    voices: HashMap<PartId, Voice>,
    asks: VecDeque<Ask>,
}

impl Chat {
    async fn converse(&mut self) -> Result<Ended> {
        let began = Instant::now();
        let instance = self.connect().await?;
        // Servers before 1.1 do not say it.
        let version = instance
            .server
            .and_then(|server| server.version)
            .map_or(String::new(), |version| format!(" {version}"));
        self.screen.line(&format!(
            "OpenCode{version} is ready in {} ({:.1} s).",
            instance.directory.display(),
            began.elapsed().as_secs_f32()
        ))?;
        let status = self.open_session().await?;
        if let Some(prompt) = self.options.prompt.clone() {
            return self.prompt(prompt, &status).await;
        }
        let mut last = Ended::Idle;
        loop {
            self.screen.ask("› ")?;
            let Some(line) = self.input.next_line().await? else {
                return Ok(last);
            };
            if !line.trim().is_empty() {
                last = self.prompt(line, &SessionStatus::Idle).await?;
            }
        }
    }

    /// Waits until the instance is connected, and says what it waits for.
    async fn connect(&mut self) -> Result<Instance> {
        while let Some(heard) = self.heard.recv().await {
            self.screen.raw(&heard.raw)?;
            match heard.notification {
                Notification::InstanceDidChange { instance, .. } => {
                    self.instance = instance.id.clone();
                    self.state = instance.state;
                    match instance.state {
                        InstanceState::Connected => return Ok(instance),
                        InstanceState::Failed | InstanceState::Disconnected => {
                            bail!(in_words(instance.error.as_ref()));
                        }
                        _ => {}
                    }
                }
                Notification::InstanceDidLog { entry, .. }
                    if entry.source == crate::protocol::LogSource::Sidestream =>
                {
                    self.screen.line(&entry.text)?;
                }
                _ => {}
            }
        }
        bail!("the Sidestream server ended")
    }

    async fn open_session(&mut self) -> Result<SessionStatus> {
        let instance_id = self.instance.clone();
        let last = if self.options.continue_last {
            let listed = self
                .client
                .call(SessionList {
                    instance_id: instance_id.clone(),
                    search: None,
                    limit: Some(1),
                    cursor: None,
                    roots: Some(true),
                    archived: None,
                })
                .await?;
            listed.sessions.into_iter().next().map(|session| session.id)
        } else {
            self.options.session.as_deref().map(SessionId::from)
        };
        self.session = match last {
            Some(id) => id,
            None => {
                let new = SessionCreate {
                    instance_id: instance_id.clone(),
                    title: None,
                    parent_id: None,
                    agent: self.options.agent.clone(),
                    model: None,
                };
                self.client.call(new).await?.id
            }
        };
        self.family.insert(self.session.clone());
        let open = SessionOpen {
            instance_id,
            session_id: self.session.clone(),
            limit: None,
        };
        let snapshot = self.client.call(open).await?;
        for message in &snapshot.messages {
            self.roles
                .insert(message.info.id.clone(), message.info.role);
        }
        for permission in snapshot.permissions {
            self.put(Ask::Permission(permission))?;
        }
        for question in snapshot.questions {
            self.put(Ask::Question {
                question,
                answers: Vec::new(),
            })?;
        }
        Ok(snapshot.session.status)
    }

    /// Sends a prompt and shows its run to the end.
    async fn prompt(&mut self, text: String, before: &SessionStatus) -> Result<Ended> {
        let sent = self
            .client
            .call(SessionPrompt {
                instance_id: self.instance.clone(),
                session_id: self.session.clone(),
                parts: vec![PromptPart::Text { text }],
                agent: self.options.agent.clone(),
                model: self.options.model.clone(),
                variant: None,
            })
            .await?;
        if sent.state == PromptState::Queued {
            self.screen
                .line("The prompt waits until OpenCode is there and idle.")?;
        }
        let mut started = before.is_running();
        let mut tick = interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                // What the run says goes before what the person at the terminal types.
                biased;
                heard = self.heard.recv() => {
                    let heard = heard.context("the Sidestream server ended")?;
                    self.screen.raw(&heard.raw)?;
                    if let Some(ended) = self.hear(heard.notification, &mut started)? {
                        return Ok(ended);
                    }
                }
                line = self.input.next_line(), if !self.asks.is_empty() => {
                    self.answer(line?).await?;
                }
                _ = tick.tick(), if self.asks.is_empty() => self.screen.spin()?,
            }
        }
    }

    async fn abort(&mut self) -> Ended {
        let abort = SessionAbort {
            instance_id: self.instance.clone(),
            session_id: self.session.clone(),
        };
        // Whatever is in the way of the abort, we leave: the server ends with us.
        match timeout(ABORT_LIMIT, self.client.call(abort)).await {
            Ok(Ok(_)) => tracing::debug!("the run was aborted"),
            Ok(Err(error)) => tracing::debug!("the run was not aborted: {error}"),
            Err(_) => tracing::debug!("the run did not end in time"),
        }
        Ended::Aborted
    }
}

fn in_words(failure: Option<&Failure>) -> String {
    match failure {
        Some(Failure {
            message,
            hint: Some(hint),
            ..
        }) => format!("{message}\n{hint}"),
        Some(failure) => failure.message.clone(),
        None => "the connection to OpenCode failed".into(),
    }
}

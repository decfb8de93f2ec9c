//! `sidestream chat`: prompts from the command line or the terminal, replies as they stream.

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
use super::dialogue::{Ask, choose, decide};
use super::render::{Screen, Voice};
use crate::protocol::notifications::Field;
use crate::protocol::requests::{
    PermissionReplyTo, PromptPart, PromptState, QuestionReject, QuestionReply, SessionAbort,
    SessionCreate, SessionList, SessionOpen, SessionPrompt,
};
use crate::protocol::{
    Failure, Instance, InstanceId, InstanceState, MessageId, ModelRef, Notification, Part,
    PartBody, PartId, PermissionReply, Role, SessionId, SessionStatus,
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
        let version = instance
            .server
            .and_then(|server| server.version)
            .unwrap_or_default();
        self.screen.line(&format!(
            "OpenCode {version} is ready in {} ({:.1} s).",
            instance.directory.display(),
            began.elapsed().as_secs_f32()
        ))?;
        let status = self.open_session().await?;
        if let Some(prompt) = self.options.prompt.clone() {
            return self.prompt(prompt, &status).await;
        }
        loop {
            self.screen.ask("› ")?;
            let Some(line) = self.input.next_line().await? else {
                return Ok(Ended::Idle);
            };
            if !line.trim().is_empty() {
                self.prompt(line, &SessionStatus::Idle).await?;
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
        let waiting = snapshot.permissions.into_iter().map(Ask::Permission);
        for ask in waiting {
            self.put(ask)?;
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
            self.screen.line("The prompt waits for the connection.")?;
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

    fn hear(&mut self, notification: Notification, started: &mut bool) -> Result<Option<Ended>> {
        match notification {
            Notification::InstanceDidChange { instance, .. } => self.state_changed(&instance)?,
            Notification::SessionDidChange { session, .. } => {
                if session
                    .parent_id
                    .is_some_and(|parent| self.family.contains(&parent))
                {
                    self.family.insert(session.id.clone());
                }
                if session.id != self.session {
                    return Ok(None);
                }
                *started |= session.status.is_running();
                match session.status {
                    SessionStatus::Idle if *started => return Ok(Some(Ended::Idle)),
                    SessionStatus::Error { message } => {
                        self.screen.line(&format!("The run failed: {message}"))?;
                        return Ok(Some(Ended::Failed));
                    }
                    SessionStatus::Retry {
                        message, attempt, ..
                    } => {
                        self.screen
                            .line(&format!("Try {attempt} failed: {message}"))?;
                    }
                    _ => {}
                }
            }
            Notification::MessageDidChange { message, .. } => {
                self.roles.insert(message.id, message.role);
            }
            Notification::PartDidChange {
                message_id, part, ..
            } => self.show_part(&message_id, &part)?,
            Notification::PartDidAppend {
                message_id,
                part_id,
                field: Field::Text,
                text,
                ..
            } if self.is_reply(&message_id) => {
                let voice = self
                    .voices
                    .get(&part_id)
                    .copied()
                    .unwrap_or(Voice::Speaking);
                self.screen.append(&part_id, &text, voice)?;
            }
            Notification::PermissionDidAsk { permission, .. }
                if self.family.contains(&permission.session_id) =>
            {
                self.put(Ask::Permission(permission))?;
            }
            Notification::QuestionDidAsk { question, .. }
                if self.family.contains(&question.session_id) =>
            {
                self.put(Ask::Question {
                    question,
                    answers: Vec::new(),
                })?;
            }
            Notification::PermissionDidResolve { permission_id, .. } => self.settle(
                |ask| matches!(ask, Ask::Permission(waiting) if waiting.id == permission_id),
            )?,
            Notification::QuestionDidResolve { question_id, .. } => self.settle(
                |ask| matches!(ask, Ask::Question { question, .. } if question.id == question_id),
            )?,
            _ => {}
        }
        Ok(None)
    }

    fn state_changed(&mut self, instance: &Instance) -> Result<()> {
        let before = std::mem::replace(&mut self.state, instance.state);
        match instance.state {
            InstanceState::Failed | InstanceState::Disconnected => {
                bail!(in_words(instance.error.as_ref()))
            }
            InstanceState::Reconnecting if before == InstanceState::Connected => {
                self.screen
                    .line("The connection was lost; connecting again …")?;
            }
            InstanceState::Connected if before != InstanceState::Connected => {
                self.screen.line("Connected again.")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn show_part(&mut self, message: &MessageId, part: &Part) -> Result<()> {
        if !self.is_reply(message) {
            return Ok(());
        }
        match &part.body {
            PartBody::Text(text) if !text.synthetic => {
                self.screen.whole(&part.id, &text.text, Voice::Speaking)?;
            }
            PartBody::Reasoning(text) => {
                self.voices.insert(part.id.clone(), Voice::Thinking);
                self.screen.whole(&part.id, &text.text, Voice::Thinking)?;
            }
            PartBody::Tool(tool) => self.screen.tool(&part.id, tool)?,
            _ => {}
        }
        Ok(())
    }

    fn is_reply(&self, message: &MessageId) -> bool {
        self.roles.get(message) == Some(&Role::Assistant)
    }

    /// Puts something to the person, now or after what is asked already.
    fn put(&mut self, ask: Ask) -> Result<()> {
        self.asks.push_back(ask);
        if self.asks.len() == 1 {
            self.ask_next()?;
        }
        Ok(())
    }

    fn ask_next(&mut self) -> Result<()> {
        if let Some(ask) = self.asks.front() {
            let words = ask.in_words();
            self.screen.ask(&words)?;
        }
        Ok(())
    }

    /// It was answered elsewhere, or has lost its meaning.
    fn settle(&mut self, is_it: impl Fn(&Ask) -> bool) -> Result<()> {
        let was_asked = self.asks.front().is_some_and(&is_it);
        self.asks.retain(|ask| !is_it(ask));
        if was_asked {
            self.screen.line("(answered elsewhere)")?;
            self.ask_next()?;
        }
        Ok(())
    }

    async fn answer(&mut self, line: Option<String>) -> Result<()> {
        let Some(ask) = self.asks.pop_front() else {
            return Ok(());
        };
        let shown = line.as_deref().unwrap_or("(nobody is there to answer)");
        self.screen.answered(shown)?;
        match ask {
            Ask::Permission(permission) => {
                let decision = match &line {
                    Some(line) => decide(line),
                    // Nobody is there to allow anything.
                    None => Some(super::dialogue::Decision {
                        reply: PermissionReply::Reject,
                        message: None,
                    }),
                };
                match decision {
                    Some(decision) => {
                        self.client
                            .call(PermissionReplyTo {
                                instance_id: self.instance.clone(),
                                permission_id: permission.id,
                                reply: decision.reply,
                                message: decision.message,
                            })
                            .await?;
                    }
                    None => self.asks.push_front(Ask::Permission(permission)),
                }
            }
            Ask::Question {
                question,
                mut answers,
            } => {
                let item = question.questions.get(answers.len());
                match (item, line) {
                    (Some(item), Some(line)) => {
                        answers.extend(choose(item, &line));
                        if answers.len() < question.questions.len() {
                            self.asks.push_front(Ask::Question { question, answers });
                        } else {
                            self.client
                                .call(QuestionReply {
                                    instance_id: self.instance.clone(),
                                    question_id: question.id,
                                    answers,
                                })
                                .await?;
                        }
                    }
                    _ => {
                        self.client
                            .call(QuestionReject {
                                instance_id: self.instance.clone(),
                                question_id: question.id,
                            })
                            .await?;
                    }
                }
            }
        }
        self.ask_next()
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

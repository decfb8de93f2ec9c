//! An editor to play: launches the built program, asks, hears, and keeps the screen.

mod setup;
mod steps;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use sidestream::cli::client::{Client, Heard};
use sidestream::protocol::requests::Call;
use sidestream::protocol::{
    DialectName, Error, Instance, InstanceId, InstanceState, Notification, SessionId,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::Sandbox;
use crate::generation::Generation;
use crate::processes;
use crate::screen::Screen;
use crate::stored::Rest;
pub use setup::Setup;

/// Far more than anything takes; only a fault comes to its end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Lines of what was heard that a failure prints.
const LAST_HEARD: usize = 40;

pub struct Editor {
    pub client: Client,
    pub screen: Screen,
    pub sandbox: Arc<Sandbox>,
    heard: mpsc::UnboundedReceiver<Heard>,
    standard: mpsc::UnboundedReceiver<Value>,
    attached: Option<Rest>,
    /// Heard and on the screen, but not looked at by [`Editor::until`].
    fresh: VecDeque<Notification>,
    last_heard: VecDeque<String>,
    bytes_heard: usize,
}

impl Editor {
    /// An editor with so many new workspace folders.
    pub fn in_folders(count: usize) -> Setup {
        Setup::new(setup::Place::New { folders: count })
    }

    /// An editor in the folders of a sandbox that is there already.
    pub fn in_sandbox(sandbox: Arc<Sandbox>) -> Setup {
        Setup::new(setup::Place::Shared(sandbox))
    }

    /// Waits for a notification, beginning behind the one that was waited for last.
    ///
    /// # Panics
    /// It does not come.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&Notification) -> Option<T>,
    ) -> T {
        loop {
            while let Some(notification) = self.fresh.pop_front() {
                if let Some(found) = pick(&notification) {
                    return found;
                }
            }
            self.hear(what).await;
        }
    }

    /// Waits until the screen shows something, if it does not yet.
    ///
    /// # Panics
    /// It never does.
    pub async fn shows<T>(&mut self, what: &str, mut pick: impl FnMut(&Screen) -> Option<T>) -> T {
        self.catch_up();
        loop {
            if let Some(found) = pick(&self.screen) {
                return found;
            }
            self.hear(what).await;
        }
    }

    /// Takes in what has come already. An answer comes after what was told before it.
    pub fn catch_up(&mut self) {
        while let Ok(heard) = self.heard.try_recv() {
            self.take_in(heard);
        }
    }

    /// What [`Editor::until`] waits for next has to come from now on.
    pub fn forget(&mut self) {
        self.catch_up();
        self.fresh.clear();
    }

    /// All that has been told and not waited for.
    pub fn not_looked_at(&mut self) -> &VecDeque<Notification> {
        self.catch_up();
        &self.fresh
    }

    /// The next standard message of LSP.
    pub async fn standard(&mut self) -> Value {
        let message = timeout(PATIENCE, self.standard.recv()).await;
        message.expect("a message comes").expect("sidestream runs")
    }

    async fn hear(&mut self, what: &str) {
        match timeout(PATIENCE, self.heard.recv()).await {
            Ok(Some(heard)) => self.take_in(heard),
            Ok(None) => self.fail(&format!("sidestream ended before: {what}")),
            Err(_) => self.fail(&format!("this did not come: {what}")),
        }
    }

    /// All that notifications have cost, with their headers.
    pub fn bytes_heard(&mut self) -> usize {
        self.catch_up();
        self.bytes_heard
    }

    fn take_in(&mut self, heard: Heard) {
        let length = heard.raw.len();
        self.bytes_heard += format!("Content-Length: {length}\r\n\r\n").len() + length;
        if self.last_heard.len() == LAST_HEARD {
            self.last_heard.pop_front();
        }
        self.last_heard
            .push_back(heard.raw.chars().take(400).collect());
        self.screen.apply(&heard.notification);
        self.fresh.push_back(heard.notification);
    }

    fn fail(&self, why: &str) -> ! {
        let heard: Vec<&str> = self.last_heard.iter().map(String::as_str).collect();
        panic!(
            "{why}\n\nheard last:\n{}\n\nlog:\n{}",
            heard.join("\n"),
            self.log()
        );
    }

    /// What Sidestream has said on standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(setup::log_file(&self.sandbox)).unwrap_or_default()
    }

    /// # Errors
    /// As the server answers.
    pub async fn call<C: Call>(&mut self, params: C) -> Result<C::Result, Error> {
        let answer = timeout(PATIENCE, self.client.call(params)).await;
        answer.unwrap_or_else(|_| self.fail(&format!("{} was not answered", C::METHOD)))
    }

    /// A request as a client writes it: the first folder's instance is added.
    ///
    /// # Errors
    /// As the server answers.
    pub async fn request<C>(&mut self, mut params: Value) -> Result<C::Result, Error>
    where
        C: Call + for<'de> Deserialize<'de>,
    {
        if params["instanceId"].is_null() {
            params["instanceId"] = serde_json::json!(self.instance_id(0).await);
        }
        let params: C = serde_json::from_value(params).expect("parameters of the method");
        let answer = self.call(params).await;
        self.catch_up();
        answer
    }

    /// A folder's instance, as soon as there is one.
    pub async fn instance(&mut self, folder: usize) -> Instance {
        let directory = self.sandbox.folders[folder].clone();
        self.shows("an instance", |screen| {
            let mut all = screen.instances.values();
            all.find(|instance| instance.directory == directory)
                .cloned()
        })
        .await
    }

    pub async fn instance_id(&mut self, folder: usize) -> InstanceId {
        self.instance(folder).await.id
    }

    /// Waits until a folder's instance is in this state.
    pub async fn state(&mut self, folder: usize, state: InstanceState) -> Instance {
        let id = self.instance_id(folder).await;
        self.shows(&format!("state {state:?}"), |screen| {
            let instance = screen.instances.get(&id)?;
            (instance.state == state).then(|| instance.clone())
        })
        .await
    }

    pub async fn connected(&mut self, folder: usize) -> Instance {
        self.state(folder, InstanceState::Connected).await
    }

    /// Waits until a folder's instance is told to be in this state, from now on.
    pub async fn next_state(&mut self, folder: usize, state: InstanceState) -> Instance {
        let id = self.instance_id(folder).await;
        self.until(&format!("a change to {state:?}"), |told| match told {
            Notification::InstanceDidChange { instance, .. }
                if instance.id == id && instance.state == state =>
            {
                Some(instance.clone())
            }
            _ => None,
        })
        .await
    }

    /// Direct access to the OpenCode server of a folder.
    pub async fn rest(&mut self, folder: usize) -> Rest {
        if let Some(rest) = &self.attached {
            return rest.clone();
        }
        let server = self.connected(folder).await.server.expect("a server");
        let pid = server.pid.expect("one that Sidestream started");
        let password = processes::environment_of(pid).remove("OPENCODE_SERVER_PASSWORD");
        Rest {
            url: server.url,
            password: password.expect("servers are started with a password"),
            generation: match server.dialect {
                DialectName::V2 => Generation::Two,
                DialectName::V1 | DialectName::Legacy => Generation::One,
            },
        }
    }

    pub fn pid(&self) -> u32 {
        self.client.pid().expect("sidestream runs")
    }

    /// The instance of a session that has been told of.
    fn instance_of(&self, session: &SessionId) -> InstanceId {
        let session = self.screen.sessions.get(session);
        session.expect("the session is known").instance_id.clone()
    }

    /// Says goodbye as editors do.
    pub async fn stop(self) {
        let status = timeout(PATIENCE, self.client.stop()).await;
        let status = status.expect("sidestream ends").expect("it is waited for");
        assert!(status.success(), "{status}");
    }
}

//! Workspace folders bound to OpenCode servers: one actor each, and the registry of them.

mod actor;
mod backoff;
mod catalog;
mod changes;
mod export;
mod files;
pub mod find;
pub mod guard;
mod link;
mod logs;
mod modes;
mod opening;
pub mod outlet;
mod output;
mod pace;
mod process;
mod prompt_parts;
mod prompt_watch;
mod prompts;
mod queued_prompt;
mod replies;
mod requests;
mod rings;
mod runs;
pub mod server;
pub mod service;
mod sessions;
mod sync;
mod typed;
pub mod version;
mod view;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use dashmap::DashMap;
use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::protocol::requests::{Call, InstanceListResult, InstanceOpen, InstanceRequest, Request};
use crate::protocol::settings::{Scope, ServerSettings, Settings};
use crate::protocol::{Error, ErrorKind, Instance, InstanceId, Notification};
use actor::{Actor, Input};
use outlet::{Answer, Outlet, Responder};
use server::Server;

/// Servers are given this long to end when the editor goes.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// All instances of one editor.
pub struct Registry {
    instances: DashMap<InstanceId, Handle>,
    settings: Mutex<Settings>,
    /// The one server of scope `window`, while an instance uses it.
    window: Mutex<Weak<Server>>,
    outlet: Arc<dyn Outlet>,
    opened: AtomicU64,
}

/// How the rest of the program reaches an instance. Cheap to clone.
#[derive(Clone)]
struct Handle {
    /// Counts the instances as they are opened.
    number: u64,
    directory: PathBuf,
    inbox: mpsc::UnboundedSender<Input>,
    view: watch::Receiver<Instance>,
}

impl Registry {
    #[must_use]
    pub fn new(outlet: Arc<dyn Outlet>) -> Self {
        Self {
            instances: DashMap::new(),
            settings: Mutex::new(Settings::default()),
            window: Mutex::new(Weak::new()),
            outlet,
            opened: AtomicU64::new(0),
        }
    }

    pub fn configure(&self, settings: Settings) {
        *self.settings() = settings;
    }

    #[must_use]
    pub fn auto_open(&self) -> bool {
        self.settings().auto_open
    }

    /// Hands a request to whom it concerns, without waiting. Must be called in the order that
    /// the requests came in.
    pub fn dispatch(&self, request: Request, responder: Responder) {
        match request {
            Request::InstanceList(_) => responder.send(Ok(InstanceListResult {
                instances: self.list(),
            })),
            Request::InstanceOpen(InstanceOpen { directory, server }) => {
                responder.send(self.open(&directory, server));
            }
            Request::Of(id, request) => {
                let handle = match request {
                    // From here on nobody else reaches it.
                    InstanceRequest::InstanceClose(_) => {
                        self.instances.remove(&id).map(|(_, handle)| handle)
                    }
                    _ => self.instances.get(&id).map(|entry| entry.value().clone()),
                };
                match handle {
                    Some(handle) => handle.send(Input::Request(request, responder)),
                    None => responder.fail(not_found(&id)),
                }
            }
        }
    }

    /// Whether there is such an instance.
    ///
    /// # Errors
    /// `instanceNotFound`
    pub fn check(&self, id: &InstanceId) -> Result<(), Error> {
        match self.instances.contains_key(id) {
            true => Ok(()),
            false => Err(not_found(id)),
        }
    }

    /// Asks an instance something on behalf of the editor side itself.
    ///
    /// # Errors
    /// As the request's.
    pub async fn ask<C: Call>(
        &self,
        instance: &InstanceId,
        request: InstanceRequest,
    ) -> Result<C::Result, Error> {
        let (answer, answered) = oneshot::channel();
        let responder = Responder::new(move |result| {
            // Whoever asked may have been cancelled.
            drop(answer.send(result));
        });
        self.dispatch(Request::Of(instance.clone(), request), responder);
        let gone = || Error::new(ErrorKind::NotConnected, "The instance was closed.");
        let read = |json: &str| {
            serde_json::from_str(json)
                .map_err(|error| Error::new(ErrorKind::ServerError, error.to_string()))
        };
        match answered.await.map_err(|_| gone())?? {
            Answer::Value(value) => read(value.get()),
            Answer::Snapshot(_) => Err(gone()),
        }
    }

    /// Tells the client something that is not an instance's own.
    pub fn tell(&self, notification: Notification) {
        self.outlet.notify(vec![notification]);
    }

    /// Every instance as clients were told of it last, in the order they were opened.
    #[must_use]
    pub fn list(&self) -> Vec<Instance> {
        let mut all: Vec<(u64, Instance)> = self
            .instances
            .iter()
            .map(|entry| (entry.number, entry.view.borrow().clone()))
            .collect();
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, instance)| instance).collect()
    }

    /// Opens a folder, or answers the instance that has it open.
    ///
    /// # Errors
    /// `badRequest` when there is no such folder.
    pub fn open(
        &self,
        directory: &Path,
        server: Option<ServerSettings>,
    ) -> Result<Instance, Error> {
        // OpenCode resolves links too (v1 contract, §2): ours must be the same string.
        let directory = directory
            .canonicalize()
            .and_then(|path| std::fs::read_dir(&path).map(|_| path))
            .map_err(|error| {
                Error::new(
                    ErrorKind::BadRequest,
                    format!(
                        "The folder {} cannot be opened: {error}.",
                        directory.display()
                    ),
                )
                .hint("Check that it exists and that you may read it.")
            })?;
        if directory.to_str().is_none() {
            return Err(Error::new(
                ErrorKind::BadRequest,
                format!(
                    "The folder {} has a name that is not UTF-8.",
                    directory.display()
                ),
            )
            .hint("OpenCode cannot be asked for it; give it another name."));
        }
        let open = self
            .instances
            .iter()
            .find(|entry| entry.directory == directory)
            .map(|entry| entry.view.borrow().clone());
        if let Some(open) = open {
            return Ok(open);
        }
        let mut settings = self.settings().clone();
        if let Some(server) = server {
            settings.server = server;
        }
        let server = self.server_for(&settings, &directory);
        let number = self.opened.fetch_add(1, Ordering::Relaxed) + 1;
        let id = InstanceId::from(format!("{}-{number:03}", name_of(&directory)));
        let (inbox, view) = Actor::spawn(
            id.clone(),
            directory.clone(),
            settings,
            server,
            self.outlet.clone(),
        );
        let instance = view.borrow().clone();
        self.instances.insert(
            id,
            Handle {
                number,
                directory,
                inbox,
                view,
            },
        );
        Ok(instance)
    }

    /// Closes the instance of a folder, if there is one.
    pub fn close_folder(&self, directory: &Path) {
        let directory = directory
            .canonicalize()
            .unwrap_or_else(|_| directory.to_owned());
        let found = self
            .instances
            .iter()
            .find(|entry| entry.directory == directory)
            .map(|entry| entry.key().clone());
        if let Some((_, handle)) = found.and_then(|id| self.instances.remove(&id)) {
            handle.send(Input::Close(None));
        }
    }

    /// Closes everything and waits until our servers are gone, but not for ever.
    pub async fn shutdown(&self) {
        let ids: Vec<InstanceId> = self
            .instances
            .iter()
            .map(|entry| entry.key().clone())
            .collect();
        let closing = ids.iter().filter_map(|id| {
            let (_, handle) = self.instances.remove(id)?;
            let (done, closed) = oneshot::channel();
            handle.send(Input::Close(Some(done)));
            Some(closed)
        });
        if timeout(SHUTDOWN_LIMIT, join_all(closing)).await.is_err() {
            tracing::warn!("not all instances were closed in time; their guards end the servers");
        }
    }

    fn server_for(&self, settings: &Settings, directory: &Path) -> Arc<Server> {
        let start = || Server::new(&settings.server, settings.reconnect, directory.to_owned());
        match settings.server.scope {
            // Which of them `auto` is, only the program found tells.
            Scope::Auto | Scope::Workspace | Scope::Shared => start(),
            Scope::Window => {
                let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
                window.upgrade().unwrap_or_else(|| {
                    let server = start();
                    *window = Arc::downgrade(&server);
                    server
                })
            }
        }
    }

    fn settings(&self) -> std::sync::MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    fn send(&self, input: Input) {
        // A closed instance drops its requests, and a dropped responder says so.
        drop(self.inbox.send(input));
    }
}

fn not_found(id: &InstanceId) -> Error {
    Error::new(
        ErrorKind::InstanceNotFound,
        format!("There is no instance \"{id}\"."),
    )
    .hint("Open the folder with sidestream/instance/open.")
}

fn name_of(directory: &Path) -> String {
    directory
        .file_name()
        .map_or_else(|| "root".into(), |name| name.to_string_lossy().into_owned())
}

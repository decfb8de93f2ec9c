//! The standard part of LSP: the handshake, workspace folders, settings, completion, code actions.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::{
    CodeActionParams, CodeActionProviderCapability, CodeActionResponse, CompletionOptions,
    CompletionParams, CompletionResponse, DidChangeConfigurationParams,
    DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, ExecuteCommandOptions, ExecuteCommandParams, InitializeParams,
    InitializeResult, InitializedParams, MessageType, OneOf, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, Url, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};
use tower_lsp::{Client, LanguageServer};

use super::actions;
use super::completion::Prompts;
use super::progress::Progress;
use super::transport::Handle;
use crate::instance::Registry;
use crate::instance::outlet::Responder;
use crate::protocol::{self, Settings};

/// What the two halves of the editor side share: tower-lsp's backend and the front before it.
pub struct Shared {
    registry: Arc<Registry>,
    progress: Arc<Progress>,
    gone: Arc<Notify>,
    ready: AtomicBool,
    prompts: Prompts,
    /// Named by `initialize`, opened by `initialized`.
    folders: Mutex<Vec<PathBuf>>,
}

impl Shared {
    pub fn new(registry: Arc<Registry>, progress: Arc<Progress>, gone: Arc<Notify>) -> Self {
        Self {
            registry,
            progress,
            gone,
            ready: AtomicBool::new(false),
            prompts: Prompts::default(),
            folders: Mutex::new(Vec::new()),
        }
    }

    fn folders(&self) -> std::sync::MutexGuard<'_, Vec<PathBuf>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle for Arc<Shared> {
    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    fn handle(&self, request: protocol::Request, responder: Responder) {
        self.registry.dispatch(request, responder);
    }
}

pub struct Backend {
    pub client: Client,
    pub shared: Arc<Shared>,
}

impl Backend {
    /// A folder that cannot be opened is the user's to know of; the others go on.
    async fn open(&self, folders: Vec<PathBuf>) {
        for folder in folders {
            if let Err(error) = self.shared.registry.open(&folder, None) {
                let hint = error.hint.as_deref().unwrap_or_default();
                let text = format!("Sidestream: {} {hint}", error.message);
                self.client.show_message(MessageType::ERROR, text).await;
            }
        }
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        if let Some(options) = params.initialization_options.filter(|o| !o.is_null()) {
            let settings = read_settings(options)
                .map_err(|what| Error::invalid_params(format!("initializationOptions.{what}")))?;
            self.shared.registry.configure(settings);
        }
        if let Some(pid) = params.process_id {
            watch_editor(pid, self.shared.gone.clone());
        }
        let window = params.capabilities.window;
        if window.and_then(|window| window.work_done_progress) == Some(true) {
            self.shared.progress.enable(self.client.clone());
        }
        let named = params.workspace_folders.into_iter().flatten();
        let mut folders: Vec<PathBuf> = named.filter_map(|folder| path_of(&folder.uri)).collect();
        if folders.is_empty()
            && let Some(root) = params.root_uri.as_ref().and_then(path_of)
        {
            folders.push(root);
        }
        *self.shared.folders() = folders;
        self.shared.ready.store(true, Ordering::Relaxed);
        Ok(InitializeResult {
            server_info: Some(ServerInfo {
                name: "sidestream".into(),
                version: Some(env!("CARGO_PKG_VERSION").into()),
            }),
            capabilities: ServerCapabilities {
                // For prompt documents; what other documents hold is not kept.
                text_document_sync: Some(TextDocumentSyncCapability::Kind(
                    TextDocumentSyncKind::FULL,
                )),
                completion_provider: Some(CompletionOptions {
                    trigger_characters: Some(vec!["@".into(), "/".into()]),
                    ..CompletionOptions::default()
                }),
                code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
                execute_command_provider: Some(ExecuteCommandOptions {
                    commands: actions::COMMANDS.map(Into::into).to_vec(),
                    ..ExecuteCommandOptions::default()
                }),
                workspace: Some(WorkspaceServerCapabilities {
                    workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                        supported: Some(true),
                        change_notifications: Some(OneOf::Left(true)),
                    }),
                    file_operations: None,
                }),
                experimental: Some(json!({
                    "sidestream": {"protocolVersion": protocol::VERSION},
                })),
                ..ServerCapabilities::default()
            },
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        if self.shared.registry.auto_open() {
            let folders = std::mem::take(&mut *self.shared.folders());
            self.open(folders).await;
        }
    }

    async fn shutdown(&self) -> Result<()> {
        self.shared.ready.store(false, Ordering::Relaxed);
        self.shared.registry.shutdown().await;
        Ok(())
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        let Some(ours) = params.settings.get("sidestream").cloned() else {
            return;
        };
        match read_settings(ours) {
            Ok(settings) => self.shared.registry.configure(settings),
            Err(what) => {
                let text = format!("Sidestream: the setting {what}. The old settings stay.");
                self.client.show_message(MessageType::ERROR, text).await;
            }
        }
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let (uri, language) = (document.uri, document.language_id);
        self.shared.prompts.open(uri, &language, document.text);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        // Whole texts are what was asked for; the last one counts.
        if let Some(change) = params.content_changes.into_iter().next_back() {
            let uri = &params.text_document.uri;
            self.shared.prompts.change(uri, change.text);
        }
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.shared.prompts.close(&params.text_document.uri);
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let place = params.text_document_position;
        let (uri, position) = (&place.text_document.uri, place.position);
        let prompts = &self.shared.prompts;
        let list = prompts.complete(&self.shared.registry, uri, position).await;
        Ok(list.map(CompletionResponse::List))
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        Ok(Some(actions::offered(&self.shared.registry, &params)))
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let registry = &self.shared.registry;
        actions::execute(registry, &params.command, params.arguments)
            .await
            .map(Some)
            .map_err(|error| Error {
                code: error.kind.code().into(),
                message: error.message.clone().into(),
                data: Some(json!({"kind": error.kind, "hint": error.hint})),
            })
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        for folder in params.event.removed {
            if let Some(path) = path_of(&folder.uri) {
                self.shared.registry.close_folder(&path);
            }
        }
        if self.shared.registry.auto_open() {
            let added = params.event.added.iter();
            self.open(added.filter_map(|folder| path_of(&folder.uri)).collect())
                .await;
        }
    }
}

/// Settings with the path of what is wrong with them.
fn read_settings(value: Value) -> std::result::Result<Settings, String> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| format!("{}: {}", error.path(), error.inner()))
}

fn path_of(uri: &Url) -> Option<PathBuf> {
    uri.to_file_path().ok()
}

/// An editor that dies may leave its end of our pipes open in another process.
fn watch_editor(pid: u32, gone: Arc<Notify>) {
    let Some(mut editor) = i32::try_from(pid)
        .ok()
        .and_then(|pid| waitpid_any::WaitHandle::open(pid).ok())
    else {
        tracing::info!("the editor's process {pid} cannot be watched");
        return;
    };
    std::thread::spawn(move || {
        if let Err(error) = editor.wait() {
            tracing::info!("the editor's process is not watched any more: {error}");
            return;
        }
        gone.notify_one();
    });
}

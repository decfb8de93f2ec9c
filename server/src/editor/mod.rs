//! The side that faces the editor: LSP over standard input and output.
//!
//! tower-lsp does the framing, the life cycle and the standard methods; our own requests and all
//! notifications go by the outbox.

mod actions;
mod backend;
mod completion;
pub mod outbox;
mod progress;
mod transport;

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;

use anyhow::Result;
use tokio::sync::Notify;
use tower_lsp::{LspService, Server};

use crate::instance::Registry;
use backend::{Backend, Shared};
use outbox::Outbox;
use progress::Progress;
use transport::{EndWatch, Front, OutboxWriter};

/// tower-lsp stops reading when so many requests are under way; with its default of 4, four slow
/// ones would block even their own cancellation.
const CONCURRENCY: usize = 4_096;

/// Serves one editor until it goes, in whatever way. Must run on a current-thread runtime.
///
/// # Errors
/// There is no standard output.
pub async fn serve() -> Result<()> {
    let gone = Arc::new(Notify::new());
    let outbox = {
        let gone = gone.clone();
        // Not `Stdout` itself: it writes by lines, which makes two pieces of every message.
        let output = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
        Outbox::new(output, move || gone.notify_one())
    };
    let progress = Arc::new(Progress::new(outbox.clone()));
    let registry = Arc::new(Registry::new(progress.clone()));
    let shared = Arc::new(Shared::new(registry.clone(), progress, gone.clone()));
    let (service, socket) = LspService::new(|client| Backend {
        client,
        shared: shared.clone(),
    });
    let front = Front {
        inner: service,
        handler: shared,
        outbox: outbox.clone(),
        exit: gone.clone(),
        unanswered: Arc::default(),
    };
    let input = EndWatch::new(tokio::io::stdin(), gone.clone());
    let server = Server::new(input, OutboxWriter(outbox.clone()), socket)
        .concurrency_level(CONCURRENCY)
        .serve(front);
    tokio::select! {
        () = server => {}
        () = gone.notified() => {}
        () = terminated() => {}
    }
    registry.shutdown().await;
    outbox.finish();
    Ok(())
}

/// SIGTERM, SIGINT or SIGHUP: the same clean end as the editor's own.
pub async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = async |kind| match signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => {
            tracing::warn!("a signal cannot be watched: {error}");
            std::future::pending().await
        }
    };
    tokio::select! {
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
}

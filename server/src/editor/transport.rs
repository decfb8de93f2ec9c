//! tower-lsp 0.20 on our pipes, with the remedies that it needs: it does not end on `exit`, nor at
//! the end of input while a handler runs, nor when the output is stuck; and it dies of a panic in
//! a handler. `ARCHITECTURE.md` has the measurements.

use std::collections::HashSet;
use std::future::Future;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tower_lsp::ExitedError;
use tower_lsp::jsonrpc::{Error, Id, Request, Response};
use tower_service::Service;

use super::outbox::Outbox;
use crate::instance::outlet::Responder;
use crate::protocol;

/// LSP's code for a request that was cancelled.
const CANCELLED: i64 = -32_800;

/// Standard input, with a bell that rings at its end.
pub struct EndWatch<R> {
    inner: R,
    ended: Arc<Notify>,
}

impl<R> EndWatch<R> {
    pub fn new(inner: R, ended: Arc<Notify>) -> Self {
        Self { inner, ended }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for EndWatch<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.inner).poll_read(cx, buf);
        let ended = match &poll {
            Poll::Ready(Ok(())) => buf.filled().len() == before,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if ended {
            self.ended.notify_one();
        }
        poll
    }
}

/// Takes tower-lsp's own messages into the outbox. It hands over whole frames.
pub struct OutboxWriter(pub Outbox);

impl AsyncWrite for OutboxWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.frame(bytes.to_vec());
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Stands before tower-lsp's router. Our own requests go straight to their instances, in the
/// order in which they came, and are answered through the outbox, so that an answer and the
/// notifications around it keep their order too. All else is tower-lsp's.
pub struct Front<S, H> {
    pub inner: S,
    pub handler: H,
    pub outbox: Outbox,
    pub exit: Arc<Notify>,
    /// Requests of ours that are not answered yet; one that is cancelled leaves.
    pub unanswered: Arc<Mutex<HashSet<Id>>>,
}

/// What is done with our own requests, without waiting.
pub trait Handle {
    /// Between `initialize` and `shutdown`.
    fn is_ready(&self) -> bool;
    fn handle(&self, request: protocol::Request, responder: Responder);
}

impl<S, H> Service<Request> for Front<S, H>
where
    S: Service<Request, Response = Option<Response>, Error = ExitedError>,
    S::Future: Send + 'static,
    H: Handle,
{
    type Response = Option<Response>;
    type Error = ExitedError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ExitedError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ExitedError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match request.method() {
            "exit" => self.exit.notify_one(),
            "$/cancelRequest" => self.cancel(request.params()),
            _ => {}
        }
        if self.handler.is_ready()
            && let Some(id) = request.id().cloned()
            && let Some(parsed) =
                protocol::Request::parse(request.method(), request.params().cloned())
        {
            self.dispatch(id, parsed);
            return Box::pin(std::future::ready(Ok(None)));
        }
        let request = without_null_params(request);
        let id = request.id().cloned();
        let work = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Box::pin(async move {
            work.await.unwrap_or_else(|_| {
                // The panic hook has logged what and where.
                Ok(id.map(|id| Response::from_error(id, Error::internal_error())))
            })
        })
    }
}

/// Some clients send `"params": null` with `shutdown`, which tower-lsp refuses.
fn without_null_params(request: Request) -> Request {
    if request.params() != Some(&Value::Null) {
        return request;
    }
    let (method, id, _) = request.into_parts();
    match id {
        Some(id) => Request::build(method).id(id).finish(),
        None => Request::build(method).finish(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S, H> Front<S, H> {
    /// Answers a request of ours at once, because nobody wants its result any more.
    fn cancel(&self, params: Option<&Value>) {
        let id = params.and_then(|params| Id::deserialize(params.get("id")?).ok());
        if let Some(id) = id
            && lock(&self.unanswered).remove(&id)
        {
            self.outbox.message(&json!({
                "jsonrpc": "2.0",
                "id": id,
                "error": {"code": CANCELLED, "message": "Cancelled."},
            }));
        }
    }
}

impl<S, H: Handle> Front<S, H> {
    fn dispatch(&self, id: Id, parsed: Result<protocol::Request, String>) {
        lock(&self.unanswered).insert(id.clone());
        let responder = {
            let (id, outbox, unanswered) =
                (id.clone(), self.outbox.clone(), self.unanswered.clone());
            Responder::new(move |result| {
                if lock(&unanswered).remove(&id) {
                    outbox.answer(&id, result);
                }
            })
        };
        match parsed {
            Ok(request) => {
                let handled = std::panic::catch_unwind(AssertUnwindSafe(|| {
                    self.handler.handle(request, responder);
                }));
                if handled.is_err() {
                    // Its responder was dropped, which has answered.
                    tracing::error!("request {id} failed by a mistake in Sidestream");
                }
            }
            Err(what) => responder.fail(
                protocol::Error::new(protocol::ErrorKind::BadRequest, what)
                    .hint("PROTOCOL.md has the parameters of every method."),
            ),
        }
    }
}

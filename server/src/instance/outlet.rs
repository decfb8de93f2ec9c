//! Where an instance's notifications and answers go. What is behind it must not block and must
//! keep the order of what it is given.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::protocol::{Error, ErrorKind, Notification, SessionSnapshot};

pub trait Outlet: Send + Sync {
    fn notify(&self, notifications: Vec<Notification>);
}

/// The answer to one request.
#[derive(Debug)]
pub enum Answer {
    Value(Box<RawValue>),
    /// A snapshot, which is given its revision where it leaves.
    Snapshot(Box<SessionSnapshot>),
}

/// Answers one request, exactly once: one that is dropped says that it was.
pub struct Responder(Option<Respond>);

type Respond = Box<dyn FnOnce(Result<Answer, Error>) + Send>;

impl Responder {
    pub fn new(answer: impl FnOnce(Result<Answer, Error>) + Send + 'static) -> Self {
        Self(Some(Box::new(answer)))
    }

    pub fn send(self, result: Result<impl Serialize, Error>) {
        let answer = result.and_then(|value| {
            serde_json::value::to_raw_value(&value)
                .map(Answer::Value)
                .map_err(|error| Error::new(ErrorKind::ServerError, error.to_string()))
        });
        self.finish(answer);
    }

    pub fn snapshot(self, snapshot: SessionSnapshot) {
        self.finish(Ok(Answer::Snapshot(Box::new(snapshot))));
    }

    pub fn fail(self, error: Error) {
        self.finish(Err(error));
    }

    fn finish(mut self, answer: Result<Answer, Error>) {
        if let Some(respond) = self.0.take() {
            respond(answer);
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(respond) = self.0.take() {
            respond(Err(Error::new(
                ErrorKind::NotConnected,
                "The instance was closed before it could answer.",
            )));
        }
    }
}

//! What can go wrong, as a client is told: a kind to branch on, a message and a hint to show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

/// The answer to a request that failed: a JSON-RPC error with `data: {kind, hint?}`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    pub hint: Option<String>,
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    InstanceNotFound,
    SessionNotFound,
    NotConnected,
    /// There is no OpenCode binary.
    ServerNotFound,
    /// The server ended or said nothing; the message has the last lines of its output.
    StartFailed,
    Unauthorized,
    Busy,
    QueueFull,
    BadRequest,
    ServerError,
    Timeout,
    Unsupported,
}

impl ErrorKind {
    /// The JSON-RPC code that goes with the kind. Clients branch on the kind, not on this.
    #[must_use]
    pub fn code(self) -> i64 {
        match self {
            Self::BadRequest => -32602,
            Self::Unsupported => -32601,
            _ => -32000,
        }
    }
}

/// What keeps an instance from working; a client shows the message and the hint.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    pub kind: ErrorKind,
    pub message: String,
    pub hint: Option<String>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            kind: error.kind,
            message: error.message,
            hint: error.hint,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self {
            kind: failure.kind,
            message: failure.message,
            hint: failure.hint,
        }
    }
}

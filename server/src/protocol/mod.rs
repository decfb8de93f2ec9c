//! The protocol between `sidestream` and its clients: every name and shape that crosses stdio.
//!
//! This is the single source for `PROTOCOL.md`, the JSON Schema and the clients' generated types.
//! It holds data only: nothing here reads, writes or decides.

pub mod catalog;
pub mod comparison;
pub mod debugging;
pub mod error;
pub mod id;
pub mod message;
pub mod model;
pub mod notifications;
pub mod part;
pub mod requests;
pub mod schema;
pub mod settings;
pub mod waiting;

pub use catalog::*;
pub use comparison::*;
pub use debugging::*;
pub use error::{Error, ErrorKind, Failure};
pub use id::{CallId, InstanceId, MessageId, PartId, PermissionId, QuestionId, SessionId};
pub use message::*;
pub use model::*;
pub use notifications::Notification;
pub use part::*;
pub use requests::Request;
pub use settings::Settings;
pub use waiting::*;

/// The version that `initialize` announces; it grows only when an old client would break.
pub const VERSION: u32 = 1;

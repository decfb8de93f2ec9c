//! What the tests share: an editor to play, the sandbox it lives in, and servers that misbehave.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "this is test code: what goes wrong here has to end the test"
)]

pub mod bad_service;
pub mod document;
pub mod editor;
pub mod generation;
pub mod impostor;
pub mod legacy;
pub mod luacats;
pub mod opencode;
pub mod processes;
pub mod programs;
pub mod proxy;
pub mod sandbox;
pub mod screen;
pub mod sharing;
pub mod stored;
pub mod typescript;

pub use editor::Editor;
pub use opencode::OpenCode;
pub use sandbox::Sandbox;

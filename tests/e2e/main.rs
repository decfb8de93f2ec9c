//! The built program against real OpenCode servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this is test code: what goes wrong here has to end the test"
)]

mod attached;
mod bad_requests;
mod bad_servers;
mod bad_services;
mod command_line;
mod doctor;
mod endings;
mod folders;
mod installing;
mod legacy;
mod lines;
mod permissions;
mod progress;
mod recordings;
mod recovery;
mod replies;
mod service;
mod sessions;

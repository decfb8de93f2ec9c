//! The built program against real OpenCode servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this is test code: what goes wrong here has to end the test"
)]

mod attached;
mod endings;
mod folders;
mod permissions;
mod recovery;
mod replies;
mod sessions;

//! Recorded streams of real servers, replayed through dialect and replica.
//!
//! Every recording ends equal to the REST answer recorded with it: in order, doubled, reordered as
//! far as the server may do it, split at any byte, and cut at any event with a resync after it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests: a recording that cannot be read fails the test"
)]

mod client;
mod driver;
mod in_order;
mod kinds;
mod outbox;
mod raw;
mod recordings;
mod resync;
mod runs;
mod server;
mod story;
mod two;
mod variants;
mod waiting;

//! The commands for a terminal: chat, demo, doctor, record and replay.
//!
//! `chat` and `demo` launch the stdio server as an editor would and speak its protocol: what they
//! show is what any client gets.

pub mod chat;
pub mod client;
pub mod demo;
mod dialogue;
pub mod doctor;
pub mod recording;
mod render;
pub mod scripted_model;

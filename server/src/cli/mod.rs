//! The commands for a terminal: chat, demo and doctor.
//!
//! `chat` and `demo` launch the stdio server as an editor would and speak its protocol: what they
//! show is what any client gets.

pub mod chat;
pub mod client;
pub mod demo;
mod dialogue;
pub mod doctor;
mod render;
pub mod scripted_model;

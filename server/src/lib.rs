//! Sidestream: OpenCode in the editor's side panel.
//!
//! A library so that tests and tools can use its parts; `main.rs` only parses the command line.
//! `ARCHITECTURE.md` beside this crate has the map.

pub mod cli;
pub mod editor;
pub mod instance;
pub mod opencode;
pub mod protocol;
pub mod replica;
pub mod time;

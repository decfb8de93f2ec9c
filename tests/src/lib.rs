//! What the tests share.

pub mod document;

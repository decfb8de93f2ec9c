//! Changes of files as editors show them: both texts side by side, and the places that differ.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a change is still to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeStage {
    /// The file is what it was before, as where a permission is asked for.
    Proposed,
    /// The file is what it was made, as after a turn.
    Made,
}

/// A file before and after a change. A file that was added has no text before, one that was deleted
/// none after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileComparison {
    /// Absolute.
    pub path: PathBuf,
    pub before: String,
    pub after: String,
    /// Both are whole texts. Otherwise the file is no longer what the diff was made of, and both
    /// hold only the places that the diff has.
    pub complete: bool,
    /// The file begins with a byte order mark, which neither text has: who writes one back puts it before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub byte_order_mark: bool,
    pub places: Vec<ChangedPlace>,
}

/// Lines that were changed together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedPlace {
    /// Where they are in the file as it is now, from 1.
    pub line: usize,
    /// The first line that is new there, or the first one that is gone.
    pub text: String,
}

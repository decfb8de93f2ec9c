//! What the pickers show, and the files of the folder.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::protocol::{ChangeStage, FileComparison, FileDiff, FileStatus, InstanceId, Symbol};

params! {
    /// What the pickers show: agents, models, commands and more. Changes of it are pushed.
    CatalogRead {
        instance_id: InstanceId,
    }
    /// Files and folders of the instance's directory by a piece of their path, best first.
    FileFind {
        instance_id: InstanceId,
        query: String,
        /// 20 when absent.
        limit: Option<usize>,
    }
    FileFindResult {
        /// Relative to the instance's directory; a folder ends with a slash.
        files: Vec<String>,
    }
    /// A file of the instance's directory, as it is on the server's disk.
    FileContentRead {
        instance_id: InstanceId,
        /// Absolute, or relative to the instance's directory.
        path: PathBuf,
    }
    /// Files before and after a change, so that clients need not apply diffs. Needs no connection.
    FileCompare {
        instance_id: InstanceId,
        change: ChangeStage,
        /// As a permission, a tool part or `session/diff` has them.
        files: Vec<FileDiff>,
    }
    FileCompareResult {
        /// As they were asked for.
        files: Vec<FileComparison>,
    }
    /// The files that differ from the last commit.
    FileStatusRead {
        instance_id: InstanceId,
    }
    FileStatusResult {
        files: Vec<FileStatus>,
    }
    /// Symbols by name, from the language servers that OpenCode runs; none where it runs none.
    SymbolFind {
        instance_id: InstanceId,
        query: String,
    }
    SymbolFindResult {
        symbols: Vec<Symbol>,
    }
    /// What differs from the last commit.
    VcsDiff {
        instance_id: InstanceId,
    }
    VcsDiffResult {
        branch: Option<String>,
        files: Vec<FileDiff>,
    }
}

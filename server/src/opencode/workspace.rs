//! What a server has to offer in a folder, and what it knows of the folder's files.

use async_trait::async_trait;

use super::unsupported;
use crate::protocol::{Catalog, Error, FileContent, FileDiff, FileStatus, ModelRef, Symbol};

/// Errors are those of [`Dialect`](super::Dialect), and `unsupported`.
#[async_trait]
pub trait Workspace: Send + Sync {
    /// Models that are used lately are the caller's to know, newest first; so is what is unsupported.
    async fn catalog(&self, _recent: &[ModelRef]) -> Result<Catalog, Error> {
        Err(unsupported("say what it has to offer"))
    }

    /// Paths below the folder, best first; a folder ends with a slash.
    async fn find_files(&self, _query: &str, _limit: usize) -> Result<Vec<String>, Error> {
        Err(unsupported("find files"))
    }

    async fn find_symbols(&self, _query: &str) -> Result<Vec<Symbol>, Error> {
        Err(unsupported("find symbols"))
    }

    /// The path lies in the folder.
    async fn file_content(&self, _path: &std::path::Path) -> Result<FileContent, Error> {
        Err(unsupported("read files"))
    }

    /// The files that differ from the last commit.
    async fn file_status(&self) -> Result<Vec<FileStatus>, Error> {
        Err(unsupported("tell the state of files"))
    }

    /// The branch, and what differs from the last commit.
    async fn vcs_diff(&self) -> Result<(Option<String>, Vec<FileDiff>), Error> {
        Err(unsupported("compare files"))
    }
}

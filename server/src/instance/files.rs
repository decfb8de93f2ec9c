//! Files, symbols and large fields: what OpenCode knows of the folder, asked on demand.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::actor::Actor;
use super::outlet::Responder;
use crate::opencode::Dialect;
use crate::opencode::patch::{self, Sides};
use crate::protocol::requests::{
    FileCompare, FileCompareResult, FileContentRead, FileFind, FileFindResult, FileStatusResult,
    PartContentRead, SymbolFind, SymbolFindResult, VcsDiffResult,
};
use crate::protocol::{ChangeStage, Error, ErrorKind, FileComparison};
use crate::replica::cut;

const FOUND: usize = 20;
const BOM: char = '\u{feff}';

impl Actor {
    pub(super) fn find_files(
        &self,
        params: FileFind,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let limit = params.limit.unwrap_or(FOUND);
        self.spawn_work(
            async move { dialect.find_files(&params.query, limit).await },
            move |_, files| responder.send(files.map(|files| FileFindResult { files })),
        );
    }

    pub(super) fn find_symbols(
        &self,
        params: SymbolFind,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        self.spawn_work(
            async move { dialect.find_symbols(&params.query).await },
            move |_, symbols| responder.send(symbols.map(|symbols| SymbolFindResult { symbols })),
        );
    }

    pub(super) fn file_content(
        &self,
        params: FileContentRead,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let Some(path) = within(self.directory(), &params.path) else {
            return responder.fail(outside("path", &params.path));
        };
        self.spawn_work(
            async move { dialect.file_content(&path).await },
            |_, content| responder.send(content),
        );
    }

    /// The files are read from the disk: OpenCode answers them without the space at their ends.
    pub(super) fn compare_files(&self, params: FileCompare, responder: Responder) {
        let mut files = Vec::with_capacity(params.files.len());
        for (index, file) in params.files.into_iter().enumerate() {
            let Some(path) = within(self.directory(), Path::new(&file.path)) else {
                let name = format!("files[{index}].path");
                return responder.fail(outside(&name, Path::new(&file.path)));
            };
            files.push((self.directory().join(path), file.patch));
        }
        let change = params.change;
        let work = move || {
            let files = files.into_iter();
            files
                .map(|(path, patch)| compare(path, &patch, change))
                .collect()
        };
        self.spawn_work(tokio::task::spawn_blocking(work), |_, compared| {
            responder.send(match compared {
                Ok(files) => Ok(FileCompareResult { files }),
                Err(error) => Err(Error::new(
                    ErrorKind::ServerError,
                    format!("The files could not be compared: {error}"),
                )),
            });
        });
    }

    pub(super) fn file_status(&self, responder: Responder, dialect: Arc<dyn Dialect>) {
        self.spawn_work(async move { dialect.file_status().await }, |_, files| {
            responder.send(files.map(|files| FileStatusResult { files }))
        });
    }

    pub(super) fn vcs_diff(&self, responder: Responder, dialect: Arc<dyn Dialect>) {
        self.spawn_work(async move { dialect.vcs_diff().await }, |_, diff| {
            responder.send(diff.map(|(branch, files)| VcsDiffResult { branch, files }));
        });
    }

    /// From the replica where it has the part; it may know more than the server tells.
    pub(super) fn part_content(
        &self,
        params: PartContentRead,
        responder: Responder,
        dialect: Arc<dyn Dialect>,
    ) {
        let no_such = |params: &PartContentRead| {
            Error::new(
                ErrorKind::BadRequest,
                format!("partId: {} has no such field", params.part_id),
            )
            .hint("The part may have changed or gone meanwhile.")
        };
        let (session, message) = (&params.session_id, &params.message_id);
        if let Some(part) = self.replica.part(session, message, &params.part_id) {
            let content = cut::content(part, params.field);
            return responder.send(content.ok_or_else(|| no_such(&params)));
        }
        self.spawn_work(
            async move {
                let (session, message) = (&params.session_id, &params.message_id);
                let message = dialect.message(session, message).await?;
                let mut parts = message.parts.iter().map(|part| &part.part);
                parts
                    .find(|part| part.id == params.part_id)
                    .and_then(|part| cut::content(part, params.field))
                    .ok_or_else(|| no_such(&params))
            },
            |_, content| responder.send(content),
        );
    }
}

/// A file that is not there is empty; one that is no text or cannot be read fits no diff.
fn compare(path: PathBuf, patch: &str, change: ChangeStage) -> FileComparison {
    let now = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8(bytes).ok(),
        Err(error) => (error.kind() == std::io::ErrorKind::NotFound).then(String::new),
    };
    // Neither diffs nor editors show a byte order mark.
    let now = now.as_deref().map(|text| text.trim_start_matches(BOM));
    let patch = patch.replace(BOM, "");
    let Sides {
        before,
        after,
        complete,
        places,
    } = match now {
        Some(now) => patch::sides(now, &patch, change),
        None => patch::places_alone(&patch, change),
    };
    FileComparison {
        path,
        before,
        after,
        complete,
        places,
    }
}

fn outside(name: &str, path: &Path) -> Error {
    Error::new(
        ErrorKind::BadRequest,
        format!("{name}: {} lies outside the folder", path.display()),
    )
    .hint("OpenCode shows the files of its own folder only; open this one in the editor.")
}

/// The path relative to the folder, or nothing when it leads out of it.
pub(super) fn within(directory: &Path, path: &Path) -> Option<PathBuf> {
    let mut inside = PathBuf::new();
    let path = path.strip_prefix(directory).unwrap_or(path);
    for component in path.components() {
        match component {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => {}
            Component::ParentDir if inside.pop() => {}
            _ => return None,
        }
    }
    // A link may lead out all the same.
    match directory.join(&inside).canonicalize() {
        Ok(real) => real.starts_with(directory).then_some(inside),
        Err(_) => Some(inside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_folder_is_within_it() {
        let folder = Path::new("/w/project");
        let inside = |path: &str| within(folder, Path::new(path));
        assert_eq!(inside("src/../a.rs"), Some("a.rs".into()));
        assert_eq!(inside("/w/project/src/a.rs"), Some("src/a.rs".into()));
        assert_eq!(inside("../secret"), None);
        assert_eq!(inside("src/../../secret"), None);
        assert_eq!(inside("/etc/passwd"), None);
    }
}

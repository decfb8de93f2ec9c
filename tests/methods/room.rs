//! Where one test works: a folder of its own on the server that all share.

use std::fmt::Debug;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use serde::Deserialize;
use serde_json::{Value, json};
use sidestream::protocol::ErrorKind;
use sidestream::protocol::requests::{Call, CatalogRead};
use sidestream_tests::stored::Rest;
use sidestream_tests::{Editor, OpenCode, Sandbox};
use tokio::sync::oneshot;

/// The server, with a thread of its own: its model has to live longer than any test.
pub struct House {
    opencode: Arc<OpenCode>,
    close: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl House {
    pub fn open() -> Self {
        let (opened, opening) = mpsc::channel();
        let (close, closed) = oneshot::channel();
        let thread = thread::spawn(move || {
            block_on(async {
                let opencode = Arc::new(OpenCode::serve(0).await);
                opened.send(opencode).expect("it is waited for");
                closed.await.expect("it is closed");
            });
        });
        Self {
            opencode: opening.recv().expect("OpenCode serves"),
            close,
            thread,
        }
    }

    /// Ends the server and all that it has started.
    pub fn close(self) {
        drop(self.opencode);
        self.close.send(()).expect("the house is open");
        self.thread.join().expect("it was closed");
    }
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}

#[derive(Clone)]
pub struct Room {
    opencode: Option<Arc<OpenCode>>,
    name: &'static str,
}

impl Room {
    pub fn of(house: Option<&House>) -> Self {
        Self {
            opencode: house.map(|house| house.opencode.clone()),
            name: "",
        }
    }

    pub fn named(&self, name: &'static str) -> Self {
        Self {
            name,
            ..self.clone()
        }
    }

    fn opencode(&self) -> &OpenCode {
        self.opencode.as_ref().expect("the server runs")
    }

    /// The server's address, beside Sidestream.
    pub fn rest(&self) -> &Rest {
        &self.opencode().rest
    }

    pub fn sandbox(&self) -> Arc<Sandbox> {
        self.opencode().sandbox().beside(self.name)
    }

    /// An editor in an empty folder.
    pub async fn editor(&self) -> Editor {
        self.editor_in(self.sandbox()).await
    }

    pub async fn editor_in(&self, sandbox: Arc<Sandbox>) -> Editor {
        Editor::in_sandbox(sandbox)
            .attach(self.opencode())
            .start()
            .await
    }

    /// An editor in a folder under version control, with `notes.txt` ("one") and `src/a.rs`.
    pub async fn editor_in_repository(&self) -> Editor {
        let sandbox = self.sandbox();
        let folder = sandbox.folders[0].clone();
        std::fs::write(folder.join("notes.txt"), "one\n").unwrap();
        std::fs::create_dir(folder.join("src")).unwrap();
        std::fs::write(folder.join("src/a.rs"), "fn a() {}\nfn b() {}\n").unwrap();
        for arguments in [
            &["init", "-q"][..],
            &["add", "."],
            &[
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@t",
                "commit",
                "-qm",
                "first",
            ],
        ] {
            git(&folder, arguments);
        }
        self.editor_in(sandbox).await
    }
}

fn git(folder: &PathBuf, arguments: &[&str]) {
    let status = std::process::Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .status();
    assert!(status.expect("git runs").success(), "git {arguments:?}");
}

/// The method is not this server's: it says so when it is asked for it, and the catalog beforehand.
pub async fn assert_unsupported<C>(editor: &mut Editor, params: Value)
where
    C: Call + for<'de> Deserialize<'de>,
    C::Result: Debug,
{
    let refused = editor.request::<C>(params).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Unsupported, "{}", C::METHOD);
    assert!(refused.hint.is_some(), "{refused:?}");
    let catalog = editor.request::<CatalogRead>(json!({})).await.unwrap();
    let mut named = catalog.unsupported.iter();
    assert!(named.any(|method| method == C::METHOD), "{}", C::METHOD);
}

pub fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default()
}

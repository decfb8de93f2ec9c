//! A small world of its own for each test: folders, a home, a scripted model, and the certainty
//! that all processes in it end with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sidestream::cli::demo;
use sidestream::cli::scripted_model::ScriptedModel;
use tempfile::TempDir;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::processes;

/// Every process of a sandbox inherits this variable, and so is found again.
const MARK: &str = "SIDESTREAM_TEST_SANDBOX";
/// OpenCode servers at once: more would only wait for each other on a small machine.
const SERVERS: usize = 2;
const PACE: Duration = Duration::from_millis(2);

pub struct Sandbox {
    pub folders: Vec<PathBuf>,
    world: Arc<World>,
}

/// What ends when the last sandbox in it is gone.
struct World {
    model: ScriptedModel,
    root: TempDir,
    _turn: OwnedSemaphorePermit,
}

impl Sandbox {
    /// Waits until so many OpenCode servers may run.
    pub async fn new(folders: usize, servers: usize) -> Arc<Self> {
        static TURNS: LazyLock<Arc<Semaphore>> =
            LazyLock::new(|| Arc::new(Semaphore::new(SERVERS)));
        let servers = u32::try_from(servers.min(SERVERS)).expect("a small number");
        let turns = TURNS.clone().acquire_many_owned(servers);
        let turn = turns.await.expect("never closed");
        let root = tempfile::Builder::new()
            .prefix("sidestream-test-")
            .tempdir()
            .expect("a temporary folder");
        let path = root.path().canonicalize().expect("it is there");
        let folder = |name: String| {
            let folder = path.join(name);
            std::fs::create_dir(&folder).expect("a folder in it");
            folder
        };
        folder("home".into());
        Arc::new(Self {
            folders: (1..=folders)
                .map(|n| folder(format!("folder-{n}")))
                .collect(),
            world: Arc::new(World {
                model: ScriptedModel::start(PACE).await.expect("a scripted model"),
                root,
                _turn: turn,
            }),
        })
    }

    /// Another folder in the same world, as if there were no others.
    pub fn beside(&self, name: &str) -> Arc<Self> {
        let folder = self.path().join(name);
        std::fs::create_dir(&folder).expect("a folder of a new name");
        Arc::new(Self {
            folders: vec![folder.canonicalize().expect("it is there")],
            world: self.world.clone(),
        })
    }

    pub fn path(&self) -> &Path {
        self.world.root.path()
    }

    /// For every program that is started in here. Nothing of the user's own is read or written.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = demo::environment(&self.world.model, self.path());
        let home = self.path().join("home").display().to_string();
        environment.insert("HOME".into(), home);
        environment.insert(MARK.into(), self.mark());
        environment
    }

    /// What runs in here.
    pub fn processes(&self) -> Vec<u32> {
        self.world.processes()
    }

    fn mark(&self) -> String {
        self.world.mark()
    }
}

impl World {
    fn processes(&self) -> Vec<u32> {
        processes::with_variable(MARK, &self.mark())
    }

    fn mark(&self) -> String {
        self.root.path().display().to_string()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What is being started meanwhile is found in the next round.
        loop {
            let left = self.processes();
            if left.is_empty() {
                break;
            }
            left.into_iter().for_each(processes::kill);
        }
    }
}

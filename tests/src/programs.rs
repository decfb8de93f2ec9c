//! The programs under test: the built `sidestream` and the pinned OpenCode.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sidestream::instance::find;
use tokio::sync::OnceCell;

use crate::generation::generation;

/// `SIDESTREAM_BIN`, or the program beside the tests. That one is built first, because `cargo test`
/// alone builds the library only, and an old program would test yesterday's code. The whole
/// workspace is named because the features of the libraries depend on what is: so the tests' own
/// build is used.
pub fn sidestream() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os("SIDESTREAM_BIN") {
        Some(program) => program.into(),
        None => build(),
    })
}

fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a program");
    let profile = test
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "deps"))
        .and_then(Path::parent)
        .expect("cargo puts tests into target/PROFILE/deps");
    let name = match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo tells a test about its package would look like a change to some build scripts,
    // and half of the libraries would be built again.
    for (name, _) in std::env::vars_os() {
        let name_shown = name.to_string_lossy();
        if name_shown.starts_with("CARGO_PKG_") || name_shown.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let status = cargo
        .args([
            "build",
            "--quiet",
            "-p",
            "sidestream",
            "--bin",
            "sidestream",
        ])
        .args(["--profile", name, "--target-dir"])
        .arg(profile.parent().expect("target/PROFILE has a parent"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo starts");
    assert!(status.success(), "sidestream was not built");
    profile.join("sidestream")
}

/// The OpenCode under test, installed from npm when it is not in the cache yet.
pub async fn opencode() -> &'static Path {
    static PROGRAM: OnceCell<PathBuf> = OnceCell::const_new();
    PROGRAM
        .get_or_init(|| async {
            find::install(generation().version(), &|_| {})
                .await
                .expect("OpenCode is installed")
        })
        .await
}

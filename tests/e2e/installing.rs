//! Where there is no OpenCode, Sidestream installs it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use sidestream_tests::generation::{Generation, is_not_for};
use sidestream_tests::{Editor, Sandbox, programs};

/// Puts the OpenCode that is here where npm would have put it, and notes that it was called.
const NPM: &str = r#"#!/bin/sh
echo called >> "$(/usr/bin/dirname "$0")/calls"
for package; do :; done
while [ "$1" != --prefix ]; do shift; done
folder=$2/node_modules/${package%@*}/bin
/bin/mkdir -p "$folder"
/bin/ln -s OPENCODE "$folder/opencode"
"#;

#[tokio::test]
async fn two_folders_without_opencode_install_it_once() {
    if is_not_for(Generation::Two, "what Sidestream installs is 1.x") {
        return;
    }
    let sandbox = Sandbox::new(2, 2).await;
    let folder = sandbox.path().join("programs");
    fs::create_dir(&folder).unwrap();
    let npm = folder.join("npm");
    let opencode = programs::opencode().await.display().to_string();
    fs::write(&npm, NPM.replace("OPENCODE", &opencode)).unwrap();
    fs::set_permissions(&npm, fs::Permissions::from_mode(0o755)).unwrap();

    let editor = Editor::in_sandbox(sandbox.clone())
        .programs_in(folder.clone())
        .start()
        .await;
    let calls = fs::read_to_string(folder.join("calls")).unwrap();
    assert_eq!(calls, "called\n");
    editor.stop().await;
}

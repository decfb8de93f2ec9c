use serde_json::json;
use sidestream::protocol::requests::{
    CatalogRead, FileContentRead, FileFind, FileStatusRead, SymbolFind, VcsDiff,
};
use sidestream::protocol::{AgentMode, ChangeKind, Encoding, ErrorKind, ModelRank};

use crate::room::Room;

pub async fn catalog(room: Room) {
    let mut editor = room.editor().await;
    let session = editor.session().await;
    editor.ask(&session, "hello").await;
    let catalog = editor.request::<CatalogRead>(json!({})).await.unwrap();
    let agent = |name: &str| catalog.agents.iter().find(|agent| agent.name == name);
    assert_eq!(agent("build").unwrap().mode, AgentMode::Primary);
    assert_eq!(agent("explore").unwrap().mode, AgentMode::Subagent);
    assert!(agent("compaction").is_none(), "it is none of the user's");
    let scripted = catalog.models.iter().find(|m| m.model_id == "scripted");
    assert_eq!(scripted.unwrap().provider_name, "Scripted");
    assert!(catalog.models.iter().is_sorted_by_key(|model| model.rank));
    assert!(
        catalog
            .commands
            .iter()
            .any(|command| command.name == "init")
    );
    assert!(!catalog.skills.is_empty());
    assert_eq!(catalog.defaults.agent.as_deref(), Some("build"));
    assert_eq!(
        catalog.defaults.model.as_ref().unwrap().model_id,
        "scripted"
    );
    assert!(catalog.unsupported.is_empty());
    let size = serde_json::to_vec(&catalog).unwrap().len();
    assert!(size < 64 * 1024, "{size} bytes");

    // Asked again by a client that comes later, the model that was used stands before the others.
    let mut later = room.editor_in(editor.sandbox.clone()).await;
    let catalog = later.request::<CatalogRead>(json!({})).await.unwrap();
    assert_eq!(catalog.models[0].model_id, "scripted");
    assert_eq!(catalog.models[0].rank, ModelRank::Recent);
}

pub async fn file_find(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let find = json!({"query": "a.rs", "limit": 5});
    let files = editor.request::<FileFind>(find).await.unwrap().files;
    assert_eq!(files[0], "src/a.rs");
    assert!(files.len() <= 5);
}

pub async fn file_content(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let folder = editor.sandbox.folders[0].clone();
    std::fs::write(folder.join("empty.txt"), "").unwrap();
    std::fs::write(folder.join("bytes.bin"), [0, 159, 146, 150]).unwrap();
    let read = |path: &str| json!({"path": path});
    let text = editor
        .request::<FileContentRead>(read("src/a.rs"))
        .await
        .unwrap();
    assert_eq!(text.encoding, Encoding::Text);
    assert!(text.content.starts_with("fn a() {}"));
    let whole = folder.join("src/a.rs").display().to_string();
    assert_eq!(text.path, whole);
    let same = editor
        .request::<FileContentRead>(read(&whole))
        .await
        .unwrap();
    assert_eq!(same, text);
    let empty = editor.request::<FileContentRead>(read("empty.txt")).await;
    assert_eq!(empty.unwrap().content, "");
    let bytes = editor.request::<FileContentRead>(read("bytes.bin")).await;
    assert_eq!(bytes.unwrap().encoding, Encoding::Base64);

    std::os::unix::fs::symlink("/etc", folder.join("out")).unwrap();
    for path in ["nothing.txt", "../secret", "/etc/passwd", "out/passwd"] {
        let refused = editor
            .request::<FileContentRead>(read(path))
            .await
            .unwrap_err();
        assert_eq!(refused.kind, ErrorKind::BadRequest, "{path}");
    }
}

pub async fn file_status(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let folder = editor.sandbox.folders[0].clone();
    std::fs::write(folder.join("notes.txt"), "one\ntwo\n").unwrap();
    std::fs::write(folder.join("new.txt"), "new\n").unwrap();
    let files = editor
        .request::<FileStatusRead>(json!({}))
        .await
        .unwrap()
        .files;
    let found = |path: &str| files.iter().find(|file| file.path == path).unwrap();
    assert_eq!(found("notes.txt").status, ChangeKind::Modified);
    assert_eq!(found("notes.txt").additions, 1);
    assert_eq!(found("new.txt").status, ChangeKind::Added);
}

pub async fn symbol_find(room: Room) {
    let mut editor = room.editor_in_repository().await;
    // OpenCode starts language servers of its own accord only; here it runs none.
    let find = json!({"query": "main"});
    let found = editor.request::<SymbolFind>(find).await.unwrap();
    assert_eq!(found.symbols, []);
}

pub async fn vcs_diff(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let folder = editor.sandbox.folders[0].clone();
    std::fs::write(folder.join("notes.txt"), "two\n").unwrap();
    let diff = editor.request::<VcsDiff>(json!({})).await.unwrap();
    assert!(diff.branch.is_some());
    assert_eq!(diff.files[0].path, "notes.txt");
    assert!(diff.files[0].patch.contains("-one\n+two"));
}

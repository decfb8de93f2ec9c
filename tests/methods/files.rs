use serde_json::json;
use sidestream::protocol::requests::{
    CatalogRead, FileCompare, FileContentRead, FileFind, FileStatusRead, SessionDiff, SymbolFind,
    VcsDiff,
};
use sidestream::protocol::{
    AgentMode, ChangeKind, Encoding, ErrorKind, ModelRank, PermissionReply,
};

use crate::room::{Room, assert_unsupported, read};
use sidestream_tests::generation::{Generation, generation};

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
    match generation() {
        Generation::One => assert!(catalog.unsupported.is_empty()),
        Generation::Two => {
            let share = "sidestream/session/share".to_owned();
            assert!(catalog.unsupported.contains(&share));
        }
    }
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

pub async fn file_compare(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let folder = editor.sandbox.folders[0].clone();
    let session = editor.session().await;
    // OpenCode's diff of this has neither the indentation nor the carriage returns.
    let lines = |line: &str| {
        let (above, below) = ("    call();\r\n".repeat(9), "    again();\r\n".repeat(9));
        format!("fn a() {{\r\n{above}    {line};\r\n{below}}}")
    };
    let (before, after) = (lines("one()"), lines("two()"));
    std::fs::write(folder.join("src/a.rs"), &before).unwrap();
    let edit = r#"tools: read {"filePath":"src/a.rs"} ;; edit {"filePath":"src/a.rs","oldString":"    one();","newString":"    two();"}"#;
    editor.prompt(&session, edit).await;
    let permission = editor.permission().await;
    let diff = permission.diff.as_ref().unwrap();
    // 1.x takes the indentation off.
    let line = match generation() {
        Generation::One => "\n-one();\n",
        Generation::Two => "\n-    one();",
    };
    assert!(diff[0].patch.contains(line), "{}", diff[0].patch);
    let asked = json!({"change": "proposed", "files": diff});
    let compared = editor.request::<FileCompare>(asked).await.unwrap().files;
    assert_eq!(compared.len(), 1);
    assert_eq!(compared[0].path, folder.join("src/a.rs"));
    assert_eq!(compared[0].before, before);
    assert_eq!(compared[0].after, after);
    assert!(compared[0].complete);
    assert_eq!(compared[0].places[0].line, 11);
    assert_eq!(compared[0].places[0].text, "    two();");

    editor.reply(&permission, PermissionReply::Once).await;
    editor.idle(&session).await;
    let write = r#"tool: write {"filePath":"src/new.rs","content":"fn new() {}\n"}"#;
    editor.prompt(&session, write).await;
    let permission = editor.permission().await;
    editor.reply(&permission, PermissionReply::Once).await;
    editor.idle(&session).await;
    assert_eq!(read(&folder, "src/a.rs"), after);
    let turns = editor.request::<SessionDiff>(json!({"sessionId": session}));
    let made = json!({"change": "made", "files": turns.await.unwrap().files});
    let compared = editor
        .request::<FileCompare>(made.clone())
        .await
        .unwrap()
        .files;
    assert_eq!((&compared[0].before, &compared[0].after), (&before, &after));
    assert!(compared[0].complete);
    assert_eq!(
        (compared[1].before.as_str(), compared[1].after.as_str()),
        ("", "fn new() {}\n")
    );
    assert_eq!(compared[1].places[0].line, 1);

    // Lines above move the place; another text there leaves the places alone.
    std::fs::write(folder.join("src/a.rs"), format!("// top\r\n{after}")).unwrap();
    let compared = editor
        .request::<FileCompare>(made.clone())
        .await
        .unwrap()
        .files;
    assert_eq!(compared[0].before, format!("// top\r\n{before}"));
    assert_eq!(compared[0].places[0].line, 12);
    std::fs::write(folder.join("src/a.rs"), "gone\n").unwrap();
    let compared = editor.request::<FileCompare>(made).await.unwrap().files;
    assert!(!compared[0].complete);
    assert!(compared[0].before.contains("one();"));
    assert!(compared[0].after.contains("two();"));

    std::os::unix::fs::symlink("/etc", folder.join("out")).unwrap();
    for path in ["../secret", "/etc/passwd", "out/passwd"] {
        let file = json!({"path": path, "additions": 0, "deletions": 0, "patch": ""});
        let outside = json!({"change": "made", "files": [file]});
        let refused = editor.request::<FileCompare>(outside).await.unwrap_err();
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
    // 2.x has no such route (v2 contract, §4.3).
    if generation() == Generation::Two {
        return assert_unsupported::<SymbolFind>(&mut editor, json!({"query": "main"})).await;
    }
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
    // 2.x does not know it yet in a folder that it has just opened (v2 contract, rule 12).
    assert!(diff.branch.is_some() || generation() == Generation::Two);
    assert_eq!(diff.files[0].path, "notes.txt");
    assert!(diff.files[0].patch.contains("-one\n+two"));
}

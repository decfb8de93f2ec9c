//! What is large: cut in what is told, and fetched whole.

use serde_json::{Value, json};
use sidestream::protocol::requests::{PartContentRead, SessionPrompt};
use sidestream::protocol::{ErrorKind, PartBody, PermissionReply, ToolStatus};
use sidestream_tests::generation::{Generation, generation};

use crate::room::Room;

/// A text, or what is to be written.
fn words(field: &Value) -> String {
    let text = field.as_str().or(field["content"].as_str());
    text.unwrap().to_owned()
}

pub async fn part_content(room: Room) {
    let mut editor = room.editor_in_repository().await;
    let folder = editor.sandbox.folders[0].clone();
    let line = format!("{}\n", "x".repeat(999));
    std::fs::write(folder.join("large.txt"), line.repeat(40)).unwrap();
    let session = editor.session().await;
    match generation() {
        Generation::One => {
            let parts = json!([{"type": "file", "path": "large.txt"}]);
            let prompt = json!({"sessionId": session, "parts": parts});
            editor.request::<SessionPrompt>(prompt).await.unwrap();
        }
        // It tells a file's text to the model alone (v2 contract, §3.7), but what a tool is given to
        // all.
        Generation::Two => {
            let input = json!({"filePath": "copy.txt", "content": line.repeat(40)});
            editor
                .prompt(&session, &format!("tool: write {input}"))
                .await;
            let permission = editor.permission().await;
            editor.reply(&permission, PermissionReply::Once).await;
        }
    }
    editor.idle(&session).await;
    let messages = editor.messages(&session);
    let (message, cut) = messages
        .iter()
        .find_map(|message| Some((&message.info.id, message.parts.iter().find(|p| p.cut)?)))
        .unwrap_or_else(|| panic!("nothing was cut: {:#?}", editor.shown(&session)));
    let (field, pushed) = match &cut.body {
        PartBody::Text(text) => ("text", text.text.clone()),
        PartBody::Tool(tool) => ("input", words(&tool.input)),
        _ => panic!("{cut:?}"),
    };
    assert!(pushed.len() <= 16 * 1024);
    let whole = json!({
        "sessionId": session, "messageId": message, "partId": cut.id, "field": field,
    });
    let content = editor
        .request::<PartContentRead>(whole.clone())
        .await
        .unwrap();
    let content = words(&content.content);
    assert!(content.len() >= 40_000 && content.starts_with(&pushed));

    // The same for a session that is not open.
    let close = json!({"sessionId": session});
    editor
        .request::<sidestream::protocol::requests::SessionClose>(close)
        .await
        .unwrap();
    let again = editor
        .request::<PartContentRead>(whole.clone())
        .await
        .unwrap();
    assert_eq!(words(&again.content), content);
    let mut wrong = whole;
    wrong["field"] = json!("diff");
    let refused = editor.request::<PartContentRead>(wrong).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadRequest);
}

/// What a megabyte of output costs a client.
pub async fn a_megabyte_in_a_thousand_steps_is_told_once(room: Room) {
    // Every notification names the folder: one of a usual length.
    let mut editor = room.named("megabyte").editor().await;
    let session = editor.session().await;
    let before = editor.bytes_heard();
    let step = "head -c 1000 /dev/urandom | base64 -w 0 | head -c 999; echo; sleep 0.003";
    let run = format!("bash: for i in $(seq 1000); do {step}; done");
    editor.prompt(&session, &run).await;
    let permission = editor.permission().await;
    editor.reply(&permission, PermissionReply::Once).await;
    editor.idle(&session).await;
    let bytes = editor.bytes_heard() - before;
    assert!(bytes < 1_200_000, "{bytes} bytes of notifications");
    let messages = editor.messages(&session);
    let mut parts = messages.iter().flat_map(|message| &message.parts);
    assert!(parts.any(|part| matches!(&part.body, PartBody::Tool(tool)
        if tool.status == ToolStatus::Completed)));
    editor.assert_as_stored(&session).await;
}

//! What waits for the user: permissions, questions, and those of sub-agents.

use sidestream::protocol::requests::{QuestionReject, QuestionReply};
use sidestream::protocol::{PartBody, PermissionReply, SessionStatus, ToolStatus};
use sidestream_tests::Editor;
use sidestream_tests::generation::generation;

const QUESTION: &str = r#"tool: question {"questions":[{"question":"Which colour?","header":"Colour","options":[{"label":"Red","description":"r"},{"label":"Blue","description":"b"}]}]}"#;

#[tokio::test]
async fn a_tool_runs_when_it_is_allowed_and_not_when_it_is_rejected() {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    editor.prompt(&session, "bash: echo from-the-shell").await;
    let permission = editor.permission().await;
    assert_eq!(permission.session_id, session);
    assert_eq!(permission.permission, generation().shell());
    assert!(
        permission.title.contains("echo from-the-shell"),
        "{}",
        permission.title
    );
    editor
        .shows("the count of what waits", |screen| {
            let mut all = screen.instances.values();
            all.find(|instance| instance.waiting == 1).map(|_| ())
        })
        .await;
    editor.reply(&permission, PermissionReply::Once).await;
    editor.idle(&session).await;
    let tools = editor.shown(&session);
    let tool = tools.iter().find(|line| line.kind == "tool").unwrap();
    assert_eq!(tool.text.trim(), "from-the-shell");
    assert_eq!(tool.status, "completed");
    editor.assert_as_stored(&session).await;

    // The server is known to forget prompts that come now.
    for round in 0..3 {
        editor
            .prompt(&session, &format!("bash: echo never-{round}"))
            .await;
        let permission = editor.permission().await;
        editor.reply(&permission, PermissionReply::Reject).await;
        editor.ask(&session, &format!("still there {round}?")).await;
        let words = editor.last_words(&session);
        assert!(
            words.starts_with(&format!("You said: still there {round}?")),
            "{words}"
        );
    }
    editor.assert_as_stored(&session).await;
    let messages = editor.messages(&session);
    assert!(messages.iter().all(|message| !message.parts.is_empty()));
    let rejected = editor.shown(&session);
    let rejected = rejected
        .iter()
        .filter(|line| line.kind == "tool" && line.status == "error");
    assert_eq!(rejected.count(), 3);
    editor
        .shows("the count of what waits", |screen| {
            let mut all = screen.instances.values();
            all.find(|instance| instance.waiting == 0).map(|_| ())
        })
        .await;
}

#[tokio::test]
async fn questions_and_a_sub_agents_permission_reach_the_user() {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    editor.prompt(&session, QUESTION).await;
    let question = editor.question().await;
    assert_eq!(question.questions[0].question, "Which colour?");
    let reply = QuestionReply {
        instance_id: editor.instance_id(0).await,
        question_id: question.id.clone(),
        answers: vec![vec!["Blue".into()]],
    };
    editor.call(reply).await.unwrap();
    editor.idle(&session).await;
    let lines = editor.shown(&session);
    let tool = lines.iter().find(|line| line.kind == "tool").unwrap();
    assert!(tool.text.contains("Blue"), "{}", tool.text);
    assert!(editor.screen.questions.is_empty());
    editor.assert_as_stored(&session).await;

    editor.prompt(&session, QUESTION).await;
    let question = editor.question().await;
    let reject = QuestionReject {
        instance_id: editor.instance_id(0).await,
        question_id: question.id,
    };
    editor.call(reject).await.unwrap();
    assert_eq!(editor.ended(&session).await, SessionStatus::Idle);
    assert!(editor.screen.questions.is_empty());
    editor.assert_as_stored(&session).await;

    let parent = editor.session().await;
    editor
        .prompt(
            &parent,
            r#"tool: task {"description":"sub job","prompt":"bash: echo from-child","subagent_type":"general"}"#,
        )
        .await;
    let permission = editor.permission().await;
    let child = permission.session_id.clone();
    assert_ne!(child, parent);
    assert_eq!(
        editor.screen.sessions[&child].parent_id.as_ref(),
        Some(&parent)
    );
    editor.reply(&permission, PermissionReply::Once).await;
    editor.idle(&parent).await;
    editor.assert_as_stored(&parent).await;
    let messages = editor.messages(&parent);
    let mut parts = messages.iter().flat_map(|message| &message.parts);
    assert!(
        parts.any(|part| matches!(&part.body, PartBody::Tool(tool)
        if tool.status == ToolStatus::Completed && tool.child_session_id.as_ref() == Some(&child)))
    );
    editor.open(&child).await;
    editor.assert_as_stored(&child).await;
}

#[tokio::test]
async fn a_prompt_that_waits_behind_a_tool_is_answered_after_it() {
    let mut editor = Editor::in_folders(1).start().await;
    let session = editor.session().await;
    editor.prompt(&session, "bash: echo first").await;
    let permission = editor.permission().await;
    // What the tool leads to comes later than this, and is told before it is sent.
    let next = editor.prompt(&session, "and then?").await;
    editor.reply(&permission, PermissionReply::Once).await;
    editor
        .shows("its answer", |screen| {
            let mut messages = screen.open[&session].messages.iter();
            messages
                .find(|message| message.info.parent_id.as_ref() == Some(&next.message_id))
                .map(|_| ())
        })
        .await;
    editor.idle(&session).await;
    let words = editor.last_words(&session);
    assert!(words.starts_with("You said: and then?"), "{words}");
    editor.assert_as_stored(&session).await;
}

//! Undo: one deed or a whole turn, exactly, and the undo itself.

use luna_core::ChatRequest;
use luna_model::{Answer, ErrorKind};
use luna_testkit::{InMemory, Reply, tell};
use serde_json::json;

async fn text(luna: &InMemory, path: &str) -> Option<String> {
    luna.workspace().read(path).await.ok()
}

#[tokio::test]
async fn a_turn_is_undone_as_a_whole_and_the_undo_too() {
    let luna = InMemory::luna().await;
    luna.use_tool("write_file", json!({"path": "kept.md", "content": "before"})).await.unwrap();
    luna.model
        .then(
            Reply::calls("write_file", json!({"path": "kept.md", "content": "after"}))
                .call("write_file", json!({"path": "new/deep.md", "content": "new"})),
        )
        .then(Reply::calls("edit_file", json!({"path": "kept.md", "old": "after", "new": "later"})))
        .then(Reply::says("Done."));
    let request = ChatRequest { message: "Rewrite them".into(), ..ChatRequest::default() };
    let story = tell(&luna, request, Some(Answer::Once)).await;
    assert_eq!(text(&luna, "kept.md").await.as_deref(), Some("later"));

    luna.undo_turn(story.turn, false).await.unwrap();
    assert_eq!(text(&luna, "kept.md").await.as_deref(), Some("before"));
    assert_eq!(text(&luna, "new/deep.md").await, None);
    assert_eq!(luna.undo_turn(story.turn, false).await.unwrap_err().kind, ErrorKind::NotFound);

    let undo = luna.undo().list(10).await.unwrap().into_iter().find(|c| c.tool == "undo").unwrap();
    luna.undo_action(undo.action, false).await.unwrap();
    assert_eq!(text(&luna, "kept.md").await.as_deref(), Some("later"));
    assert_eq!(text(&luna, "new/deep.md").await.as_deref(), Some("new"));
}

#[tokio::test]
async fn what_was_changed_since_is_not_overwritten_unasked() {
    let luna = InMemory::luna().await;
    luna.use_tool("write_file", json!({"path": "a.md", "content": "hers"})).await.unwrap();
    let deed = luna.undo().list(1).await.unwrap().remove(0);
    std::fs::write(luna.folder().join("workspace/a.md"), "mine").unwrap();
    let refused = luna.undo_action(deed.action, false).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Conflict);
    assert_eq!(text(&luna, "a.md").await.as_deref(), Some("mine"));
    luna.undo_action(deed.action, true).await.unwrap();
    assert_eq!(text(&luna, "a.md").await, None);
    let undo = luna.undo().list(1).await.unwrap().remove(0);
    luna.undo_action(undo.action, false).await.unwrap();
    assert_eq!(text(&luna, "a.md").await.as_deref(), Some("mine"), "what was in the way was kept");
}

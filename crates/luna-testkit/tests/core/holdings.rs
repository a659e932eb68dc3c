//! What is kept of the user: branched, connected, exported whole, switched off, and deleted for good.

use luna_core::ChatRequest;
use luna_core::memory::LinkKind;
use luna_model::{ErrorKind, FactSource, Mode, Provider, Role, Secret, SettingsPatch};
use luna_testkit::{InMemory, Ingredients, Reply, tell};
use serde_json::json;

fn says(message: &str) -> ChatRequest {
    ChatRequest { message: message.into(), ..ChatRequest::default() }
}

fn patch(value: serde_json::Value) -> SettingsPatch {
    value.as_object().cloned().unwrap()
}

#[tokio::test]
async fn a_branch_begins_like_the_conversation_and_leaves_it_as_it_is() {
    let luna = InMemory::luna().await;
    luna.model.then(Reply::says("One."));
    luna.model.then(Reply::says("Two."));
    let first = tell(&luna, says("first"), None).await;
    let again = ChatRequest { conversation: Some(first.conversation), ..says("second") };
    tell(&luna, again, None).await;
    let all = luna.messages(first.conversation, 10, None).await.unwrap();
    assert_eq!(all.len(), 4);

    let without = luna.branch_conversation(first.conversation, all[2].id, false).await.unwrap();
    let copied = luna.messages(without.id, 10, None).await.unwrap();
    let texts: Vec<_> = copied.iter().map(|m| (m.role, m.content.as_str())).collect();
    assert_eq!(texts, [(Role::User, "first"), (Role::Assistant, "One.")]);
    assert_eq!(without.message_count, 2);
    assert!(copied.iter().all(|m| m.conversation == without.id && all.iter().all(|a| a.id != m.id)));

    let with = luna.branch_conversation(first.conversation, all[2].id, true).await.unwrap();
    assert_eq!(luna.messages(with.id, 10, None).await.unwrap().len(), 3);
    assert_eq!(luna.messages(first.conversation, 10, None).await.unwrap(), all);
    // It goes on by itself.
    luna.model.then(Reply::says("Three."));
    tell(&luna, ChatRequest { conversation: Some(without.id), ..says("otherwise") }, None).await;
    assert_eq!(luna.messages(without.id, 10, None).await.unwrap().len(), 4);

    let elsewhere = luna.branch_conversation(with.id, all[0].id, true).await.unwrap_err();
    assert_eq!(elsewhere.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn facts_that_name_the_same_are_tied_and_a_replaced_one_says_what_replaced_it() {
    let luna = InMemory::luna().await;
    let memory = luna.memory();
    let a = memory.add("user's sister is called Mira", 1.0, FactSource::Stated).await.unwrap();
    let b = memory.add("the cake for Mira is in the oven", 1.0, FactSource::Stated).await.unwrap();
    memory.add("user likes rain", 1.0, FactSource::Stated).await.unwrap();
    let links = memory.links().await.unwrap();
    let named = links.iter().find(|l| l.kind == LinkKind::Name("Mira".into())).expect("a tie by name");
    let ends = [named.from, named.to];
    assert!(ends.contains(&a.id) && ends.contains(&b.id));

    memory.add("user's cat is called Biscuit", 1.0, FactSource::Stated).await.unwrap();
    memory.add("user's cat is called Pixel", 1.0, FactSource::Stated).await.unwrap();
    let replaced = memory.replaced(10).await.unwrap();
    assert_eq!(replaced.len(), 1);
    assert!(replaced[0].before.content.contains("Biscuit") && !replaced[0].merged);
    assert!(replaced[0].now.as_ref().unwrap().content.contains("Pixel"));
}

#[tokio::test]
async fn everything_can_be_taken_along_and_then_deleted_for_good() {
    let luna = InMemory::of(Ingredients { on_disk: true, ..Ingredients::default() }).await;
    luna.model.then(Reply::says("Noted."));
    let story = tell(&luna, says("my secret plan"), None).await;
    luna.memory().add("user is allergic to peanuts", 1.0, FactSource::Stated).await.unwrap();
    luna.use_tool("write_file", json!({ "path": "notes/plan.md", "content": "# Plan" })).await.unwrap();
    luna.patch_settings(patch(json!({ "user_name": "Ada" }))).await.unwrap();
    luna.gate().set_mode("web_fetch", Mode::Block).await.unwrap();
    luna.set_provider_key(Provider::Groq, Secret::new("gsk-1".to_owned())).await.unwrap();
    luna.set_credential("SLACK_BOT_TOKEN", Some(Secret::new("xoxb-1".to_owned()))).await.unwrap();
    assert!(!luna.secrets.names().is_empty());

    let sizes = luna.holdings().await.unwrap();
    assert!(sizes.iter().any(|h| h.name == "database" && h.size > 0));
    let exported = luna.export_all().await.unwrap();
    assert!(exported.size > 0 && exported.path.extension().is_some_and(|x| x == "zip"));
    let bytes = std::fs::read(&exported.path).unwrap();
    // Names stand in a zip's directory as they are.
    for name in ["facts.json", "conversations.json", "luna.db", "audit.log", "workspace/notes/plan.md"] {
        assert!(bytes.windows(name.len()).any(|w| w == name.as_bytes()), "{name}");
    }

    luna.delete_everything(false).await.unwrap();
    assert!(luna.conversations(10, None).await.unwrap().is_empty());
    assert!(luna.messages(story.conversation, 10, None).await.is_err());
    assert!(luna.memory().facts().await.unwrap().is_empty());
    assert!(luna.memory().search("peanuts", 5).await.unwrap().is_empty());
    assert_eq!(luna.settings().current().user_name, "friend");
    assert_eq!(luna.gate().modes()["web_fetch"], luna.gate().default_modes()["web_fetch"]);
    assert!(luna.undo().list(10).await.unwrap().is_empty());
    assert!(!exported.path.exists());
    assert_eq!(luna.secrets.names(), Vec::<String>::new(), "no key, token or password stays");
    assert_eq!(luna.workspace().read("notes/plan.md").await.unwrap(), "# Plan");
    let check = luna.gate().audit().verify().await.unwrap();
    assert_eq!((check.records, check.problem), (0, None));

    // She begins again, and her log with her.
    luna.model.then(Reply::says("Hello."));
    tell(&luna, says("hello"), None).await;
    luna.use_tool("write_file", json!({ "path": "a.md", "content": "a" })).await.unwrap();
    let check = luna.gate().audit().verify().await.unwrap();
    assert!(check.records > 0 && check.problem.is_none());
    luna.delete_everything(true).await.unwrap();
    assert!(luna.workspace().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_switched_off_is_not_offered_and_not_done() {
    let luna = InMemory::luna().await;
    luna.patch_settings(patch(json!({ "modules_off": ["web", "memory"] }))).await.unwrap();
    luna.model.then(Reply::calls("web_search", json!({ "query": "moon" })));
    luna.model.then(Reply::says("I cannot."));
    let story = tell(&luna, says("look up the moon"), None).await;
    let asked = luna.model.asked();
    let offered: Vec<_> = asked[0].tools.iter().map(|t| t.name.as_str()).collect();
    assert!(
        !offered.contains(&"web_search") && !offered.contains(&"recall") && offered.contains(&"read_file")
    );
    let messages = luna.messages(story.conversation, 10, None).await.unwrap();
    let result = messages[1].tools[0].result.as_ref().unwrap();
    assert!(result.is_error && result.content.contains("switched off"), "{}", result.content);

    let unknown = luna.patch_settings(patch(json!({ "modules_off": ["nothing"] }))).await.unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::Invalid);
    luna.patch_settings(patch(json!({ "modules_off": [] }))).await.unwrap();
    assert!(luna.has_module("web"));
}

#[tokio::test]
async fn a_rule_made_by_hand_holds() {
    let luna = InMemory::luna().await;
    let rule = luna.add_command_rule("git push", Mode::Block).await.unwrap();
    assert!(luna.gate().rules().contains(&rule));
    let empty = luna.add_command_rule("  ", Mode::Block).await.unwrap_err();
    assert_eq!(empty.kind, ErrorKind::Invalid);
}

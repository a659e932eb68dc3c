//! The file for real, and a real keyring where one is installed.

use std::{fs, process::Command};

use super::*;

async fn in_file(path: &Path) -> KeptSecrets {
    KeptSecrets::open(SecretStore::File, path, [], Redactor::default()).await.unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn the_file_keeps_replaces_and_forgets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    let kept = in_file(&path).await;
    assert_eq!(kept.get("a").await.unwrap(), None);
    kept.set("a", secret("one")).await.unwrap();
    kept.set("b", secret("\"two\"\n")).await.unwrap();
    kept.set("a", secret("three")).await.unwrap();

    let again = in_file(&path).await;
    assert_eq!(again.get("a").await.unwrap(), Some(secret("three")));
    assert_eq!(again.get("b").await.unwrap(), Some(secret("\"two\"\n")));
    again.delete("a").await.unwrap();
    again.delete("a").await.unwrap();
    assert_eq!(kept.get("a").await.unwrap(), None);
    assert!(kept.place().contains("file"));
    assert!(!format!("{kept:?}").contains("two"));
}

#[tokio::test]
async fn two_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    let (one, two) = (in_file(&path).await, in_file(&path).await);
    let write = |kept: KeptSecrets, prefix: &'static str| async move {
        for at in 0..20 {
            kept.set(&format!("{prefix}{at}"), secret("x")).await.unwrap();
        }
    };
    tokio::join!(write(one, "one"), write(two, "two"));
    let entries: HashMap<String, String> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(entries.len(), 40);
}

#[cfg(unix)]
#[tokio::test]
async fn others_cannot_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let kept = in_file(&path).await;
    kept.set("a", secret("one")).await.unwrap();
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(kept.get("a").await.unwrap(), Some(secret("one")));
    assert_eq!(mode(), 0o600, "it is closed again when it is next read");
}

#[tokio::test]
async fn a_damaged_file_is_said_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    fs::write(&path, "{\"a\": \"hunter2").unwrap();
    let kept = in_file(&path).await;
    for error in [kept.get("a").await.unwrap_err(), kept.set("b", secret("x")).await.unwrap_err()] {
        assert!(
            error.message.contains("secrets.json") && !format!("{error:?}").contains("hunter2"),
            "{error:?}"
        );
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\": \"hunter2");
}

#[tokio::test]
async fn what_is_given_from_outside_is_stronger_and_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    in_file(&path).await.set("OPENAI_API_KEY", secret("stored")).await.unwrap();
    let given = secret("given");
    let kept = KeptSecrets::open(SecretStore::File, &path, [("OPENAI_API_KEY", &given)], Redactor::default())
        .await
        .unwrap();
    assert_eq!(kept.get("OPENAI_API_KEY").await.unwrap(), Some(given));
    assert!(!fs::read_to_string(&path).unwrap().contains("given"));
}

/// Runs one of the ignored tests below in a process of its own, with this bus address.
fn run_alone(test: &str, mut command: Command) -> std::process::Output {
    let this = std::env::current_exe().unwrap();
    command
        .env("LUNA_TEST_BINARY", this)
        .env("LUNA_TEST_NAME", format!("secrets::tests::{test}"))
        .output()
        .unwrap()
}

fn installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).exists()))
}

#[cfg(target_os = "linux")]
#[test]
fn a_real_keyring_keeps_them() {
    if !installed("gnome-keyring-daemon") || !installed("dbus-run-session") {
        eprintln!("SKIPPED: gnome-keyring-daemon and dbus-run-session are needed for the keyring's own test");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("dbus-run-session");
    command.env("HOME", home.path()).env("XDG_DATA_HOME", home.path()).env("XDG_RUNTIME_DIR", home.path());
    command.args(["--", "sh", "-c"]).arg(
        "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 &&\n\
         exec \"$LUNA_TEST_BINARY\" --ignored --exact \"$LUNA_TEST_NAME\" --nocapture",
    );
    let output = run_alone("inside_a_session_with_a_keyring", command);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "started by a_real_keyring_keeps_them, inside a session with a keyring"]
async fn inside_a_session_with_a_keyring() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = one.path().join("secrets.json");
    // Kept in the file while there was no keyring: still found, and moved when it is next stored.
    in_file(&path).await.set("old", secret("from the file")).await.unwrap();

    let kept = KeptSecrets::open(SecretStore::Auto, &path, [], Redactor::default()).await.unwrap();
    assert_eq!(kept.place(), "the system keyring");
    assert_eq!(kept.get("a").await.unwrap(), None);
    kept.set("a", secret("öne")).await.unwrap();
    assert_eq!(kept.get("a").await.unwrap(), Some(secret("öne")));
    assert_eq!(kept.get("old").await.unwrap(), Some(secret("from the file")));
    kept.set("old", secret("from the keyring")).await.unwrap();
    assert!(!fs::read_to_string(&path).unwrap().contains("from the"), "the file has forgotten it");

    let again = KeptSecrets::open(SecretStore::Keyring, &path, [], Redactor::default()).await.unwrap();
    assert_eq!(again.get("a").await.unwrap(), Some(secret("öne")));
    assert_eq!(again.get("old").await.unwrap(), Some(secret("from the keyring")));
    let other =
        KeptSecrets::open(SecretStore::Keyring, &two.path().join("secrets.json"), [], Redactor::default())
            .await
            .unwrap();
    assert_eq!(other.get("a").await.unwrap(), None, "entries belong to one data folder");
    again.delete("a").await.unwrap();
    again.delete("a").await.unwrap();
    assert_eq!(kept.get("a").await.unwrap(), None);
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_keyring_the_file_is_used_and_it_is_said() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/no-bus", home.path().display()));
    command.arg("-c").arg("exec \"$LUNA_TEST_BINARY\" --ignored --exact \"$LUNA_TEST_NAME\" --nocapture");
    let output = run_alone("inside_a_session_without_a_keyring", command);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(said.matches("the system keyring cannot be used").count(), 1, "{said}");
}

#[tokio::test]
#[ignore = "started by without_a_keyring_the_file_is_used_and_it_is_said, with a bus address that leads nowhere"]
async fn inside_a_session_without_a_keyring() {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.json");
    let kept = KeptSecrets::open(SecretStore::Auto, &path, [], Redactor::default()).await.unwrap();
    kept.set("a", secret("one")).await.unwrap();
    assert_eq!(kept.get("a").await.unwrap(), Some(secret("one")));
    assert!(path.exists() && kept.place().contains("file"));
    let error = KeptSecrets::open(SecretStore::Keyring, &path, [], Redactor::default()).await.unwrap_err();
    assert!(error.message.contains("LUNA_SECRET_STORE=file"), "{error}");
}

//! Order of strength, what is refused and what is never shown.

use std::fs;

use tempfile::TempDir;

use super::*;

/// As short as it may be.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn load(flags: &[(&str, &str)], environment: &[(&str, &str)], cwd: &Path) -> Result<Config> {
    let flags = flags.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    let environment = environment.iter().map(|(n, v)| (OsString::from(n), OsString::from(v)));
    Config::load(flags, environment, cwd)
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn defaults_are_those_of_the_contract() {
    let config = load(&[], &[], folder(&[]).path()).unwrap();
    assert_eq!((config.host.as_str(), config.port, config.executor_port), ("127.0.0.1", 8899, Some(8000)));
    assert_eq!((config.variant, config.secret_store), (Variant::Personal, SecretStore::Auto));
    assert!(config.jwt.is_none() && config.rate_limit.is_none() && config.password.is_none());
    assert_eq!(config.over(&Settings::default()).unwrap(), Settings::default());
    assert!(config.overridden().is_empty());
}

#[test]
fn the_stronger_source_wins() {
    let place = folder(&[
        (".env", "port=1001\nuser_name=file\nLUNA_NAME=file\nWEATHER_CITY=file\nLUNA_VARIANT=personal\n"),
        (".env.personal", "LUNA_NAME=variant\nWEATHER_CITY=variant\n"),
        (".env.business", "WEATHER_CITY=business\n"),
    ]);
    let environment = [("PORT", "1002"), ("WEATHER_CITY", "environment")];
    let config = load(&[("PORT", "1003")], &environment, place.path()).unwrap();
    assert_eq!(config.port, 1003);
    assert_eq!(config.text("WEATHER_CITY").unwrap(), "environment");

    let stored = Settings { user_name: "stored".into(), history_messages: 7, ..Settings::default() };
    let settings = config.over(&stored).unwrap();
    assert_eq!(settings.user_name, "file", "a file is stronger than what was stored");
    assert_eq!(settings.luna_name, "variant", "the variant's file is stronger than .env");
    assert_eq!(settings.history_messages, 7, "what was stored is stronger than the default");
}

#[test]
fn one_named_file_is_read_instead() {
    let place =
        folder(&[(".env", "PORT=1\nLUNA_NAME=plain"), ("other", "PORT=2"), (".env.personal", "LUNA_NAME=x")]);
    let config = load(&[], &[("LUNA_ENV_FILE", "other")], place.path()).unwrap();
    assert_eq!((config.port, config.origin("LUNA_NAME")), (2, None));

    let error = load(&[], &[("LUNA_ENV_FILE", "missing")], place.path()).unwrap_err();
    assert!(error.message.contains("LUNA_ENV_FILE") && error.message.contains("missing"), "{error}");
}

#[test]
fn the_variant_chooses_its_file() {
    let place = folder(&[
        (".env", "LUNA_VARIANT=business\nJWT_SECRET=the weak one"),
        (".env.business", "JWT_SECRET=0123456789abcdef0123456789abcdef\nLUNA_VARIANT=personal"),
        (".env.personal", "PORT=1"),
    ]);
    let config = load(&[], &[], place.path()).unwrap();
    assert_eq!((config.variant, config.port), (Variant::Business, 8899));
    assert_eq!(config.jwt.unwrap().secret.expose(), SECRET);
}

#[test]
fn files_may_be_written_as_people_write_them() {
    let text = "\u{feff}# Luna\n\nexport Port = 1001\nwEaTher_City=New York # home\nUSER_NAME='Ann #1'\nNOT_OURS=New York Times\nbusiness_name=New York Pizza\n\
                OPENAI_API_KEY=\nno_such=1\n";
    let config = load(&[], &[], folder(&[(".env", text)]).path()).unwrap();
    assert_eq!(config.port, 1001);
    assert_eq!(config.text("WEATHER_CITY").unwrap(), "New York");
    assert_eq!(config.text("USER_NAME").unwrap(), "Ann #1");
    assert_eq!(config.text("BUSINESS_NAME").unwrap(), "New York Pizza");
    assert!(config.secret("OPENAI_API_KEY").is_none(), "an empty text is no key");
}

#[test]
fn other_names_are_read_and_the_stronger_source_still_wins() {
    let place = folder(&[(".env", "news_api_key=own\nalpha_vantage=other")]);
    let config = load(&[], &[("THE_NEWS_API", "environment")], place.path()).unwrap();
    assert_eq!(config.secret("NEWS_API_KEY").unwrap().expose(), "environment");
    assert_eq!(config.secret("ALPHA_VANTAGE_KEY").unwrap().expose(), "other");
}

#[test]
fn an_unreadable_value_is_named() {
    let place = folder(&[(".env", "rate_limit_burst=many")]);
    let error = load(&[], &[], place.path()).unwrap_err();
    assert!(error.message.contains("RATE_LIMIT_BURST") && error.message.contains(".env"), "{error}");
    assert!(error.message.contains("\"many\"") && error.message.contains("whole number"), "{error}");

    let error = load(&[("PORT", "65536")], &[], folder(&[]).path()).unwrap_err();
    assert!(error.message.contains("PORT (on the command line)"), "{error}");
    let error = load(&[("PROT", "1")], &[], folder(&[]).path()).unwrap_err();
    assert!(error.message.contains("PROT"), "{error}");
}

#[test]
fn no_secret_is_ever_shown() {
    let hidden = "hunter2hunter2";
    let bad_url = [("OPENAI_BASE_URL", "http//user:hunter2hunter2@host")];
    let error = load(&[], &bad_url, folder(&[]).path()).unwrap_err();
    assert!(error.message.contains("OPENAI_BASE_URL") && !error.message.contains(hidden), "{error}");

    let place = folder(&[(".env", "PORT=1\nLUNA_PASSWORD=\"hunter2hunter2\n")]);
    let error = load(&[], &[], place.path()).unwrap_err();
    assert!(error.message.contains(".env") && error.message.contains("LUNA_PASSWORD"), "{error}");
    assert!(!error.message.contains(hidden), "{error}");

    let config =
        load(&[], &[("LUNA_PASSWORD", hidden), ("GITHUB_TOKEN", hidden)], folder(&[]).path()).unwrap();
    assert!(!format!("{config:?}").contains(hidden));
    assert_eq!(config.secrets().count(), 2);
}

#[cfg(unix)]
#[test]
fn text_that_is_not_utf8_is_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let environment = [
        (OsString::from("NOT_OURS"), OsString::from_vec(vec![0xFF])),
        (OsString::from("USER_NAME"), OsString::from_vec(vec![0xFF])),
    ];
    let error = Config::load([], environment, folder(&[]).path()).unwrap_err();
    assert!(error.message.contains("USER_NAME"), "{error}");
}

#[test]
fn it_does_not_listen_to_everyone_without_a_password() {
    let place = folder(&[]);
    for host in ["0.0.0.0", "::", "192.168.1.4", "luna.lan"] {
        let error = load(&[("HOST", host)], &[], place.path()).unwrap_err();
        assert!(error.message.contains(host) && error.message.contains("LUNA_PASSWORD"), "{error}");
        assert!(load(&[("HOST", host)], &[("LUNA_PASSWORD", "x")], place.path()).is_ok());
        assert!(load(&[("HOST", host)], &[("JWT_SECRET", "x")], place.path()).is_err(), "personal");
        let business = [("LUNA_VARIANT", "business"), ("JWT_SECRET", SECRET)];
        assert!(load(&[("HOST", host)], &business, place.path()).is_ok());
    }
    for host in ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"] {
        assert!(load(&[("HOST", host)], &[], place.path()).unwrap().is_loopback(), "{host}");
    }
}

#[test]
fn business_needs_its_secret_and_the_two_ports_differ() {
    let error = load(&[("LUNA_VARIANT", "business")], &[], folder(&[]).path()).unwrap_err();
    assert!(error.message.contains("JWT_SECRET"), "{error}");
    let short = [("LUNA_VARIANT", "business"), ("JWT_SECRET", &SECRET[1..])];
    let error = load(&short, &[], folder(&[]).path()).unwrap_err();
    assert!(error.message.contains("32 bytes") && !error.message.contains(&SECRET[1..]), "{error}");
    let error = load(&[("PORT", "8000")], &[], folder(&[]).path()).unwrap_err();
    assert!(error.message.contains("EXECUTOR_PORT"), "{error}");
    let config = load(&[("PORT", "8000"), ("EXECUTOR_PORT", "0")], &[], folder(&[]).path()).unwrap();
    assert_eq!(config.executor_port, None);
}

#[test]
fn proxies_are_addresses_or_networks() {
    let place = folder(&[(".env", "TRUSTED_PROXIES=127.0.0.1, 10.0.0.0/8,::1")]);
    let config = load(&[], &[], place.path()).unwrap();
    let named: Vec<_> = config.proxies.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]);
    let error = load(&[], &[("TRUSTED_PROXIES", "nginx")], place.path()).unwrap_err();
    assert!(error.message.contains("TRUSTED_PROXIES"), "{error}");
}

#[test]
fn it_says_which_settings_cannot_be_changed() {
    let place = folder(&[(".env", "NVIDIA_NIM_MODEL=big")]);
    let config = load(&[], &[("LLM_PROVIDER", "groq"), ("OPENAI_API_KEY", "k")], place.path()).unwrap();
    let overridden = config.overridden();
    let fields: Vec<_> = overridden.iter().map(|o| (o.field, o.variable)).collect();
    assert_eq!(fields, [("provider", "LLM_PROVIDER"), ("providers.nvidia-nim.model", "NVIDIA_NIM_MODEL")]);
    assert_eq!(overridden[1].origin, Origin::File(place.path().join(".env")));
}

#[test]
fn every_variable_that_sets_a_field_sets_a_real_one() {
    let examples = |kind: Kind| match kind {
        Kind::Flag => vec!["false".to_owned(), "true".into()],
        Kind::Whole(least, most) => vec![17.clamp(least, most).to_string()],
        Kind::Number => vec!["59.9".into()],
        Kind::Url => vec!["http://example.org".into()],
        Kind::OneOf(_) => vec!["groq".into()],
        _ => vec!["word".into()],
    };
    for variable in VARIABLES.iter().filter(|v| !v.sets.is_empty()) {
        let over = |example: &String| {
            let config = load(&[(variable.name, example)], &[], folder(&[]).path()).unwrap();
            config.over(&Settings::default()).unwrap()
        };
        let changed =
            examples(variable.kind).iter().map(over).find(|changed| *changed != Settings::default());
        let changed = changed.unwrap_or_else(|| panic!("{} changes nothing", variable.name));
        let mut back = serde_json::to_value(&changed).unwrap();
        put(&mut back, variable.sets, serde_json::json!(null));
        assert_ne!(back, serde_json::to_value(&changed).unwrap(), "{}: no such field", variable.sets);
    }
    let config = load(&[("LLM_PROVIDER", "auto")], &[], folder(&[]).path()).unwrap();
    let stored = Settings { provider: Some(Provider::Groq), ..Settings::default() };
    assert_eq!(
        config.over(&stored).unwrap().provider,
        None,
        "auto, said from outside, is stronger than what was stored"
    );
}

#[test]
fn providers_and_paths_come_out_as_given() {
    let place = folder(&[]);
    let environment = [
        ("OPENAI_BASE_URL", "http://127.0.0.1:1234/v1/"),
        ("GEMINI_API_KEY", "k"),
        ("HOME", "/home/ann"),
        ("DB_PATH", "a/b"),
    ];
    let config = load(&[("LUNA_DATA_DIR", "~/luna")], &environment, place.path()).unwrap();
    let openai = config.provider(Provider::OpenaiCompatible);
    assert_eq!(
        (openai.base_url.as_deref(), openai.model, openai.key),
        (Some("http://127.0.0.1:1234/v1"), None, None)
    );
    assert_eq!(config.provider(Provider::Google).key.unwrap().expose(), "k");
    assert_eq!(config.data_dir.unwrap(), Path::new("/home/ann/luna"));
    assert_eq!(config.database.unwrap(), place.path().join("a/b"));
}

#[test]
fn the_table_says_the_providers_own_defaults() {
    for provider in Provider::ALL.into_iter().filter(|p| *p != Provider::Builtin) {
        let own = luna_llm::defaults(provider);
        let said = |end: &str| variable(&format!("{}_{end}", own.env)).unwrap();
        assert_eq!(said("BASE_URL").default, own.base_url.trim_end_matches('/'), "{}", own.title);
        assert_eq!(said("MODEL").default, own.model, "{}", own.title);
        assert_eq!(said("MODEL").sets, format!("providers.{}.model", provider.name()));
        assert_eq!(said("BASE_URL").sets, format!("providers.{}.base_url", provider.name()));
        assert!(provider == Provider::Ollama || said("API_KEY").is_secret());
    }
}

//! The OpenAPI document: it is 3.1, every route in it is there and has a case, and the pages in docs/wire know the
//! command table.

use std::collections::BTreeSet;
use std::path::Path;

use luna_commands::{About, Table};
use reqwest::Method;
use serde_json::Value;

use crate::golden::{cases, folder};
use crate::stage::{Stage, VERSION};

/// Method and path of every route of a document.
fn routes(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let routes = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
    });
    routes.collect()
}

async fn documents(stage: &Stage) -> [Value; 2] {
    let mut documents = vec![];
    for port in [stage.main, stage.executor] {
        let reply = stage.client.get(format!("http://{port}/api-docs/openapi.json")).send().await.unwrap();
        documents.push(serde_json::from_str(&reply.text().await.unwrap()).unwrap());
    }
    documents.try_into().unwrap()
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_whole() {
    let stage = Stage::set().await;
    let [main, executor] = documents(&stage).await;
    for document in [&main, &executor] {
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
        assert_eq!(document["info"]["version"], VERSION);
        for (pointer, reference) in references(document, String::new()) {
            let target = reference.strip_prefix('#').expect("references stay inside the document");
            assert!(
                document.pointer(target).is_some(),
                "{pointer} refers to {reference}, which is not there"
            );
        }
    }
    assert!(routes(&main).len() > 30, "{:?}", routes(&main));
    assert_eq!(routes(&executor).len(), 4, "{:?}", routes(&executor));
}

fn references(value: &Value, at: String) -> Vec<(String, String)> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).map(|r| (at.clone(), r.to_owned()));
            let inner = fields.iter().flat_map(|(name, value)| references(value, format!("{at}/{name}")));
            own.into_iter().chain(inner).collect()
        }
        Value::Array(values) => {
            values.iter().flat_map(|value| references(value, format!("{at}/[]"))).collect()
        }
        _ => vec![],
    }
}

#[tokio::test]
async fn every_documented_route_is_there() {
    let stage = Stage::set().await;
    for (document, port) in documents(&stage).await.iter().zip([stage.main, stage.executor]) {
        for (method, path) in routes(document) {
            // "x" is no id of anything: a route that is there says so in its own words.
            let url = format!("http://{port}{}", path.replace(['{', '}'], ""));
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let reply = stage.client.request(method.clone(), url).send().await.unwrap();
            let status = reply.status();
            let body = reply.text().await.unwrap();
            let unknown = body.contains("\"code\":\"not_found\"") || status == 405;
            // What needs something that is not there says so.
            let faulty = status.is_server_error() && status != 503;
            assert!(!unknown && !faulty, "{method} {path} on {port}: {status} {body}");
        }
    }
}

#[tokio::test]
async fn every_documented_route_has_a_case() {
    let stage = Stage::set().await;
    let mut asked = BTreeSet::new();
    for (_, text) in cases(&folder()) {
        let requests = text.lines().filter_map(|line| line.strip_prefix("> ")?.split_once(' '));
        let requests = requests.filter(|(_, path)| path.starts_with('/'));
        asked.extend(requests.map(|(m, path)| (m.to_owned(), path.split('?').next().unwrap().to_owned())));
    }
    let fits = |pattern: &str, path: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len() && pattern.iter().zip(path).all(|(p, s)| p.starts_with('{') || *p == s)
    };
    let [main, executor] = documents(&stage).await;
    for (method, path) in routes(&main).into_iter().chain(routes(&executor)) {
        let found = asked.iter().any(|(m, p)| *m == method && fits(&path, p));
        assert!(found, "{method} {path} has no case in tests/golden");
    }
}

#[tokio::test]
async fn the_page_of_the_command_table_names_every_command() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/wire/rpc.md");
    let page = std::fs::read_to_string(page).unwrap();
    let stage = Stage::set().await;
    let table = Table::new((*stage.luna).clone(), About { version: VERSION, variant: "personal" });
    for name in table.names() {
        assert!(page.contains(&format!("`{name}`")), "{name} is not on docs/wire/rpc.md");
    }
}

//! Every route that a dialect registers stands on that dialect's page in docs/wire.

use std::collections::BTreeSet;

use super::{Finding, crates::expression, tree::Tree};

const DIALECTS: &str = "crates/luna-http/src/dialects/";

pub(super) fn documented(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut dialects = BTreeSet::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        let Some(dialect) = file.path.strip_prefix(DIALECTS).and_then(|rest| rest.split(['/', '.']).next())
        else {
            continue;
        };
        let page = format!("docs/wire/{dialect}.md");
        let Some(documentation) = tree.file(&page) else {
            if dialect != "mod" && dialects.insert(dialect.to_owned()) {
                findings.push(Finding::new(page, "is missing: a line for each route of this dialect"));
            }
            continue;
        };
        let documentation = plain(&documentation.text);
        for route in routes(&file.text) {
            if !documentation.contains(&format!("{} ", plain(&route).trim_end())) {
                findings.push(Finding::new(&file.path, format!("{route} is not on the page {page}")));
            }
        }
    }
    findings
}

/// What a file registers: `METHOD /path` from `#[utoipa::path(…)]`, and the path alone from `.route("…")`.
fn routes(text: &str) -> Vec<String> {
    let attribute =
        expression(r#"utoipa::path\(\s*(?:method\()?\s*(get|post|put|patch|delete|head|options)\b"#);
    let path = expression(r#"\bpath\s*=\s*"([^"]+)""#);
    let plain_route = expression(r#"\.route\(\s*"([^"]+)""#);
    let mut found = Vec::new();
    for start in attribute.captures_iter(text) {
        let rest = &text[start.get(0).map_or(0, |whole| whole.end())..];
        if let Some(path) = path.captures(rest) {
            found.push(format!("{} {}", start[1].to_uppercase(), &path[1]));
        }
    }
    found.extend(plain_route.captures_iter(text).map(|route| route[1].to_owned()));
    found
}

/// A page as running words: tables and code marks taken away, every parameter called `{}`, an end after each word.
fn plain(text: &str) -> String {
    let parameter = expression(r"\{\*?[A-Za-z_]+\}|(?P<slash>/):[A-Za-z_]+");
    let text = parameter.replace_all(text, "${slash}{}");
    let mut words: String = text
        .replace(['|', '`', ','], " ")
        .split_whitespace()
        .flat_map(|word| [word.split('?').next().unwrap_or(word), " "])
        .collect();
    words.push(' ');
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLERS: &str = r#"
        #[utoipa::path(
            get,
            path = "/api/chat/conversations/{id}/messages",
            params(("id" = Uuid, Path)),
            responses((status = 200)),
        )]
        async fn messages() {}

        #[utoipa::path(post, path = "/api/chat/confirm")]
        async fn confirm() {}

        fn router() -> Router { Router::new().route("/ws", get(socket)) }
    "#;

    #[test]
    fn routes_are_read_from_the_code() {
        let found = routes(HANDLERS);
        assert_eq!(found, ["GET /api/chat/conversations/{id}/messages", "POST /api/chat/confirm", "/ws"]);
    }

    #[test]
    fn a_route_that_is_not_documented_is_found() {
        let page = "| Route | Verb |\n|---|---|\n| `GET /api/chat/conversations/:conversation/messages` | chat.messages |\n\
                    | GET | /ws |\n| `POST /api/chat/confirmation` | x |\n";
        let code = "crates/luna-http/src/dialects/luna/chat.rs";
        let tree = Tree::of(&[(code, HANDLERS), ("docs/wire/luna.md", page)], &[]);
        let findings = documented(&tree);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].what.starts_with("POST /api/chat/confirm is not"), "{findings:?}");
    }

    #[test]
    fn a_dialect_without_a_page_is_found_once() {
        let files = [
            ("crates/luna-http/src/dialects/luna/a.rs", HANDLERS),
            ("crates/luna-http/src/dialects/luna/b.rs", ""),
        ];
        assert_eq!(documented(&Tree::of(&files, &[])).len(), 1);
    }
}

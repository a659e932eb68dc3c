//! Markdown for services that know little of it: line by line, headings as bold lines, bullets as bullets. Pure.

/// A text in which `plain` writes what stands outside of code and `code` what stands inside; a heading is bold by
/// asterisks, which every service reads so.
pub(super) fn by_lines(text: &str, plain: fn(&str) -> String, code: fn(&str) -> String) -> String {
    let mut in_code = false;
    let lines = text.lines().map(|line| {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            return "```".to_owned();
        }
        if in_code {
            return code(line);
        }
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() && heading.starts_with(' ') {
            return format!("*{}*", plain(&heading.trim().replace("**", "")));
        }
        let bullet = line.trim_start();
        let indent = &line[..line.len() - bullet.len()];
        match bullet.strip_prefix("- ").or_else(|| bullet.strip_prefix("* ")) {
            Some(item) => format!("{indent}• {}", plain(&item.replace("**", "*"))),
            None => plain(&line.replace("**", "*")),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

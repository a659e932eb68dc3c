//! Skills: instructions that the model reads when they fit what was said. Nine are shipped; the user's own lie in the
//! workspace's `skills` folder and are read live. A folder counts when it has a `SKILL.md` or a `skill.json`; both forms of
//! `skill.json` are read (`id, name, tools` and `name, version, commands`).

use include_dir::{Dir, include_dir};
use luna_model::{Error, Result, Skill};
use serde_json::Value;

use crate::ports::Recall;
use crate::workspace::Workspace;

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/skills");

/// The workspace folder of the user's own skills.
const FOLDER: &str = "skills";
/// A skill must fit at least so well to be read.
const FITS: f32 = 0.40;
/// Most skills for one question.
const MOST: usize = 2;

/// The skills; cheap to clone.
#[derive(Clone, Debug)]
pub struct Skills {
    workspace: Workspace,
}

impl Skills {
    pub(crate) const fn new(workspace: Workspace) -> Self {
        Self { workspace }
    }

    /// All skills by name, the user's own in place of shipped ones with the same folder name.
    ///
    /// # Errors
    /// When the workspace cannot be read.
    pub async fn all(&self) -> Result<Vec<Skill>> {
        let mut skills: Vec<_> = SHIPPED.dirs().filter_map(shipped).collect();
        for own in self.own().await? {
            skills.retain(|s| s.id != own.id);
            skills.push(own);
        }
        skills.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(skills)
    }

    async fn own(&self) -> Result<Vec<Skill>> {
        let files = self.workspace.list_below(FOLDER).await?;
        let mut folders: Vec<_> = files
            .iter()
            .filter_map(|f| f.path.strip_prefix(FOLDER)?.strip_prefix('/')?.split_once('/'))
            .filter(|(folder, file)| !folder.starts_with('_') && matches!(*file, "SKILL.md" | "skill.json"))
            .map(|(folder, _)| folder.to_owned())
            .collect();
        folders.sort();
        folders.dedup();
        let mut skills = vec![];
        for id in folders {
            let body = self.workspace.read(&format!("{FOLDER}/{id}/SKILL.md")).await.unwrap_or_default();
            let manifest =
                self.workspace.read(&format!("{FOLDER}/{id}/skill.json")).await.unwrap_or_default();
            match skill(&id, &manifest, body, false) {
                Ok(skill) => skills.push(skill),
                Err(error) => tracing::warn!(%error, skill = id, "a skill cannot be read"),
            }
        }
        Ok(skills)
    }

    /// The skills that fit what was said, best first; none for most of what people say.
    pub(crate) async fn fitting(
        &self,
        said: &str,
        off: &std::collections::BTreeSet<String>,
        recall: &dyn Recall,
    ) -> Vec<Skill> {
        let Ok(mut skills) = self.all().await else { return vec![] };
        skills.retain(|s| !off.contains(&s.id));
        let texts: Vec<_> = skills.iter().map(|s| format!("{}: {}", s.name, s.description)).collect();
        let Ok(scores) = recall.rank(said, &texts).await else { return vec![] };
        let mut ranked: Vec<_> = skills.into_iter().zip(scores).filter(|(_, score)| *score >= FITS).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked.into_iter().take(MOST).map(|(skill, _)| skill).collect()
    }
}

/// A file of a skill that ships with Luna.
pub(crate) fn shipped_file(id: &str, name: &str) -> Option<&'static str> {
    SHIPPED.get_file(format!("{id}/{name}")).and_then(|f| f.contents_utf8())
}

fn shipped(dir: &Dir<'_>) -> Option<Skill> {
    let id = dir.path().file_name()?.to_str()?;
    let read =
        |name: &str| dir.get_file(dir.path().join(name)).and_then(|f| f.contents_utf8()).unwrap_or_default();
    skill(id, read("skill.json"), read("SKILL.md").to_owned(), true).ok()
}

fn skill(id: &str, manifest: &str, body: String, shipped: bool) -> Result<Skill> {
    let manifest: Value = match manifest.trim() {
        "" => Value::Object(serde_json::Map::new()),
        text => serde_json::from_str(text).map_err(|e| Error::invalid(format!("skill.json: {e}")))?,
    };
    let text = |name: &str| manifest.get(name).and_then(Value::as_str).map(str::to_owned);
    let first_line = || {
        body.lines()
            .map(|l| l.trim_start_matches('#').trim())
            .find(|l| !l.is_empty())
            .unwrap_or_default()
            .to_owned()
    };
    Ok(Skill {
        id: id.to_owned(),
        name: text("name").unwrap_or_else(|| id.to_owned()),
        version: text("version").unwrap_or_else(|| "1.0.0".into()),
        description: text("description").unwrap_or_else(first_line),
        commands: names(manifest.get("commands").or_else(|| manifest.get("tools"))),
        permissions: names(manifest.get("permissions")),
        body,
        shipped,
    })
}

/// A list of names: strings, or objects with a `name`.
fn names(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|v| v.as_str().or_else(|| v.get("name")?.as_str())).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nine_are_shipped_and_the_users_own_are_read_live() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(dir.path()).unwrap();
        let skills = Skills::new(workspace.clone());
        let shipped = skills.all().await.unwrap();
        assert_eq!(shipped.len(), 9);
        for s in &shipped {
            assert!(!s.description.is_empty() && s.body.len() > 200 && !s.commands.is_empty(), "{}", s.id);
        }
        workspace.write("skills/tea/SKILL.md", "# Making tea\nBoil water.".into()).await.unwrap();
        workspace.write("skills/_template/SKILL.md", "x".into()).await.unwrap();
        let one = r#"{"name": "Mine", "version": "2.1.0", "description": "d", "commands": [{"name": "web_search"}]}"#;
        workspace.write("skills/research/skill.json", one.into()).await.unwrap();
        let all = skills.all().await.unwrap();
        assert_eq!(all.len(), 10);
        assert!(all.iter().any(|s| s.id == "tea" && s.description == "Making tea"));
        assert!(all.iter().any(|s| s.id == "research" && s.commands == ["web_search"] && !s.shipped));
    }
}

//! What the user allowed: a mode a tool, and rules for single commands or arguments.

use std::collections::BTreeMap;

use luna_model::{Error, Mode, Result, Rule, RuleId};
use rusqlite::{Row, params};

use crate::Db;
use crate::row::{all, id, json, micros, run, text, time, to_json, to_word, word};

impl Db {
    /// The modes that differ from the tools' defaults.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn tool_modes(&self) -> Result<BTreeMap<String, Mode>> {
        self.read(|c| {
            let modes = all(c, "SELECT tool, mode FROM tool_modes", [], |row| {
                Ok((text(row, "tool")?, word(row, "mode")?))
            })?;
            Ok(modes.into_iter().collect())
        })
        .await
    }

    /// Sets a tool's mode.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_tool_mode(&self, tool: String, mode: Mode) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO tool_modes (tool, mode) VALUES (?1, ?2) ON CONFLICT (tool) DO UPDATE SET mode = excluded.mode",
                params![tool, to_word(&mode)?],
            )?;
            Ok(())
        })
        .await
    }

    /// The rules, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn rules(&self) -> Result<Vec<Rule>> {
        self.read(|c| {
            all(c, "SELECT id, tool, matches, mode, created_at FROM rules ORDER BY created_at, id", [], rule)
        })
        .await
    }

    /// Stores a rule.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn add_rule(&self, rule: Rule) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO rules (id, tool, matches, mode, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    rule.id.to_string(),
                    rule.tool,
                    to_json(&rule.matches)?,
                    to_word(&rule.mode)?,
                    micros(rule.created_at)
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// Deletes a rule.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_rule(&self, id: RuleId) -> Result<()> {
        self.write(move |c| match run(c, "DELETE FROM rules WHERE id = ?1", [id.to_string()])? {
            0 => Err(Error::not_found("there is no such rule")),
            _ => Ok(()),
        })
        .await
    }
}

fn rule(row: &Row<'_>) -> Result<Rule> {
    Ok(Rule {
        id: id(row, "id")?,
        tool: text(row, "tool")?,
        matches: json(row, "matches")?,
        mode: word(row, "mode")?,
        created_at: time(row, "created_at")?,
    })
}

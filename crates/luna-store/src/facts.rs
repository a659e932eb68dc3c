//! Facts, their full-text index and their kept vectors: rows and queries. What is the same, what contradicts and what is
//! worth remembering is decided above.

use luna_model::{Error, Fact, FactId, Result, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{all, id, id_or_none, json, micros, one, run, text, time, time_or_none, to_json};

/// A fact with the keys it is found by.
#[derive(Clone, Debug, PartialEq)]
pub struct FactRow {
    /// The fact.
    pub fact: Fact,
    /// The content with who and when, as it is searched.
    pub indexed: String,
    /// Equal for facts that say the same.
    pub sameness: String,
    /// Equal for facts of which only one can hold; none when any number can.
    pub attribute: Option<String>,
}

/// What became of a fact that was to be stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    /// It is new.
    New {
        /// The facts whose place it took.
        superseded: Vec<FactId>,
    },
    /// It was known; this is it, strengthened.
    Known(Fact),
}

/// What is indexed of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactText {
    /// The fact.
    pub id: FactId,
    /// Its indexed text.
    pub indexed: String,
    /// Its kept vector of the engine that was asked for.
    pub vector: Option<Vec<u8>>,
}

const COLUMNS: &str =
    "id, content, confidence, importance, source, created_at, last_accessed, superseded_by, ended_at";

impl Db {
    /// The facts that hold, last used first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn facts(&self) -> Result<Vec<Fact>> {
        self.read(|c| {
            let sql = format!(
                "SELECT {COLUMNS} FROM facts WHERE ended_at IS NULL ORDER BY last_accessed DESC, seq DESC"
            );
            all(c, &sql, [], fact)
        })
        .await
    }

    /// These facts, as far as they hold, in no order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn facts_by_id(&self, ids: Vec<FactId>) -> Result<Vec<Fact>> {
        self.read(move |c| ids.iter().filter_map(|&id| living(c, id).transpose()).collect()).await
    }

    /// A fact, whether it holds or was superseded.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fact(&self, id: FactId) -> Result<Option<Fact>> {
        self.read(move |c| {
            one(c, &format!("SELECT {COLUMNS} FROM facts WHERE id = ?1"), [id.to_string()], fact)
        })
        .await
    }

    /// What a fact took the place of, and what those did, latest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fact_history(&self, id: FactId) -> Result<Vec<Fact>> {
        self.read(move |c| {
            let sql = format!(
                "WITH RECURSIVE past (id) AS (
                   SELECT id FROM facts WHERE superseded_by = ?1
                   UNION SELECT f.id FROM facts f JOIN past p ON f.superseded_by = p.id)
                 SELECT {COLUMNS} FROM facts WHERE id IN (SELECT id FROM past) AND id <> ?1 ORDER BY ended_at DESC"
            );
            all(c, &sql, [id.to_string()], fact)
        })
        .await
    }

    /// Facts whose place another took, latest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn superseded_facts(&self, limit: u32) -> Result<Vec<Fact>> {
        self.read(move |c| {
            let sql = format!(
                "SELECT {COLUMNS} FROM facts WHERE superseded_by IS NOT NULL ORDER BY ended_at DESC, seq DESC LIMIT ?1"
            );
            all(c, &sql, [limit], fact)
        })
        .await
    }

    /// Stores a fact: strengthens the one that says the same, if there is one, by `strengthen`; else ends those of the
    /// same attribute and inserts it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn add_fact(&self, row: FactRow, strengthen: f64) -> Result<Stored> {
        self.write(move |c| {
            let at = micros(row.fact.created_at);
            let same = format!("SELECT {COLUMNS} FROM facts WHERE sameness = ?1 AND ended_at IS NULL");
            if let Some(known) = one(c, &same, [&row.sameness], fact)? {
                run(
                    c,
                    "UPDATE facts SET confidence = min(1.0, max(confidence, ?2) + ?3), importance = max(importance, ?4),
                            last_accessed = max(last_accessed, ?5) WHERE id = ?1",
                    params![known.id.to_string(), row.fact.confidence, strengthen, row.fact.importance, at],
                )?;
                return living(c, known.id)?.map(Stored::Known).ok_or_else(missing);
            }
            let superseded = supersede(c, &row)?;
            insert(c, &row)?;
            Ok(Stored::New { superseded })
        })
        .await
    }

    /// Rewrites a fact that holds; returns it as it was.
    ///
    /// # Errors
    /// `NotFound` when it does not hold; `Conflict` when another fact says the same.
    pub async fn edit_fact(&self, row: FactRow) -> Result<Fact> {
        self.write(move |c| {
            let before = living(c, row.fact.id)?.ok_or_else(missing)?;
            let same = "SELECT id FROM facts WHERE sameness = ?1 AND ended_at IS NULL AND id <> ?2";
            if one(c, same, params![row.sameness, row.fact.id.to_string()], |r| text(r, "id"))?.is_some() {
                return Err(Error::conflict("another fact says the same; forget one of the two"));
            }
            run(
                c,
                "UPDATE facts SET content = ?2, indexed = ?3, sameness = ?4, attribute = ?5, confidence = ?6,
                        importance = ?7, last_accessed = ?8 WHERE id = ?1",
                params![
                    row.fact.id.to_string(),
                    row.fact.content,
                    row.indexed,
                    row.sameness,
                    row.attribute,
                    row.fact.confidence,
                    row.fact.importance,
                    micros(row.fact.last_accessed)
                ],
            )?;
            run(c, "DELETE FROM fact_vectors WHERE fact = ?1", [row.fact.id.to_string()])?;
            Ok(before)
        })
        .await
    }

    /// Deletes a fact with its vectors and its words in the index, and what it had taken the place of.
    ///
    /// # Errors
    /// `NotFound` when there is no such fact.
    pub async fn delete_fact(&self, id: FactId) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "WITH RECURSIVE past (id) AS (
                   SELECT id FROM facts WHERE superseded_by = ?1
                   UNION SELECT f.id FROM facts f JOIN past p ON f.superseded_by = p.id)
                 DELETE FROM facts WHERE id IN (SELECT id FROM past) AND id <> ?1",
                [id.to_string()],
            )?;
            match run(c, "DELETE FROM facts WHERE id = ?1", [id.to_string()])? {
                0 => Err(missing()),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Ends a fact in favour of another that says the same in other words.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn merge_fact(&self, id: FactId, into: FactId, at: Timestamp) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "UPDATE facts SET ended_at = ?3, superseded_by = ?2 WHERE id = ?1 AND ended_at IS NULL",
                params![id.to_string(), into.to_string(), micros(at)],
            )?;
            Ok(())
        })
        .await
    }

    /// Marks facts as used.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn touch_facts(&self, ids: Vec<FactId>, at: Timestamp) -> Result<()> {
        self.write(move |c| {
            for id in &ids {
                run(
                    c,
                    "UPDATE facts SET last_accessed = max(last_accessed, ?2) WHERE id = ?1",
                    params![id.to_string(), micros(at)],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// Lowers the confidence of facts that were not used since `before`, never below `floor`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn fade_facts(&self, before: Timestamp, by: f64, floor: f64) -> Result<usize> {
        self.write(move |c| {
            run(
                c,
                "UPDATE facts SET confidence = max(?3, confidence - ?2)
                 WHERE ended_at IS NULL AND last_accessed < ?1 AND confidence > ?3",
                params![micros(before), by, floor],
            )
        })
        .await
    }

    /// Facts that hold these words, best first, with BM25 as a positive number. Words that are in very many facts are
    /// left out when there are rarer ones: they would cost much and tell little.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn search_facts(&self, query: String, limit: u32) -> Result<Vec<(FactId, f64)>> {
        self.read(move |c| {
            let Some(query) = words_that_tell(c, &query)? else { return Ok(vec![]) };
            all(
                c,
                "SELECT f.id AS id, -bm25(facts_fts) AS score FROM facts_fts JOIN facts f ON f.seq = facts_fts.rowid
                 WHERE facts_fts MATCH ?1 ORDER BY bm25(facts_fts) LIMIT ?2",
                params![query, limit],
                |row| Ok((id(row, "id")?, row.get("score").map_err(failure)?)),
            )
        })
        .await
    }

    /// A page of what is to be indexed, oldest first, after the position `after`, with the vectors of an engine; and the
    /// position to go on from, none at the end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fact_texts(
        &self,
        engine: Option<&'static str>,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<FactText>, Option<i64>)> {
        self.read(move |c| {
            let mut last = None;
            let texts = all(
                c,
                "SELECT f.seq, f.id, f.indexed, v.vector FROM facts f
                 LEFT JOIN fact_vectors v ON v.fact = f.id AND v.engine = ?1
                 WHERE f.ended_at IS NULL AND f.seq > ?2 ORDER BY f.seq LIMIT ?3",
                params![engine, after, limit],
                |row| {
                    last = Some(row.get("seq").map_err(failure)?);
                    fact_text(row)
                },
            )?;
            Ok((texts, last))
        })
        .await
    }

    /// What is indexed of these facts, as far as they hold.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fact_texts_by_id(&self, ids: Vec<FactId>) -> Result<Vec<FactText>> {
        self.read(move |c| {
            let sql = "SELECT id, indexed, NULL AS vector FROM facts WHERE id = ?1 AND ended_at IS NULL";
            ids.iter().filter_map(|id| one(c, sql, [id.to_string()], fact_text).transpose()).collect()
        })
        .await
    }

    /// Keeps vectors; those of facts that are gone meanwhile are left out.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn keep_fact_vectors(
        &self,
        engine: &'static str,
        vectors: Vec<(FactId, Vec<u8>)>,
    ) -> Result<()> {
        self.write(move |c| {
            for (id, vector) in &vectors {
                run(
                    c,
                    "INSERT INTO fact_vectors (fact, engine, vector) SELECT id, ?2, ?3 FROM facts WHERE id = ?1
                     ON CONFLICT (fact, engine) DO UPDATE SET vector = excluded.vector",
                    params![id.to_string(), engine, vector],
                )?;
            }
            Ok(())
        })
        .await
    }
}

fn supersede(c: &Connection, row: &FactRow) -> Result<Vec<FactId>> {
    let Some(attribute) = &row.attribute else { return Ok(vec![]) };
    let old: Vec<FactId> =
        all(c, "SELECT id FROM facts WHERE attribute = ?1 AND ended_at IS NULL", [attribute], |r| {
            id(r, "id")
        })?;
    run(
        c,
        "UPDATE facts SET ended_at = ?2, superseded_by = ?3 WHERE attribute = ?1 AND ended_at IS NULL",
        params![attribute, micros(row.fact.created_at), row.fact.id.to_string()],
    )?;
    Ok(old)
}

fn insert(c: &Connection, row: &FactRow) -> Result<()> {
    let f = &row.fact;
    run(
        c,
        "INSERT INTO facts (id, content, indexed, sameness, attribute, confidence, importance, source, created_at,
                            last_accessed, superseded_by, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            f.id.to_string(),
            f.content,
            row.indexed,
            row.sameness,
            row.attribute,
            f.confidence,
            f.importance,
            to_json(&f.source)?,
            micros(f.created_at),
            micros(f.last_accessed),
            f.superseded_by.map(|id| id.to_string()),
            f.ended_at.map(micros)
        ],
    )?;
    Ok(())
}

/// The query's words as a full-text query, rarest first, as long as the facts they are in do not add up to too many.
fn words_that_tell(c: &Connection, query: &str) -> Result<Option<String>> {
    /// Facts that may be scored for one query.
    const MOST_FACTS: i64 = 2_000;
    let mut words: Vec<String> = query
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.sort_unstable();
    words.dedup();
    let mut counted = vec![];
    for word in words.into_iter().take(64) {
        let facts: i64 = c
            .prepare_cached(
                "SELECT count(*) FROM (SELECT 1 FROM facts_fts WHERE facts_fts MATCH ?1 LIMIT ?2)",
            )
            .and_then(|mut s| s.query_row(params![format!("\"{word}\""), MOST_FACTS + 1], |row| row.get(0)))
            .map_err(failure)?;
        counted.push((facts, word));
    }
    counted.sort();
    let mut sum = 0;
    let telling =
        counted.into_iter().filter(|(facts, _)| *facts > 0).enumerate().take_while(|(at, (facts, _))| {
            sum += facts;
            *at == 0 || sum <= MOST_FACTS
        });
    let quoted: Vec<_> = telling.map(|(_, (_, word))| format!("\"{word}\"")).collect();
    Ok((!quoted.is_empty()).then(|| quoted.join(" OR ")))
}

fn living(c: &Connection, id: FactId) -> Result<Option<Fact>> {
    one(c, &format!("SELECT {COLUMNS} FROM facts WHERE id = ?1 AND ended_at IS NULL"), [id.to_string()], fact)
}

fn missing() -> Error {
    Error::not_found("there is no such fact")
}

fn fact_text(row: &Row<'_>) -> Result<FactText> {
    Ok(FactText {
        id: id(row, "id")?,
        indexed: text(row, "indexed")?,
        vector: row.get("vector").map_err(failure)?,
    })
}

fn fact(row: &Row<'_>) -> Result<Fact> {
    Ok(Fact {
        id: id(row, "id")?,
        content: text(row, "content")?,
        confidence: row.get("confidence").map_err(failure)?,
        importance: row.get("importance").map_err(failure)?,
        source: json(row, "source")?,
        created_at: time(row, "created_at")?,
        last_accessed: time(row, "last_accessed")?,
        superseded_by: id_or_none(row, "superseded_by")?,
        ended_at: time_or_none(row, "ended_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use luna_model::FactSource;

    fn row(content: &str, attribute: Option<&str>, second: i64) -> FactRow {
        let at = Timestamp::from_second(second).unwrap();
        FactRow {
            fact: Fact {
                id: FactId::new(),
                content: content.into(),
                confidence: 0.8,
                importance: 0.5,
                source: FactSource::Stated,
                created_at: at,
                last_accessed: at,
                superseded_by: None,
                ended_at: None,
            },
            indexed: content.into(),
            sameness: content.to_lowercase(),
            attribute: attribute.map(Into::into),
        }
    }

    async fn found(db: &Db, words: &str) -> Vec<FactId> {
        db.search_facts(words.into(), 9).await.unwrap().into_iter().map(|(id, _)| id).collect()
    }

    #[tokio::test]
    async fn the_same_again_strengthens() {
        let db = Db::in_memory().unwrap();
        db.add_fact(row("user likes tea", None, 1), 0.1).await.unwrap();
        let Stored::Known(known) = db.add_fact(row("User likes tea", None, 2), 0.1).await.unwrap() else {
            panic!("a second one")
        };
        assert!((known.confidence - 0.9).abs() < 1e-9);
        assert_eq!(db.facts().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_contradiction_ends_the_old_one_and_keeps_it() {
        let db = Db::in_memory().unwrap();
        let (rex, tom) = (row("cat is Rex", Some("cat"), 1), row("cat is Tom", Some("cat"), 2));
        db.add_fact(rex.clone(), 0.1).await.unwrap();
        assert_eq!(
            db.add_fact(tom.clone(), 0.1).await.unwrap(),
            Stored::New { superseded: vec![rex.fact.id] }
        );
        assert_eq!(db.facts().await.unwrap(), std::slice::from_ref(&tom.fact));
        assert!(found(&db, "rex").await.is_empty());
        let past = db.fact_history(tom.fact.id).await.unwrap();
        assert_eq!((past[0].id, past[0].ended_at), (rex.fact.id, Some(tom.fact.created_at)));
    }

    #[tokio::test]
    async fn forgetting_leaves_no_trace_in_any_index() {
        let db = Db::in_memory().unwrap();
        let (old, new) = (row("code is swordfish", Some("code"), 1), row("code is haddock", Some("code"), 2));
        db.add_fact(old, 0.1).await.unwrap();
        db.add_fact(new.clone(), 0.1).await.unwrap();
        db.keep_fact_vectors("e", vec![(new.fact.id, vec![1, 2])]).await.unwrap();
        db.delete_fact(new.fact.id).await.unwrap();
        assert!(found(&db, "haddock swordfish code").await.is_empty());
        let left: i64 = db
            .read(|c| {
                let sql = "SELECT (SELECT count(*) FROM facts) + (SELECT count(*) FROM fact_vectors)
                                + (SELECT count(*) FROM facts_fts_docsize)";
                c.query_row(sql, [], |r| r.get(0)).map_err(failure)
            })
            .await
            .unwrap();
        assert_eq!(left, 0);
        assert!(db.delete_fact(new.fact.id).await.is_err());
    }

    #[tokio::test]
    async fn an_edited_fact_is_found_by_its_new_words_only() {
        let db = Db::in_memory().unwrap();
        let mut fact = row("user plays the piano", None, 1);
        db.add_fact(fact.clone(), 0.1).await.unwrap();
        fact.indexed = "user plays the violin".into();
        fact.sameness = fact.indexed.clone();
        db.edit_fact(fact.clone()).await.unwrap();
        assert_eq!(found(&db, "violins").await, [fact.fact.id]);
        assert!(found(&db, "piano").await.is_empty());
    }

    #[tokio::test]
    async fn words_in_every_fact_do_not_hide_the_rare_one() {
        let db = Db::in_memory().unwrap();
        for i in 0..2_100 {
            db.add_fact(row(&format!("user knows thing{i}"), None, i), 0.1).await.unwrap();
        }
        let rare = row("user plays chess", None, 9_999);
        db.add_fact(rare.clone(), 0.1).await.unwrap();
        assert_eq!(found(&db, "does the user play chess?").await[0], rare.fact.id);
        assert_eq!(found(&db, "user").await.len(), 9);
    }

    #[tokio::test]
    async fn pages_of_texts_with_their_vectors() {
        let db = Db::in_memory().unwrap();
        let (a, b) = (row("a", None, 1), row("b", None, 2));
        db.add_fact(a.clone(), 0.1).await.unwrap();
        db.add_fact(b.clone(), 0.1).await.unwrap();
        db.keep_fact_vectors("e", vec![(b.fact.id, vec![7]), (FactId::new(), vec![9])]).await.unwrap();
        let (first, at) = db.fact_texts(Some("e"), 0, 1).await.unwrap();
        assert_eq!((first[0].id, first[0].vector.clone()), (a.fact.id, None));
        let (second, at) = db.fact_texts(Some("e"), at.unwrap(), 1).await.unwrap();
        assert_eq!((second[0].id, second[0].vector.clone()), (b.fact.id, Some(vec![7])));
        assert_eq!(db.fact_texts(Some("e"), at.unwrap(), 1).await.unwrap(), (vec![], None));
    }
}

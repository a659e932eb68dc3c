//! Messages and the summaries of older ones: rows and queries.

use luna_model::{Conversation, ConversationId, Error, Message, MessageId, Result, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::conversations::{find, missing};
use crate::db::failure;
use crate::row::{all, id, json, micros, one, run, text, time, to_json, to_word, word};

/// A message found by search, with its conversation's title.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageHit {
    /// The message.
    pub message: Message,
    /// Its conversation's title.
    pub title: String,
}

/// What older messages of a conversation were about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// It covers the messages up to this position.
    pub upto_seq: i64,
    /// The text.
    pub text: String,
}

/// What stands for the older messages of a conversation, for showing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summarised {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its title.
    pub title: String,
    /// The summary.
    pub text: String,
    /// How many messages it stands for.
    pub messages: u32,
    /// When it was made.
    pub at: Timestamp,
}

const COLUMNS: &str = "m.seq, m.id, m.conversation, m.turn, m.role, m.content, m.images, m.tools, m.model, m.state, m.created_at";

impl Db {
    /// Stores a message; its conversation moves to the front. Returns when it is safely on disk.
    ///
    /// # Errors
    /// `NotFound` when the conversation is gone.
    pub async fn add_message(&self, message: Message) -> Result<()> {
        self.write(move |c| {
            if find(c, message.conversation)?.is_none() {
                return Err(missing());
            }
            insert(c, &message)?;
            touch(c, &message)
        })
        .await
    }

    /// Replaces the text, tools and state of a message that is being written; stores it if it is new.
    ///
    /// # Errors
    /// `NotFound` when the conversation is gone.
    pub async fn save_answer(&self, message: Message) -> Result<()> {
        self.write(move |c| {
            let changed = run(
                c,
                "UPDATE messages SET content = ?2, tools = ?3, state = ?4, model = ?5 WHERE id = ?1",
                params![
                    message.id.to_string(),
                    message.content,
                    to_json(&message.tools)?,
                    to_word(&message.state)?,
                    message.model
                ],
            )?;
            if changed == 1 {
                return Ok(());
            }
            if find(c, message.conversation)?.is_none() {
                return Err(missing());
            }
            insert(c, &message)?;
            touch(c, &message)
        })
        .await
    }

    /// A page of a conversation, oldest first: the last `limit` messages before the message `before`.
    ///
    /// # Errors
    /// `NotFound` when there is no such conversation.
    pub async fn messages(
        &self,
        conversation: ConversationId,
        limit: u32,
        before: Option<MessageId>,
    ) -> Result<Vec<Message>> {
        self.read(move |c| {
            if find(c, conversation)?.is_none() {
                return Err(missing());
            }
            let before = match before {
                None => i64::MAX,
                Some(id) => position(c, id)?.unwrap_or(i64::MAX),
            };
            latest(c, conversation, limit, before)
        })
        .await
    }

    /// What a prompt needs of a conversation: the last `limit` messages, and the summary of those before them.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn context(
        &self,
        conversation: ConversationId,
        limit: u32,
    ) -> Result<(Vec<Message>, Option<Summary>)> {
        self.read(move |c| {
            let messages = latest(c, conversation, limit, i64::MAX)?;
            let summary = one(
                c,
                "SELECT upto_seq, text FROM summaries WHERE conversation = ?1 ORDER BY upto_seq DESC LIMIT 1",
                [conversation.to_string()],
                summary,
            )?;
            Ok((messages, summary))
        })
        .await
    }

    /// Makes a conversation that begins like another: with its messages up to `upto`, that one included or not. The
    /// copies have ids of their own; what they did and when stays written in them.
    ///
    /// # Errors
    /// `NotFound` when the conversation or the message in it is gone.
    pub async fn branch_conversation(
        &self,
        from: ConversationId,
        upto: MessageId,
        included: bool,
        into: ConversationId,
        at: Timestamp,
    ) -> Result<Conversation> {
        self.write(move |c| {
            let original = find(c, from)?.ok_or_else(missing)?;
            let last = one(
                c,
                "SELECT seq FROM messages WHERE id = ?1 AND conversation = ?2",
                [upto.to_string(), from.to_string()],
                |row| row.get::<_, i64>(0).map_err(failure),
            )?;
            let last = last.ok_or_else(|| Error::not_found("there is no such message in this conversation"))?;
            run(
                c,
                "INSERT INTO conversations (id, kind, title, created_at, updated_at) VALUES (?1, 'user', ?2, ?3, ?3)",
                params![into.to_string(), original.title, micros(at)],
            )?;
            let end = if included { last + 1 } else { last };
            for copied in latest(c, from, u32::MAX, end)? {
                insert(c, &Message { id: MessageId::new(), conversation: into, ..copied })?;
            }
            run(
                c,
                "UPDATE conversations SET message_count = (SELECT count(*) FROM messages WHERE conversation = ?1) WHERE id = ?1",
                [into.to_string()],
            )?;
            find(c, into)?.ok_or_else(missing)
        })
        .await
    }

    /// The newest summary of each of the user's conversations that has one, latest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn summaries(&self, limit: u32) -> Result<Vec<Summarised>> {
        self.read(move |c| {
            all(
                c,
                "SELECT s.conversation, v.title, s.text, s.created_at,
                        (SELECT count(*) FROM messages m WHERE m.conversation = s.conversation AND m.seq <= s.upto_seq) AS messages
                 FROM summaries s JOIN conversations v ON v.id = s.conversation
                 WHERE v.kind = 'user' AND v.deleted_at IS NULL
                   AND s.upto_seq = (SELECT max(upto_seq) FROM summaries WHERE conversation = s.conversation)
                 ORDER BY s.created_at DESC LIMIT ?1",
                [limit],
                |row| {
                    Ok(Summarised {
                        conversation: id(row, "conversation")?,
                        title: text(row, "title")?,
                        text: text(row, "text")?,
                        messages: row.get("messages").map_err(failure)?,
                        at: time(row, "created_at")?,
                    })
                },
            )
        })
        .await
    }

    /// Messages that no summary covers yet, oldest first, leaving out the last `keep`; with their positions.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn unsummarised(
        &self,
        conversation: ConversationId,
        keep: u32,
        limit: u32,
    ) -> Result<Vec<(i64, Message)>> {
        self.read(move |c| {
            let sql = format!(
                "SELECT {COLUMNS} FROM messages m WHERE m.conversation = ?1
                   AND m.seq > coalesce((SELECT max(upto_seq) FROM summaries WHERE conversation = ?1), 0)
                   AND m.seq < coalesce((SELECT min(seq) FROM (SELECT seq FROM messages WHERE conversation = ?1
                                         ORDER BY seq DESC LIMIT ?2)), 0)
                 ORDER BY m.seq LIMIT ?3"
            );
            all(c, &sql, params![conversation.to_string(), keep, limit], |row| {
                Ok((row.get("seq").map_err(failure)?, message(row)?))
            })
        })
        .await
    }

    /// Stores a summary of the messages up to a position.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn add_summary(
        &self,
        conversation: ConversationId,
        upto_seq: i64,
        text: String,
        at: Timestamp,
    ) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO summaries (conversation, upto_seq, text, created_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (conversation, upto_seq) DO UPDATE SET text = excluded.text",
                params![conversation.to_string(), upto_seq, text, micros(at)],
            )?;
            Ok(())
        })
        .await
    }

    /// A message by its id.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>> {
        self.read(move |c| {
            let sql = format!("SELECT {COLUMNS} FROM messages m WHERE m.id = ?1");
            one(c, &sql, [id.to_string()], message)
        })
        .await
    }

    /// Messages of all the user's conversations that hold these words, best first. Every message is searched, also
    /// those that a summary stands for in the prompt.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn search_messages(&self, query: String, limit: u32) -> Result<Vec<MessageHit>> {
        self.read(move |c| {
            let Some(query) = fts_query(&query) else { return Ok(vec![]) };
            let sql = format!(
                "SELECT {COLUMNS}, v.title FROM messages_fts f JOIN messages m ON m.seq = f.rowid
                 JOIN conversations v ON v.id = m.conversation
                 WHERE f.messages_fts MATCH ?1 AND v.kind = 'user' AND v.deleted_at IS NULL
                 ORDER BY bm25(messages_fts), m.seq DESC LIMIT ?2"
            );
            all(c, &sql, params![query, limit], |row| {
                Ok(MessageHit { message: message(row)?, title: text(row, "title")? })
            })
        })
        .await
    }

    /// Conversations with at least `more_than` messages that no summary covers.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn conversations_to_summarise(&self, more_than: u32) -> Result<Vec<Conversation>> {
        let ids = self
            .read(move |c| {
                all(
                    c,
                    "SELECT v.id FROM conversations v WHERE v.deleted_at IS NULL AND v.message_count > ?1 AND
                     (SELECT count(*) FROM messages m WHERE m.conversation = v.id AND m.seq >
                        coalesce((SELECT max(upto_seq) FROM summaries WHERE conversation = v.id), 0)) > ?1",
                    [more_than],
                    |row| id(row, "id"),
                )
            })
            .await?;
        let mut out = vec![];
        for conversation in ids {
            out.extend(self.conversation(conversation).await?);
        }
        Ok(out)
    }
}

/// The user's words as a full-text query: every word quoted (so that nothing in them is syntax), any of them, the last
/// one also as a beginning. None when there is no word.
pub(crate) fn fts_query(words: &str) -> Option<String> {
    let words: Vec<_> =
        words.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(32).collect();
    let (last, others) = words.split_last()?;
    let mut query: String = others.iter().flat_map(|w| ["\"", w, "\" OR "]).collect();
    query.extend(["\"", last, "\"*"]);
    Some(query)
}

fn latest(c: &Connection, conversation: ConversationId, limit: u32, before: i64) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages m WHERE m.conversation = ?1 AND m.seq < ?2 ORDER BY m.seq DESC LIMIT ?3"
    );
    let mut messages = all(c, &sql, params![conversation.to_string(), before, limit], message)?;
    messages.reverse();
    Ok(messages)
}

/// Messages by their number in the conversation, counted from 1.
pub(crate) fn numbered(
    c: &Connection,
    conversation: ConversationId,
    first: u64,
    last: u64,
) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages m WHERE m.conversation = ?1 ORDER BY m.seq LIMIT ?2 OFFSET ?3"
    );
    let count = i64::try_from((last + 1).saturating_sub(first)).unwrap_or(i64::MAX);
    let skipped = i64::try_from(first.saturating_sub(1)).unwrap_or(i64::MAX);
    all(c, &sql, params![conversation.to_string(), count, skipped], message)
}

fn position(c: &Connection, message: MessageId) -> Result<Option<i64>> {
    one(c, "SELECT seq FROM messages WHERE id = ?1", [message.to_string()], |row| row.get(0).map_err(failure))
}

fn insert(c: &Connection, m: &Message) -> Result<()> {
    run(
        c,
        "INSERT INTO messages (id, conversation, turn, role, content, images, tools, model, state, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            m.id.to_string(),
            m.conversation.to_string(),
            m.turn.to_string(),
            to_word(&m.role)?,
            m.content,
            to_json(&m.images)?,
            to_json(&m.tools)?,
            m.model,
            to_word(&m.state)?,
            micros(m.created_at)
        ],
    )?;
    Ok(())
}

fn touch(c: &Connection, m: &Message) -> Result<()> {
    run(
        c,
        "UPDATE conversations SET message_count = message_count + 1, updated_at = max(updated_at + 1, ?2) WHERE id = ?1",
        params![m.conversation.to_string(), micros(m.created_at)],
    )?;
    Ok(())
}

fn summary(row: &Row<'_>) -> Result<Summary> {
    Ok(Summary { upto_seq: row.get("upto_seq").map_err(failure)?, text: text(row, "text")? })
}

fn message(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        id: id(row, "id")?,
        conversation: id(row, "conversation")?,
        turn: id(row, "turn")?,
        role: word(row, "role")?,
        content: text(row, "content")?,
        images: json(row, "images")?,
        tools: json(row, "tools")?,
        model: row.get("model").map_err(failure)?,
        state: word(row, "state")?,
        created_at: time(row, "created_at")?,
    })
}

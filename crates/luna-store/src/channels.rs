//! People who write from elsewhere, what they wrote, and what is to be sent to them. A message is answered in the write
//! that queues its answer, so that it is answered exactly once, whenever the program ends.

use luna_model::{Channel, Error, Incoming, Recipient, Result, Sender, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::Db;
use crate::db::failure;
use crate::row::{
    all, from_json, id_or_none, micros, one, run, text, time, time_or_none, to_json, to_word, word,
};

/// A message that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its place in the queue.
    pub seq: i64,
    /// Where to.
    pub to: Recipient,
    /// What.
    pub text: String,
    /// How many of its parts were sent.
    pub parts_sent: u32,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub due: Timestamp,
}

impl Db {
    /// Writes a sender, new or changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_sender(&self, s: Sender) -> Result<()> {
        self.write(move |c| {
            run(
                c,
                "INSERT INTO senders (channel, id, name, standing, code, code_until, place, conversation, created_at, last_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (channel, id) DO UPDATE SET name = excluded.name, standing = excluded.standing, code = excluded.code,
                   code_until = excluded.code_until, place = excluded.place, conversation = excluded.conversation,
                   last_at = excluded.last_at",
                params![
                    s.channel.name(),
                    s.id,
                    s.name,
                    to_word(&s.standing)?,
                    s.code,
                    s.code_until.map(micros),
                    s.place,
                    s.conversation.map(|c| c.to_string()),
                    micros(s.created_at),
                    micros(s.last_at)
                ],
            )
            .map(drop)
        })
        .await
    }

    /// A sender.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn sender(&self, channel: Channel, id: String) -> Result<Option<Sender>> {
        self.read(move |c| {
            one(
                c,
                "SELECT * FROM senders WHERE channel = ?1 AND id = ?2",
                params![channel.name(), id],
                sender,
            )
        })
        .await
    }

    /// The senders, last heard of first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn senders(&self) -> Result<Vec<Sender>> {
        self.read(|c| all(c, "SELECT * FROM senders ORDER BY last_at DESC", [], sender)).await
    }

    /// Forgets a sender.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn delete_sender(&self, channel: Channel, id: String) -> Result<()> {
        self.write(move |c| {
            match run(c, "DELETE FROM senders WHERE channel = ?1 AND id = ?2", params![channel.name(), id])? {
                0 => Err(Error::not_found("there is nobody of this name")),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Takes in what somebody wrote; whether it was not there already.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn take_in(&self, message: Incoming, at: Timestamp) -> Result<bool> {
        self.write(move |c| {
            let sql = "INSERT INTO channel_inbox (channel, delivery, sender, message, received_at) VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT DO NOTHING";
            let values = params![
                message.channel.name(),
                message.delivery,
                message.sender,
                to_json(&message)?,
                micros(at)
            ];
            Ok(run(c, sql, values)? > 0)
        })
        .await
    }

    /// The messages that nobody answered yet, in their order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn unanswered(&self) -> Result<Vec<Incoming>> {
        self.read(|c| {
            let sql = "SELECT message FROM channel_inbox WHERE NOT answered ORDER BY seq LIMIT 500";
            all(c, sql, [], |row| from_json(&text(row, "message")?))
        })
        .await
    }

    /// Takes a message as answered and queues what is sent; whether it was this call that did so.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn answer(
        &self,
        message: Incoming,
        replies: Vec<(Recipient, String)>,
        at: Timestamp,
    ) -> Result<bool> {
        self.write(move |c| {
            let sql = "UPDATE channel_inbox SET answered = TRUE WHERE channel = ?1 AND delivery = ?2 AND NOT answered";
            let first = run(c, sql, params![message.channel.name(), message.delivery])? > 0;
            if first {
                replies.iter().try_for_each(|(to, text)| queue(c, to, text, at))?;
            }
            Ok(first)
        })
        .await
    }

    /// Queues something to be sent.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn send_later(&self, to: Recipient, text: String, at: Timestamp) -> Result<()> {
        self.write(move |c| queue(c, &to, &text, at)).await
    }

    /// The first message of every recipient that is to be sent: later ones wait for it.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn to_send(&self) -> Result<Vec<Outgoing>> {
        self.read(|c| {
            let sql = "SELECT * FROM channel_outbox WHERE seq IN (SELECT min(seq) FROM channel_outbox GROUP BY recipient) ORDER BY seq";
            all(c, sql, [], |row| {
                Ok(Outgoing {
                    seq: row.get("seq").map_err(failure)?,
                    to: from_json(&text(row, "recipient")?)?,
                    text: text(row, "text")?,
                    parts_sent: row.get("parts_sent").map_err(failure)?,
                    tries: row.get("tries").map_err(failure)?,
                    due: time(row, "due")?,
                })
            })
        })
        .await
    }

    /// A message was sent, or is given up.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn sent(&self, seq: i64) -> Result<()> {
        self.write(move |c| run(c, "DELETE FROM channel_outbox WHERE seq = ?1", [seq]).map(drop)).await
    }

    /// A message could not be sent, or only so many parts of it, and is tried again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn send_again(&self, seq: i64, parts_sent: u32, at: Timestamp) -> Result<()> {
        self.write(move |c| {
            let sql = "UPDATE channel_outbox SET tries = tries + 1, parts_sent = ?2, due = ?3 WHERE seq = ?1";
            run(c, sql, params![seq, parts_sent, micros(at)]).map(drop)
        })
        .await
    }

    /// Forgets messages that were answered and came before a moment.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn purge_inbox(&self, before: Timestamp) -> Result<()> {
        self.write(move |c| {
            let sql = "DELETE FROM channel_inbox WHERE answered AND received_at < ?1";
            run(c, sql, [micros(before)]).map(drop)
        })
        .await
    }
}

fn queue(c: &Connection, to: &Recipient, text: &str, at: Timestamp) -> Result<()> {
    let sql = "INSERT INTO channel_outbox (recipient, text, due, created_at) VALUES (?1, ?2, ?3, ?3)";
    run(c, sql, params![to_json(to)?, text, micros(at)]).map(drop)
}

fn sender(row: &Row<'_>) -> Result<Sender> {
    Ok(Sender {
        channel: word(row, "channel")?,
        id: text(row, "id")?,
        name: text(row, "name")?,
        standing: word(row, "standing")?,
        code: row.get("code").map_err(failure)?,
        code_until: time_or_none(row, "code_until")?,
        place: text(row, "place")?,
        conversation: id_or_none(row, "conversation")?,
        created_at: time(row, "created_at")?,
        last_at: time(row, "last_at")?,
    })
}

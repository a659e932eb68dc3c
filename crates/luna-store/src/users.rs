//! The users of a business: rows and queries. What they do is not here: each has a database of their own.

use luna_model::{Error, Pace, Result, Timestamp, User, UserId};
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::Db;
use crate::db::failure;
use crate::row::{all, id, micros, run, text, time, time_or_none, to_word, word};

/// A user as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptUser {
    /// Who.
    pub user: User,
    /// The id of the only token of theirs that is good.
    pub token: Uuid,
    /// When something of theirs is due, if they are asleep then.
    pub wakes_at: Option<Timestamp>,
}

impl Db {
    /// The users, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn users(&self) -> Result<Vec<KeptUser>> {
        self.read(|c| all(c, "SELECT * FROM users ORDER BY created_at, id", [], user)).await
    }

    /// Stores a new user.
    ///
    /// # Errors
    /// `Conflict` when somebody is called so.
    pub async fn add_user(&self, user: User, token: Uuid) -> Result<()> {
        self.write(move |c| {
            let added = run(
                c,
                "INSERT INTO users (id, username, role, token, per_minute, burst, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                params![
                    user.id.to_string(),
                    user.username,
                    to_word(&user.role)?,
                    token.to_string(),
                    user.pace.map(|p| p.per_minute),
                    user.pace.map(|p| p.burst),
                    micros(user.created_at)
                ],
            )?;
            if added == 0 { Err(Error::conflict("a user with this name exists already")) } else { Ok(()) }
        })
        .await
    }

    /// Makes another token the only good one.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    pub async fn set_user_token(&self, id: UserId, token: Uuid) -> Result<()> {
        self.change_user("UPDATE users SET token = ?2 WHERE id = ?1", id, [token.to_string()]).await
    }

    /// Sets how often a user may call; none = as everybody.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    pub async fn set_user_pace(&self, id: UserId, pace: Option<Pace>) -> Result<()> {
        let values = [pace.map(|p| p.per_minute), pace.map(|p| p.burst)];
        self.change_user("UPDATE users SET per_minute = ?2, burst = ?3 WHERE id = ?1", id, values).await
    }

    /// Writes down when something of a user's is due; none = never.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    pub async fn set_user_wake(&self, id: UserId, at: Option<Timestamp>) -> Result<()> {
        self.change_user("UPDATE users SET wakes_at = ?2 WHERE id = ?1", id, [at.map(micros)]).await
    }

    /// Deletes a user.
    ///
    /// # Errors
    /// `NotFound` when there is no such user.
    pub async fn delete_user(&self, id: UserId) -> Result<()> {
        self.change_user::<u32, 0>("DELETE FROM users WHERE id = ?1", id, []).await
    }

    async fn change_user<V, const N: usize>(
        &self,
        sql: &'static str,
        id: UserId,
        values: [V; N],
    ) -> Result<()>
    where
        V: rusqlite::ToSql + Send + 'static,
    {
        self.write(move |c| {
            let id = id.to_string();
            let given = std::iter::once(&id as &dyn rusqlite::ToSql);
            let given: Vec<_> = given.chain(values.iter().map(|v| v as &dyn rusqlite::ToSql)).collect();
            match run(c, sql, given.as_slice())? {
                0 => Err(Error::not_found("there is no such user")),
                _ => Ok(()),
            }
        })
        .await
    }
}

fn user(row: &Row<'_>) -> Result<KeptUser> {
    let number = |column| row.get::<_, Option<u32>>(column).map_err(failure);
    let pace = number("per_minute")?.zip(number("burst")?);
    Ok(KeptUser {
        user: User {
            id: id(row, "id")?,
            username: text(row, "username")?,
            role: word(row, "role")?,
            pace: pace.map(|(per_minute, burst)| Pace { per_minute, burst }),
            created_at: time(row, "created_at")?,
        },
        token: id(row, "token")?,
        wakes_at: time_or_none(row, "wakes_at")?,
    })
}

#[cfg(test)]
mod tests {
    use luna_model::UserRole;

    use super::*;

    fn named(username: &str) -> User {
        let created_at = Timestamp::from_second(1_800_000_000).unwrap();
        User { id: UserId::new(), username: username.into(), role: UserRole::User, pace: None, created_at }
    }

    #[tokio::test]
    async fn users_are_kept_and_no_two_are_called_the_same() {
        let db = Db::in_memory().unwrap();
        let (alice, token) = (named("Alice"), Uuid::now_v7());
        db.add_user(alice.clone(), token).await.unwrap();
        let again = db.add_user(named("ALICE"), token).await.unwrap_err();
        assert_eq!(again.kind, luna_model::ErrorKind::Conflict);
        let (pace, next) = (Some(Pace { per_minute: 3, burst: 1 }), Uuid::now_v7());
        db.set_user_pace(alice.id, pace).await.unwrap();
        db.set_user_token(alice.id, next).await.unwrap();
        db.set_user_wake(alice.id, Some(alice.created_at)).await.unwrap();
        let wakes_at = Some(alice.created_at);
        let kept = KeptUser { user: User { pace, ..alice.clone() }, token: next, wakes_at };
        assert_eq!(db.users().await.unwrap(), std::slice::from_ref(&kept));
        // Forgetting everything does not lock anybody out.
        db.wipe().await.unwrap();
        assert_eq!(db.users().await.unwrap(), [kept]);
        db.delete_user(alice.id).await.unwrap();
        assert_eq!(db.delete_user(alice.id).await.unwrap_err().kind, luna_model::ErrorKind::NotFound);
    }
}

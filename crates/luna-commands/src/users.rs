//! The users of a business: who they are, their tokens and how often they may call. Only the house's window has them.

use luna_core::users::Users;
use luna_model::{Error, Pace, Result, User, UserId, UserRole};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

fn users(cx: &Context) -> Result<Users> {
    cx.users().ok_or_else(|| Error::forbidden("only the administrator of a business sees to its users"))
}

/// The users, and how often each may call who has no limit of their own.
#[derive(Debug, Serialize, TS)]
struct UsersView {
    users: Vec<User>,
    /// None: as often as they like.
    pace: Option<Pace>,
}

async fn list(cx: Context, _: Empty) -> Result<UsersView> {
    let users = users(&cx)?;
    Ok(UsersView { users: users.all(), pace: users.pace() })
}

#[derive(Debug, Deserialize, TS)]
struct CreateUser {
    username: String,
    role: UserRole,
}

/// A user with the token, which is shown this once.
#[derive(Debug, Serialize, TS)]
struct MadeUser {
    user: User,
    token: String,
}

async fn create(cx: Context, q: CreateUser) -> Result<MadeUser> {
    let (user, token) = users(&cx)?.create(&q.username, q.role).await?;
    Ok(MadeUser { user, token: token.expose().to_owned() })
}

#[derive(Debug, Deserialize, TS)]
struct OneUser {
    user: UserId,
}

async fn delete(cx: Context, q: OneUser) -> Result<Done> {
    users(&cx)?.delete(q.user).await?;
    Ok(Done {})
}

/// A token, which is shown this once.
#[derive(Debug, Serialize, TS)]
struct NewToken {
    token: String,
}

async fn rotate(cx: Context, q: OneUser) -> Result<NewToken> {
    Ok(NewToken { token: users(&cx)?.rotate(q.user).await?.expose().to_owned() })
}

#[derive(Debug, Deserialize, TS)]
struct SetPace {
    user: UserId,
    /// None: as everybody.
    pace: Option<Pace>,
}

async fn set_pace(cx: Context, q: SetPace) -> Result<User> {
    users(&cx)?.set_pace(q.user, q.pace).await
}

pub(crate) fn register(r: &mut Register) {
    r.reply("users.list", list);
    r.reply("users.create", create);
    r.reply("users.delete", delete);
    r.reply("users.rotate_token", rotate);
    r.reply("users.set_pace", set_pace);
}

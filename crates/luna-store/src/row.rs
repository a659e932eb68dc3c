//! How domain values look in a row: times as microseconds, ids as text, lists and objects as JSON, small enums as words.

use std::str::FromStr;

use luna_model::{Error, Result, Timestamp};
use rusqlite::Row;
use serde::{Serialize, de::DeserializeOwned};

use crate::db::failure;

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn time(row: &Row<'_>, column: &str) -> Result<Timestamp> {
    let micros: i64 = row.get(column).map_err(failure)?;
    Timestamp::from_microsecond(micros).map_err(Error::internal)
}

pub(crate) fn time_or_none(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>> {
    let micros: Option<i64> = row.get(column).map_err(failure)?;
    micros.map(|m| Timestamp::from_microsecond(m).map_err(Error::internal)).transpose()
}

pub(crate) fn id<T>(row: &Row<'_>, column: &str) -> Result<T>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column).map_err(failure)?;
    T::from_str(&text).map_err(Error::internal)
}

pub(crate) fn id_or_none<T>(row: &Row<'_>, column: &str) -> Result<Option<T>>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: Option<String> = row.get(column).map_err(failure)?;
    text.map(|t| T::from_str(&t).map_err(Error::internal)).transpose()
}

pub(crate) fn text(row: &Row<'_>, column: &str) -> Result<String> {
    row.get(column).map_err(failure)
}

/// A value from its JSON.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T> {
    from_json(&text(row, column)?)
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// A unit variant from its name ("user").
pub(crate) fn word<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T> {
    serde_json::from_value(text(row, column)?.into()).map_err(Error::internal)
}

/// The name of a unit variant.
pub(crate) fn to_word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(Error::internal(format!("{other} is no word"))),
        Err(error) => Err(Error::internal(error)),
    }
}

/// Runs a query and reads every row with `read`.
pub(crate) fn all<T>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl rusqlite::Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut query = connection.prepare_cached(sql).map_err(failure)?;
    let mut rows = query.query(params).map_err(failure)?;
    let mut out = vec![];
    while let Some(row) = rows.next().map_err(failure)? {
        out.push(read(row)?);
    }
    Ok(out)
}

/// Runs a query for at most one row.
pub(crate) fn one<T>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    Ok(all(connection, sql, params, read)?.pop())
}

/// Runs a statement; how many rows it changed.
pub(crate) fn run(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<usize> {
    connection.prepare_cached(sql).and_then(|mut s| s.execute(params)).map_err(failure)
}

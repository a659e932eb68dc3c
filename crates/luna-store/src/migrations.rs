//! The schema, as the ordered list of steps that made it. Steps are only ever added: a released one never changes.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

/// The steps, oldest first; a database knows how many it has had (`user_version`).
const STEPS: &[M<'static>] = &[
    M::up(include_str!("schema/001_conversations.sql")),
    M::up(include_str!("schema/002_agent.sql")),
    M::up(include_str!("schema/003_facts.sql")),
    M::up(include_str!("schema/010_calendar.sql")),
    M::up(include_str!("schema/011_schedule.sql")),
    M::up(include_str!("schema/012_channels.sql")),
    M::up(include_str!("schema/020_sessions.sql")),
    M::up(include_str!("schema/021_accounts.sql")),
    M::up(include_str!("schema/022_code.sql")),
    M::up(include_str!("schema/023_costs.sql")),
    M::up(include_str!("schema/040_packages.sql")),
    M::up(include_str!("schema/041_payments.sql")),
    M::up(include_str!("schema/030_users.sql")),
    M::up(include_str!("schema/035_calendar_accounts.sql")),
    M::up(include_str!("schema/042_packages_behind.sql")),
    M::up(include_str!("schema/038_outbox_parts.sql")),
    M::up(include_str!("schema/039_proactive_about.sql")),
];

/// The version of a database that had all steps.
pub const LATEST: usize = STEPS.len();

/// Brings a database up to date.
pub(crate) fn apply(connection: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    Migrations::from_slice(STEPS).to_latest(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole schema of a database, as SQLite tells it.
    fn shape(c: &Connection) -> Vec<(String, String)> {
        let mut query = c
            .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
            .unwrap();
        query.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn every_released_schema_becomes_the_latest() {
        let mut fresh = Connection::open_in_memory().unwrap();
        apply(&mut fresh).unwrap();
        for released in 1..=LATEST {
            let mut old = Connection::open_in_memory().unwrap();
            Migrations::from_slice(STEPS).to_version(&mut old, released).unwrap();
            apply(&mut old).unwrap();
            assert_eq!(shape(&old), shape(&fresh), "from version {released}");
        }
    }
}

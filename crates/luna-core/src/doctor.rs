//! The doctor: looks at everything Luna needs and says, for what is not well, how to mend it.

use luna_model::Provider;

use crate::Luna;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Well.
    Ok,
    /// Works, but could be better.
    Warning,
    /// Does not work.
    Failed,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it is.
    pub health: Health,
    /// What was seen.
    pub detail: String,
    /// How to mend it, when it is not well.
    pub fix: Option<String>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, health: Health::Ok, detail: detail.into(), fix: None }
    }

    fn not(name: &'static str, health: Health, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, health, detail: detail.into(), fix: Some(fix.into()) }
    }
}

/// Less free disk than this is a warning, in GiB.
const LITTLE_DISK: f64 = 1.0;

impl Luna {
    /// Examines everything. Takes as long as the slowest check (a model provider that is asked for a word).
    pub async fn examine(&self) -> Vec<Check> {
        let (database, audit, model, machine) =
            tokio::join!(self.check_database(), self.check_audit(), self.check_model(), self.check_machine());
        let mut checks = vec![database, audit, model];
        checks.extend(machine);
        checks.push(self.check_backups());
        checks.push(Check::ok("Memory search", self.recall_engine()));
        checks.push(Check::ok("Keys and tokens", format!("kept in {}", self.secrets_place())));
        checks
    }

    /// The engine that searches the memory, in words.
    #[must_use]
    pub fn recall_engine(&self) -> String {
        self.recall().engine()
    }

    async fn check_database(&self) -> Check {
        const NAME: &str = "Database";
        match self.db().verify().await {
            Ok(()) => Check::ok(
                NAME,
                self.db().path().map_or_else(|| "in memory".into(), |p| p.display().to_string()),
            ),
            Err(error) => Check::not(NAME, Health::Failed, error.message, "stop Luna and run `luna restore`"),
        }
    }

    async fn check_audit(&self) -> Check {
        const NAME: &str = "Audit log";
        match self.gate().audit().verify().await {
            Ok(v) if v.problem.is_none() => {
                Check::ok(NAME, format!("{} records, all in their place", v.records))
            }
            Ok(v) => Check::not(
                NAME,
                Health::Failed,
                v.problem.unwrap_or_default(),
                "somebody or something changed the file; keep a copy of it and compare it with a backup",
            ),
            Err(error) => {
                Check::not(NAME, Health::Failed, error.message, "check the permissions of the data folder")
            }
        }
    }

    async fn check_model(&self) -> Check {
        const NAME: &str = "Model";
        let active = self.llm().active().await;
        if active.provider == Provider::Builtin {
            let fix = "add a model in Settings, or set LLM_PROVIDER and a key; see `luna models`";
            return Check::not(
                NAME,
                Health::Warning,
                "the built-in model answers: it does tasks, but cannot talk freely",
                fix,
            );
        }
        let name = format!("{} at {}", active.name, active.provider.name());
        match self.llm().test(active.provider).await {
            Ok(()) => Check::ok(NAME, format!("{name} answers")),
            Err(error) => Check::not(
                NAME,
                Health::Failed,
                format!("{name}: {}", error.message),
                "test it in Settings, or choose another",
            ),
        }
    }

    async fn check_machine(&self) -> Vec<Check> {
        match self.desktop().info().await {
            Err(error) => vec![Check::not(
                "Machine",
                Health::Warning,
                error.message,
                "nothing to do; facts about it are missing",
            )],
            Ok(info) if info.disk_free_gb < LITTLE_DISK => {
                let detail = format!("{:.2} GiB free", info.disk_free_gb);
                vec![Check::not(
                    "Disk",
                    Health::Warning,
                    detail,
                    "free some space: Luna stops writing when the disk is full",
                )]
            }
            Ok(info) => vec![Check::ok("Disk", format!("{:.0} GiB free", info.disk_free_gb))],
        }
    }

    fn check_backups(&self) -> Check {
        const NAME: &str = "Backups";
        match luna_store::backups(&self.backups_dir()) {
            Ok(list) => match list.first() {
                Some(newest) => Check::ok(
                    NAME,
                    format!("{} kept, the newest of {}", list.len(), newest.made_at.strftime("%Y-%m-%d")),
                ),
                None => Check::ok(NAME, "none yet; one is made every day"),
            },
            Err(error) => {
                Check::not(NAME, Health::Warning, error.message, "check the permissions of the data folder")
            }
        }
    }
}

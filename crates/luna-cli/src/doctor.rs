//! `luna doctor`: everything checked, with how to mend what is not well.

use std::process::ExitCode;

use anyhow::Result;
use luna_app::Setup;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::args::AsJson;
use crate::reach::Reach;
use crate::screen::{self, BAD, CAREFUL, FAINT, GOOD, styled};

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warning,
    Failed,
}

#[derive(Deserialize, Serialize)]
struct Check {
    name: String,
    status: Status,
    detail: String,
    fix: Option<String>,
}

pub(crate) async fn doctor(setup: &Setup, form: AsJson) -> Result<ExitCode> {
    let (mut checks, running) = match Reach::open(setup).await {
        Ok(reach) => {
            let checks = reach.call::<Vec<Check>>("doctor", json!({})).await;
            let running = matches!(reach, Reach::There(_));
            reach.close().await;
            (checks?, running)
        }
        // Luna that cannot wake up is what the doctor is there for.
        Err(error) => {
            let detail = error.to_string();
            (vec![Check { name: "Luna".into(), status: Status::Failed, detail, fix: None }], false)
        }
    };
    let data = setup.paths.data.display();
    let detail = if running { format!("{data}, where she runs now") } else { data.to_string() };
    checks.insert(0, Check { name: "Data folder".into(), status: Status::Ok, detail, fix: None });
    if form.json {
        screen::line(serde_json::to_string_pretty(&checks)?)?;
    } else {
        show(&checks)?;
    }
    let failed = checks.iter().any(|c| c.status == Status::Failed);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(checks: &[Check]) -> Result<()> {
    let mut rows = vec![];
    for check in checks {
        let mark = match check.status {
            Status::Ok => styled(GOOD, "✓"),
            Status::Warning => styled(CAREFUL, "!"),
            Status::Failed => styled(BAD, "✗"),
        };
        rows.push(vec![mark, check.name.clone(), check.detail.clone()]);
        if let Some(fix) = &check.fix {
            rows.push(vec![String::new(), String::new(), styled(FAINT, format!("→ {fix}"))]);
        }
    }
    Ok(screen::table(&rows)?)
}

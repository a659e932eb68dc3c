//! Having things done at times.

use luna_model::{Error, Job, JobLimits, JobWhat, Missed, Mode, NewJob, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool};
use crate::Luna;

#[derive(Deserialize, JsonSchema)]
pub(super) struct CreateArgs {
    /// What the job is called, in a few words.
    name: String,
    /// When, in words ("every weekday at 9", "every 20 minutes", "tomorrow at noon"), or as a cron pattern of five fields.
    when: String,
    /// What you are to do then, in full: you will see only this. Leave it out for a mere reminder or a command.
    prompt: Option<String>,
    /// What is to be said to the user then.
    reminder: Option<String>,
    /// A shell command that is to be run then.
    command: Option<String>,
}

impl CreateArgs {
    fn what(&self) -> Option<JobWhat> {
        let given = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
        match (given(&self.prompt), given(&self.reminder), given(&self.command)) {
            (Some(text), None, None) => Some(JobWhat::Prompt { text }),
            (None, Some(text), None) => Some(JobWhat::Reminder { text }),
            (None, None, Some(command)) => Some(JobWhat::Command { command, folder: None }),
            _ => None,
        }
    }
}

pub(super) struct CreateSchedule;

impl Tool for CreateSchedule {
    const NAME: &'static str = "create_schedule";
    const DESCRIPTION: &'static str = "Has something done at times, once or again and again: a prompt to you, a reminder, or a shell \
         command. Give exactly one of prompt, reminder and command.";
    const MODE: Mode = Mode::Confirm;
    type Args = CreateArgs;

    fn describe(luna: &Luna, args: &CreateArgs) -> Described {
        let when =
            luna.times_from(&args.when).map_or_else(|_| args.when.clone(), |times| luna.say_times(&times));
        let effect = match (&args.command, &args.prompt, &args.reminder) {
            (Some(command), _, _) => format!("{when}: runs {command}"),
            (_, Some(prompt), _) => format!("{when}: works on {prompt}"),
            (_, _, reminder) => format!("{when}: says {}", reminder.as_deref().unwrap_or_default()),
        };
        let verdict =
            args.command.as_ref().map(|command| luna.judge(command, &luna_model::CommandContext::default()));
        Described { verdict, ..Described::changes(format!("Do at times: {}", args.name), effect) }
    }

    async fn run(luna: Luna, args: CreateArgs, call: Call) -> Result<Output> {
        let what =
            args.what().ok_or_else(|| Error::invalid("give exactly one of prompt, reminder and command"))?;
        let times = luna.times_from(&args.when)?;
        let new = NewJob {
            name: args.name,
            description: String::new(),
            what,
            times,
            missed: Missed::RunOnce,
            limits: JobLimits::default(),
            max_retries: 0,
        };
        let job = luna.make_job(new, &call.packages()).await?;
        Ok(Output::ours(format!("Scheduled {}", line(&luna, &job))))
    }
}

fn line(luna: &Luna, job: &Job) -> String {
    let zone = luna.calendar().zone();
    let next = job.next.map(|at| luna_builtin::when::describe(&at.to_zoned(zone), &luna.clock().local()));
    let next = next.map_or_else(|| "not due again".to_owned(), |next| format!("next {next}"));
    format!("\"{}\": {} ({next})", job.name, luna.say_times(&job.times))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct NoArgs {}

pub(super) struct ListSchedules;

impl Tool for ListSchedules {
    const NAME: &'static str = "list_schedules";
    const DESCRIPTION: &'static str = "Lists what is done at times.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("List what is done at times".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let jobs = luna.jobs().await?;
        let lines: Vec<_> =
            jobs.iter().filter(|j| j.enabled).map(|job| format!("- {}", line(&luna, job))).collect();
        Ok(Output::ours(if lines.is_empty() { "Nothing is done at times.".into() } else { lines.join("\n") }))
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct DeleteArgs {
    /// The job's name.
    name: String,
}

pub(super) struct DeleteSchedule;

impl Tool for DeleteSchedule {
    const NAME: &'static str = "delete_schedule";
    const DESCRIPTION: &'static str = "Ends something that is done at times, by its name.";
    const MODE: Mode = Mode::Confirm;
    type Args = DeleteArgs;

    fn describe(_: &Luna, args: &DeleteArgs) -> Described {
        Described::changes(format!("Delete the job {}", args.name), "It and its history are gone.")
    }

    async fn run(luna: Luna, args: DeleteArgs, _: Call) -> Result<Output> {
        let wanted = args.name.trim().to_lowercase();
        let jobs = luna.jobs().await?;
        let mut fitting = jobs.iter().filter(|job| job.name.to_lowercase() == wanted);
        match (fitting.next(), fitting.next()) {
            (Some(job), None) => {
                luna.forget_job(job).await?;
                Ok(Output::ours(format!("Deleted the job {:?}", job.name)))
            }
            (None, _) => Err(Error::not_found(format!("there is no job called {:?}", args.name))),
            _ => Err(Error::conflict(
                "several jobs are called so; the user has to choose on the screen Scheduler",
            )),
        }
    }
}

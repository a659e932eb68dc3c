//! Background tasks of the agent: planned into steps, each step a turn of a conversation of the task's own, through the
//! same loop and the same gate. After a crash a task goes on at the step it was at.

use futures::StreamExt as _;
use luna_model::{
    AgentTask, ConversationId, Error, ErrorKind, Event, Evidence, ModelRequest, Provider, Result, TaskId,
    TaskState, TaskStep, Turn,
};
use serde::Deserialize;

use crate::Luna;
use crate::chat::{Asker, ChatRequest};

const MOST_STEPS: usize = 8;
/// Tasks that work at the same time; others wait.
pub(crate) const AT_ONCE: usize = 2;

impl Luna {
    /// Makes a task; it begins by itself.
    ///
    /// # Errors
    /// `Invalid` without a title, or when title or description are too long.
    pub async fn create_task(&self, title: &str, description: &str) -> Result<AgentTask> {
        self.make_task(title, description, &[]).await
    }

    /// Makes a task, with the packages that led to it.
    pub(crate) async fn make_task(
        &self,
        title: &str,
        description: &str,
        led_by: &[Evidence],
    ) -> Result<AgentTask> {
        let title = title.trim();
        if title.is_empty() || title.chars().count() > 200 {
            return Err(Error::invalid("a task needs a title of 1 to 200 characters"));
        }
        if description.len() > 20_000 {
            return Err(Error::limit("the description is longer than 20,000 characters"));
        }
        let now = self.clock().now();
        let task = AgentTask {
            id: TaskId::new(),
            title: title.to_owned(),
            description: description.trim().to_owned(),
            state: TaskState::Queued,
            steps: vec![],
            conversation: None,
            error: None,
            created_at: now,
            updated_at: now,
        };
        if !led_by.is_empty() {
            self.db().set_packages_behind(task.id.to_string(), led_by).await?;
        }
        self.db().save_task(task.clone()).await?;
        self.bus().publish(Event::TaskChanged { task: Box::new(task.clone()) });
        self.begin_task(task.clone());
        Ok(task)
    }

    /// The tasks, last moved first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn agent_tasks(&self, limit: u32) -> Result<Vec<AgentTask>> {
        self.db().tasks(limit.clamp(1, 500)).await
    }

    /// Stops a task.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Conflict` when it is over already.
    pub async fn cancel_task(&self, id: TaskId) -> Result<AgentTask> {
        let mut task = self.db().task(id).await?.ok_or_else(|| Error::not_found("there is no such task"))?;
        if matches!(task.state, TaskState::Completed | TaskState::Failed | TaskState::Cancelled) {
            return Err(Error::conflict("the task is over already"));
        }
        task.state = TaskState::Cancelled;
        self.moved(&mut task).await?;
        if let Some(conversation) = task.conversation {
            self.running().stop_in(conversation);
        }
        Ok(task)
    }

    /// Goes on with the tasks that were not finished when Luna ended.
    pub(crate) async fn resume_tasks(&self) -> Result<()> {
        for task in self.db().unfinished_tasks().await? {
            tracing::info!(task = %task.id, "a background task goes on");
            self.begin_task(task);
        }
        Ok(())
    }

    fn begin_task(&self, task: AgentTask) {
        let luna = self.clone();
        self.tasks().spawn(async move {
            let stopping = luna.stopping().clone();
            let Ok(_place) = luna.task_places().acquire_owned().await else { return };
            tokio::select! {
                () = luna.work_on(task) => {}
                // It stays unfinished in the database and goes on at the next start.
                () = stopping.cancelled() => {}
            }
        });
    }

    async fn work_on(&self, mut task: AgentTask) {
        let id = task.id;
        let Err(error) = self.all_steps(&mut task).await else { return };
        if error.kind == ErrorKind::Cancelled {
            return;
        }
        tracing::warn!(task = %id, kind = ?error.kind, "a background task failed");
        task.state = TaskState::Failed;
        task.error = Some(error.message);
        if let Err(error) = self.moved(&mut task).await
            && error.kind != ErrorKind::Cancelled
        {
            tracing::error!(%error, "a failed task could not be written down");
        }
    }

    async fn all_steps(&self, task: &mut AgentTask) -> Result<()> {
        if task.steps.is_empty() {
            let titles = self.plan_task(task).await;
            task.steps =
                titles.into_iter().map(|title| TaskStep { title, result: None, done_at: None }).collect();
        }
        task.state = TaskState::InProgress;
        self.moved(task).await?;
        while let Some(at) = task.steps.iter().position(|s| s.done_at.is_none()) {
            let (said, conversation) = self.one_step(task, at).await?;
            task.conversation = Some(conversation);
            task.steps[at].result = Some(said);
            task.steps[at].done_at = Some(self.clock().now());
            self.moved(task).await?;
        }
        task.state = TaskState::Completed;
        self.moved(task).await?;
        let text = format!("I finished the task \"{}\".", task.title);
        self.say_by_herself(&text, "proactive".into()).await
    }

    async fn one_step(&self, task: &mut AgentTask, at: usize) -> Result<(String, ConversationId)> {
        let message = if task.steps.len() == 1 {
            if task.description.is_empty() { task.title.clone() } else { task.description.clone() }
        } else {
            format!(
                "Task: {}\n{}\n\nStep {} of {}: {}\nDo this step now and say what came of it.",
                task.title,
                task.description,
                at + 1,
                task.steps.len(),
                task.steps[at].title
            )
        };
        let led_by = self.db().packages_behind(task.id.to_string()).await?;
        let request =
            ChatRequest { conversation: task.conversation, message, led_by, ..ChatRequest::default() };
        let mut turn = self.chat_as(request, Asker::Task(task.id)).await?;
        let conversation = turn.conversation;
        if task.conversation.is_none() {
            task.conversation = Some(conversation);
            self.moved(task).await?;
        }
        let mut said = String::new();
        while let Some(event) = turn.next().await {
            match event {
                Event::Token { text, .. } => said.push_str(&text),
                Event::ConfirmationAsked { .. } => {
                    task.state = TaskState::Waiting;
                    self.moved(task).await?;
                }
                Event::ConfirmationSettled { .. } => {
                    task.state = TaskState::InProgress;
                    self.moved(task).await?;
                }
                Event::TurnEnded { stopped: true, .. } => return Err(Error::cancelled()),
                Event::TurnFailed { kind, message, .. } => return Err(Error::new(kind, message)),
                _ => {}
            }
        }
        Ok((said.trim().to_owned(), conversation))
    }

    /// The steps of a task: a model's, or the task itself as one.
    async fn plan_task(&self, task: &AgentTask) -> Vec<String> {
        #[derive(Deserialize)]
        struct Steps {
            steps: Vec<String>,
        }
        let whole = vec![task.title.clone()];
        if self.llm().active().await.provider == Provider::Builtin {
            return whole;
        }
        let request = ModelRequest {
            system: format!(
                "Break a task into the steps an assistant with tools takes, one after another, at most {MOST_STEPS}; fewer are better. \
                 Answer with JSON alone: {{\"steps\": [\"…\"]}}."
            ),
            turns: vec![Turn::User {
                content: format!("{}\n{}", task.title, task.description),
                images: vec![],
            }],
            temperature: Some(0.2),
            max_tokens: Some(600),
            ..ModelRequest::default()
        };
        let Ok(answer) = self.answer_of(request).await else { return whole };
        let json = answer
            .find('{')
            .and_then(|at| serde_json::Deserializer::from_str(&answer[at..]).into_iter::<Steps>().next());
        let steps = json.and_then(Result::ok).map(|s| s.steps).unwrap_or_default();
        let steps: Vec<_> = steps
            .into_iter()
            .map(|s| s.trim().to_owned())
            .filter(|s| !s.is_empty())
            .take(MOST_STEPS)
            .collect();
        if steps.is_empty() { whole } else { steps }
    }

    /// Writes down how far a task is. `Cancelled` when somebody stopped it meanwhile.
    async fn moved(&self, task: &mut AgentTask) -> Result<()> {
        task.updated_at = self.clock().now();
        self.db().save_task(task.clone()).await?;
        self.bus().publish(Event::TaskChanged { task: Box::new(task.clone()) });
        Ok(())
    }
}

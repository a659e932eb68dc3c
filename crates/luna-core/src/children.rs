//! Child agents: a model sets others to work beside itself, each in a conversation of its own and with a budget. They can be
//! watched and killed; after a restart those that were at work are written down as ended.

use std::time::Duration;

use luna_model::{Actor, Child, ChildId, ChildState, ConversationId, Error, Event, Evidence, Result};
use tokio::sync::broadcast::error::RecvError;

use crate::Luna;
use crate::chat::{Asker, ChatRequest, Persona};
use futures::StreamExt as _;

/// Children at work at once.
pub const AT_ONCE: usize = 4;
/// What a child may spend at most when nobody says otherwise, and at all, in US dollars.
const BUDGET: f64 = 1.0;
/// Longest wait for a child.
const PATIENCE: Duration = Duration::from_secs(120);
/// What came of one that was at work when Luna ended.
const INTERRUPTED: &str = "Luna ended before it was done";
/// Children that are listed.
const LISTED: u32 = 200;
/// Tools that a child has none of: it does not set others to work.
pub(crate) const NOT_FOR_CHILDREN: [&str; 3] = ["spawn_agent", "wait_agents", "create_agent_task"];

/// What a child is to do.
#[derive(Clone, Debug, Default)]
pub struct ChildWork {
    /// What it is to do, in full.
    pub task: String,
    /// What it is called.
    pub name: Option<String>,
    /// Another model than the configured one.
    pub model: Option<String>,
    /// What it may spend, in US dollars.
    pub budget: Option<f64>,
    /// The packages that led to it.
    pub led_by: Vec<Evidence>,
}

impl Luna {
    /// Sets a child to work.
    ///
    /// # Errors
    /// `LimitReached` when as many as may be are at work, `Invalid` without a task.
    pub async fn spawn_child(&self, parent: Option<ConversationId>, work: ChildWork) -> Result<Child> {
        let busy = self.children().await?.iter().filter(|c| c.ended_at.is_none()).count();
        if busy >= AT_ONCE {
            return Err(Error::limit(format!("{AT_ONCE} agents are at work already; wait for one")));
        }
        let budget = work.budget.unwrap_or(BUDGET);
        if !(0.0..=BUDGET).contains(&budget) {
            return Err(Error::invalid(format!("an agent's budget is from 0 to {BUDGET} US dollars")));
        }
        // Never more than who sets it to work may still spend.
        let budget = self.left_to_spend().await?.map_or(budget, |left| budget.min(left));
        let tools = self.offered_tools().into_iter().map(|t| t.name);
        let persona = Persona {
            name: work.name.clone().unwrap_or_else(|| "a helper".into()),
            instructions: "You work by yourself on one task that another agent gave you. Nobody answers questions: decide, do it, \
                           and end with what came of it, in full, since only your last words are read."
                .into(),
            tools: tools.filter(|t| !NOT_FOR_CHILDREN.contains(&t.as_str())).collect(),
            schema: None,
        };
        let request = ChatRequest {
            message: work.task.clone(),
            model: work.model,
            persona: Some(persona),
            led_by: work.led_by,
            ..ChatRequest::default()
        };
        let turn = self.chat_as(request, Asker::Persona).await?;
        let child = Child {
            id: ChildId::new(),
            parent,
            name: work.name.unwrap_or_else(|| "agent".into()),
            model: turn.model.name.clone(),
            instructions: work.task,
            state: ChildState::Running,
            budget,
            spent: 0.0,
            conversation: turn.conversation,
            output: None,
            created_at: self.clock().now(),
            ended_at: None,
        };
        self.moved_child(&child).await?;
        self.tasks().spawn(self.clone().follow_child(child.clone(), turn));
        Ok(child)
    }

    /// Reads a child's turn to its end. Dropping the turn stops it.
    async fn follow_child(self, mut child: Child, mut turn: crate::TurnStream) {
        let mut said = String::new();
        let (mut failure, mut ended) = (None, false);
        while let Some(event) = turn.next().await {
            match event {
                Event::Token { text, .. } => said.push_str(&text),
                // Only the last words count.
                Event::ToolStarted { .. } => said.clear(),
                Event::ConfirmationAsked { .. } => child.state = ChildState::Waiting,
                Event::ConfirmationSettled { .. } => child.state = ChildState::Running,
                Event::TurnEnded { stopped, .. } => {
                    ended = true;
                    failure = stopped.then(|| match self.stopping().is_cancelled() {
                        true => INTERRUPTED.to_owned(),
                        false => "Killed by user".to_owned(),
                    });
                }
                Event::TurnFailed { message, .. } => failure = Some(message),
                _ => continue,
            }
            child.spent = self.db().spent_in(child.conversation).await.unwrap_or(child.spent);
            if child.spent > child.budget {
                failure = Some(format!("its budget of ${:.2} is spent", child.budget));
                break;
            }
        }
        drop(turn);
        child.state = if failure.is_none() && ended { ChildState::Completed } else { ChildState::Failed };
        child.output = Some(failure.unwrap_or_else(|| said.trim().to_owned()));
        child.spent = self.db().spent_in(child.conversation).await.unwrap_or(child.spent);
        child.ended_at = Some(self.clock().now());
        if let Err(error) = self.moved_child(&child).await {
            tracing::warn!(%error, "an agent's end could not be written down");
        }
    }

    async fn moved_child(&self, child: &Child) -> Result<()> {
        self.db().save_child(child.clone()).await?;
        self.bus().publish(Event::ChildChanged { child: Box::new(child.clone()) });
        Ok(())
    }

    /// The children, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn children(&self) -> Result<Vec<Child>> {
        self.db().children(LISTED).await
    }

    /// A child.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn child(&self, id: ChildId) -> Result<Child> {
        self.db().child(id).await?.ok_or_else(|| Error::not_found("there is no such agent"))
    }

    /// Kills a child: its call of the model ends, and whatever it runs.
    ///
    /// # Errors
    /// `NotFound` when there is none at work.
    pub async fn kill_child(&self, id: ChildId) -> Result<()> {
        let child = self.child(id).await?;
        if child.ended_at.is_some() {
            return Err(Error::not_found("that agent is done already"));
        }
        self.running().stop_in(child.conversation);
        Ok(())
    }

    /// Waits until these children ended, or patience does.
    ///
    /// # Errors
    /// `NotFound` when one of them is none.
    pub async fn wait_for_children(&self, ids: &[ChildId]) -> Result<Vec<Child>> {
        let mut events = self.bus().watch();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let mut children = vec![];
            for id in ids {
                children.push(self.child(*id).await?);
            }
            if children.iter().all(|c| c.ended_at.is_some()) {
                return Ok(children);
            }
            let moved = async {
                loop {
                    match events.recv().await {
                        Ok(event) if !matches!(*event, Event::ChildChanged { .. }) => {}
                        Ok(_) | Err(RecvError::Lagged(_)) => return true,
                        Err(RecvError::Closed) => return false,
                    }
                }
            };
            match tokio::time::timeout_at(deadline, moved).await {
                Ok(true) => {}
                Ok(false) | Err(_) => return Ok(children),
            }
        }
    }

    /// Children that were at work when Luna ended are written down as ended.
    pub(crate) async fn close_interrupted_children(&self) -> Result<()> {
        for mut child in self.children().await?.into_iter().filter(|c| c.ended_at.is_none()) {
            child.state = ChildState::Failed;
            child.output = Some(INTERRUPTED.into());
            child.ended_at = Some(self.clock().now());
            self.db().save_child(child).await?;
        }
        Ok(())
    }
}

/// The conversation on whose behalf an agent is set to work.
pub(crate) const fn parent_of(actor: &Actor) -> Option<ConversationId> {
    match actor {
        Actor::Model { conversation } => Some(*conversation),
        _ => None,
    }
}

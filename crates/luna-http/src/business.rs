//! Business: one listener before many Lunas. Every user has one of their own, with all that is theirs; this looks at the
//! token of each request and hands it to that user's and to no other, so no route, stream or cache can cross users.
//!
//! The house is a Luna too: hers are the channels that serve the whole business and the administration, and only the secret
//! opens her. Must not know how Lunas are woken; that is [`Cores`].

mod door;

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use luna_commands::Table;
use luna_core::Luna;
use luna_core::users::{Pass, Users};
use luna_model::{Result, User};

use crate::{App, Documented, Doors, everything, executor, guarded, inside};
use door::Front;

/// A user's Luna and her routes.
pub struct Core {
    /// Herself.
    pub luna: Luna,
    main: Router,
    executor: Router,
}

impl Core {
    /// The routes of a Luna of whom nobody else's guard knows.
    #[must_use]
    pub fn new(luna: Luna, table: Table, doors: Doors) -> Self {
        let doors = Arc::new(Doors { password: None, ..doors });
        let app = App::new(luna.clone(), Some(table), Arc::clone(&doors));
        let main = inside(everything(&app), app, Documented::No);
        let app = App::new(luna.clone(), None, doors);
        let executor = inside(executor(&app), app, Documented::No);
        Self { luna, main, executor }
    }
}

/// The Lunas of the users.
#[async_trait]
pub trait Cores: Send + Sync + 'static {
    /// A user's Luna, woken if she sleeps. She stays awake as long as somebody holds her.
    ///
    /// # Errors
    /// `Unavailable` when too many are awake, or she cannot be woken.
    async fn of(&self, pass: &Pass) -> Result<Arc<Core>>;
}

/// The users and their Lunas; cheap to clone.
#[derive(Clone)]
pub struct Business {
    /// Who they are.
    pub users: Users,
    /// Their Lunas.
    pub cores: Arc<dyn Cores>,
}

/// The user who calls; set on every request that reaches a user's Luna.
#[derive(Clone, Debug)]
pub(crate) struct Member(pub(crate) User);

/// A visit to a user's Luna: she stays awake while a socket holds it.
#[derive(Clone)]
pub(crate) struct Visit(#[allow(dead_code, reason = "held, not read")] Arc<Core>);

/// The main port of a business.
pub fn business_router(house: Luna, table: Table, doors: Doors, business: Business) -> Router {
    let app = of_the_house(house, Some(table), doors, &business);
    let routes = inside(everything(&app), app.clone(), Documented::Yes);
    front(app, routes, business, |core| &core.main)
}

/// The executor's own port of a business.
pub fn business_executor_router(house: Luna, doors: Doors, business: Business) -> Router {
    let app = of_the_house(house, None, doors, &business);
    let routes = inside(executor(&app), app.clone(), Documented::Yes);
    front(app, routes, business, |core| &core.executor)
}

fn of_the_house(house: Luna, table: Option<Table>, doors: Doors, business: &Business) -> App {
    let doors = Arc::new(Doors { password: None, ..doors });
    App { business: Some(business.clone()), ..App::new(house, table, doors) }
}

fn front(app: App, house: Router, business: Business, users: fn(&Core) -> &Router) -> Router {
    let front = Front { app: app.clone(), house, business, users };
    guarded(Router::new().fallback(door::enter).with_state(front), app)
}

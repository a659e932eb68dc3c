//! Outside services, a folder each: the web itself, [`Web`], as [`luna_core::ports::Fetch`], the dashboard's sources,
//! [`Outside`], the messengers, [`Services`], [`Stripe`] as [`luna_core::ports::Payments`], and [`Tailscale`] as
//! [`luna_core::ports::Tailnet`].
//!
//! Knows nothing of conversations or the gate. What comes from here is text from outside and is marked so by its callers.

mod address;
mod channels;
mod sources;
mod stripe;
mod tailscale;
mod web;

pub use channels::{Services, ServicesConfig};
pub use sources::{Outside, OutsideConfig};
pub use stripe::{Stripe, StripeConfig};
pub use tailscale::Tailscale;
pub use web::{Web, WebConfig};

//! Outside services, a folder each, as the core's ports: the web ([`Web`]), messages from elsewhere ([`Services`]), calendars ([`CalDav`]),
//! weather, markets and news ([`Outside`]), music ([`Spotify`]), payments ([`Stripe`]) and private networks ([`Tailscale`]).
//!
//! Knows nothing of conversations or the gate. What comes from here is text from outside and is marked so by its callers.

mod address;
mod caldav;
mod channels;
mod gmail;
mod reach;
mod sources;
mod spotify;
mod stripe;
mod tailscale;
mod web;

pub use caldav::CalDav;
pub use channels::{Services, ServicesConfig};
pub use gmail::{Gmail, GmailConfig};
pub use sources::{Outside, OutsideConfig};
pub use spotify::{Spotify, SpotifyConfig};
pub use stripe::{Stripe, StripeConfig};
pub use tailscale::Tailscale;
pub use web::{Web, WebConfig};

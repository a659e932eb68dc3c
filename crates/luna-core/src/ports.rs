//! What the core needs from outside: a network, hardware, money or time. One trait each, implemented by a real adapter
//! (luna-llm, luna-shell, luna-connect, luna-desktop-io, luna-embed, luna-voice, luna-app) and by a scripted one (luna-testkit).

mod calendars;
mod channels;
mod clock;
mod desktop;
mod fetch;
mod llm;
mod mail;
mod music;
mod payments;
mod programs;
mod recall;
mod secrets;
mod shell;
mod sight;
mod sources;
mod tailnet;
mod voice;

pub use calendars::*;
pub use channels::*;
pub use clock::*;
pub use desktop::*;
pub use fetch::*;
pub use llm::*;
pub use mail::*;
pub use music::*;
pub use payments::*;
pub use programs::*;
pub use recall::*;
pub use secrets::*;
pub use shell::*;
pub use sight::*;
pub use sources::*;
pub use tailnet::*;
pub use voice::*;

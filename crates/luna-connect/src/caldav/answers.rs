//! What a calendar server's answers mean for the user. Nothing of what was sent is repeated.

use std::convert::Infallible;

use libdav::dav::WebDavError;
use luna_model::{Error, ErrorKind};
use reqwest::StatusCode;

/// What a refusal means, and what to do.
pub(super) fn refused(status: StatusCode, body: &[u8]) -> Error {
    let (kind, why) = match status.as_u16() {
        401 => (
            ErrorKind::Unauthenticated,
            "the calendar server does not take this user name and password; many services want a password that is made for one program (an app password)",
        ),
        403 => (ErrorKind::Forbidden, "the calendar server does not allow this to this user"),
        404 | 410 => (ErrorKind::NotFound, "the calendar server has nothing at this address any more"),
        // 409: the collection is not there, or something of this uid is elsewhere in it.
        409 | 412 => (ErrorKind::Conflict, "it was changed on the calendar server meanwhile"),
        413 | 507 => (ErrorKind::Invalid, "there is no room for it on the calendar server"),
        429 => (ErrorKind::Unavailable, "the calendar server is asked too often; it is tried again later"),
        500.. => (ErrorKind::Unavailable, "the calendar server cannot answer now"),
        _ => (ErrorKind::Invalid, "the calendar server refuses this"),
    };
    // RFC 4791, 5.3.2.1: why an entry is not taken.
    let named = std::str::from_utf8(body).ok().and_then(condition);
    let named = named.map(|name| format!(": {name}")).unwrap_or_default();
    Error::new(kind, format!("{why} ({}{named})", status.as_u16()))
}

/// The condition that an answer names as not met: `supported-calendar-component`.
fn condition(body: &str) -> Option<String> {
    let document = roxmltree::Document::parse(body).ok()?;
    let root = document.root_element();
    let error = root.has_tag_name(("DAV:", "error")).then_some(root)?;
    let name = error.children().find(roxmltree::Node::is_element)?.tag_name().name();
    Some(name.chars().take(60).collect())
}

/// What it means that an answer is not as the protocol says.
pub(super) fn unreadable(error: &WebDavError<Infallible>) -> Error {
    match error {
        WebDavError::BadStatusCode(status) => refused(*status, b""),
        WebDavError::PreconditionFailed(condition) => {
            Error::invalid(format!("the calendar server does not take this: {condition}"))
        }
        _ => Error::invalid("what is at this address does not answer as a calendar server does"),
    }
}

/// Whether a server says that it left out what did not fit.
pub(super) fn cut_short(body: &[u8]) -> bool {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let Ok(document) = roxmltree::Document::parse(text) else { return false };
    document
        .descendants()
        .filter(|node| node.has_tag_name(("DAV:", "status")))
        .any(|node| node.text().is_some_and(|status| status.split(' ').nth(1) == Some("507")))
}

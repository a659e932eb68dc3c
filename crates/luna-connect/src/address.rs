//! Addresses of services: a base that the user may have set, a path, and a query.

use luna_model::{Error, Result};
use url::Url;

/// An address with its query, escaped as it must be.
///
/// # Errors
/// `Invalid` when the base is no address.
pub(crate) fn address(base: &str, path: &str, query: &[(&str, &str)]) -> Result<Url> {
    let base = base.trim_end_matches('/');
    let mut url = Url::parse(&format!("{base}{path}"))
        .map_err(|_| Error::invalid(format!("{base:?} is no address")))?;
    url.query_pairs_mut().extend_pairs(query);
    Ok(url)
}

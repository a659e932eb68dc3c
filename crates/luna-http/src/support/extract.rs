//! Extraction whose failures are the core's, so that each dialect answers them in its own envelope.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::Response;
use luna_model::Error;
use serde::de::DeserializeOwned;

/// A dialect's way to say that something failed.
pub(crate) trait Envelope: Send + Sync + 'static {
    fn answer(error: Error) -> Response;
}

/// A JSON body. What is wrong with it is said in the dialect's envelope.
pub(crate) struct Body<T, E>(pub(crate) T, pub(crate) std::marker::PhantomData<E>);

impl<T: DeserializeOwned, E: Envelope, S: Send + Sync> FromRequest<S> for Body<T, E> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| E::answer(Error::limit("the request body is larger than 16 MiB")))?;
        // A page cannot send this type to another origin without asking first.
        if !bytes.is_empty() && !kind.to_ascii_lowercase().starts_with("application/json") {
            return Err(E::answer(Error::invalid("send JSON, with Content-Type: application/json")));
        }
        let bytes = if bytes.is_empty() { Bytes::from_static(b"{}") } else { bytes };
        let value = serde_json::from_slice(&bytes)
            .map_err(|e| E::answer(Error::invalid(format!("the request body is wrong: {e}"))))?;
        Ok(Self(value, std::marker::PhantomData))
    }
}

/// Query parameters.
pub(crate) struct Params<T, E>(pub(crate) T, pub(crate) std::marker::PhantomData<E>);

impl<T: DeserializeOwned, E: Envelope, S: Send + Sync> FromRequestParts<S> for Params<T, E> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let Query(value) = query
            .map_err(|e| E::answer(Error::invalid(format!("the parameters are wrong: {}", e.body_text()))))?;
        Ok(Self(value, std::marker::PhantomData))
    }
}

/// An id in the path.
pub(crate) struct Id<T, E>(pub(crate) T, pub(crate) std::marker::PhantomData<E>);

impl<T, E, S> FromRequestParts<S> for Id<T, E>
where
    T: std::str::FromStr,
    E: Envelope,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let text = path.map(|p| p.0).unwrap_or_default();
        let id = text
            .parse()
            .map_err(|_| E::answer(Error::invalid(format!("{text:?} is no id; ids are UUIDs"))))?;
        Ok(Self(id, std::marker::PhantomData))
    }
}

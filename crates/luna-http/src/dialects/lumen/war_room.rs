//! The war room: code is attacked and defended, and a verdict follows.

mod wire;

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Fault, Lumen};
use crate::App;
use crate::support::extract::Body;
use wire::{Proposed, Verdict};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(war_room))
}

/// Has code reviewed by static rules and by two sides with a judge. Approved with a score of at least 75, at least two
/// tests and no critical issue.
#[utoipa::path(post, path = "/api/war-room", tag = "Lumen", request_body = Proposed, responses(
    (status = 200, body = Verdict), (status = 400, body = Fault)))]
async fn war_room(State(app): State<App>, Body(q, _): Body<Proposed, Lumen>) -> Answer<Verdict> {
    let review = app.luna.review(q.into_core()?).await?;
    Ok(Json(Verdict::from_core(review)))
}

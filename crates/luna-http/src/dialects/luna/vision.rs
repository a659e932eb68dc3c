//! Vision: what is on the screen, and what the camera sees.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Detail, Dialect, Machine};
use crate::App;
use crate::support::extract::Body;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(screen)).routes(routes!(camera))
}

#[derive(Debug, Deserialize, ToSchema)]
struct Look {
    /// Only the window whose title or application contains this.
    window: Option<String>,
    /// Only this monitor, counted from 0.
    monitor: Option<u8>,
    /// Only this rectangle, in pixels of a picture of all of it.
    region: Option<Region>,
    /// What is to be known of it.
    question: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
struct Region {
    /// From the left.
    x: u32,
    /// From the top.
    y: u32,
    width: u32,
    height: u32,
}

#[derive(Debug, Serialize, ToSchema)]
struct Seen {
    description: String,
}

/// Looks at the screen and describes it.
#[utoipa::path(post, path = "/api/vision/screen", tag = "Luna: vision", request_body = Look, responses(
    (status = 200, body = Seen), (status = 403, body = Detail), (status = 404, body = Detail), (status = 501, body = Detail)))]
async fn screen(State(app): State<App>, Body(q, _): Body<Look, Dialect>) -> Machine<Seen> {
    let input = json!({
        "source": "screen", "window": q.window, "monitor": q.monitor, "region": q.region, "question": q.question,
    });
    Ok(Json(Seen { description: app.luna.use_tool("vision", input).await?.content }))
}

/// Takes one picture with the camera and describes it.
#[utoipa::path(post, path = "/api/vision/camera", tag = "Luna: vision", request_body = Look, responses(
    (status = 200, body = Seen), (status = 403, body = Detail), (status = 501, body = Detail)))]
async fn camera(State(app): State<App>, Body(q, _): Body<Look, Dialect>) -> Machine<Seen> {
    let input = json!({ "source": "camera", "question": q.question });
    Ok(Json(Seen { description: app.luna.use_tool("vision", input).await?.content }))
}

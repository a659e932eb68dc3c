//! A scene of simple shapes, as data: what a model or Luna herself describes and the interface draws. Nothing in it runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A scene. Metres; y is up; the ground is at y = 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// A few words.
    #[schemars(length(min = 1, max = 120))]
    pub title: String,
    /// The sky's colour, `#rrggbb`.
    #[schemars(regex(pattern = r"^#[0-9a-fA-F]{6}$"))]
    pub background: String,
    /// From where it is seen.
    pub camera: Camera,
    /// What shines.
    #[schemars(length(min = 1, max = 8))]
    pub lights: Vec<Light>,
    /// What is there.
    #[schemars(length(min = 1, max = 200))]
    pub shapes: Vec<Shape>,
}

/// From where a scene is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Camera {
    /// Where it stands: x, y, z.
    #[schemars(inner(range(min = -200, max = 200)))]
    pub position: [f64; 3],
    /// What it looks at: x, y, z.
    #[schemars(inner(range(min = -200, max = 200)))]
    pub target: [f64; 3],
    /// Seconds for one turn around the target; 0 = it stands still.
    #[serde(default)]
    #[schemars(range(min = 0, max = 600))]
    pub orbit_seconds: f64,
}

/// A light.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Light {
    /// What sort.
    pub kind: LightKind,
    /// `#rrggbb`.
    #[schemars(regex(pattern = r"^#[0-9a-fA-F]{6}$"))]
    pub color: String,
    /// 0 to 10; 1 is daylight.
    #[schemars(range(min = 0, max = 10))]
    pub intensity: f64,
    /// Where it is, or from where it shines: x, y, z.
    #[serde(default)]
    #[schemars(inner(range(min = -200, max = 200)))]
    pub position: [f64; 3],
}

/// The sorts of light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LightKind {
    /// From everywhere.
    Ambient,
    /// From far away, from the direction of its position.
    Sun,
    /// From a point.
    Point,
}

/// A shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// What sort.
    pub kind: ShapeKind,
    /// Its middle: x, y, z.
    #[schemars(inner(range(min = -200, max = 200)))]
    pub position: [f64; 3],
    /// Its extent along x, y and z.
    #[schemars(inner(range(min = 0, max = 400)))]
    pub size: [f64; 3],
    /// Turned around x, y and z, in degrees.
    #[serde(default)]
    #[schemars(inner(range(min = -360, max = 360)))]
    pub rotation: [f64; 3],
    /// `#rrggbb`.
    #[schemars(regex(pattern = r"^#[0-9a-fA-F]{6}$"))]
    pub color: String,
    /// How much it shines by itself, 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub glow: f64,
    /// 0 = not to be seen, 1 = solid.
    #[serde(default = "solid")]
    #[schemars(range(min = 0, max = 1))]
    pub opacity: f64,
    /// For `points`: how many are strewn over its extent.
    #[serde(default)]
    #[schemars(range(min = 0, max = 2000))]
    pub count: u32,
    /// A word beside it.
    #[serde(default)]
    #[schemars(length(max = 60))]
    pub label: String,
    /// How it moves.
    #[serde(default)]
    pub motion: Motion,
    /// Seconds for one movement.
    #[serde(default = "slowly")]
    #[schemars(range(min = 0.1, max = 600))]
    pub motion_seconds: f64,
}

const fn solid() -> f64 {
    1.0
}

const fn slowly() -> f64 {
    8.0
}

/// The sorts of shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ShapeKind {
    /// A ball.
    Sphere,
    /// A box.
    Box,
    /// A cylinder, upright.
    Cylinder,
    /// A cone, point upwards.
    Cone,
    /// A ring; lies flat.
    Torus,
    /// A flat rectangle; lies flat.
    Plane,
    /// Many small lights or flakes.
    Points,
}

/// How a shape moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Motion {
    /// Not.
    #[default]
    None,
    /// It turns around itself.
    Spin,
    /// It goes up and down.
    Bob,
    /// It goes around the middle of the scene.
    Orbit,
    /// A plane: waves run over it.
    Wave,
    /// It gets brighter and darker.
    Twinkle,
    /// Points: they fall, and come again from above.
    Fall,
}

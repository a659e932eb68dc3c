//! Showing a 3D scene of something.

use luna_model::{Event, Mode, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Described, Output, Tool};
use crate::Luna;

#[derive(Deserialize, JsonSchema)]
pub(super) struct SceneArgs {
    /// What is to be seen: "the solar system", "a forest in the snow at night".
    description: String,
}

pub(super) struct ShowScene;

impl Tool for ShowScene {
    const NAME: &'static str = "show_scene";
    const DESCRIPTION: &'static str = "Shows a 3D scene of simple shapes on the user's screen, to look at or to explain something with: \
         an atom, the solar system, a landscape.";
    const MODE: Mode = Mode::Allow;
    type Args = SceneArgs;

    fn describe(_: &Luna, args: &SceneArgs) -> Described {
        Described::reads(format!("Show a scene: {}", args.description))
    }

    async fn run(luna: Luna, args: SceneArgs, _: Call) -> Result<Output> {
        let scene = luna.make_scene(&args.description).await?.scene;
        let content = format!("The scene is shown; it has {} shapes.", scene.shapes.len());
        luna.bus().publish(Event::SceneShown { scene: Box::new(scene) });
        Ok(Output::ours(content))
    }
}

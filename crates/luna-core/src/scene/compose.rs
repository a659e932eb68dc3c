//! Luna's own scenes: each named thing is built of simple shapes and given a place. The same words give the same scene.

use luna_model::{Camera, Light, LightKind, Motion, Scene, Shape, ShapeKind};

use super::words::{Hour, Named, Thing, hour, named};

/// Most of a thing that are built; the scene stays within its schema and within what a small machine draws.
const MOST_OF_A_THING: u32 = 16;
/// Most shapes of a scene.
const MOST_SHAPES: usize = 200;

/// A scene of these words.
pub(super) fn scene(prompt: &str) -> Scene {
    let hour = hour(prompt);
    let mut things = named(prompt);
    if things.is_empty() {
        // Nothing that is known: something to look at all the same.
        things = [Thing::Ball, Thing::Ring, Thing::Stars]
            .map(|thing| Named { thing, count: None, color: None })
            .into();
    }
    if hour == Hour::Night && !things.iter().any(|n| n.thing == Thing::Stars) {
        things.push(Named { thing: Thing::Stars, count: None, color: None });
    }
    let mut stage = Stage { chance: Chance::of(prompt), hour, shapes: Vec::new(), taken: 0 };
    let afloat = things.iter().any(|n| n.thing == Thing::Sea);
    let in_space = things.iter().all(|n| {
        matches!(
            n.thing,
            Thing::Stars | Thing::Planets | Thing::Atom | Thing::Helix | Thing::Moon | Thing::Rock
        )
    });
    let grounded =
        things.iter().any(|n| matches!(n.thing, Thing::Sea | Thing::Grass | Thing::Sand | Thing::Snowfield));
    if !in_space && !grounded {
        stage.ground("#6f7f68");
    }
    for thing in &things {
        stage.build(*thing, afloat);
    }
    let mut shapes = stage.shapes;
    shapes.truncate(MOST_SHAPES);
    let middle = if in_space { 0.0 } else { 2.0 };
    Scene {
        title: title(prompt),
        background: match (in_space, hour) {
            (true, _) => "#05060f",
            (_, Hour::Night) => "#0a1128",
            (_, Hour::Dusk) => "#d98a5f",
            (_, Hour::Day) => "#a9cfee",
        }
        .into(),
        camera: Camera { position: [0.0, 6.0, 18.0], target: [0.0, middle, 0.0], orbit_seconds: 90.0 },
        lights: lights(hour),
        shapes,
    }
}

fn title(prompt: &str) -> String {
    prompt.chars().filter(|c| !c.is_control()).take(120).collect()
}

fn lights(hour: Hour) -> Vec<Light> {
    let light =
        |kind, color: &str, intensity, position| Light { kind, color: color.into(), intensity, position };
    match hour {
        Hour::Day => vec![
            light(LightKind::Ambient, "#ffffff", 0.9, [0.0; 3]),
            light(LightKind::Sun, "#fff4d6", 1.6, [20.0, 40.0, 20.0]),
        ],
        Hour::Dusk => vec![
            light(LightKind::Ambient, "#c08a80", 0.7, [0.0; 3]),
            light(LightKind::Sun, "#ff9a4a", 1.8, [-40.0, 10.0, -10.0]),
        ],
        Hour::Night => vec![
            light(LightKind::Ambient, "#4a5a90", 0.7, [0.0; 3]),
            light(LightKind::Sun, "#b8c8ff", 0.7, [-15.0, 30.0, -20.0]),
        ],
    }
}

/// Chance that is the same for the same words (a linear congruential generator with Knuth's constants).
struct Chance(u64);

impl Chance {
    fn of(words: &str) -> Self {
        // FNV-1a.
        Self(
            words
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    /// From `low` to `high`.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        #[allow(clippy::cast_precision_loss, reason = "31 bits fit")]
        let share = (self.0 >> 33) as f64 / f64::from(1_u32 << 31);
        low + (high - low) * share
    }
}

/// A shape with the usual rest.
fn shape(kind: ShapeKind, position: [f64; 3], size: [f64; 3], color: &str) -> Shape {
    Shape {
        kind,
        position,
        size,
        rotation: [0.0; 3],
        color: color.into(),
        glow: 0.0,
        opacity: 1.0,
        count: 0,
        label: String::new(),
        motion: Motion::None,
        motion_seconds: 8.0,
    }
}

struct Stage {
    chance: Chance,
    hour: Hour,
    shapes: Vec<Shape>,
    /// Places given away so far.
    taken: u32,
}

impl Stage {
    fn put(&mut self, kind: ShapeKind, position: [f64; 3], size: [f64; 3], color: &str) -> &mut Shape {
        let at = self.shapes.len();
        self.shapes.push(shape(kind, position, size, color));
        &mut self.shapes[at]
    }

    fn ground(&mut self, color: &str) -> &mut Shape {
        self.put(ShapeKind::Plane, [0.0; 3], [80.0, 0.0, 80.0], color)
    }

    /// The next free place on the ground, in a widening spiral (the golden angle keeps neighbours apart).
    fn place(&mut self) -> (f64, f64) {
        let n = f64::from(self.taken);
        self.taken += 1;
        let (far, turn) = (1.9 * n.sqrt(), n * 2.399_963);
        (far * turn.cos() * 1.5, far * turn.sin() - 1.0)
    }

    fn points(
        &mut self,
        count: u32,
        middle: [f64; 3],
        size: [f64; 3],
        color: &str,
        motion: Motion,
        seconds: f64,
    ) {
        let points = self.put(ShapeKind::Points, middle, size, color);
        (points.count, points.glow, points.motion, points.motion_seconds) = (count, 1.0, motion, seconds);
    }

    fn build(&mut self, named: Named, afloat: bool) {
        let color = |usual: &'static str| named.color.unwrap_or(usual);
        match named.thing {
            Thing::Sea => {
                let usual = if self.hour == Hour::Night { "#12305c" } else { "#2f77a8" };
                let sea = self.ground(color(usual));
                (sea.motion, sea.motion_seconds, sea.opacity) = (Motion::Wave, 6.0, 0.95);
            }
            Thing::Grass => drop(self.ground(color("#5f9a4d"))),
            Thing::Sand => drop(self.ground(color("#d8bf86"))),
            Thing::Snowfield => drop(self.ground(color("#e9eef4"))),
            Thing::Stars => {
                let c = color("#f4f2ff");
                self.points(700, [0.0, 30.0, 0.0], [160.0, 60.0, 160.0], c, Motion::Twinkle, 5.0);
            }
            Thing::Rain => {
                self.points(900, [0.0, 10.0, 0.0], [40.0, 20.0, 40.0], color("#9db4c8"), Motion::Fall, 1.2)
            }
            Thing::Snow => {
                self.points(600, [0.0, 10.0, 0.0], [40.0, 20.0, 40.0], color("#ffffff"), Motion::Fall, 9.0)
            }
            Thing::Moon => {
                let moon = self.put(ShapeKind::Sphere, [-9.0, 13.0, -22.0], [3.2; 3], color("#f1edd6"));
                moon.glow = 0.9;
            }
            Thing::Sun => {
                let height = if self.hour == Hour::Dusk { 3.0 } else { 15.0 };
                let sun = self.put(ShapeKind::Sphere, [10.0, height, -26.0], [4.5; 3], color("#ffd25e"));
                sun.glow = 1.0;
            }
            Thing::Planets => self.planets(),
            Thing::Atom => self.atom(),
            Thing::Helix => self.helix(),
            Thing::Mountain => {
                for i in 0..named.count.unwrap_or(4).clamp(1, MOST_OF_A_THING) {
                    let (x, high) = (f64::from(i) * 9.0 - 14.0, self.chance.between(7.0, 13.0));
                    let far = self.chance.between(-30.0, -18.0);
                    self.put(
                        ShapeKind::Cone,
                        [x, high / 2.0, far],
                        [high * 1.3, high, high * 1.3],
                        color("#6d6f7d"),
                    );
                    self.put(
                        ShapeKind::Cone,
                        [x, high * 0.86, far],
                        [high * 0.37, high * 0.29, high * 0.37],
                        "#f2f4f7",
                    );
                }
            }
            thing => {
                let usual = match thing {
                    Thing::Tree | Thing::Fir => 9,
                    Thing::Tower => 8,
                    Thing::Flower | Thing::Cloud | Thing::Rock => 5,
                    _ => 1,
                };
                for _ in 0..named.count.unwrap_or(usual).clamp(1, MOST_OF_A_THING) {
                    let (x, z) = self.place();
                    self.one(thing, x, z, named.color, afloat);
                }
            }
        }
    }

    /// One thing that stands on the ground.
    fn one(&mut self, thing: Thing, x: f64, z: f64, said: Option<&'static str>, afloat: bool) {
        use ShapeKind::{Box, Cone, Cylinder, Sphere, Torus};
        let color = |usual: &'static str| said.unwrap_or(usual);
        let grown = self.chance.between(0.8, 1.3);
        match thing {
            Thing::Tree => {
                self.put(Cylinder, [x, 0.8 * grown, z], [0.4, 1.6 * grown, 0.4], "#6b4a32");
                self.put(Sphere, [x, 2.4 * grown, z], [2.1 * grown; 3], color("#4c8a45"));
            }
            Thing::Fir => {
                self.put(Cylinder, [x, 0.4, z], [0.35, 0.8, 0.35], "#5a4030");
                for (i, wide) in [2.2, 1.7, 1.1].into_iter().enumerate() {
                    #[allow(clippy::cast_precision_loss, reason = "three of them")]
                    let high = 1.3 + i as f64 * 1.0;
                    self.put(
                        Cone,
                        [x, high * grown, z],
                        [wide * grown, 1.5 * grown, wide * grown],
                        color("#2f6b46"),
                    );
                }
            }
            Thing::House => {
                self.put(Box, [x, 1.0, z], [2.6, 2.0, 2.4], color("#e6d8c0"));
                let roof = self.put(Cone, [x, 2.7, z], [3.9, 1.4, 3.9], "#a5483a");
                roof.rotation = [0.0, 45.0, 0.0];
                let lit = if self.hour == Hour::Day { 0.1 } else { 1.0 };
                self.put(Box, [x, 1.1, z + 1.21], [0.6, 0.6, 0.05], "#ffdf8a").glow = lit;
            }
            Thing::Tower => {
                let high = self.chance.between(3.0, 9.0);
                let lit = if self.hour == Hour::Day { 0.0 } else { 0.25 };
                self.put(Box, [x * 1.2, high / 2.0, z * 1.2 - 4.0], [1.5, high, 1.5], color("#7f8a9a"))
                    .glow = lit;
            }
            Thing::Boat => {
                for (kind, at, size, shade) in [
                    (Box, [x, 0.35, z], [2.4, 0.6, 1.0], color("#8a5a3a")),
                    (Cylinder, [x, 1.7, z], [0.1, 2.4, 0.1], "#5a4030"),
                    (Cone, [x + 0.4, 1.8, z], [1.2, 2.0, 0.15], "#f4efe2"),
                ] {
                    let part = self.put(kind, at, size, shade);
                    (part.motion, part.motion_seconds) =
                        if afloat { (Motion::Bob, 5.0) } else { (Motion::None, 5.0) };
                }
            }
            Thing::Island => {
                self.put(Sphere, [x, -0.5, z], [7.0, 2.4, 6.0], color("#d8bf86"));
                self.put(Cylinder, [x, 1.9, z], [0.3, 2.6, 0.3], "#7a5a3c");
                self.put(Sphere, [x, 3.4, z], [2.4, 0.8, 2.4], "#4f9a4a");
            }
            Thing::Lamp => {
                self.put(Cylinder, [x, 1.3, z], [0.15, 2.6, 0.15], "#3b3f46");
                self.put(Sphere, [x, 2.8, z], [0.6; 3], color("#ffe2a0")).glow = 1.0;
            }
            Thing::Fire => {
                self.put(Cylinder, [x, 0.12, z], [1.5, 0.24, 1.5], "#4a3526");
                for (wide, high, shade) in [(1.0, 1.6, "#e8622c"), (0.6, 1.1, "#ffc04a")] {
                    let flame = self.put(Cone, [x, high / 2.0 + 0.2, z], [wide, high, wide], shade);
                    (flame.glow, flame.motion, flame.motion_seconds) = (1.0, Motion::Twinkle, 0.8);
                }
            }
            Thing::Flower => {
                self.put(Cylinder, [x, 0.5, z], [0.08, 1.0, 0.08], "#3f7d3a");
                self.put(Sphere, [x, 1.1, z], [0.6, 0.35, 0.6], color("#e36a9a"));
                self.put(Sphere, [x, 1.22, z], [0.22; 3], "#f2cf4a");
            }
            Thing::Cloud => {
                let high = self.chance.between(8.0, 12.0);
                for (dx, size) in [(-1.3, 1.9), (0.0, 2.7), (1.4, 2.0)] {
                    self.put(
                        Sphere,
                        [x * 2.0 + dx, high, z - 6.0],
                        [size, size * 0.6, size],
                        color("#f5f7fa"),
                    )
                    .opacity = 0.9;
                }
            }
            Thing::Rock => {
                let turned = self.chance.between(0.0, 90.0);
                let rock = self.put(
                    Sphere,
                    [x, 0.35 * grown, z],
                    [1.2 * grown, 0.8 * grown, grown],
                    color("#82807c"),
                );
                rock.rotation = [0.0, turned, 12.0];
            }
            Thing::Robot => {
                let c = color("#9aa7b5");
                self.put(Box, [x, 1.3, z], [1.0, 1.2, 0.6], c);
                self.put(Box, [x, 2.3, z], [0.7, 0.6, 0.6], c);
                for side in [-1.0, 1.0] {
                    self.put(Sphere, [x + side * 0.17, 2.35, z + 0.31], [0.14; 3], "#4fd2ff").glow = 1.0;
                    self.put(Cylinder, [x + side * 0.65, 1.3, z], [0.22, 1.1, 0.22], c);
                    self.put(Cylinder, [x + side * 0.27, 0.35, z], [0.26, 0.7, 0.26], c);
                }
            }
            Thing::Cube => self.solid(Box, x, 1.0, z, color("#5b86c9")),
            Thing::Ball => self.solid(Sphere, x, 1.0, z, color("#5b86c9")),
            Thing::Cone => self.solid(Cone, x, 1.0, z, color("#c98a5b")),
            Thing::Cylinder => self.solid(Cylinder, x, 1.0, z, color("#a8a39a")),
            Thing::Ring => self.solid(Torus, x, 1.4, z, color("#e0b64a")),
            Thing::Pyramid => {
                self.put(Cone, [x, 1.2, z], [2.8, 2.4, 2.8], color("#cdb27a")).rotation = [0.0, 45.0, 0.0]
            }
            _ => {}
        }
    }

    fn solid(&mut self, kind: ShapeKind, x: f64, y: f64, z: f64, color: &str) {
        let part = self.put(kind, [x, y, z], [1.8; 3], color);
        (part.motion, part.motion_seconds) = (Motion::Spin, 14.0);
    }

    fn planets(&mut self) {
        self.put(ShapeKind::Sphere, [0.0; 3], [2.6; 3], "#ffcf5a").glow = 1.0;
        let all = [
            ("Mercury", 2.4, 0.3, "#a79a8c", 5.0),
            ("Venus", 3.4, 0.5, "#dcb77a", 8.0),
            ("Earth", 4.5, 0.55, "#3f7fd6", 12.0),
            ("Mars", 5.6, 0.4, "#c8623c", 18.0),
            ("Jupiter", 7.6, 1.3, "#c9a27a", 32.0),
            ("Saturn", 9.8, 1.1, "#dcc48a", 46.0),
            ("Uranus", 11.6, 0.8, "#8fd0d6", 64.0),
            ("Neptune", 13.2, 0.8, "#4a6fd0", 80.0),
        ];
        for (name, far, size, color, seconds) in all {
            let turn = self.chance.between(0.0, std::f64::consts::TAU);
            let planet =
                self.put(ShapeKind::Sphere, [far * turn.cos(), 0.0, far * turn.sin()], [size; 3], color);
            (planet.motion, planet.motion_seconds, planet.label) = (Motion::Orbit, seconds, name.into());
            self.put(ShapeKind::Torus, [0.0; 3], [far * 2.0, 0.03, far * 2.0], "#3a4466").opacity = 0.5;
        }
    }

    fn atom(&mut self) {
        for i in 0..6 {
            let at = [
                self.chance.between(-0.6, 0.6),
                self.chance.between(-0.6, 0.6),
                self.chance.between(-0.6, 0.6),
            ];
            self.put(ShapeKind::Sphere, at, [0.9; 3], if i % 2 == 0 { "#d64545" } else { "#8d9096" });
        }
        for (i, tilt) in [0.0, 60.0, -60.0].into_iter().enumerate() {
            let ring = self.put(ShapeKind::Torus, [0.0; 3], [8.0, 0.06, 8.0], "#5b86c9");
            (ring.rotation, ring.opacity) = ([tilt, 0.0, 0.0], 0.6);
            #[allow(clippy::cast_precision_loss, reason = "three of them")]
            let seconds = 3.0 + i as f64;
            let electron = self.put(ShapeKind::Sphere, [4.0, 0.0, 0.0], [0.4; 3], "#7fd2ff");
            (electron.glow, electron.motion, electron.motion_seconds) = (1.0, Motion::Orbit, seconds);
        }
    }

    fn helix(&mut self) {
        for i in 0..28_i32 {
            let (turn, y) = (f64::from(i) * 0.45, f64::from(i) * 0.36 - 5.0);
            let (x, z) = (1.8 * turn.cos(), 1.8 * turn.sin());
            self.put(ShapeKind::Sphere, [x, y, z], [0.55; 3], "#3f7fd6");
            self.put(ShapeKind::Sphere, [-x, y, -z], [0.55; 3], "#d64545");
            let rung = self.put(ShapeKind::Cylinder, [0.0, y, 0.0], [0.12, 3.6, 0.12], "#c9ced6");
            rung.rotation = [90.0, 0.0, 90.0 - turn.to_degrees().rem_euclid(360.0)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(scene: &Scene, fits: impl Fn(&Shape) -> bool) -> usize {
        scene.shapes.iter().filter(|shape| fits(shape)).count()
    }

    #[test]
    fn what_was_named_is_there() {
        let sea = scene("A calm ocean at night with stars");
        assert_eq!(count(&sea, |s| s.motion == Motion::Wave), 1);
        assert_eq!(count(&sea, |s| s.kind == ShapeKind::Points && s.motion == Motion::Twinkle), 1);
        assert_eq!(sea.background, "#0a1128");

        let cubes = scene("three red cubes and a blue sphere on grass");
        assert_eq!(count(&cubes, |s| s.kind == ShapeKind::Box && s.color == "#d64545"), 3);
        assert_eq!(count(&cubes, |s| s.kind == ShapeKind::Sphere && s.color == "#3f7fd6"), 1);

        let planets = scene("the solar system");
        assert_eq!(count(&planets, |s| s.motion == Motion::Orbit), 8);
    }

    #[test]
    fn the_same_words_give_the_same_scene_and_other_words_another() {
        assert_eq!(scene("a forest with 12 trees"), scene("a forest with 12 trees"));
        assert_ne!(scene("a forest of firs").shapes, scene("a forest").shapes);
        assert!(scene("9999 towers and 9999 trees").shapes.len() <= MOST_SHAPES);
    }
}

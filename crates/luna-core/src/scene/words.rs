//! What a description names: things, how many, in which colour, at what time of day.

/// A thing Luna knows to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Sea,
    Grass,
    Sand,
    Snowfield,
    Stars,
    Moon,
    Sun,
    Cloud,
    Mountain,
    Tree,
    Fir,
    House,
    Tower,
    Boat,
    Island,
    Lamp,
    Fire,
    Flower,
    Rock,
    Rain,
    Snow,
    Planets,
    Atom,
    Helix,
    Robot,
    Cube,
    Ball,
    Cone,
    Cylinder,
    Ring,
    Pyramid,
}

/// What is named, how often, and how coloured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Named {
    pub(super) thing: Thing,
    /// None when it was not said.
    pub(super) count: Option<u32>,
    pub(super) color: Option<&'static str>,
}

/// The light of the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hour {
    Day,
    Dusk,
    Night,
}

const THINGS: &[(Thing, &[&str])] = &[
    (Thing::Sea, &["sea", "ocean", "lake", "water", "waves", "meer", "ozean", "see", "wasser", "wellen"]),
    (
        Thing::Grass,
        &["grass", "meadow", "field", "park", "garden", "lawn", "wiese", "gras", "feld", "garten"],
    ),
    (Thing::Sand, &["desert", "beach", "sand", "dunes", "wüste", "strand"]),
    (Thing::Snowfield, &["snowy", "winter", "arctic", "ice", "verschneiter", "verschneite", "eis"]),
    (Thing::Stars, &["stars", "star", "galaxy", "space", "universe", "sterne", "weltall", "sternenhimmel"]),
    (Thing::Moon, &["moon", "moonlight", "mond", "mondlicht"]),
    (Thing::Sun, &["sun", "sunny", "sunset", "sunrise", "sonne", "sonnenuntergang", "sonnenaufgang"]),
    (Thing::Cloud, &["cloud", "clouds", "cloudy", "wolke", "wolken"]),
    (
        Thing::Mountain,
        &["mountain", "mountains", "hill", "hills", "volcano", "berg", "berge", "hügel", "alps", "alpen"],
    ),
    (Thing::Tree, &["tree", "trees", "forest", "woods", "baum", "bäume", "wald"]),
    (Thing::Fir, &["fir", "firs", "pine", "pines", "christmas", "tanne", "tannen", "nadelwald"]),
    (
        Thing::House,
        &["house", "houses", "cabin", "hut", "village", "home", "haus", "häuser", "hütte", "dorf"],
    ),
    (
        Thing::Tower,
        &[
            "tower",
            "towers",
            "city",
            "skyscraper",
            "skyscrapers",
            "skyline",
            "castle",
            "turm",
            "türme",
            "stadt",
            "burg",
        ],
    ),
    (Thing::Boat, &["boat", "boats", "ship", "ships", "sail", "boot", "boote", "schiff", "schiffe"]),
    (Thing::Island, &["island", "islands", "insel", "inseln"]),
    (
        Thing::Lamp,
        &["lamp", "lamps", "lantern", "lanterns", "lighthouse", "laterne", "laternen", "leuchtturm"],
    ),
    (Thing::Fire, &["fire", "campfire", "flame", "flames", "candle", "feuer", "lagerfeuer", "kerze"]),
    (Thing::Flower, &["flower", "flowers", "rose", "roses", "tulips", "blume", "blumen", "rosen"]),
    (
        Thing::Rock,
        &["rock", "rocks", "stone", "stones", "asteroid", "asteroids", "stein", "steine", "felsen"],
    ),
    (Thing::Rain, &["rain", "rainy", "storm", "regen", "sturm"]),
    (Thing::Snow, &["snow", "snowing", "snowfall", "blizzard", "schnee"]),
    (Thing::Planets, &["planet", "planets", "solar", "orbit", "sonnensystem", "planeten"]),
    (Thing::Atom, &["atom", "atoms", "molecule", "electron", "electrons", "nucleus", "molekül"]),
    (Thing::Helix, &["dna", "helix", "gene", "spiral", "spirale"]),
    (
        Thing::Robot,
        &["robot", "robots", "android", "person", "people", "man", "woman", "roboter", "mensch", "menschen"],
    ),
    (Thing::Cube, &["cube", "cubes", "box", "boxes", "block", "blocks", "würfel", "kiste", "kisten"]),
    (
        Thing::Ball,
        &[
            "ball", "balls", "sphere", "spheres", "bubble", "bubbles", "balloon", "balloons", "kugel",
            "kugeln",
        ],
    ),
    (Thing::Cone, &["cone", "cones", "kegel"]),
    (
        Thing::Cylinder,
        &["cylinder", "cylinders", "pillar", "pillars", "column", "columns", "zylinder", "säule", "säulen"],
    ),
    (Thing::Ring, &["ring", "rings", "torus", "donut", "donuts", "wheel", "wheels", "ringe", "rad"]),
    (Thing::Pyramid, &["pyramid", "pyramids", "tent", "tents", "pyramide", "pyramiden", "zelt"]),
];

const COLORS: &[(&str, &[&str])] = &[
    ("#d64545", &["red", "crimson", "rot", "rote", "roter", "rotes", "roten"]),
    ("#3f7fd6", &["blue", "blau", "blaue", "blauer", "blaues", "blauen"]),
    ("#4f9d4f", &["green", "grün", "grüne", "grüner", "grünes", "grünen"]),
    ("#e8c340", &["yellow", "gold", "golden", "gelb", "gelbe", "gelber", "gelben"]),
    ("#e58a3c", &["orange"]),
    ("#8a5cc8", &["purple", "violet", "lila", "violett"]),
    ("#e48bb4", &["pink", "rosa"]),
    ("#f4f4f0", &["white", "weiß", "weiße", "weißer", "weißen"]),
    ("#2b2b30", &["black", "dark", "schwarz", "schwarze", "schwarzer"]),
    ("#8d9096", &["grey", "gray", "silver", "grau", "graue", "grauer"]),
    ("#8b5e3c", &["brown", "wooden", "braun", "braune", "brauner"]),
    ("#40c4c4", &["cyan", "turquoise", "türkis"]),
];

const NUMBERS: &[(&str, u32)] = &[
    ("a", 1),
    ("an", 1),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("dozen", 12),
    ("many", 14),
    ("some", 5),
    ("few", 3),
    ("ein", 1),
    ("eine", 1),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("viele", 14),
    ("einige", 5),
];

const NIGHT: &[&str] = &[
    "night",
    "midnight",
    "dark",
    "moon",
    "moonlight",
    "stars",
    "space",
    "galaxy",
    "nacht",
    "mond",
    "mondlicht",
    "sterne",
];
const DUSK: &[&str] = &[
    "sunset",
    "sunrise",
    "dusk",
    "dawn",
    "evening",
    "morning",
    "abend",
    "morgen",
    "sonnenuntergang",
    "sonnenaufgang",
    "dämmerung",
];

fn split(prompt: &str) -> Vec<String> {
    prompt
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// What the description names, each thing once, in the order it is named.
pub(super) fn named(prompt: &str) -> Vec<Named> {
    let mut all: Vec<Named> = Vec::new();
    let (mut count, mut color) = (None, None);
    for word in split(prompt) {
        if let Some((thing, _)) = THINGS.iter().find(|(_, names)| names.contains(&word.as_str())) {
            if !all.iter().any(|named| named.thing == *thing) {
                all.push(Named { thing: *thing, count, color });
            }
            (count, color) = (None, None);
        } else if let Some((code, _)) = COLORS.iter().find(|(_, names)| names.contains(&word.as_str())) {
            color = Some(*code);
        } else if let Some((_, n)) = NUMBERS.iter().find(|(name, _)| *name == word) {
            count = Some(*n);
        } else if let Ok(n) = word.parse::<u32>() {
            count = Some(n);
        } else if matches!(word.as_str(), "and" | "on" | "with" | "in" | "und" | "auf" | "mit" | "im") {
            (count, color) = (None, None);
        }
    }
    all
}

/// The time of day that fits the description.
pub(super) fn hour(prompt: &str) -> Hour {
    let words = split(prompt);
    let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if says(NIGHT) {
        Hour::Night
    } else if says(DUSK) {
        Hour::Dusk
    } else {
        Hour::Day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_numbers_and_colours_belong_together() {
        let found = named("Three red cubes and a blue sphere on grass");
        let shown: Vec<_> = found.iter().map(|n| (n.thing, n.count, n.color)).collect();
        assert_eq!(
            shown,
            [
                (Thing::Cube, Some(3), Some("#d64545")),
                (Thing::Ball, Some(1), Some("#3f7fd6")),
                (Thing::Grass, None, None),
            ]
        );
    }

    #[test]
    fn the_hour_is_heard() {
        assert_eq!(hour("a calm ocean at night"), Hour::Night);
        assert_eq!(hour("Berge bei Sonnenuntergang"), Hour::Dusk);
        assert_eq!(hour("a house"), Hour::Day);
    }
}

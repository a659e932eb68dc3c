//! Eyes: the screen, the camera, and text in pictures.

use async_trait::async_trait;
use luna_model::Result;

/// What of the screen is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Area {
    /// All monitors.
    Desktop,
    /// One monitor, counted from 0 as the system lists them.
    Monitor(usize),
    /// The window whose title or application contains this.
    Window(String),
    /// A rectangle of the desktop, in pixels of the picture of all of it.
    Region {
        /// From the left.
        x: u32,
        /// From the top.
        y: u32,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
}

/// A window on the screen, the uppermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The system's number of it.
    pub id: u32,
    /// Its title.
    pub title: String,
    /// Its application.
    pub app: String,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Whether it is the one that is typed into.
    pub focused: bool,
}

/// A camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    /// How it is told apart.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// What a window looks like, without what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// Its title.
    pub title: String,
    /// A few hundred grey values that tell whether something changed; none while it cannot be seen.
    pub sketch: Option<Vec<u8>>,
}

/// A picture, in memory alone.
#[derive(Clone, Default, PartialEq)]
pub struct Picture {
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// All of it, as PNG.
    pub png: Vec<u8>,
    /// Small enough for a model, as JPEG.
    pub for_model: Vec<u8>,
    /// Its main colours by name, with their share of it, 0 to 1, the largest first.
    pub colors: Vec<(String, f64)>,
    /// A few hundred grey values that tell whether something changed.
    pub sketch: Vec<u8>,
    /// The windows that were blackened because they are private.
    pub hidden: Vec<String>,
    /// How many password fields were blackened.
    pub passwords: usize,
    /// The applications in it that did not say in time where their password fields are; these are not blackened.
    pub unchecked: Vec<String>,
}

impl std::fmt::Debug for Picture {
    /// Not the pixels: they may show anything, and a log is read by others.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

/// Eyes. What the machine lacks is `Unavailable`, with what is missing and how to get it.
#[async_trait]
pub trait Sight: Send + Sync {
    /// The windows.
    async fn windows(&self) -> Result<Vec<Window>>;

    /// A picture of the screen, with every window blackened whose title or application contains one of `private`, and
    /// every password field that the system tells of.
    /// `NotFound` when there is no such window or monitor.
    async fn screen(&self, area: Area, private: &[String]) -> Result<Picture>;

    /// A glance at one window; none when it is gone.
    async fn glance(&self, window: u32) -> Result<Option<Glance>>;

    /// The cameras, the system's first one first.
    async fn cameras(&self) -> Result<Vec<Camera>>;

    /// One frame of the camera with this id, of the first when it is empty or gone.
    async fn camera(&self, id: &str) -> Result<Picture>;

    /// The text in a PNG picture.
    async fn read(&self, png: &[u8]) -> Result<String>;
}

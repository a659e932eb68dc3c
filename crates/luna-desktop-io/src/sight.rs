//! Eyes: pictures of monitors and windows, and the text in them. No picture is written to disk. What is private is
//! blackened before a picture is scaled, encoded, sketched or read: windows that the user names, and password fields where
//! the system tells where they are (Linux).

#[cfg(target_os = "linux")]
mod passwords;
#[cfg(target_os = "linux")]
mod surfaces;

use std::io::Cursor;
use std::ops::Range;
use std::process::Stdio;
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, overlay, resize};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use luna_core::ports::{Area, Glance, Picture, Window};
use luna_model::{Error, Result};
use screenshots::{Monitor, XCapError};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::{blocking, require_display};

/// Longest side of what a model is given.
const FOR_MODEL: u32 = 1_280;
/// Side of the sketch that tells whether something changed.
const SKETCH: u32 = 24;
/// Windows smaller than this are panels and hints.
const SMALLEST: u32 = 40;
/// Longest side that is stitched together of several monitors.
const LARGEST: u32 = 32_768;
const PATIENCE: Duration = Duration::from_secs(30);

/// A rectangle of the desktop, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rect {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
}

impl Rect {
    /// What of it is in a picture that begins at `left`, `top`: columns and rows of the picture, which may be none.
    fn within(&self, image: &RgbaImage, left: i32, top: i32) -> (Range<u32>, Range<u32>) {
        let span = |at: i32, begin: i32, long: u32, most: u32| {
            let from = i64::from(at) - i64::from(begin);
            let cut = |n: i64| u32::try_from(n.clamp(0, i64::from(most))).unwrap_or(most);
            cut(from)..cut(from + i64::from(long))
        };
        (span(self.x, left, self.width, image.width()), span(self.y, top, self.height, image.height()))
    }

    fn holds(&self, other: &Self) -> bool {
        let span = |at: i32, long: u32| (i64::from(at), i64::from(at) + i64::from(long));
        let inside = |outer: (i64, i64), inner: (i64, i64)| outer.0 <= inner.0 && inner.1 <= outer.1;
        inside(span(self.x, self.width), span(other.x, other.width))
            && inside(span(self.y, self.height), span(other.y, other.height))
    }
}

/// What the applications say of their password fields.
#[derive(Debug, Default)]
struct Fields {
    /// Where they are.
    shown: Vec<Rect>,
    /// The windows, by application, that were not looked through in time, or not wholly.
    silent: Vec<(String, Rect)>,
}

/// A window with its place.
struct Placed {
    window: Window,
    x: i32,
    y: i32,
    handle: screenshots::Window,
}

impl Placed {
    fn place(&self) -> Rect {
        Rect { x: self.x, y: self.y, width: self.window.width, height: self.window.height }
    }
}

pub(crate) async fn windows() -> Result<Vec<Window>> {
    require_display()?;
    blocking(|| Ok(placed()?.into_iter().map(|p| p.window).collect())).await?
}

fn placed() -> Result<Vec<Placed>> {
    let all = screenshots::Window::all().map_err(unseen)?;
    let shown = all.into_iter().filter_map(|handle| {
        if handle.is_minimized().unwrap_or(false) {
            return None;
        }
        let (width, height) = (handle.width().ok()?, handle.height().ok()?);
        let title = handle.title().unwrap_or_default();
        let app = handle.app_name().unwrap_or_default();
        let focused = handle.is_focused().unwrap_or(false);
        let id = handle.id().ok()?;
        let fits = width >= SMALLEST && height >= SMALLEST && !(title.is_empty() && app.is_empty());
        fits.then(|| {
            let (x, y) = (handle.x().unwrap_or(0), handle.y().unwrap_or(0));
            Placed { window: Window { id, title, app, width, height, focused }, x, y, handle }
        })
    });
    Ok(shown.collect())
}

pub(crate) async fn screen(area: Area, private: &[String]) -> Result<Picture> {
    require_display()?;
    let private: Vec<String> = private.iter().map(|p| p.to_lowercase()).filter(|p| !p.is_empty()).collect();
    let taken = blocking(move || {
        let windows = placed().unwrap_or_default();
        let is_private = |window: &Window| {
            let (title, app) = (window.title.to_lowercase(), window.app.to_lowercase());
            private.iter().any(|p| title.contains(p) || app.contains(p))
        };
        let private = windows.iter().filter(|p| is_private(&p.window));
        let private: Vec<_> = private.map(|p| (p.window.app.clone(), p.place())).collect();
        captured(&area, &windows).map(|pixels| (pixels, private))
    });
    // At the same time, since windows move.
    let (fields, taken) = tokio::join!(fields(), taken);
    let ((mut image, left, top), private) = taken??;
    blocking(move || {
        let hidden = private.iter().map(|(_, place)| *place).collect::<Vec<_>>();
        for place in &hidden {
            blacken(&mut image, place, left, top);
        }
        let is_hidden = |place: &Rect| hidden.iter().any(|hidden| hidden.holds(place));
        let passwords = fields.shown.iter().filter(|field| !is_hidden(field));
        let passwords = passwords.filter(|field| blacken(&mut image, field, left, top)).count();
        let mut unchecked: Vec<_> = fields
            .silent
            .into_iter()
            .filter(|(_, place)| {
                let (columns, rows) = place.within(&image, left, top);
                !is_hidden(place) && !columns.is_empty() && !rows.is_empty()
            })
            .map(|(app, _)| app)
            .collect();
        unchecked.dedup();
        let mut hidden: Vec<_> = private.into_iter().map(|(app, _)| app).collect();
        hidden.dedup();
        Ok(Picture { hidden, passwords, unchecked, ..picture(image)? })
    })
    .await?
}

async fn fields() -> Fields {
    #[cfg(target_os = "linux")]
    return passwords::shown().await;
    #[cfg(not(target_os = "linux"))]
    Fields::default()
}

/// A glance at one window, which may be covered by others but not minimised.
pub(crate) async fn glance(window: u32) -> Result<Option<Glance>> {
    require_display()?;
    blocking(move || {
        let all = screenshots::Window::all().map_err(unseen)?;
        let Some(handle) = all.into_iter().find(|handle| handle.id().is_ok_and(|id| id == window)) else {
            return Ok(None);
        };
        let title = handle.title().unwrap_or_default();
        if handle.is_minimized().unwrap_or(false) {
            return Ok(Some(Glance { title, sketch: None }));
        }
        let image = DynamicImage::ImageRgba8(handle.capture_image().map_err(unseen)?).into_rgb8();
        Ok(Some(Glance { title, sketch: Some(sketch(&image)) }))
    })
    .await?
}

/// The pixels, and where on the desktop they begin.
fn captured(area: &Area, windows: &[Placed]) -> Result<(RgbaImage, i32, i32)> {
    match area {
        Area::Desktop => desktop(),
        Area::Monitor(wanted) => {
            let monitors = Monitor::all().map_err(unseen)?;
            let count = monitors.len();
            let monitor = monitors.into_iter().nth(*wanted).ok_or_else(|| {
                Error::not_found(format!("there is no monitor {wanted}; there are {count}, counted from 0"))
            })?;
            let (x, y) = corner(&monitor)?;
            Ok((monitor.capture_image().map_err(unseen)?, x, y))
        }
        Area::Window(name) => {
            let wanted = name.to_lowercase();
            let fits = |p: &&Placed| {
                p.window.title.to_lowercase().contains(&wanted)
                    || p.window.app.to_lowercase().contains(&wanted)
            };
            let found = windows.iter().find(fits).ok_or_else(|| {
                let titles: Vec<_> = windows.iter().map(|p| p.window.title.as_str()).collect();
                Error::not_found(format!("no window is called {name:?}; there is: {}", titles.join(", ")))
            })?;
            Ok((found.handle.capture_image().map_err(unseen)?, found.x, found.y))
        }
        Area::Region { x, y, width, height } => {
            let (image, left, top) = desktop()?;
            if *x >= image.width() || *y >= image.height() || *width == 0 || *height == 0 {
                return Err(Error::invalid("that rectangle lies outside of the screen"));
            }
            let part = image::imageops::crop_imm(&image, *x, *y, *width, *height).to_image();
            Ok((part, left.saturating_add_unsigned(*x), top.saturating_add_unsigned(*y)))
        }
    }
}

/// All monitors, where they stand beside each other.
fn desktop() -> Result<(RgbaImage, i32, i32)> {
    let mut pieces = Vec::new();
    for monitor in Monitor::all().map_err(unseen)? {
        let image = monitor.capture_image().map_err(unseen)?;
        let (x, y) = corner(&monitor)?;
        pieces.push((x, y, image));
    }
    if pieces.len() < 2 {
        let (x, y, image) = pieces.pop().ok_or_else(|| Error::unavailable("there is no monitor"))?;
        return Ok((image, x, y));
    }
    let edge =
        |side: fn(&RgbaImage) -> u32, at: i32, image: &RgbaImage| at.saturating_add_unsigned(side(image));
    let left = pieces.iter().map(|(x, ..)| *x).min().unwrap_or(0);
    let top = pieces.iter().map(|(_, y, _)| *y).min().unwrap_or(0);
    let right = pieces.iter().map(|(x, _, i)| edge(RgbaImage::width, *x, i)).max().unwrap_or(0);
    let bottom = pieces.iter().map(|(_, y, i)| edge(RgbaImage::height, *y, i)).max().unwrap_or(0);
    let (width, height) = (right.abs_diff(left).min(LARGEST), bottom.abs_diff(top).min(LARGEST));
    let mut whole = RgbaImage::from_pixel(width, height, Rgba([0, 0, 0, 255]));
    for (x, y, image) in &pieces {
        overlay(&mut whole, image, i64::from(x - left), i64::from(y - top));
    }
    Ok((whole, left, top))
}

/// Where a monitor begins on the desktop. On Linux xcap divides it by the scale of the fonts, though neither its pictures
/// nor the places of its windows are scaled.
fn corner(monitor: &Monitor) -> Result<(i32, i32)> {
    let at = (monitor.x().map_err(unseen)?, monitor.y().map_err(unseen)?);
    if cfg!(not(target_os = "linux")) {
        return Ok(at);
    }
    let scale = monitor.scale_factor().unwrap_or(1.0);
    Ok((unscaled(at.0, scale), unscaled(at.1, scale)))
}

#[expect(clippy::cast_possible_truncation, reason = "it is far smaller")]
fn unscaled(at: i32, scale: f32) -> i32 {
    if scale.is_normal() { (f64::from(at) * f64::from(scale)).round() as i32 } else { at }
}

/// Whether any of it is in the picture.
fn blacken(image: &mut RgbaImage, place: &Rect, left: i32, top: i32) -> bool {
    let (columns, rows) = place.within(image, left, top);
    for y in rows.clone() {
        for x in columns.clone() {
            image.put_pixel(x, y, Rgba([0, 0, 0, 255]));
        }
    }
    !columns.is_empty() && !rows.is_empty()
}

/// The text, by tesseract.
pub(crate) async fn read(png: &[u8]) -> Result<String> {
    let mut command = Command::new("tesseract");
    // Sparse text, as on a screen.
    command.args(["stdin", "stdout", "--psm", "11"]);
    let hint = "install tesseract to read text in pictures (apt install tesseract-ocr)";
    let text = answer("tesseract", command, Some(png.to_vec()), hint).await?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
}

/// What a program writes; `hint` says how to get it.
pub(crate) async fn answer(
    name: &str,
    mut command: Command,
    input: Option<Vec<u8>>,
    hint: &str,
) -> Result<Vec<u8>> {
    let failed = |why: String| Error::unavailable(format!("{name} did not do it: {why}"));
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn();
    let mut running = spawned.map_err(|e| {
        if e.kind() == std::io::ErrorKind::NotFound {
            Error::unavailable(format!("{name} is not installed; {hint}"))
        } else {
            failed(e.to_string())
        }
    })?;
    let mut pipe = running.stdin.take();
    let write = async move {
        if let (Some(pipe), Some(input)) = (&mut pipe, input) {
            // One that ends early says why on its own.
            let _ = pipe.write_all(&input).await;
        }
    };
    let whole = async { tokio::join!(write, running.wait_with_output()).1 };
    let output = tokio::time::timeout(PATIENCE, whole)
        .await
        .map_err(|_| failed(format!("it took longer than {} seconds", PATIENCE.as_secs())))?
        .map_err(|e| failed(e.to_string()))?;
    if output.status.success() && !output.stdout.is_empty() || input_is_text(name, &output.status) {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason").to_owned()))
}

/// A picture without text is read successfully and gives nothing.
fn input_is_text(name: &str, status: &std::process::ExitStatus) -> bool {
    name == "tesseract" && status.success()
}

/// The picture in all its forms.
pub(crate) fn picture(image: RgbaImage) -> Result<Picture> {
    let (width, height) = (image.width(), image.height());
    let longest = width.max(height).max(1);
    let scale = |side: u32| (u64::from(side) * u64::from(FOR_MODEL.min(longest)) / u64::from(longest)).max(1);
    let side = |side: u32| u32::try_from(scale(side)).unwrap_or(FOR_MODEL);
    let small = resize(&image, side(width), side(height), FilterType::Triangle);
    let mut for_model = Cursor::new(Vec::new());
    let rgb = DynamicImage::ImageRgba8(small).into_rgb8();
    JpegEncoder::new_with_quality(&mut for_model, 80).encode_image(&rgb).map_err(Error::internal)?;
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).map_err(Error::internal)?;
    Ok(Picture {
        width,
        height,
        png: png.into_inner(),
        for_model: for_model.into_inner(),
        colors: colors(&rgb),
        sketch: sketch(&rgb),
        ..Picture::default()
    })
}

/// A few hundred grey values of it.
fn sketch(image: &image::RgbImage) -> Vec<u8> {
    DynamicImage::ImageRgb8(resize(image, SKETCH, SKETCH, FilterType::Triangle)).into_luma8().into_raw()
}

/// The main colours by name.
fn colors(image: &image::RgbImage) -> Vec<(String, f64)> {
    let mut counts = std::collections::BTreeMap::<&str, u32>::new();
    let mut all = 0_u32;
    for pixel in image.pixels().step_by(7) {
        *counts.entry(color(pixel.0)).or_default() += 1;
        all += 1;
    }
    let mut shares: Vec<_> = counts
        .into_iter()
        .map(|(name, count)| (name.to_owned(), f64::from(count) / f64::from(all.max(1))))
        .filter(|(_, share)| *share >= 0.05)
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares.truncate(5);
    shares
}

/// The name of a colour, by hue, saturation and value.
fn color([red, green, blue]: [u8; 3]) -> &'static str {
    let [r, g, b] = [red, green, blue].map(|c| f64::from(c) / 255.0);
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let range = most - least;
    if most < 0.16 {
        return "black";
    }
    if range < 0.12 * most.max(0.4) {
        return match most {
            m if m > 0.9 => "white",
            m if m > 0.55 => "light grey",
            _ => "dark grey",
        };
    }
    let sixth = if most == r {
        ((g - b) / range).rem_euclid(6.0)
    } else if most == g {
        (b - r) / range + 2.0
    } else {
        (r - g) / range + 4.0
    };
    match sixth * 60.0 {
        h if h < 15.0 => "red",
        h if h < 40.0 && most < 0.6 => "brown",
        h if h < 40.0 => "orange",
        h if h < 70.0 => "yellow",
        h if h < 165.0 => "green",
        h if h < 195.0 => "turquoise",
        h if h < 255.0 => "blue",
        h if h < 290.0 => "violet",
        h if h < 335.0 => "pink",
        _ => "red",
    }
}

fn unseen(error: XCapError) -> Error {
    Error::unavailable(format!(
        "the screen cannot be seen: {error}; run Luna inside a desktop session, and allow her to record the screen"
    ))
    .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_the_names_people_give_them() {
        for (pixel, name) in [
            ([0, 0, 0], "black"),
            ([255, 255, 255], "white"),
            ([128, 128, 128], "dark grey"),
            ([220, 30, 30], "red"),
            ([30, 60, 200], "blue"),
            ([30, 160, 60], "green"),
            ([240, 200, 40], "yellow"),
            ([110, 70, 40], "brown"),
        ] {
            assert_eq!(color(pixel), name, "{pixel:?}");
        }
    }

    #[test]
    fn what_is_blackened_is_what_of_it_is_in_the_picture() {
        let black = |rect: (i32, i32, u32, u32)| {
            let mut image = RgbaImage::from_pixel(10, 8, Rgba([255; 4]));
            let place = Rect { x: rect.0, y: rect.1, width: rect.2, height: rect.3 };
            let any = blacken(&mut image, &place, 100, 50);
            let pixels = image.pixels().filter(|pixel| pixel.0 == [0, 0, 0, 255]).count();
            assert_eq!(any, pixels > 0, "{rect:?}");
            pixels
        };
        assert_eq!(black((102, 51, 3, 2)), 6);
        assert_eq!(black((95, 45, 7, 6)), 2, "it begins outside");
        assert_eq!(black((0, 0, 1_000, 1_000)), 80, "it is larger");
        assert_eq!(black((110, 50, 5, 5)), 0, "it begins where the picture ends");
    }

    #[test]
    fn a_monitor_begins_where_its_pixels_do() {
        // The second of two, as xcap tells it with fonts of the sizes 100, 125, 150 and 200 %.
        for (told, scale) in [(1_920, 1.0), (1_536, 1.25), (1_280, 1.5), (960, 2.0)] {
            assert_eq!(unscaled(told, scale), 1_920);
        }
    }

    #[test]
    fn a_picture_is_scaled_for_the_model_and_sketched() {
        let mut image = RgbaImage::from_pixel(2_560, 640, Rgba([20, 40, 220, 255]));
        image.put_pixel(0, 0, Rgba([255, 0, 0, 255]));
        let picture = picture(image).unwrap();
        let small = image::load_from_memory(&picture.for_model).unwrap();
        assert_eq!((small.width(), small.height()), (1_280, 320));
        assert_eq!(picture.sketch.len(), (SKETCH * SKETCH) as usize);
        assert_eq!(picture.colors[0].0, "blue");
    }
}

//! Eyes: pictures of monitors and windows, and the text in them. No picture is written to disk.

use std::io::Cursor;
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

/// A window with its place.
struct Placed {
    window: Window,
    x: i32,
    y: i32,
    handle: screenshots::Window,
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
    blocking(move || {
        let windows = placed().unwrap_or_default();
        let (mut image, left, top) = captured(&area, &windows)?;
        let mut hidden = Vec::new();
        for window in &windows {
            let (title, app) = (window.window.title.to_lowercase(), window.window.app.to_lowercase());
            if private.iter().any(|p| title.contains(p) || app.contains(p)) {
                blacken(&mut image, window, left, top);
                hidden.push(window.window.app.clone());
            }
        }
        hidden.dedup();
        Ok(Picture { hidden, ..picture(image)? })
    })
    .await?
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
            let (x, y) = (monitor.x().map_err(unseen)?, monitor.y().map_err(unseen)?);
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
        pieces.push((monitor.x().map_err(unseen)?, monitor.y().map_err(unseen)?, image));
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

fn blacken(image: &mut RgbaImage, window: &Placed, left: i32, top: i32) {
    let span = |at: i32, begin: i32, long: u32, most: u32| {
        let from = i64::from(at) - i64::from(begin);
        let cut = |n: i64| u32::try_from(n.clamp(0, i64::from(most))).unwrap_or(most);
        cut(from)..cut(from + i64::from(long))
    };
    for y in span(window.y, top, window.window.height, image.height()) {
        for x in span(window.x, left, window.window.width, image.width()) {
            image.put_pixel(x, y, Rgba([0, 0, 0, 255]));
        }
    }
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
        hidden: Vec::new(),
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

//! Cameras: which there are, and one frame of one, by ffmpeg, which knows every system's.

use image::ImageFormat;
use luna_core::ports::{Camera, Picture};
use luna_model::{Error, Result};
use tokio::process::Command;

use crate::blocking;
use crate::sight::{answer, picture};

const MISSING: &str = "no camera was found; plug one in and allow Luna to use it";
const REMEDY: &str = "install ffmpeg to use the camera";

/// The cameras, the system's first one first.
pub(crate) async fn cameras() -> Result<Vec<Camera>> {
    let list: &[&str] = match std::env::consts::OS {
        "macos" => &["-f", "avfoundation", "-list_devices", "true", "-i", ""],
        "windows" => &["-f", "dshow", "-list_devices", "true", "-i", "dummy"],
        _ => return blocking(video4linux).await,
    };
    let mut command = Command::new("ffmpeg");
    command.arg("-hide_banner").args(list).kill_on_drop(true);
    let output = command
        .output()
        .await
        .map_err(|e| Error::unavailable(format!("ffmpeg does not run ({e}); {REMEDY}")))?;
    // It lists them among its complaints, since there is nothing to do.
    let text = String::from_utf8_lossy(&output.stderr);
    Ok(if cfg!(windows) { dshow(&text) } else { avfoundation(&text) })
}

/// What the kernel says; the second and further nodes of a device carry no pictures.
fn video4linux() -> Vec<Camera> {
    let nodes = std::fs::read_dir("/sys/class/video4linux").into_iter().flatten().flatten();
    let mut found: Vec<_> = nodes
        .filter_map(|node| {
            let read =
                |file| std::fs::read_to_string(node.path().join(file)).map(|text| text.trim().to_owned());
            let file = node.file_name().into_string().ok()?;
            let number: u32 = file.strip_prefix("video")?.parse().ok()?;
            (read("index").ok()? == "0").then_some(())?;
            let id = format!("/dev/{file}");
            let name = read("name").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
            Some((number, Camera { id, name }))
        })
        .collect();
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, camera)| camera).collect()
}

/// `[AVFoundation indev @ 0x7f] [0] FaceTime HD Camera`, until the microphones begin; screens are no cameras.
fn avfoundation(text: &str) -> Vec<Camera> {
    text.lines()
        .take_while(|line| !line.contains("audio devices:"))
        .filter_map(|line| {
            let (number, name) = line.split_once("] [")?.1.split_once("] ")?;
            let screen = name.starts_with("Capture screen");
            (!screen && number.parse::<u32>().is_ok())
                .then(|| Camera { id: number.to_owned(), name: name.trim().to_owned() })
        })
        .collect()
}

/// `[dshow @ 000001] "Integrated Camera" (video)`.
fn dshow(text: &str) -> Vec<Camera> {
    let name = |line: &str| {
        let (_, rest) = line.split_once("] \"")?;
        let (name, kind) = rest.split_once('"')?;
        kind.trim_start().starts_with("(video").then(|| name.to_owned())
    };
    text.lines().filter_map(name).map(|name| Camera { id: format!("video={name}"), name }).collect()
}

/// One frame of a camera by its id, of the first when it is empty or gone.
pub(crate) async fn camera(id: &str) -> Result<Picture> {
    let cameras = cameras().await?;
    let chosen = cameras.iter().find(|camera| camera.id == id).or_else(|| cameras.first());
    let device = chosen.ok_or_else(|| Error::unavailable(MISSING))?.id.as_str();
    let input: &[&str] = match std::env::consts::OS {
        "macos" => &["-f", "avfoundation", "-framerate", "30", "-i", device],
        "windows" => &["-f", "dshow", "-i", device],
        _ => &["-f", "v4l2", "-i", device],
    };
    // The first frames of most cameras are dark.
    let output = ["-vf", "select=gte(n\\,5)", "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"];
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error"]).args(input).args(output);
    let png = answer("ffmpeg", command, None, REMEDY).await?;
    let image = blocking(move || image::load_from_memory_with_format(&png, ImageFormat::Png)).await?;
    let image = image.map_err(|e| Error::unavailable(format!("{MISSING} ({e})")).because(e))?;
    blocking(move || picture(image.into_rgba8())).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(id: &str, name: &str) -> Camera {
        Camera { id: id.into(), name: name.into() }
    }

    #[test]
    fn the_cameras_of_macos_are_read_from_its_list() {
        let text = "[AVFoundation indev @ 0x7f8] AVFoundation video devices:\n\
            [AVFoundation indev @ 0x7f8] [0] FaceTime HD Camera\n\
            [AVFoundation indev @ 0x7f8] [1] Capture screen 0\n\
            [AVFoundation indev @ 0x7f8] AVFoundation audio devices:\n\
            [AVFoundation indev @ 0x7f8] [0] MacBook Pro Microphone\n\
            : Input/output error";
        assert_eq!(avfoundation(text), [camera("0", "FaceTime HD Camera")]);
    }

    #[test]
    fn the_cameras_of_windows_are_read_from_its_list() {
        let text = "[dshow @ 0001] \"Integrated Camera\" (video)\n\
            [dshow @ 0001]   Alternative name \"@device_pnp_x\"\n\
            [dshow @ 0001] \"OBS Virtual Camera\" (video)\n\
            [dshow @ 0001] \"Microphone\" (audio)\n\
            dummy: Immediate exit requested";
        let wanted =
            ["Integrated Camera", "OBS Virtual Camera"].map(|name| camera(&format!("video={name}"), name));
        assert_eq!(dshow(text), wanted);
    }
}

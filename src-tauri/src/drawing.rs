//! How the web view draws. WebKit puts layers together with OpenGL; on a machine without a graphics card the processor does
//! that, slower by half than drawing the page without layers would be. Knows no window.

use std::path::Path;

/// WebKit reads it when its first web view is made.
const NO_LAYERS: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Has pages drawn as this machine does it best, unless whoever started the program said how. To be called before there is
/// any other thread: it sets a variable of the environment.
pub fn suit_drawing() {
    if std::env::var_os(NO_LAYERS).is_some() || has_card(Path::new("/dev")) {
        return;
    }
    // SAFETY: called first in `main`, so that no thread reads the environment meanwhile.
    #[allow(unsafe_code, reason = "WebKit's processes are told by the environment only")]
    unsafe {
        std::env::set_var(NO_LAYERS, "1");
    }
}

/// Whether something draws but the processor: a card with a driver of the kernel's, NVIDIA's own, or Windows' around WSL.
fn has_card(dev: &Path) -> bool {
    let renders = |node: std::fs::DirEntry| node.file_name().to_string_lossy().starts_with("renderD");
    std::fs::read_dir(dev.join("dri")).is_ok_and(|nodes| nodes.flatten().any(renders))
        || dev.join("nvidiactl").exists()
        || dev.join("dxg").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_alone_is_no_card() {
        let dev = tempfile::tempdir().unwrap();
        assert!(!has_card(dev.path()));
        std::fs::create_dir(dev.path().join("dri")).unwrap();
        std::fs::write(dev.path().join("dri/card0"), "").unwrap();
        assert!(!has_card(dev.path()));
        std::fs::write(dev.path().join("dri/renderD128"), "").unwrap();
        assert!(has_card(dev.path()));
    }
}

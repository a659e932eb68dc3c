//! Tells Tauri which commands there are, so that each window is given only those of its capability.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    const COMMANDS: &[&str] =
        &["rpc", "follow", "unfollow", "received", "painted", "context", "fit", "dismiss"];
    // The files become part of the program; without them it still compiles, and its window says what is missing.
    std::fs::create_dir_all("ui/dist")?;
    println!("cargo:rerun-if-changed=ui/dist");
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?;
    Ok(())
}

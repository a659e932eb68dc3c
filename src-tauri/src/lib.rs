//! The desktop face: Luna in a window, a tray and a few keys. Hosts luna-app as `luna serve` does and hands her command
//! table to the web view. The only code that knows Tauri; what Luna does is decided below it.

mod core;
#[cfg(target_os = "linux")]
mod drawing;
mod ipc;
mod native;
mod wish;
mod words;

use std::sync::Arc;
use std::time::Instant;

use luna_app::Setup;
use tauri::{AppHandle, Manager as _, RunEvent};

use crate::core::Core;
use crate::native::{Shell, links, window};
#[cfg(target_os = "linux")]
pub use drawing::suit_drawing;
pub use wish::Wish;

/// Runs the desktop program until it is quit.
///
/// # Errors
/// When the desktop gives no window at all.
pub fn run(setup: Setup, wish: Wish) -> anyhow::Result<()> {
    let began = Instant::now();
    let context = tauri::generate_context!();
    let mut builder = tauri::Builder::default();
    // First of all: a second start ends here, and what it was asked for is done by the first.
    builder = builder.plugin(native::single_instance(&setup));
    builder = builder
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_shell::init())
        .plugin(tauri_plugin_global_shortcut::Builder::new().build())
        .plugin(window::state_plugin())
        .plugin(tauri_plugin_autostart::Builder::new().arg("--hidden").app_name("Luna").build());
    if native::has_update_key(context.config()) {
        builder = builder.plugin(tauri_plugin_updater::Builder::new().build());
    }
    let app = builder
        .invoke_handler(tauri::generate_handler![
            ipc::rpc,
            ipc::follow,
            ipc::unfollow,
            ipc::received,
            ipc::painted,
            ipc::context,
            ipc::fit,
            ipc::dismiss,
        ])
        .on_window_event(window::on_event)
        .setup(move |app| {
            let app = app.handle();
            let core = Core::new(setup);
            let shell = Arc::new(Shell::new(app.clone(), core.clone(), began));
            core.in_desktop(shell.clone());
            app.manage(core.clone());
            app.manage(ipc::Streams::default());
            app.manage(Arc::clone(&shell));
            // Luna wakes while the web view starts: what it asks meanwhile waits for her.
            core.wake();
            if !wish.hidden {
                shell.fulfil(&wish);
            }
            shell.begin()?;
            links::listen(app);
            Ok(())
        })
        .build(context)?;
    app.run(on_run);
    Ok(())
}

/// Whether a start failed because the Luna that ran already ended while she was asked to show herself.
#[must_use]
pub fn is_other_ending(error: &anyhow::Error) -> bool {
    // The plugin for single instances has no kind for it.
    format!("{error:#}").contains("failed to forward arguments to the running instance")
}

fn on_run(app: &AppHandle, event: RunEvent) {
    match event {
        // The last window may go; the tray and the keys stay.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        RunEvent::ExitRequested { .. } => app.state::<Arc<Shell>>().end(),
        RunEvent::Exit => {
            let shell = app.state::<Arc<Shell>>();
            shell.end();
            let core = app.state::<Core>().inner().clone();
            tauri::async_runtime::block_on(core.stop());
            shell.pass_on();
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(app, None),
        _ => {}
    }
}

//! What the program gives back once its last web view is gone: WebKit's network process, and the pages of programs and
//! libraries that only drawing needed. What is used again comes back from the system's cache of files, a page at a time.

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::time::Duration;
use std::{fs, io, slice};

use tauri::{AppHandle, Manager as _};

use super::network;

/// Until what the last page kept is written to its storage: WebKit gathers for half a second.
const WRITTEN: Duration = Duration::from_secs(2);

/// Gives it back, if no web view is made meanwhile.
pub(super) fn give_back(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(WRITTEN).await;
        // Web views are made on the main thread: none comes in between there.
        let _ = app.clone().run_on_main_thread(move || {
            if !app.webview_windows().is_empty() {
                return;
            }
            network::end();
            tauri::async_runtime::spawn_blocking(|| {
                if let Err(error) = drop_pages() {
                    tracing::debug!(%error, "the pages of the program's files stay");
                }
            });
        });
    });
}

/// Drops all pages of the program and its libraries that are as they are in their files. Asking the system to page them
/// out (MADV_PAGEOUT) would not do: of files that their user may not write, as an installed program's, it keeps them.
fn drop_pages() -> io::Result<()> {
    let mut clean = clean_mappings(&fs::read_to_string("/proc/self/smaps")?);
    // SAFETY: the function is given what it takes for its last argument, and that outlives the call.
    #[allow(
        unsafe_code,
        reason = "only the loader says what it loaded, and keeps it loaded while it is asked"
    )]
    unsafe {
        libc::dl_iterate_phdr(Some(drop_segments), (&raw mut clean).cast());
    }
    Ok(())
}

/// Drops what an object that is loaded has in these mappings. `clean`: a `Vec<Range<usize>>`.
#[allow(unsafe_code, reason = "the loader calls it, and memory is named by address")]
unsafe extern "C" fn drop_segments(object: *mut libc::dl_phdr_info, _: usize, clean: *mut c_void) -> c_int {
    // SAFETY: the loader passes an object of its list, and `drop_pages` the vector.
    let (object, clean) = unsafe { (&*object, &*clean.cast::<Vec<Range<usize>>>()) };
    if object.dlpi_phdr.is_null() {
        return 0;
    }
    // SAFETY: the object's own table; it stays while the loader's lock is held, which is for the whole of its call.
    let headers = unsafe { slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()) };
    for header in headers {
        let fixed = header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0;
        let Some(start) = usize::try_from(object.dlpi_addr.wrapping_add(header.p_vaddr)).ok() else {
            continue;
        };
        if let Some(mapping) = clean.iter().find(|mapping| fixed && mapping.contains(&start)) {
            // SAFETY: a mapping of a file, that no one may write and that has no page of its own, in an object that cannot be
            // unloaded now: what is read from it next is the same bytes, from the file.
            unsafe { libc::madvise(mapping.start as *mut c_void, mapping.len(), libc::MADV_DONTNEED) };
        }
    }
    0
}

/// Where files are mapped for reading only and no page differs from its file, by `/proc/…/smaps`.
fn clean_mappings(smaps: &str) -> Vec<Range<usize>> {
    let mut found = vec![];
    let mut mapping = None;
    for line in smaps.lines() {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next()) {
            (Some("Anonymous:"), Some(own)) => found.extend(mapping.take().filter(|_| own == "0")),
            (Some(place), Some(access)) if !place.ends_with(':') => {
                // 7f00-7f10 r-xp 00000000 fe:00 4711 /usr/lib/…
                let of_file = words.nth(2).is_some_and(|inode| inode != "0");
                mapping = range(place).filter(|_| of_file && !access.contains('w'));
            }
            _ => {}
        }
    }
    found
}

fn range(place: &str) -> Option<Range<usize>> {
    let (start, end) = place.split_once('-')?;
    Some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_are_as_they_were_read_are_meant() {
        let mapping =
            |head: &str, own: u32| format!("{head}\nSize: 4 kB\nAnonymous: {own} kB\nVmFlags: rd mr\n");
        let smaps = [
            mapping("1000-2000 r-xp 00000000 fe:00 4711 /usr/lib/a file", 0),
            mapping("2000-3000 r--p 00001000 fe:00 4711 /usr/lib/a file", 4),
            mapping("3000-4000 rw-p 00002000 fe:00 4711 /usr/lib/a file", 0),
            mapping("4000-5000 r-xp 00000000 00:00 0 [vdso]", 0),
            mapping("7f0000005000-7f0000007000 r--p 00000000 fe:00 12", 0),
        ];
        assert_eq!(clean_mappings(&smaps.concat()), [0x1000..0x2000, 0x7f00_0000_5000..0x7f00_0000_7000]);
    }

    #[test]
    fn most_pages_of_files_are_dropped_and_the_program_goes_on() {
        let held = || {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
            line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
        };
        let before = held();
        drop_pages().unwrap();
        let after = held();
        assert!(after < before / 2, "{after} of {before} kB stay");
    }
}

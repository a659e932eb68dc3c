//! Archives of packages: what lies in one, read with suspicion. Only plain files with plain relative names come out; a link,
//! a device, a name that leads out, too many files or too many bytes refuse the whole archive. Nothing is written here.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use luna_model::{Error, Result};

/// Largest archive, as it is sent.
pub(super) const MOST_PACKED: usize = 16 << 20;
/// Most bytes in all files together.
const MOST_BYTES: usize = 48 << 20;
/// Most bytes in one file.
const MOST_IN_FILE: usize = 10 << 20;
/// Most files and folders.
const MOST_FILES: usize = 1_000;
/// How many times its size an archive may become; small ones may become this much in any case.
const MOST_EXPANSION: usize = 100;
const ALWAYS_FINE: usize = 1 << 20;
/// Longest name of a file with its folders, and how deep it may lie.
const LONGEST_NAME: usize = 200;
const DEEPEST: usize = 10;

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackedFile {
    /// Its place, with `/`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
    /// Whether it is a program.
    pub(crate) runs: bool,
}

/// The files of an archive: a zip, or a tar packed by gzip. A single folder around all of them is left out.
///
/// # Errors
/// `Invalid` for what is no archive or holds something else than plain files, `LimitReached` beyond a limit.
pub(super) fn unpack(archive: &[u8]) -> Result<Vec<PackedFile>> {
    let files = match archive {
        [0x1f, 0x8b, ..] => from_tar(archive)?,
        [b'P', b'K', ..] => from_zip(archive)?,
        _ => return Err(Error::invalid("the package is neither a zip nor a tar.gz")),
    };
    Ok(without_outer_folder(files))
}

/// What was taken out so far, and whether more may be.
struct Taken {
    files: Vec<PackedFile>,
    seen: BTreeSet<String>,
    room: usize,
}

impl Taken {
    fn new(packed: usize) -> Self {
        let room = packed.saturating_mul(MOST_EXPANSION).clamp(ALWAYS_FINE, MOST_BYTES);
        Self { files: vec![], seen: BTreeSet::new(), room }
    }

    fn file(&mut self, name: &str, runs: bool, content: impl Read) -> Result<()> {
        let path = plain(name)?;
        if path.is_empty() {
            return Err(no_plain_file(name));
        }
        // A disk may not tell upper from lower case.
        if !self.seen.insert(path.to_lowercase()) {
            return Err(Error::invalid(format!("the package holds {path:?} twice")));
        }
        if self.files.len() == MOST_FILES {
            return Err(Error::limit(format!("the package has more than {MOST_FILES} files")));
        }
        let most = self.room.min(MOST_IN_FILE);
        let mut bytes = vec![];
        content.take(most as u64 + 1).read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() > most {
            return Err(too_large());
        }
        self.room -= bytes.len();
        self.files.push(PackedFile { path, bytes, runs });
        Ok(())
    }
}

fn from_tar(archive: &[u8]) -> Result<Vec<PackedFile>> {
    let mut taken = Taken::new(archive.len());
    // Each file has a header and a rest of a block besides its bytes.
    let most = taken.room + (MOST_FILES + 2) * 1024;
    let mut tar = vec![];
    MultiGzDecoder::new(archive).take(most as u64 + 1).read_to_end(&mut tar).map_err(broken)?;
    if tar.len() > most {
        return Err(too_large());
    }
    let mut tar = tar::Archive::new(Cursor::new(tar));
    for (index, entry) in tar.entries().map_err(broken)?.enumerate() {
        if index > MOST_FILES * 2 {
            return Err(Error::limit(format!("the package has more than {MOST_FILES} files")));
        }
        let entry = entry.map_err(broken)?;
        let name = entry.path_bytes().into_owned();
        let name = String::from_utf8(name).map_err(|_| Error::invalid("a file's name is no text"))?;
        let header = entry.header();
        match header.entry_type() {
            tar::EntryType::Regular => {
                let runs = header.mode().is_ok_and(|mode| mode & 0o100 != 0);
                taken.file(&name, runs, entry)?;
            }
            tar::EntryType::Directory => {
                plain(name.trim_end_matches('/'))?;
            }
            tar::EntryType::XGlobalHeader => {}
            _ => return Err(no_plain_file(&name)),
        }
    }
    Ok(taken.files)
}

fn from_zip(archive: &[u8]) -> Result<Vec<PackedFile>> {
    /// The type of a file in a Unix mode, and the types that are taken.
    const TYPE: u32 = 0o170_000;
    const PLAIN: [u32; 2] = [0, 0o100_000];
    let broken = |error: zip::result::ZipError| {
        Error::invalid("the package's archive cannot be read; it may have broken off").because(error)
    };
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).map_err(broken)?;
    if zip.len() > MOST_FILES * 2 {
        return Err(Error::limit(format!("the package has more than {MOST_FILES} files")));
    }
    let mut taken = Taken::new(archive.len());
    for index in 0..zip.len() {
        let file = zip.by_index(index).map_err(broken)?;
        let name = file.name().map_err(broken)?.into_owned();
        if file.is_dir() {
            plain(name.trim_end_matches('/'))?;
            continue;
        }
        let mode = file.unix_mode().unwrap_or_default();
        if file.encrypted() || file.is_symlink() || !PLAIN.contains(&(mode & TYPE)) {
            return Err(no_plain_file(&name));
        }
        taken.file(&name, mode & 0o100 != 0, file)?;
    }
    Ok(taken.files)
}

fn broken(error: std::io::Error) -> Error {
    Error::invalid("the package's archive cannot be read; it may have broken off").because(error)
}

fn too_large() -> Error {
    Error::limit(format!(
        "the package is too large when unpacked (at most {} MiB, {} a file, {MOST_EXPANSION} times its archive)",
        MOST_BYTES >> 20,
        MOST_IN_FILE >> 20
    ))
}

fn no_plain_file(name: &str) -> Error {
    Error::invalid(format!(
        "the package holds {:?}, which is no plain file; nothing of it was taken",
        name.chars().take(LONGEST_NAME).collect::<String>()
    ))
}

/// A relative name that stays below its folder on every system.
fn plain(name: &str) -> Result<String> {
    let bad = || {
        let shown: String = name.chars().take(LONGEST_NAME).collect();
        Error::invalid(format!("the package holds a file called {shown:?}; nothing of it was taken"))
    };
    let name = name.strip_prefix("./").unwrap_or(name);
    if matches!(name, "" | ".") {
        return Ok(String::new());
    }
    let parts: Vec<_> = name.split('/').collect();
    let fits = |part: &&str| {
        !matches!(*part, "" | "." | "..")
            && !part.contains(['\\', ':', '*', '?', '"', '<', '>', '|'])
            && !part.chars().any(char::is_control)
            && !part.ends_with(['.', ' '])
    };
    if name.len() > LONGEST_NAME || parts.len() > DEEPEST || !parts.iter().all(fits) {
        return Err(bad());
    }
    Ok(name.to_owned())
}

fn without_outer_folder(mut files: Vec<PackedFile>) -> Vec<PackedFile> {
    if files.iter().any(|f| f.path == "manifest.json") {
        return files;
    }
    let outer = files.first().and_then(|f| f.path.split_once('/')).map(|(outer, _)| format!("{outer}/"));
    if let Some(outer) = outer.filter(|o| files.iter().all(|f| f.path.starts_with(o.as_str()))) {
        for file in &mut files {
            file.path.drain(..outer.len());
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use luna_model::ErrorKind;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn tar_gz(build: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
        let mut tar = tar::Builder::new(vec![]);
        build(&mut tar);
        let mut packed = GzEncoder::new(vec![], Compression::best());
        packed.write_all(&tar.into_inner().unwrap()).unwrap();
        packed.finish().unwrap()
    }

    /// An entry whose name is written as it is: the crate's own way would refuse the bad ones.
    fn put(tar: &mut tar::Builder<Vec<u8>>, name: &str, kind: tar::EntryType, bytes: &[u8]) {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        tar.append(&header, bytes).unwrap();
    }

    fn zip(names: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
        for (name, bytes) in names {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn paths(files: &[PackedFile]) -> Vec<&str> {
        files.iter().map(|f| f.path.as_str()).collect()
    }

    #[test]
    fn both_forms_are_read_and_an_outer_folder_left_out() {
        let plain = tar::EntryType::Regular;
        let packed = tar_gz(|tar| {
            put(tar, "a-1.0/", tar::EntryType::Directory, b"");
            put(tar, "a-1.0/manifest.json", plain, b"{}");
            put(tar, "a-1.0/lib/x.py", plain, b"x");
        });
        assert_eq!(paths(&unpack(&packed).unwrap()), ["manifest.json", "lib/x.py"]);
        let packed = tar_gz(|tar| put(tar, "./manifest.json", plain, b"{}"));
        assert_eq!(paths(&unpack(&packed).unwrap()), ["manifest.json"]);
        let packed = zip(&[("manifest.json", b"{}"), ("lib/x.py", b"x")]);
        assert_eq!(paths(&unpack(&packed).unwrap()), ["manifest.json", "lib/x.py"]);
    }

    #[test]
    fn nothing_leads_out() {
        for name in ["../x", "a/../../x", "/etc/x", "a\\..\\x", "C:x", "a//x", "nul\u{1}", "x."] {
            let packed = tar_gz(|tar| put(tar, name, tar::EntryType::Regular, b"x"));
            assert_eq!(unpack(&packed).unwrap_err().kind, ErrorKind::Invalid, "tar {name:?}");
            assert!(unpack(&zip(&[(name, b"x")])).is_err(), "zip {name:?}");
        }
    }

    #[test]
    fn links_and_special_files_are_refused() {
        use tar::EntryType as T;
        for kind in [T::Symlink, T::Link, T::Fifo, T::Char, T::Block, T::GNUSparse] {
            let packed = tar_gz(|tar| put(tar, "x", kind, b""));
            assert!(unpack(&packed).is_err(), "{kind:?}");
        }
        let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
        zip.add_symlink("x", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        assert!(unpack(&zip.finish().unwrap().into_inner()).is_err());
    }

    #[test]
    fn bombs_are_not_unpacked() {
        let much = vec![0_u8; 4 << 20];
        let packed = tar_gz(|tar| put(tar, "x", tar::EntryType::Regular, &much));
        assert!(packed.len() * MOST_EXPANSION < much.len(), "the test needs a real bomb");
        assert_eq!(unpack(&packed).unwrap_err().kind, ErrorKind::LimitReached);
        assert_eq!(unpack(&zip(&[("x", &much)])).unwrap_err().kind, ErrorKind::LimitReached);
        let names: Vec<_> = (0..=MOST_FILES).map(|n| n.to_string()).collect();
        let many: Vec<_> = names.iter().map(|n| (n.as_str(), b"x".as_slice())).collect();
        assert_eq!(unpack(&zip(&many)).unwrap_err().kind, ErrorKind::LimitReached);
    }

    #[test]
    fn what_is_broken_or_double_is_refused() {
        let packed = tar_gz(|tar| put(tar, "x", tar::EntryType::Regular, &[7; 5_000]));
        assert!(unpack(&packed[..packed.len() / 2]).is_err());
        assert!(unpack(b"#!/bin/sh").is_err());
        let packed = tar_gz(|tar| {
            put(tar, "x", tar::EntryType::Regular, b"1");
            put(tar, "X", tar::EntryType::Regular, b"2");
        });
        assert!(unpack(&packed).is_err());
    }
}

//! What a command wrote, as kept: the beginning and the end of each stream in memory, all of it in a file when that is
//! not everything.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use luna_model::OutputStream;

/// Keeps what comes.
pub(super) struct Capture {
    stdout: Kept,
    stderr: Kept,
    /// In which order the streams wrote, for the file; given up once the file is there.
    order: Vec<(OutputStream, usize)>,
    path: PathBuf,
    file: Spill,
    file_limit: u64,
}

enum Spill {
    NotNeeded,
    Open { file: File, written: u64 },
    Full { file_limit: u64 },
    Failed,
}

/// What was kept, in the end.
pub(super) struct Captured {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) full_output: Option<PathBuf>,
}

impl Capture {
    pub(super) fn new(path: PathBuf, memory_limit: usize, file_limit: u64) -> Self {
        let half = memory_limit / 2;
        Self {
            stdout: Kept::new(half),
            stderr: Kept::new(half),
            order: Vec::new(),
            path,
            file: Spill::NotNeeded,
            file_limit,
        }
    }

    pub(super) fn add(&mut self, stream: OutputStream, data: &[u8]) {
        if matches!(self.file, Spill::NotNeeded) {
            let kept = if stream == OutputStream::Stdout { &self.stdout } else { &self.stderr };
            if kept.has_room_for(data.len()) {
                match self.order.last_mut() {
                    Some((last, length)) if *last == stream => *length += data.len(),
                    _ => self.order.push((stream, data.len())),
                }
            } else {
                self.file = self.open();
            }
        }
        self.spill(data);
        match stream {
            OutputStream::Stdout => self.stdout.add(data),
            OutputStream::Stderr => self.stderr.add(data),
        }
    }

    /// Opens the file and writes what both streams hold so far, in the order in which it came.
    fn open(&mut self) -> Spill {
        let replay = || -> io::Result<(File, u64)> {
            let mut file = File::create_new(&self.path)?;
            let mut streams =
                (self.stdout.all().into_iter().flatten(), self.stderr.all().into_iter().flatten());
            let mut written = 0;
            for (stream, length) in &self.order {
                let part: Vec<u8> = match stream {
                    OutputStream::Stdout => streams.0.by_ref().take(*length).copied().collect(),
                    OutputStream::Stderr => streams.1.by_ref().take(*length).copied().collect(),
                };
                file.write_all(&part)?;
                written += part.len() as u64;
            }
            Ok((file, written))
        };
        let opened = replay();
        self.order = Vec::new();
        match opened {
            Ok((file, written)) => Spill::Open { file, written },
            Err(e) => {
                tracing::warn!(error = %e, path = %self.path.display(), "cannot keep a command's full output");
                Spill::Failed
            }
        }
    }

    fn spill(&mut self, data: &[u8]) {
        let Spill::Open { file, written } = &mut self.file else { return };
        *written += data.len() as u64;
        if *written > self.file_limit {
            self.file = Spill::Full { file_limit: self.file_limit };
        } else if let Err(e) = file.write_all(data) {
            tracing::warn!(error = %e, path = %self.path.display(), "cannot keep a command's full output");
            self.file = Spill::Failed;
        }
    }

    pub(super) fn finish(self) -> Captured {
        let rest = match &self.file {
            Spill::NotNeeded | Spill::Open { .. } => format!("all of it is in {}", self.path.display()),
            Spill::Full { file_limit } => {
                format!("the first {} MiB are in {}", file_limit >> 20, self.path.display())
            }
            Spill::Failed => "they could not be kept".into(),
        };
        let full_output = matches!(self.file, Spill::Open { .. } | Spill::Full { .. }).then_some(self.path);
        Captured { stdout: self.stdout.text(&rest), stderr: self.stderr.text(&rest), full_output }
    }
}

/// The first and the last bytes of a stream.
struct Kept {
    half: usize,
    first: Vec<u8>,
    last: VecDeque<u8>,
    left_out: u64,
}

impl Kept {
    fn new(half: usize) -> Self {
        Self { half, first: Vec::new(), last: VecDeque::new(), left_out: 0 }
    }

    fn has_room_for(&self, more: usize) -> bool {
        self.first.len() + self.last.len() + more <= 2 * self.half
    }

    fn all(&self) -> [&[u8]; 3] {
        let (a, b) = self.last.as_slices();
        [&self.first, a, b]
    }

    fn add(&mut self, data: &[u8]) {
        let (head, tail) = data.split_at(data.len().min(self.half - self.first.len()));
        self.first.extend_from_slice(head);
        let dropped = (self.last.len() + tail.len()).saturating_sub(self.half);
        self.left_out += dropped as u64;
        let from_last = dropped.min(self.last.len());
        self.last.drain(..from_last);
        self.last.extend(&tail[dropped - from_last..]);
    }

    /// As text; a gap says what is missing. A character that the gap cuts in two belongs to the gap.
    fn text(mut self, rest: &str) -> String {
        let last = self.last.make_contiguous();
        if self.left_out == 0 {
            self.first.extend_from_slice(last);
            return text(self.first);
        }
        let cut = last.iter().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count();
        let whole = match self.first.utf8_chunks().last() {
            Some(chunk) if chunk.invalid().len() < 4 => self.first.len() - chunk.invalid().len(),
            _ => self.first.len(),
        };
        self.first.truncate(whole);
        let (first, last) = (text(self.first), String::from_utf8_lossy(&last[cut..]));
        format!("{first}\n[… {} bytes left out; {rest} …]\n{last}", self.left_out)
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(
        limit: usize,
        file_limit: u64,
        parts: &[(OutputStream, &[u8])],
    ) -> (Captured, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let mut capture = Capture::new(folder.path().join("all"), limit, file_limit);
        for (stream, data) in parts {
            capture.add(*stream, data);
        }
        (capture.finish(), folder)
    }

    #[test]
    fn a_little_output_is_kept_whole_and_needs_no_file() {
        let (kept, folder) =
            captured(8, 99, &[(OutputStream::Stdout, b"1234"), (OutputStream::Stdout, b"5678")]);
        assert_eq!(kept.stdout, "12345678");
        assert_eq!(kept.full_output, None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn much_output_keeps_both_ends_and_a_file_with_all_in_its_order() {
        let (out, err) = (OutputStream::Stdout, OutputStream::Stderr);
        let (kept, _folder) =
            captured(8, 99, &[(out, b"ab"), (err, b"!"), (out, b"cdef"), (out, b"ghij"), (err, b"?")]);
        assert!(kept.stdout.starts_with("abcd\n[… 2 bytes left out"), "{}", kept.stdout);
        assert!(kept.stdout.ends_with("\nghij"), "{}", kept.stdout);
        assert_eq!(kept.stderr, "!?");
        assert_eq!(std::fs::read(kept.full_output.unwrap()).unwrap(), b"ab!cdefghij?");
    }

    #[test]
    fn the_file_ends_at_its_limit_and_the_text_says_so() {
        let (kept, _folder) =
            captured(4, 6, &[(OutputStream::Stdout, b"abcdef"), (OutputStream::Stdout, b"gh")]);
        assert!(kept.stdout.contains("the first 0 MiB are in"), "{}", kept.stdout);
        assert_eq!(std::fs::read(kept.full_output.unwrap()).unwrap(), b"abcdef");
    }

    #[test]
    fn a_character_cut_by_the_gap_leaves_no_debris() {
        let (kept, _folder) = captured(8, 99, &[(OutputStream::Stdout, "abcé123é678".as_bytes())]);
        assert!(!kept.stdout.contains('\u{FFFD}'), "{}", kept.stdout);
    }
}

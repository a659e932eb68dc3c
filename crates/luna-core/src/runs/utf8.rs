//! Bytes to text as they come.

/// Bytes to text, with characters that are cut between two parts put together again.
#[derive(Debug, Default)]
pub struct Utf8 {
    rest: Vec<u8>,
}

impl Utf8 {
    /// Takes some bytes; the text that is whole by now.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.rest.extend_from_slice(bytes);
        // At most three bytes can be the beginning of a character.
        let whole = match std::str::from_utf8(&self.rest) {
            Ok(_) => self.rest.len(),
            Err(e) if e.error_len().is_none() && self.rest.len() - e.valid_up_to() < 4 => e.valid_up_to(),
            Err(_) => {
                let tail = self.rest.iter().rev().take(3).position(|b| *b >= 0xC0).map_or(0, |p| p + 1);
                let at = self.rest.len() - tail;
                if std::str::from_utf8(&self.rest[at..]).is_err_and(|e| e.error_len().is_none()) {
                    at
                } else {
                    self.rest.len()
                }
            }
        };
        let rest = self.rest.split_off(whole);
        let text = String::from_utf8_lossy(&self.rest).into_owned();
        self.rest = rest;
        text
    }

    /// The end: what was left is text too, as far as it is.
    #[must_use]
    pub fn end(self) -> String {
        String::from_utf8_lossy(&self.rest).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However the bytes are cut, the text is the same.
        #[test]
        fn characters_cut_between_parts_come_together(text in "\\PC{0,40}", size in 1usize..5) {
            let mut utf8 = Utf8::default();
            let mut out = String::new();
            for part in text.as_bytes().chunks(size) {
                out.push_str(&utf8.push(part));
            }
            out.push_str(&utf8.end());
            prop_assert_eq!(out, text);
        }

        #[test]
        fn any_bytes_come_through(bytes in prop::collection::vec(any::<u8>(), 0..60), size in 1usize..7) {
            let mut utf8 = Utf8::default();
            for part in bytes.chunks(size) {
                let _text = utf8.push(part);
                prop_assert!(utf8.rest.len() < 4);
            }
        }
    }
}

//! Speech by its loudness alone. The room is as loud as the quietest moment of the last two seconds: between words it is
//! heard, and what has no such moments is a fan (minimum statistics: Martin, "Noise Power Spectral Density Estimation Based
//! on Optimal Smoothing and Minimum Statistics", 2001).

use std::collections::VecDeque;

/// Frames of a part of what is remembered: a quarter of a second.
const PART: usize = 16;
/// Parts that are remembered.
const PARTS: usize = 8;
/// Speech is at least so much louder than the quietest moment, which lies below what a room is on the whole.
const ABOVE_QUIETEST: f32 = 3.0;

/// What is remembered of the room.
pub(super) struct Energy {
    /// The quietest frame of each part, the newest last.
    parts: VecDeque<f32>,
    /// Frames in the newest part.
    frames: usize,
}

impl Energy {
    /// A room that was so quiet before.
    pub(super) fn new(room: f32) -> Self {
        Self { parts: std::iter::repeat_n(room, PARTS).collect(), frames: PART }
    }

    /// Takes the next frame; whether it is clearly louder than the room.
    pub(super) fn is_above(&mut self, loud: f32) -> bool {
        if self.frames == PART {
            self.parts.pop_front();
            self.parts.push_back(loud);
            self.frames = 0;
        }
        self.frames += 1;
        if let Some(newest) = self.parts.back_mut() {
            *newest = newest.min(loud);
        }
        let room = self.parts.iter().copied().fold(f32::MAX, f32::min);
        loud > room * ABOVE_QUIETEST
    }
}

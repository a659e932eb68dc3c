//! The arithmetic of a search: dot products of signed bytes, and the pass over all texts.
//!
//! Plain loops over fixed-size arrays, written so that the compiler turns them into the vector instructions every
//! x86-64 and ARM64 has (pmaddwd, pmaxub); a search of 100,000 facts needs no index beyond this.

use crate::table::AXES;

/// Query words scored side by side.
pub(crate) const LANES: usize = 16;
/// The best match of each lane's word, 0 to 255 for cosines from 0 to 1, rounded up.
pub(crate) type Lanes = [u8; LANES];

/// A query word's vector, widened for the products.
pub(crate) type Wide = [i16; AXES];

pub(crate) fn widen(row: &[u8]) -> Wide {
    let mut wide = [0; AXES];
    for (to, &from) in wide.iter_mut().zip(row) {
        *to = i16::from(from as i8);
    }
    wide
}

pub(crate) fn dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(&x, &y)| i32::from(x) * i32::from(y)).sum()
}

/// The dot product of two vectors of signed bytes.
pub(crate) fn dot_bytes(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(&x, &y)| i32::from(i16::from(x) * i16::from(y))).sum()
}

/// For each lane the best of these tokens' similarities.
pub(crate) fn best(tokens: &[u16], similarities: &[Lanes]) -> Lanes {
    let mut best = [0; LANES];
    for &token in tokens {
        if let Some(lanes) = similarities.get(usize::from(token)) {
            for (best, &lane) in best.iter_mut().zip(lanes) {
                *best = (*best).max(lane);
            }
        }
    }
    best
}

/// The lanes' sum, weighted.
pub(crate) fn weigh(lanes: &Lanes, weights: &[u16; LANES]) -> u32 {
    lanes.iter().zip(weights).map(|(&lane, &weight)| u32::from(lane) * u32::from(weight)).sum()
}

//! The arithmetic of a search: dot products of signed bytes, and the pass over all texts.
//!
//! Plain loops over fixed-size arrays, written so that the compiler turns them into the vector instructions every
//! x86-64 and ARM64 has (pmaddwd, pmaxub), also where overflow is checked: none of these sums can overflow. A search of
//! 100,000 facts needs no index beyond this.

use crate::table::AXES;

/// Query words scored side by side.
pub(crate) const LANES: usize = 16;
/// The best match of each lane's word, 0 to 255 for cosines from 0 to 1, rounded up.
pub(crate) type Lanes = [u8; LANES];

/// A query word's vector, widened for the products.
pub(crate) type Wide = [i16; AXES];

#[inline]
pub(crate) fn widen(row: &[u8]) -> Wide {
    let mut wide = [0; AXES];
    for (to, &from) in wide.iter_mut().zip(row) {
        *to = i16::from(from as i8);
    }
    wide
}

/// The dot product of two widened vectors. Kept by itself: inlined next to the widening, the compiler sees bytes again and
/// misses the multiply-and-add that makes this twice as fast.
#[inline(never)]
pub(crate) fn dot(a: &Wide, b: &Wide) -> i32 {
    a.iter().zip(b).fold(0, |sum: i32, (&x, &y)| sum.wrapping_add(i32::from(x).wrapping_mul(i32::from(y))))
}

/// The dot product of two vectors of signed bytes, none of them −128.
#[inline]
pub(crate) fn dot_bytes<const N: usize>(a: &[i8; N], b: &[i8; N]) -> i32 {
    a.iter()
        .zip(b)
        .fold(0, |sum: i32, (&x, &y)| sum.wrapping_add(i32::from(i16::from(x).wrapping_mul(i16::from(y)))))
}

/// For each lane the best of these tokens' similarities.
#[inline]
pub(crate) fn best(tokens: &[u16], similarities: &[Lanes]) -> Lanes {
    tokens.iter().fold([0; LANES], |best, &token| match similarities.get(usize::from(token)) {
        Some(lanes) => std::array::from_fn(|lane| best[lane].max(lanes[lane])),
        None => best,
    })
}

/// The lanes' sum, weighted.
#[inline]
pub(crate) fn weigh(lanes: &Lanes, weights: &[u16; LANES]) -> u32 {
    lanes
        .iter()
        .zip(weights)
        .fold(0, |sum: u32, (&l, &w)| sum.wrapping_add(u32::from(l).wrapping_mul(u32::from(w))))
}

//! The one comparison for what an attacker may guess at: MACs and states. Eight bytes at a time, and always all.

use subtle::{Choice, ConstantTimeEq};

/// Whether both are equal. The time depends on the lengths alone, which are public.
pub(crate) fn equal(left: &[u8], right: &[u8]) -> Choice {
    if left.len() != right.len() {
        return Choice::from(0);
    }
    let (left_words, left_rest) = left.as_chunks::<8>();
    let (right_words, right_rest) = right.as_chunks::<8>();
    // What differs anywhere is gathered, and looked at once: `subtle` keeps the compiler from looking earlier.
    let words = left_words.iter().zip(right_words).fold(0, |differing, (left, right)| {
        differing | (u64::from_ne_bytes(*left) ^ u64::from_ne_bytes(*right))
    });
    let rest =
        left_rest.iter().zip(right_rest).fold(0, |differing, (left, right)| differing | (left ^ right));
    (words | u64::from(rest)).ct_eq(&0)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_every_length_counts() {
        let bytes: [u8; 40] = core::array::from_fn(|at| 7_u8.wrapping_mul(at.to_le_bytes()[0]));
        for len in 0..=bytes.len() {
            assert!(bool::from(equal(&bytes[..len], &bytes[..len])));
            assert!(len == 0 || !bool::from(equal(&bytes[..len], &bytes[..len - 1])));
            for bit in 0..len * 8 {
                let mut other = bytes;
                other[bit / 8] ^= 1 << (bit % 8);
                assert!(!bool::from(equal(&bytes[..len], &other[..len])), "length {len}, bit {bit}");
            }
        }
    }
}

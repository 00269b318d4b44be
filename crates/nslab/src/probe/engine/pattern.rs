//! What the data of a request is made of.

/// Up to 16 bytes, over and over from the first byte of the data; without any, zeros.
///
/// ```
/// use nslab::probe::engine::Pattern;
/// let pattern = Pattern::new(&[0xca, 0xfe]).unwrap();
/// assert_eq!((pattern.byte(0), pattern.byte(1), pattern.byte(2)), (0xca, 0xfe, 0xca));
/// assert_eq!(Pattern::new(&[0; 17]), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    bytes: [u8; Self::MOST],
    len: usize,
}

impl Pattern {
    /// The most bytes that it can have.
    pub const MOST: usize = 16;

    /// `None`: more than [`Self::MOST`] bytes.
    #[must_use]
    pub fn new(pattern: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MOST];
        bytes.get_mut(..pattern.len())?.copy_from_slice(pattern);
        Some(Self { bytes, len: pattern.len() })
    }

    /// The byte at a place in the data.
    #[must_use]
    pub fn byte(&self, at: usize) -> u8 {
        at.checked_rem(self.len).and_then(|at| self.bytes.get(at)).copied().unwrap_or(0)
    }
}

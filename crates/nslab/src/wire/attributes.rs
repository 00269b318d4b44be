//! Attributes: type, length, payload (`struct nlattr`, `struct rtattr`).

use super::{Malformed, align, u16_at};

/// The bits of the type that are flags: nested, network byte order (`NLA_TYPE_MASK`).
const TYPE_MASK: u16 = 0x3fff;

/// One attribute: its type and its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The type without its flag bits.
    pub kind: u16,
    /// The payload without padding.
    pub payload: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// The payload as one byte; `None` where it is shorter.
    #[must_use]
    pub fn u8(&self) -> Option<u8> {
        self.payload.first().copied()
    }

    /// The payload's first two bytes in the machine's order; `None` where it is shorter.
    #[must_use]
    pub fn u16(&self) -> Option<u16> {
        self.payload.first_chunk().copied().map(u16::from_ne_bytes)
    }

    /// The payload's first four bytes in the machine's order; `None` where it is shorter.
    #[must_use]
    pub fn u32(&self) -> Option<u32> {
        self.payload.first_chunk().copied().map(u32::from_ne_bytes)
    }

    /// The same as a signed number.
    #[must_use]
    pub fn i32(&self) -> Option<i32> {
        self.payload.first_chunk().copied().map(i32::from_ne_bytes)
    }

    /// The payload's first eight bytes in the machine's order; `None` where it is shorter.
    #[must_use]
    pub fn u64(&self) -> Option<u64> {
        self.payload.first_chunk().copied().map(u64::from_ne_bytes)
    }

    /// The bytes of a string up to its terminating zero. It need not be UTF-8.
    #[must_use]
    pub fn string(&self) -> &'a [u8] {
        self.payload.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// The attributes that are nested in the payload.
    #[must_use]
    pub fn nested(&self) -> Attributes<'a> {
        Attributes::new(self.payload)
    }
}

/// The attributes in a run of bytes, one after the other. Ends after the first malformed one.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Reads attributes from bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        // Fewer bytes than a header can only be padding.
        let (len, kind) = (usize::from(u16_at(self.rest, 0)?), u16_at(self.rest, 2)?);
        let Some(payload) = self.rest.get(4..len) else {
            self.rest = &[];
            return Some(Err(Malformed));
        };
        self.rest = self.rest.get(align(len)..).unwrap_or_default();
        Some(Ok(Attribute { kind: kind & TYPE_MASK, payload }))
    }
}

/// Attributes by type, for types below `N`; of several of one type the last counts, and unknown types
/// are passed over, as everywhere in netlink.
#[derive(Debug, Clone)]
pub struct Table<'a, const N: usize> {
    slots: [Option<&'a [u8]>; N],
}

impl<'a, const N: usize> Table<'a, N> {
    /// Reads all attributes.
    ///
    /// # Errors
    /// [`Malformed`] where one's length points outside `bytes`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut slots = [None; N];
        for attribute in Attributes::new(bytes) {
            let attribute = attribute?;
            if let Some(slot) = slots.get_mut(usize::from(attribute.kind)) {
                *slot = Some(attribute.payload);
            }
        }
        Ok(Self { slots })
    }

    /// The attribute of a type, if it was there.
    #[must_use]
    pub fn get(&self, kind: u16) -> Option<Attribute<'a>> {
        let payload = (*self.slots.get(usize::from(kind))?)?;
        Some(Attribute { kind, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// type 1 "ab\0" with a byte of padding, then type 2 (nested flag set) with four bytes.
    const TWO: &[u8] = &[7, 0, 1, 0, b'a', b'b', 0, 0xaa, 8, 0, 2, 0x80, 1, 2, 3, 4];

    #[test]
    fn reads_types_payloads_and_flags() {
        let all: Vec<_> = Attributes::new(TWO).collect::<Result<_, _>>().unwrap();
        assert_eq!(all[0].string(), b"ab");
        assert_eq!((all[1].kind, all[1].u32()), (2, Some(u32::from_ne_bytes([1, 2, 3, 4]))));
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].u32(), all[0].u64(), all[0].u8()), (None, None, Some(b'a')));
    }

    #[test]
    fn every_truncation_is_an_error_or_shorter() {
        for end in 0..TWO.len() {
            let read: Vec<_> = Attributes::new(&TWO[..end]).collect();
            assert!(read.len() <= 2 && read.iter().flatten().all(|a| a.payload.len() <= 4), "{end}");
        }
        assert_eq!(Table::<4>::parse(&TWO[..6]).err(), Some(Malformed));
    }

    #[test]
    fn lengths_that_lie_are_errors() {
        for len in [0, 1, 3, 9, 255] {
            assert_eq!(Attributes::new(&[len, 0, 1, 0, 0, 0, 0, 0]).next(), Some(Err(Malformed)), "{len}");
        }
    }

    #[test]
    fn a_table_keeps_the_last_and_ignores_the_unknown() {
        let bytes = [5, 0, 1, 0, 1, 0, 0, 0, 5, 0, 1, 0, 2, 0, 0, 0, 5, 0, 99, 0, 3, 0, 0, 0];
        let table = Table::<2>::parse(&bytes).unwrap();
        assert_eq!(table.get(1).and_then(|a| a.u8()), Some(2));
        assert!(table.get(0).is_none() && table.get(99).is_none());
    }
}

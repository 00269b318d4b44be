//! A request under construction.

use super::align;
use super::consts::{NLM_F_ECHO, NLM_F_REQUEST, NLMSG_ALIGN_LEN};

/// A netlink request: header, the family's own header, attributes.
///
/// ```
/// use nslab::wire::{Request, consts::RTM_GETLINK};
/// let mut request = Request::new(RTM_GETLINK, 0, &[0; 16]);
/// request.string(3, b"eth0").nest(18, |info| {
///     info.string(1, b"veth");
/// });
/// let bytes = request.finish(7, 0);
/// assert_eq!(bytes.len() % 4, 0);
/// ```
#[derive(Debug, Clone)]
pub struct Request {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Request {
    /// A request of a type (`RTM_…`) with flags (`NLM_F_…`, to which `NLM_F_REQUEST` is added) and the
    /// header that the type calls for (`struct ifinfomsg`, …).
    #[must_use]
    pub fn new(kind: u16, flags: u16, header: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend([0; 4]);
        bytes.extend(kind.to_ne_bytes());
        bytes.extend((flags | NLM_F_REQUEST).to_ne_bytes());
        bytes.extend([0; 8]);
        debug_assert_eq!(bytes.len(), NLMSG_ALIGN_LEN);
        bytes.extend(header);
        let mut request = Self { bytes, too_long: false };
        request.pad();
        request
    }

    /// Attributes without a message around them, to be put into one later.
    #[must_use]
    pub fn attributes_alone() -> Self {
        Self { bytes: Vec::new(), too_long: false }
    }

    /// The attributes of [`attributes_alone`](Self::attributes_alone) as bytes.
    #[must_use]
    pub fn into_attributes(self) -> Vec<u8> {
        self.bytes
    }

    /// Adds attributes as they were made by [`into_attributes`](Self::into_attributes).
    pub fn raw(&mut self, attributes: &[u8]) -> &mut Self {
        self.bytes.extend(attributes);
        self.pad();
        self
    }

    /// Asks for a message about what became of it (`NLM_F_ECHO`), besides the acknowledgement.
    #[must_use]
    pub fn echoed(mut self) -> Self {
        let flags = super::u16_at(&self.bytes, 6).unwrap_or(0) | NLM_F_ECHO;
        self.put(6, &flags.to_ne_bytes());
        self
    }

    /// Adds an attribute.
    pub fn attribute(&mut self, kind: u16, payload: &[u8]) -> &mut Self {
        let start = self.open(kind);
        self.bytes.extend(payload);
        self.close(start)
    }

    /// Adds a string with its terminating zero.
    pub fn string(&mut self, kind: u16, text: &[u8]) -> &mut Self {
        let start = self.open(kind);
        self.bytes.extend(text);
        self.bytes.push(0);
        self.close(start)
    }

    /// Adds a byte.
    pub fn u8(&mut self, kind: u16, value: u8) -> &mut Self {
        self.attribute(kind, &[value])
    }

    /// Adds two bytes in the machine's order.
    pub fn u16(&mut self, kind: u16, value: u16) -> &mut Self {
        self.attribute(kind, &value.to_ne_bytes())
    }

    /// Adds four bytes in the machine's order.
    pub fn u32(&mut self, kind: u16, value: u32) -> &mut Self {
        self.attribute(kind, &value.to_ne_bytes())
    }

    /// Adds eight bytes in the machine's order.
    pub fn u64(&mut self, kind: u16, value: u64) -> &mut Self {
        self.attribute(kind, &value.to_ne_bytes())
    }

    /// Adds attributes inside an attribute.
    pub fn nest(&mut self, kind: u16, content: impl FnOnce(&mut Self)) -> &mut Self {
        self.nest_after(kind, &[], content)
    }

    /// Adds attributes inside an attribute, behind a fixed header (as in `VETH_INFO_PEER`).
    pub fn nest_after(&mut self, kind: u16, header: &[u8], content: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.open(kind);
        self.bytes.extend(header);
        self.pad();
        content(self);
        self.close(start)
    }

    /// The same request with further flags (`NLM_F_…`).
    #[must_use]
    pub fn with_flags(mut self, flags: u16) -> Self {
        let own = super::u16_at(&self.bytes, 6).unwrap_or(0);
        self.put(6, &(own | flags).to_ne_bytes());
        self
    }

    /// The finished bytes, with the sequence number that the answers will carry and further flags. A request
    /// that [is too long](Self::is_too_long) must not be sent.
    #[must_use]
    pub fn finish(mut self, sequence: u32, flags: u16) -> Vec<u8> {
        let len = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.put(0, &len.to_ne_bytes());
        let mut all = flags;
        if let Some(own) = super::u16_at(&self.bytes, 6) {
            all |= own;
        }
        self.put(6, &all.to_ne_bytes());
        self.put(8, &sequence.to_ne_bytes());
        self.bytes
    }

    /// Whether an attribute outgrew its 16 bits of length: such a request must not be sent, for the kernel
    /// would pass over that attribute and all behind it, and do the rest.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.too_long
    }

    /// How many bytes it has so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn open(&mut self, kind: u16) -> usize {
        let start = self.bytes.len();
        self.bytes.extend([0, 0]);
        self.bytes.extend(kind.to_ne_bytes());
        start
    }

    /// Writes the length of the attribute that began at `start`.
    fn close(&mut self, start: usize) -> &mut Self {
        match u16::try_from(self.bytes.len() - start) {
            Ok(len) => self.put(start, &len.to_ne_bytes()),
            Err(_) => self.too_long = true,
        }
        self.pad();
        self
    }

    fn pad(&mut self) {
        self.bytes.resize(align(self.bytes.len()), 0);
    }

    fn put(&mut self, at: usize, value: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + value.len()) {
            place.copy_from_slice(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Messages, Table};
    use super::*;

    #[test]
    fn what_is_built_reads_back() {
        let mut request = Request::new(16, 0x600, &[9; 16]);
        request.string(3, b"veth0").u32(4, 1500).nest(18, |info| {
            info.string(1, b"veth").nest(2, |data| {
                data.nest_after(1, &[0; 16], |peer| {
                    peer.string(3, b"p");
                });
            });
        });
        let bytes = request.finish(42, 4);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        assert_eq!((message.header.kind, message.header.flags, message.header.sequence), (16, 0x605, 42));
        assert_eq!(message.header.len as usize, bytes.len());
        let table = Table::<20>::parse(&message.body[16..]).unwrap();
        assert_eq!(table.get(3).unwrap().string(), b"veth0");
        let info = Table::<3>::parse(table.get(18).unwrap().payload).unwrap();
        let data = Table::<2>::parse(info.get(2).unwrap().payload).unwrap();
        let peer = Table::<4>::parse(&data.get(1).unwrap().payload[16..]).unwrap();
        assert_eq!(peer.get(3).unwrap().string(), b"p");
    }
}

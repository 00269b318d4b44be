//! Messages: header and body (`struct nlmsghdr`), and what the kernel answers (`struct nlmsgerr`).

use super::consts::{NLM_F_CAPPED, NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS};
use super::{Attributes, Malformed, align, u16_at, u32_at};

const HEADER_LEN: usize = 16;

/// The header of a netlink message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Length of the message with this header, in bytes.
    pub len: u32,
    /// Type: `RTM_…` or `NLMSG_…`.
    pub kind: u16,
    /// Flags: `NLM_F_…`.
    pub flags: u16,
    /// Sequence number of the request that it answers.
    pub sequence: u32,
    /// Port of the sender of the request.
    pub port: u32,
}

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its header.
    pub header: Header,
    /// What follows the header.
    pub body: &'a [u8],
}

impl Message<'_> {
    /// Appends the message to bytes that [`Messages`] will read.
    pub fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.header.len.to_ne_bytes());
        bytes.extend(self.header.kind.to_ne_bytes());
        bytes.extend(self.header.flags.to_ne_bytes());
        bytes.extend(self.header.sequence.to_ne_bytes());
        bytes.extend(self.header.port.to_ne_bytes());
        bytes.extend(self.body);
        bytes.resize(align(bytes.len()), 0);
    }
}

/// The messages in one datagram, or in several put together. Ends after the first malformed one.
#[derive(Debug, Clone)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    /// Reads messages from bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let read = |bytes: &'a [u8]| {
            let header = Header {
                len: u32_at(bytes, 0)?,
                kind: u16_at(bytes, 4)?,
                flags: u16_at(bytes, 6)?,
                sequence: u32_at(bytes, 8)?,
                port: u32_at(bytes, 12)?,
            };
            let len = usize::try_from(header.len).ok()?;
            Some((Message { header, body: bytes.get(HEADER_LEN..len)? }, len))
        };
        match read(self.rest) {
            Some((message, len)) => {
                self.rest = self.rest.get(align(len)..).unwrap_or_default();
                Some(Ok(message))
            }
            None => {
                self.rest = &[];
                Some(Err(Malformed))
            }
        }
    }
}

/// What the kernel says at the end of a request: done, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement<'a> {
    /// 0 for success, else the error number.
    pub errno: i32,
    /// The kernel's own words (extended acknowledgement).
    pub text: Option<&'a [u8]>,
    /// Where in the request the kernel saw the fault, in bytes from its start.
    pub offset: Option<u32>,
}

impl<'a> Acknowledgement<'a> {
    /// Reads the body of an `NLMSG_ERROR` message.
    ///
    /// # Errors
    /// [`Malformed`] where it is shorter than it must be.
    pub fn of_error(message: &Message<'a>) -> Result<Self, Malformed> {
        let errno = u32_at(message.body, 0).ok_or(Malformed)?.cast_signed();
        let request_len = usize::try_from(u32_at(message.body, 4).ok_or(Malformed)?).map_err(|_| Malformed)?;
        // An error carries the whole request back, unless it is capped to the header; a success never.
        let request =
            if errno == 0 || message.header.flags & NLM_F_CAPPED != 0 { HEADER_LEN } else { align(request_len) };
        Ok(Self::with_attributes(errno, message.body.get(request.saturating_add(4)..).unwrap_or_default()))
    }

    /// Reads the body of an `NLMSG_DONE` message, which may carry an error.
    #[must_use]
    pub fn of_done(message: &Message<'a>) -> Self {
        let errno = u32_at(message.body, 0).unwrap_or(0).cast_signed();
        Self::with_attributes(errno, message.body.get(4..).unwrap_or_default())
    }

    fn with_attributes(errno: i32, attributes: &'a [u8]) -> Self {
        let mut answer = Self { errno: errno.checked_neg().unwrap_or(i32::MAX), text: None, offset: None };
        for attribute in Attributes::new(attributes).map_while(Result::ok) {
            match attribute.kind {
                NLMSGERR_ATTR_MSG => answer.text = Some(attribute.string()),
                NLMSGERR_ATTR_OFFS => answer.offset = attribute.u32(),
                _ => {}
            }
        }
        answer
    }
}

//! Netlink messages as bytes: read without trust, built without mistakes. Nothing here does I/O.
//!
//! Every reader checks every length before it looks, so no input can make it panic or read outside
//! the message (netlink(7), `linux/netlink.h`).

mod attributes;
mod builder;
pub mod consts;
mod message;

pub use attributes::{Attribute, Attributes, Table};
pub use builder::Request;
pub use message::{Acknowledgement, Header, Message, Messages};

/// Bytes that do not form what they should: a length that points outside the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// Lengths are rounded up to this (`NLMSG_ALIGNTO`, `NLA_ALIGNTO`).
const ALIGN: usize = 4;

const fn align(len: usize) -> usize {
    len.saturating_add(ALIGN - 1) & !(ALIGN - 1)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests;

//! Labels of prefixes, by which IPv6 chooses a source address (`RTM_NEWADDRLABEL` and family; ip-addrlabel(8),
//! RFC 6724, `linux/if_addrlabel.h`).

use std::net::{IpAddr, Ipv6Addr};

use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::wire::consts::{
    IFAL_ADDRESS, IFAL_LABEL, IFAL_TABLE_SIZE, NLM_F_CREATE, NLM_F_EXCL, RTM_DELADDRLABEL, RTM_GETADDRLABEL,
    RTM_NEWADDRLABEL,
};
use crate::wire::{Malformed, Message, Request, Table};

/// `struct ifaddrlblmsg`.
const HEADER: usize = 12;

/// A label to add or to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelConfig {
    /// The address family; the kernel has labels for IPv6 (10) only.
    pub family: u8,
    /// The prefix; `None` for an address without bytes, which the kernel refuses.
    pub prefix: Option<(IpAddr, u8)>,
    /// The index of the link that it is for; 0 for any.
    pub link: u32,
    /// The label.
    pub label: u32,
}

impl LabelConfig {
    /// The request that adds it; an error if the prefix has a label already.
    #[must_use]
    pub fn add(&self) -> Request {
        self.request(RTM_NEWADDRLABEL, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// The request that deletes the label of the prefix, whichever it is.
    #[must_use]
    pub fn delete(&self) -> Request {
        self.request(RTM_DELADDRLABEL, 0)
    }

    fn request(&self, kind: u16, flags: u16) -> Request {
        let mut header = header(self.family);
        let [_, _, len, _, i0, i1, i2, i3, ..] = &mut header;
        *len = self.prefix.map_or(0, |(_, len)| len);
        [*i0, *i1, *i2, *i3] = self.link.to_ne_bytes();
        let mut request = Request::new(kind, flags, &header);
        request.u32(IFAL_LABEL, self.label);
        match self.prefix {
            Some((IpAddr::V4(address), _)) => request.attribute(IFAL_ADDRESS, &address.octets()),
            Some((IpAddr::V6(address), _)) => request.attribute(IFAL_ADDRESS, &address.octets()),
            None => request.attribute(IFAL_ADDRESS, &[]),
        };
        request
    }
}

fn header(family: u8) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[0] = family;
    header
}

/// Hands every label of a family to `take`, in the order in which the kernel tries them.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump<T: Transport>(
    connection: &mut Connection<T>,
    family: u8,
    mut take: impl FnMut(&Label<'_>) -> Result<()>,
) -> Result<Dumped> {
    let request = Request::new(RTM_GETADDRLABEL, 0, &header(family));
    connection.dump_each(request, || "listing address labels".into(), |message| take(&Label::parse(message)?))
}

/// A label as the kernel describes it. Borrows from the message.
#[derive(Debug, Clone)]
pub struct Label<'a> {
    message: Message<'a>,
    header: [u8; HEADER],
    table: Table<'a, IFAL_TABLE_SIZE>,
}

impl<'a> Label<'a> {
    /// Reads an `RTM_NEWADDRLABEL` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        Self::read(message).map_err(|error| crate::ops::malformed("an address label", error))
    }

    fn read(message: &Message<'a>) -> Result<Self, Malformed> {
        let (header, attributes) = message.body.split_first_chunk::<HEADER>().ok_or(Malformed)?;
        Ok(Self { message: *message, header: *header, table: Table::parse(attributes)? })
    }

    /// The message that it was read from.
    #[must_use]
    pub fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// The request that deletes exactly this label.
    #[must_use]
    pub fn delete(&self) -> Request {
        Request::new(RTM_DELADDRLABEL, 0, self.message.body)
    }

    /// The prefix, where there is one.
    #[must_use]
    pub fn prefix(&self) -> Option<(Ipv6Addr, u8)> {
        let octets = self.table.get(IFAL_ADDRESS)?.payload.first_chunk::<16>()?;
        Some((Ipv6Addr::from(*octets), self.header[2]))
    }

    /// The index of the link that it is for; 0 for any.
    #[must_use]
    pub fn link(&self) -> u32 {
        let [_, _, _, _, i0, i1, i2, i3, ..] = self.header;
        u32::from_ne_bytes([i0, i1, i2, i3])
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> Option<u32> {
        self.table.get(IFAL_LABEL)?.u32()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Messages;

    #[test]
    fn what_is_asked_for_reads_back() {
        let address: Ipv6Addr = "2001:db8::".parse().unwrap();
        let config = LabelConfig { family: 10, prefix: Some((address.into(), 32)), link: 7, label: 99 };
        let bytes = config.add().finish(1, 0);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let label = Label::parse(&message).unwrap();
        assert_eq!((label.prefix(), label.link(), label.label()), (Some((address, 32)), 7, Some(99)));
        for end in 0..message.body.len() {
            let cut = Message { header: message.header, body: &message.body[..end] };
            let _ = Label::parse(&cut).map(|label| (label.prefix(), label.link(), label.label()));
        }
    }
}

//! What the kernel says of a link.

use std::fmt;

use super::Statistics;
use crate::error::Result;
use crate::wire::consts::{
    AF_INET, AF_INET6, IFLA_AF_SPEC, IFLA_INET_CONF, IFLA_INET6_ADDR_GEN_MODE, IFLA_PROTO_DOWN_REASON,
    IFLA_PROTO_DOWN_REASON_VALUE, IFLA_STATS64, IPV4_DEVCONF_PROMOTE_SECONDARIES,
};
use crate::wire::consts::{
    IFLA_ADDRESS, IFLA_ALT_IFNAME, IFLA_BROADCAST, IFLA_GROUP, IFLA_IFALIAS, IFLA_IFNAME, IFLA_INFO_DATA,
    IFLA_INFO_KIND, IFLA_INFO_SLAVE_DATA, IFLA_INFO_SLAVE_KIND, IFLA_LINK, IFLA_LINK_NETNSID, IFLA_LINKINFO,
    IFLA_LINKMODE, IFLA_MASTER, IFLA_MTU, IFLA_OPERSTATE, IFLA_PERM_ADDRESS, IFLA_PROP_LIST, IFLA_PROTO_DOWN,
    IFLA_QDISC, IFLA_TABLE, IFLA_TXQLEN,
};
use crate::wire::{Attribute, Malformed, Message, Table};

/// The hardware type of a link (`ARPHRD_…`, `linux/if_arp.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HwType(pub u16);

/// The name that `ip` prints behind `link/`; `[N]` for a type without one.
impl fmt::Display for HwType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            0 => "generic",
            1 => "ether",
            2 => "eether",
            3 => "ax25",
            4 => "pronet",
            5 => "chaos",
            6 => "ieee802",
            7 => "arcnet",
            8 => "atalk",
            15 => "dlci",
            19 => "atm",
            23 => "metricom",
            24 => "ieee1394",
            32 => "infiniband",
            256 => "slip",
            257 => "cslip",
            258 => "slip6",
            259 => "cslip6",
            260 => "rsrvd",
            264 => "adapt",
            270 => "rose",
            271 => "x25",
            280 => "can",
            290 => "mctp",
            512 => "ppp",
            513 => "hdlc",
            516 => "lapb",
            517 => "ddcmp",
            518 => "rawhdlc",
            519 => "rawip",
            768 => "ipip",
            769 => "tunnel6",
            770 => "frad",
            771 => "skip",
            772 => "loopback",
            773 => "ltalk",
            774 => "fddi",
            775 => "bif",
            776 => "sit",
            777 => "ip/ddp",
            778 => "gre",
            779 => "pimreg",
            780 => "hippi",
            781 => "ash",
            782 => "econet",
            783 => "irda",
            784 => "fcpp",
            785 => "fcal",
            786 => "fcpl",
            787 => "fcfb0",
            800 => "tr",
            801 => "ieee802.11",
            802 => "ieee802.11/prism",
            803 => "ieee802.11/radiotap",
            804 => "ieee802.15.4",
            805 => "ieee802.15.4/monitor",
            820 => "phonet",
            821 => "phonet_pipe",
            822 => "caif",
            823 => "gre6",
            824 => "netlink",
            825 => "6lowpan",
            826 => "vsockmon",
            0xffff => "void",
            0xfffe => "none",
            other => return write!(f, "[{other}]"),
        };
        f.write_str(name)
    }
}

/// The operational state of a link (RFC 2863; `IF_OPER_…`, `linux/if.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperState(pub u8);

impl OperState {
    const WORDS: [&str; 7] = ["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"];

    /// Ready to carry packets.
    pub const UP: Self = Self(6);

    /// The state with a name, in letters of any size.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        let at = Self::WORDS.iter().position(|word| word.as_bytes().eq_ignore_ascii_case(name))?;
        u8::try_from(at).ok().map(Self)
    }

    /// Its name; `None` for a state without one.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        Self::WORDS.get(usize::from(self.0)).copied()
    }
}

/// The word that `ip` prints behind `state`.
impl fmt::Display for OperState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.word() {
            Some(word) => f.write_str(word),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

/// A link as the kernel describes it. Borrows from the message.
#[derive(Debug, Clone)]
pub struct Link<'a> {
    message: Message<'a>,
    family: u8,
    hw_type: u16,
    index: u32,
    flags: u32,
    table: Table<'a, IFLA_TABLE>,
}

impl<'a> Link<'a> {
    /// Reads an `RTM_NEWLINK` or `RTM_DELLINK` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed or without a name.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        Self::read(message).map_err(|error| crate::ops::malformed("a link", error))
    }

    fn read(message: &Message<'a>) -> Result<Self, Malformed> {
        let (header, attributes) = message.body.split_first_chunk::<16>().ok_or(Malformed)?;
        let [family, _, t0, t1, i0, i1, i2, i3, f0, f1, f2, f3, ..] = *header;
        let table = Table::parse(attributes)?;
        table.get(IFLA_IFNAME).ok_or(Malformed)?;
        Ok(Self {
            message: *message,
            family,
            hw_type: u16::from_ne_bytes([t0, t1]),
            index: u32::from_ne_bytes([i0, i1, i2, i3]),
            flags: u32::from_ne_bytes([f0, f1, f2, f3]),
            table,
        })
    }

    /// The message that it was read from.
    #[must_use]
    pub fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// The address family of the message: 0, or `AF_BRIDGE` for a port's own description.
    #[must_use]
    pub fn family(&self) -> u8 {
        self.family
    }

    /// Its number in its namespace.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Its flags (`IFF_…`, netdevice(7)).
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// Whether a flag is set.
    #[must_use]
    pub fn has(&self, flag: u32) -> bool {
        self.flags & flag == flag
    }

    /// Its hardware type.
    #[must_use]
    pub fn hw_type(&self) -> HwType {
        HwType(self.hw_type)
    }

    /// Its name; any bytes but `/` and white space.
    #[must_use]
    pub fn name(&self) -> &'a [u8] {
        self.attribute(IFLA_IFNAME).map(|a| a.string()).unwrap_or_default()
    }

    /// Any attribute of the message (`IFLA_…`).
    #[must_use]
    pub fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.table.get(kind)
    }

    /// The largest packet in bytes.
    #[must_use]
    pub fn mtu(&self) -> Option<u32> {
        self.attribute(IFLA_MTU)?.u32()
    }

    /// The name of its queueing discipline (tc(8)).
    #[must_use]
    pub fn qdisc(&self) -> Option<&'a [u8]> {
        self.attribute(IFLA_QDISC).map(|a| a.string())
    }

    /// The index of the bridge or other link that it belongs to.
    #[must_use]
    pub fn master(&self) -> Option<u32> {
        self.attribute(IFLA_MASTER)?.u32()
    }

    /// Its operational state.
    #[must_use]
    pub fn oper_state(&self) -> Option<OperState> {
        self.attribute(IFLA_OPERSTATE)?.u8().map(OperState)
    }

    /// Its link mode: 0 default, 1 dormant (`IF_LINK_MODE_…`).
    #[must_use]
    pub fn link_mode(&self) -> Option<u8> {
        self.attribute(IFLA_LINKMODE)?.u8()
    }

    /// The number of its group.
    #[must_use]
    pub fn group(&self) -> Option<u32> {
        self.attribute(IFLA_GROUP)?.u32()
    }

    /// The transmit queue's length in packets.
    #[must_use]
    pub fn txqlen(&self) -> Option<u32> {
        self.attribute(IFLA_TXQLEN)?.u32()
    }

    /// Its hardware address.
    #[must_use]
    pub fn address(&self) -> Option<&'a [u8]> {
        self.attribute(IFLA_ADDRESS).map(|a| a.payload)
    }

    /// Its hardware broadcast address; on a point-to-point link, that of the other end.
    #[must_use]
    pub fn broadcast(&self) -> Option<&'a [u8]> {
        self.attribute(IFLA_BROADCAST).map(|a| a.payload)
    }

    /// The hardware address that it was made with.
    #[must_use]
    pub fn permanent_address(&self) -> Option<&'a [u8]> {
        self.attribute(IFLA_PERM_ADDRESS).map(|a| a.payload)
    }

    /// The index of the link beneath it, or of a veth's other end; 0 where that is none of this machine.
    #[must_use]
    pub fn link(&self) -> Option<u32> {
        self.attribute(IFLA_LINK)?.u32()
    }

    /// The id, in this namespace, of the one that [`link`](Self::link) is in, where that is another; -1
    /// where it has no id.
    #[must_use]
    pub fn link_netnsid(&self) -> Option<i32> {
        self.attribute(IFLA_LINK_NETNSID)?.i32()
    }

    /// The bits of the reasons why a protocol holds it down.
    #[must_use]
    pub fn proto_down_reasons(&self) -> Option<u32> {
        let reason = self.attribute(IFLA_PROTO_DOWN_REASON)?;
        let value = reason.nested().map_while(std::result::Result::ok);
        value.filter(|a| a.kind == IFLA_PROTO_DOWN_REASON_VALUE).last()?.u32()
    }

    /// How it makes IPv6 addresses of its own: `IN6_ADDR_GEN_MODE_…`.
    #[must_use]
    pub fn addr_gen_mode(&self) -> Option<u8> {
        let mut families = self.attribute(IFLA_AF_SPEC)?.nested().map_while(std::result::Result::ok);
        let inet6 = families.find(|a| a.kind == u16::from(AF_INET6))?;
        let mut settings = inet6.nested().map_while(std::result::Result::ok);
        settings.find(|a| a.kind == IFLA_INET6_ADDR_GEN_MODE)?.u8()
    }

    /// Whether IPv4 addresses stay when the first of their subnet goes (`promote_secondaries`).
    #[must_use]
    pub fn promotes_secondaries(&self) -> bool {
        let inet = || {
            let mut families = self.attribute(IFLA_AF_SPEC)?.nested().map_while(std::result::Result::ok);
            let inet = families.find(|a| a.kind == u16::from(AF_INET))?;
            inet.nested().map_while(std::result::Result::ok).find(|a| a.kind == IFLA_INET_CONF)
        };
        // Numbers of four bytes, one after the other.
        let at = usize::from(IPV4_DEVCONF_PROMOTE_SECONDARIES - 1) * 4;
        let value = inet().and_then(|conf| conf.payload.get(at..)?.first_chunk().copied());
        value.is_some_and(|value: [u8; 4]| u32::from_ne_bytes(value) != 0)
    }

    /// What it has counted.
    #[must_use]
    pub fn statistics(&self) -> Option<Statistics> {
        Statistics::read(self.attribute(IFLA_STATS64)?.payload)
    }

    /// Whether its protocol-down switch is on.
    #[must_use]
    pub fn proto_down(&self) -> bool {
        self.attribute(IFLA_PROTO_DOWN).and_then(|a| a.u8()).is_some_and(|on| on != 0)
    }

    /// A text that somebody gave it.
    #[must_use]
    pub fn alias(&self) -> Option<&'a [u8]> {
        self.attribute(IFLA_IFALIAS).map(|a| a.string())
    }

    /// Its other names.
    pub fn altnames(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let list = self.attribute(IFLA_PROP_LIST).map(|a| a.payload).unwrap_or_default();
        let attributes = crate::wire::Attributes::new(list).map_while(std::result::Result::ok);
        attributes.filter(|a| a.kind == IFLA_ALT_IFNAME).map(|a| a.string())
    }

    /// What it is: `veth`, `bridge`, …; `None` for what has no kind, as loopback.
    #[must_use]
    pub fn kind(&self) -> Option<&'a [u8]> {
        self.info(IFLA_INFO_KIND).map(|a| a.string())
    }

    /// What the kind says of it: attributes of the kind's own (`wire::consts::kinds`).
    #[must_use]
    pub fn info_data(&self) -> Option<Attribute<'a>> {
        self.info(IFLA_INFO_DATA)
    }

    /// The kind of its master.
    #[must_use]
    pub fn info_slave_kind(&self) -> Option<&'a [u8]> {
        self.info(IFLA_INFO_SLAVE_KIND).map(|a| a.string())
    }

    /// What its master keeps of it: attributes of the master's kind.
    #[must_use]
    pub fn info_slave_data(&self) -> Option<Attribute<'a>> {
        self.info(IFLA_INFO_SLAVE_DATA)
    }

    fn info(&self, kind: u16) -> Option<Attribute<'a>> {
        let info = self.attribute(IFLA_LINKINFO)?;
        Table::<{ IFLA_INFO_SLAVE_DATA as usize + 1 }>::parse(info.payload).ok()?.get(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::fake;
    use crate::wire::{Messages, Request, consts::RTM_NEWLINK};

    fn message() -> Vec<u8> {
        let mut header = [0; 16];
        header[2] = 1;
        header[4] = 7;
        header[8] = 0x43;
        let mut request = Request::new(RTM_NEWLINK, 0, &header);
        request.string(IFLA_IFNAME, b"v\xffth0").u32(IFLA_MTU, 1500).u8(IFLA_OPERSTATE, 6);
        request.nest(IFLA_LINKINFO, |info| {
            info.string(IFLA_INFO_KIND, b"veth");
        });
        request.finish(1, 0)
    }

    #[test]
    fn reads_what_is_there() {
        let bytes = message();
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let link = Link::parse(&message).unwrap();
        assert_eq!((link.index(), link.name(), link.mtu()), (7, &b"v\xffth0"[..], Some(1500)));
        assert_eq!(link.kind(), Some(&b"veth"[..]));
        assert_eq!(link.oper_state(), Some(OperState::UP));
        assert_eq!((link.hw_type().to_string().as_str(), link.has(0x3)), ("ether", true));
        assert_eq!((link.master(), link.altnames().count()), (None, 0));
    }

    #[test]
    fn every_truncation_of_the_body_is_an_error_or_less() {
        let bytes = message();
        for end in 16..bytes.len() {
            let cut = fake::message(RTM_NEWLINK, 0, 1, &bytes[16..end]);
            let message = Messages::new(&cut).next().unwrap().unwrap();
            if let Ok(link) = Link::parse(&message) {
                assert_eq!(link.name(), b"v\xffth0");
                let _ = (link.kind(), link.mtu(), link.altnames().count());
            }
        }
    }
}

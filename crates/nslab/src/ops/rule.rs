//! Rules that choose a routing table (`RTM_NEWRULE` and family; ip-rule(8), `linux/fib_rules.h`).

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::wire::consts::{
    AF_INET, AF_INET6, FIB_RULE_INVERT, FRA_DPORT_MASK, FRA_DPORT_RANGE, FRA_DSCP, FRA_DSCP_MASK, FRA_DST, FRA_FLOW,
    FRA_FLOWLABEL, FRA_FLOWLABEL_MASK, FRA_FWMARK, FRA_FWMASK, FRA_GOTO, FRA_IIFNAME, FRA_IP_PROTO, FRA_L3MDEV,
    FRA_OIFNAME, FRA_PRIORITY, FRA_PROTOCOL, FRA_SPORT_MASK, FRA_SPORT_RANGE, FRA_SRC, FRA_SUPPRESS_IFGROUP,
    FRA_SUPPRESS_PREFIXLEN, FRA_TABLE, FRA_TABLE_SIZE, FRA_TUN_ID, FRA_UID_RANGE, FRA_UNUSED2, NLM_F_CREATE,
    NLM_F_EXCL, RTM_DELRULE, RTM_GETRULE, RTM_NEWRULE,
};
use crate::wire::{Attribute, Malformed, Message, Request, Table};

/// `struct fib_rule_hdr`.
const HEADER: usize = 12;

/// A number, and which of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masked<T> {
    /// The number.
    pub value: T,
    /// Its bits that count; `None` for the kernel's default, which is all.
    pub mask: Option<T>,
}

/// Ports that a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// The first port.
    pub start: u16,
    /// The last port.
    pub end: u16,
    /// The bits that count (Linux 6.15), where `start` is the only port; `None` for all.
    pub mask: Option<u16>,
}

/// A rule to add, or as much of one as tells which to delete. What is `None` is left out of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleConfig {
    /// The address family: 2 for IPv4, 10 for IPv6.
    pub family: u8,
    /// What the rule does (`FR_ACT_…`): 1 for a table, 2 goto, 3 nop, 6 blackhole, 7 unreachable, 8 prohibit.
    pub action: u8,
    /// Holds for everything that does not match.
    pub invert: bool,
    /// The place in the order.
    pub priority: Option<u32>,
    /// Source prefix.
    pub from: Option<(IpAddr, u8)>,
    /// Destination prefix.
    pub to: Option<(IpAddr, u8)>,
    /// Type of service.
    pub tos: u8,
    /// Differentiated services code point (6 bits).
    pub dscp: Option<Masked<u8>>,
    /// IPv6 flow label (20 bits).
    pub flow_label: Option<Masked<u32>>,
    /// Mark of the packet.
    pub mark: Option<Masked<u32>>,
    /// Name of the interface that the packet came in by.
    pub input: Option<Vec<u8>>,
    /// Name of the interface that the socket is bound to.
    pub output: Option<Vec<u8>>,
    /// For packets of an L3 master device, whose table is used.
    pub l3mdev: bool,
    /// First and last user id of the socket's owner; the kernel refuses a last below the first.
    pub users: Option<(u32, u32)>,
    /// IP protocol.
    pub ip_protocol: Option<u8>,
    /// Source ports.
    pub source_ports: Option<Ports>,
    /// Destination ports.
    pub destination_ports: Option<Ports>,
    /// Tunnel id.
    pub tunnel: Option<u64>,
    /// The table to look up.
    pub table: Option<u32>,
    /// The place to go on at.
    pub goto: Option<u32>,
    /// Results with a prefix of at most this length are not taken.
    pub suppress_prefix_len: Option<u32>,
    /// Results by an interface of this group are not taken.
    pub suppress_group: Option<u32>,
    /// Realms: source in the upper, destination in the lower half.
    pub realms: Option<u32>,
    /// Who makes the rule (`RTPROT_…`).
    pub protocol: Option<u8>,
    /// An address that kernels up to 2.6 put in the source's place; later ones ignore it.
    pub nat: Option<Ipv4Addr>,
}

impl RuleConfig {
    /// The request that adds it; an error if there is the same already.
    #[must_use]
    pub fn add(&self) -> Request {
        self.request(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// The request that deletes the first rule that it fits.
    #[must_use]
    pub fn delete(&self) -> Request {
        self.request(RTM_DELRULE, 0)
    }

    fn request(&self, kind: u16, flags: u16) -> Request {
        let len = |prefix: Option<(IpAddr, u8)>| prefix.map_or(0, |(_, len)| len);
        // The header has a byte for the table; larger numbers go into an attribute.
        let short = self.table.map_or(Some(0), |table| u8::try_from(table).ok());
        let rule_flags = if self.invert { FIB_RULE_INVERT } else { 0 };
        let [f0, f1, f2, f3] = rule_flags.to_ne_bytes();
        let header = [
            self.family,
            len(self.to),
            len(self.from),
            self.tos,
            short.unwrap_or(0),
            0,
            0,
            self.action,
            f0,
            f1,
            f2,
            f3,
        ];
        let mut request = Request::new(kind, flags, &header);
        for (kind, prefix) in [(FRA_SRC, self.from), (FRA_DST, self.to)] {
            match prefix {
                Some((IpAddr::V4(address), _)) => request.attribute(kind, &address.octets()),
                Some((IpAddr::V6(address), _)) => request.attribute(kind, &address.octets()),
                None => &mut request,
            };
        }
        for (kind, name) in [(FRA_IIFNAME, &self.input), (FRA_OIFNAME, &self.output)] {
            if let Some(name) = name {
                request.string(kind, name);
            }
        }
        let mark = self.mark;
        let label = self.flow_label;
        let numbers = [
            (FRA_PRIORITY, self.priority),
            (FRA_FWMARK, mark.map(|mark| mark.value)),
            (FRA_FWMASK, mark.and_then(|mark| mark.mask)),
            (FRA_FLOW, self.realms),
            (FRA_TABLE, self.table.filter(|_| short.is_none())),
            (FRA_GOTO, self.goto),
            (FRA_SUPPRESS_PREFIXLEN, self.suppress_prefix_len),
            (FRA_SUPPRESS_IFGROUP, self.suppress_group),
            (FRA_FLOWLABEL, label.map(|label| label.value.to_be())),
            (FRA_FLOWLABEL_MASK, label.map(|label| label.mask.unwrap_or(0xf_ffff).to_be())),
        ];
        for (kind, number) in numbers {
            if let Some(number) = number {
                request.u32(kind, number);
            }
        }
        let bytes = [
            (FRA_L3MDEV, self.l3mdev.then_some(1)),
            (FRA_IP_PROTO, self.ip_protocol),
            (FRA_PROTOCOL, self.protocol),
            (FRA_DSCP, self.dscp.map(|dscp| dscp.value)),
            (FRA_DSCP_MASK, self.dscp.and_then(|dscp| dscp.mask)),
        ];
        for (kind, byte) in bytes {
            if let Some(byte) = byte {
                request.u8(kind, byte);
            }
        }
        let ports = [
            (FRA_SPORT_RANGE, FRA_SPORT_MASK, self.source_ports),
            (FRA_DPORT_RANGE, FRA_DPORT_MASK, self.destination_ports),
        ];
        for (range, mask, ports) in ports {
            let Some(ports) = ports else { continue };
            let [[s0, s1], [e0, e1]] = [ports.start.to_ne_bytes(), ports.end.to_ne_bytes()];
            request.attribute(range, &[s0, s1, e0, e1]);
            if let Some(bits) = ports.mask {
                request.u16(mask, bits);
            }
        }
        if let Some((first, last)) = self.users {
            let mut range = [0; 8];
            let (low, high) = range.split_at_mut(4);
            low.copy_from_slice(&first.to_ne_bytes());
            high.copy_from_slice(&last.to_ne_bytes());
            request.attribute(FRA_UID_RANGE, &range);
        }
        if let Some(id) = self.tunnel {
            request.attribute(FRA_TUN_ID, &id.to_be_bytes());
        }
        if let Some(address) = self.nat {
            request.attribute(FRA_UNUSED2, &address.octets());
        }
        request
    }
}

/// Hands every rule of a family to `take`, in the order in which the kernel tries them.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump<T: Transport>(
    connection: &mut Connection<T>,
    family: u8,
    mut take: impl FnMut(&Rule<'_>) -> Result<()>,
) -> Result<Dumped> {
    let mut header = [0; HEADER];
    header[0] = family;
    let request = Request::new(RTM_GETRULE, 0, &header);
    connection.dump_each(request, || "listing rules".into(), |message| take(&Rule::parse(message)?))
}

/// A rule as the kernel describes it. Borrows from the message.
#[derive(Debug, Clone)]
pub struct Rule<'a> {
    message: Message<'a>,
    header: [u8; HEADER],
    table: Table<'a, FRA_TABLE_SIZE>,
}

impl<'a> Rule<'a> {
    /// Reads an `RTM_NEWRULE` or `RTM_DELRULE` message.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](crate::ErrorKind::Reply) where it is malformed.
    pub fn parse(message: &Message<'a>) -> Result<Self> {
        Self::read(message).map_err(|error| crate::ops::malformed("a rule", error))
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

    /// The request that deletes exactly this rule.
    #[must_use]
    pub fn delete(&self) -> Request {
        Request::new(RTM_DELRULE, 0, self.message.body)
    }

    /// The address family: 2 for IPv4, 10 for IPv6.
    #[must_use]
    pub fn family(&self) -> u8 {
        self.header[0]
    }

    /// Type of service.
    #[must_use]
    pub fn tos(&self) -> u8 {
        self.header[3]
    }

    /// What it does (`FR_ACT_…`).
    #[must_use]
    pub fn action(&self) -> u8 {
        self.header[7]
    }

    /// Flags (`FIB_RULE_…`).
    #[must_use]
    pub fn flags(&self) -> u32 {
        let [.., f0, f1, f2, f3] = self.header;
        u32::from_ne_bytes([f0, f1, f2, f3])
    }

    /// The table; 0 for none.
    #[must_use]
    pub fn table(&self) -> u32 {
        self.number(FRA_TABLE).unwrap_or_else(|| u32::from(self.header[4]))
    }

    /// Any attribute of the message (`FRA_…`).
    #[must_use]
    pub fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.table.get(kind)
    }

    /// An attribute that is a number of 32 bits.
    #[must_use]
    pub fn number(&self, kind: u16) -> Option<u32> {
        self.attribute(kind)?.u32()
    }

    /// The place in the order. The kernel leaves out a place of 0.
    #[must_use]
    pub fn priority(&self) -> u32 {
        self.number(FRA_PRIORITY).unwrap_or(0)
    }

    /// Source prefix, where there is one.
    #[must_use]
    pub fn from(&self) -> Option<(IpAddr, u8)> {
        self.ip(FRA_SRC).map(|address| (address, self.header[2]))
    }

    /// Destination prefix, where there is one.
    #[must_use]
    pub fn to(&self) -> Option<(IpAddr, u8)> {
        self.ip(FRA_DST).map(|address| (address, self.header[1]))
    }

    fn ip(&self, kind: u16) -> Option<IpAddr> {
        let payload = self.attribute(kind)?.payload;
        match self.family() {
            AF_INET => payload.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
            AF_INET6 => payload.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
            _ => None,
        }
    }

    /// First and last user id.
    #[must_use]
    pub fn users(&self) -> Option<RangeInclusive<u32>> {
        let payload = self.attribute(FRA_UID_RANGE)?.payload;
        let number = |at: usize| Some(u32::from_ne_bytes(*payload.get(at..)?.first_chunk()?));
        Some(number(0)?..=number(4)?)
    }

    /// Source ports.
    #[must_use]
    pub fn source_ports(&self) -> Option<Ports> {
        self.ports(FRA_SPORT_RANGE, FRA_SPORT_MASK)
    }

    /// Destination ports.
    #[must_use]
    pub fn destination_ports(&self) -> Option<Ports> {
        self.ports(FRA_DPORT_RANGE, FRA_DPORT_MASK)
    }

    fn ports(&self, range: u16, mask: u16) -> Option<Ports> {
        let payload = self.attribute(range)?.payload;
        let number = |at: usize| Some(u16::from_ne_bytes(*payload.get(at..)?.first_chunk()?));
        let mask = self.attribute(mask).and_then(|attribute| attribute.u16());
        Some(Ports { start: number(0)?, end: number(2)?, mask })
    }

    /// Differentiated services code point.
    #[must_use]
    pub fn dscp(&self) -> Option<Masked<u8>> {
        let value = self.attribute(FRA_DSCP)?.u8()?;
        Some(Masked { value, mask: self.attribute(FRA_DSCP_MASK).and_then(|attribute| attribute.u8()) })
    }

    /// IPv6 flow label.
    #[must_use]
    pub fn flow_label(&self) -> Option<Masked<u32>> {
        let value = u32::from_be(self.number(FRA_FLOWLABEL)?);
        Some(Masked { value, mask: self.number(FRA_FLOWLABEL_MASK).map(u32::from_be) })
    }

    /// Tunnel id.
    #[must_use]
    pub fn tunnel(&self) -> Option<u64> {
        self.attribute(FRA_TUN_ID)?.u64().map(u64::from_be)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Messages;

    #[test]
    fn what_is_asked_for_reads_back() {
        let config = RuleConfig {
            family: AF_INET,
            action: 1,
            invert: true,
            priority: Some(7),
            from: Some(([10, 0, 0, 0].into(), 8)),
            to: Some(([10, 2, 0, 0].into(), 16)),
            tos: 0x10,
            dscp: Some(Masked { value: 10, mask: Some(0x3f) }),
            flow_label: Some(Masked { value: 5, mask: None }),
            mark: Some(Masked { value: 1, mask: Some(0xff) }),
            input: Some(b"lo".to_vec()),
            users: Some((1, 2)),
            source_ports: Some(Ports { start: 80, end: 80, mask: Some(0xff) }),
            tunnel: Some(9),
            table: Some(300),
            ..RuleConfig::default()
        };
        let bytes = config.add().finish(1, 0);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        let rule = Rule::parse(&message).unwrap();
        assert_eq!((rule.family(), rule.action(), rule.flags(), rule.tos()), (AF_INET, 1, FIB_RULE_INVERT, 0x10));
        assert_eq!((rule.from(), rule.to(), rule.table()), (config.from, config.to, 300));
        assert_eq!((rule.dscp(), rule.tunnel(), rule.priority()), (config.dscp, Some(9), 7));
        assert_eq!(rule.flow_label(), Some(Masked { value: 5, mask: Some(0xf_ffff) }));
        assert_eq!((rule.users(), rule.source_ports()), (Some(1..=2), config.source_ports));
        assert_eq!(rule.attribute(FRA_IIFNAME).unwrap().string(), b"lo");
        for end in 0..message.body.len() {
            let cut = Message { header: message.header, body: &message.body[..end] };
            let _ = Rule::parse(&cut).map(|rule| (rule.from(), rule.users(), rule.source_ports(), rule.flow_label()));
        }
    }
}

//! Asking which route a packet would take.

use std::net::IpAddr;

use super::{Header, Route, put_address};
use crate::error::Result;
use crate::netlink::{Connection, Transport};
use crate::types::Prefix;
use crate::wire::Request;
use crate::wire::consts::{
    RTA_DPORT, RTA_DST, RTA_FLOWLABEL, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_NEWDST, RTA_OIF, RTA_SPORT, RTA_SRC,
    RTA_UID, RTM_GETROUTE,
};

/// A packet, as far as routing looks at it. What is `None` has the kernel's default.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// 2 for IPv4, 10 for IPv6.
    pub family: u8,
    /// Where to: an address, which is a prefix of full length.
    pub destination: Option<Prefix>,
    /// Where from.
    pub source: Option<Prefix>,
    /// Type of service.
    pub tos: u8,
    /// Flags (`RTM_F_…`).
    pub flags: u32,
    /// The index of the link that it came in by, for one that is to be forwarded.
    pub input: Option<u32>,
    /// The index of the link that it must leave by.
    pub output: Option<u32>,
    /// The firewall mark.
    pub mark: Option<u32>,
    /// Who sends it.
    pub uid: Option<u32>,
    /// The protocol inside: TCP, UDP and ICMP are known.
    pub ip_protocol: Option<u8>,
    /// The source port.
    pub source_port: Option<u16>,
    /// The destination port.
    pub destination_port: Option<u16>,
    /// The flow label (IPv6), of 20 bits.
    pub flow_label: Option<u32>,
    /// The destination that it gets (MPLS).
    pub new_destination: Option<IpAddr>,
}

impl Query {
    /// Asks, and hands the answer to `take`.
    ///
    /// # Errors
    /// What the kernel answers: that there is no route is an error too.
    pub fn ask<T: Transport, R>(
        &self,
        connection: &mut Connection<T>,
        mut take: impl FnMut(&Route<'_>) -> Result<R>,
    ) -> Result<R> {
        let operation =
            || self.destination.map_or("looking for a route".into(), |to| format!("looking for a route to {to}"));
        connection.get(self.request(), operation, |message| take(&Route::parse(message)?))
    }

    fn request(&self) -> Request {
        let header = Header {
            family: self.family,
            destination_len: self.destination.map_or(0, |prefix| prefix.len()),
            source_len: self.source.map_or(0, |prefix| prefix.len()),
            tos: self.tos,
            flags: self.flags,
            ..Header::default()
        };
        let mut request = Request::new(RTM_GETROUTE, 0, &header.bytes());
        let addresses = [
            (RTA_DST, self.destination.map(|prefix| prefix.address())),
            (RTA_SRC, self.source.map(|prefix| prefix.address())),
            (RTA_NEWDST, self.new_destination),
        ];
        for (kind, address) in addresses {
            if let Some(address) = address {
                put_address(&mut request, kind, address);
            }
        }
        let numbers = [
            (RTA_IIF, self.input),
            (RTA_OIF, self.output),
            (RTA_MARK, self.mark),
            (RTA_UID, self.uid),
            // In network byte order, as the ports are.
            (RTA_FLOWLABEL, self.flow_label.map(u32::to_be)),
        ];
        for (kind, value) in numbers {
            if let Some(value) = value {
                request.u32(kind, value);
            }
        }
        if let Some(protocol) = self.ip_protocol {
            request.u8(RTA_IP_PROTO, protocol);
        }
        for (kind, port) in [(RTA_SPORT, self.source_port), (RTA_DPORT, self.destination_port)] {
            if let Some(port) = port {
                request.u16(kind, port.to_be());
            }
        }
        request
    }
}

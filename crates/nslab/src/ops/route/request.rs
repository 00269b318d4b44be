//! What is asked of a route.

use std::net::IpAddr;

use super::{Header, Metrics, NextHop, put_address, put_gateway};
use crate::types::Prefix;
use crate::wire::Request;
use crate::wire::consts::{
    NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTA_DST, RTA_EXPIRES, RTA_FLOW, RTA_MULTIPATH, RTA_NEWDST,
    RTA_NH_ID, RTA_OIF, RTA_PREF, RTA_PREFSRC, RTA_PRIORITY, RTA_SRC, RTA_TABLE, RTA_TTL_PROPAGATE, RTM_DELROUTE,
    RTM_NEWROUTE,
};

/// What is to happen with a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A new one; an error if there is one with the same key.
    Add,
    /// The first with the same key becomes this; an error if there is none.
    Change,
    /// The same, and where there is none, a new one.
    Replace,
    /// A new one behind those with the same key.
    Append,
    /// A new one before those with the same key.
    Prepend,
    /// Nothing, but the kernel says what an addition would meet.
    Test,
    /// The first that is like this goes away.
    Delete,
}

/// A route to make, change or delete. The default is the IPv4 default route of no family; set at least
/// `family` and `table`.
#[derive(Debug, Clone, Default)]
pub struct RouteConfig {
    /// 2 for IPv4, 10 for IPv6.
    pub family: u8,
    /// Where it leads; `None` for everywhere. The kernel refuses host bits (IPv4).
    pub destination: Option<Prefix>,
    /// Whose packets it is for (IPv6).
    pub source: Option<Prefix>,
    /// The type of service that it is for (IPv4).
    pub tos: u8,
    /// Its table: 254 is main.
    pub table: u32,
    /// Who made it (`RTPROT_…`).
    pub protocol: u8,
    /// How far away the destination is (`RT_SCOPE_…`).
    pub scope: u8,
    /// Its type (`RTN_…`).
    pub kind: u8,
    /// Flags of its only nexthop (`RTNH_F_…`).
    pub flags: u32,
    /// The router that it leads to, of either family.
    pub gateway: Option<IpAddr>,
    /// The index of the link that it leaves by.
    pub output: Option<u32>,
    /// Its metric: of several, the lowest is used.
    pub priority: Option<u32>,
    /// The destination that packets get (MPLS).
    pub new_destination: Option<IpAddr>,
    /// The address that own packets get.
    pub preferred_source: Option<IpAddr>,
    /// Realms: where from in the upper 16 bits, where to in the lower.
    pub realms: Option<u32>,
    /// The router preference (IPv6): 0 medium, 1 high, 3 low.
    pub preference: Option<u8>,
    /// In how many seconds it ends (IPv6).
    pub expires: Option<u32>,
    /// Whether the time to live is handed on out of a tunnel (MPLS).
    pub ttl_propagate: Option<bool>,
    /// The id of the nexthop object that it uses.
    pub nexthop_id: Option<u32>,
    /// What it says about the path.
    pub metrics: Metrics,
    /// Several nexthops.
    pub nexthops: Vec<NextHop>,
}

impl RouteConfig {
    /// The request.
    #[must_use]
    pub fn request(&self, change: Change) -> Request {
        let (kind, flags) = match change {
            Change::Add => (RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL),
            Change::Change => (RTM_NEWROUTE, NLM_F_REPLACE),
            Change::Replace => (RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE),
            Change::Append => (RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND),
            Change::Prepend => (RTM_NEWROUTE, NLM_F_CREATE),
            Change::Test => (RTM_NEWROUTE, NLM_F_EXCL),
            Change::Delete => (RTM_DELROUTE, 0),
        };
        let small_table = u8::try_from(self.table).ok();
        let header = Header {
            family: self.family,
            destination_len: self.destination.map_or(0, |prefix| prefix.len()),
            source_len: self.source.map_or(0, |prefix| prefix.len()),
            tos: self.tos,
            table: small_table.unwrap_or(0),
            protocol: self.protocol,
            scope: self.scope,
            kind: self.kind,
            flags: self.flags,
        };
        let mut request = Request::new(kind, flags, &header.bytes());
        if small_table.is_none() {
            request.u32(RTA_TABLE, self.table);
        }
        self.attributes(&mut request);
        request
    }

    fn attributes(&self, request: &mut Request) {
        let addresses = [
            (RTA_DST, self.destination.map(|prefix| prefix.address())),
            (RTA_SRC, self.source.map(|prefix| prefix.address())),
            (RTA_NEWDST, self.new_destination),
            (RTA_PREFSRC, self.preferred_source),
        ];
        for (kind, address) in addresses {
            if let Some(address) = address {
                put_address(request, kind, address);
            }
        }
        if let Some(gateway) = self.gateway {
            put_gateway(request, self.family, gateway);
        }
        let numbers = [
            (RTA_PRIORITY, self.priority),
            (RTA_FLOW, self.realms),
            (RTA_EXPIRES, self.expires),
            (RTA_NH_ID, self.nexthop_id),
            (RTA_OIF, self.output),
        ];
        for (kind, value) in numbers {
            if let Some(value) = value {
                request.u32(kind, value);
            }
        }
        if let Some(preference) = self.preference {
            request.u8(RTA_PREF, preference);
        }
        if let Some(propagate) = self.ttl_propagate {
            request.u8(RTA_TTL_PROPAGATE, propagate.into());
        }
        self.metrics.put(request);
        if !self.nexthops.is_empty() {
            let all: Vec<u8> = self.nexthops.iter().flat_map(|hop| hop.bytes(self.family)).collect();
            request.attribute(RTA_MULTIPATH, &all);
        }
    }
}

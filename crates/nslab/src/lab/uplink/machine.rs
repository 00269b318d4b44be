//! What the machine has already: networks that an uplink must not take, and ways out.

use std::collections::BTreeMap;

use crate::error::{Error, ErrorKind, Result};
use crate::netlink::Connection;
use crate::ops::{address, link, route};
use crate::topology::plan::Plan;
use crate::topology::plan::uplink::{self, UplinkPlan, overlap};
use crate::types::Prefix;
use crate::wire::consts::{
    AF_INET, AF_INET6, AF_UNSPEC, RT_TABLE_MAIN, RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW, RTN_UNICAST, RTN_UNREACHABLE,
};

/// A route with a shorter prefix than this counts as a default route: VPNs split theirs into two of length 1.
const SHORTEST: u8 = 8;

/// The machine's networks and the interfaces that its default routes leave by.
#[derive(Debug, Default)]
pub(super) struct Machine {
    /// Each with the interface that it is at, where there is one.
    networks: Vec<(Prefix, Option<u32>)>,
    /// By index, with names: of IPv4, of IPv6.
    outputs: [BTreeMap<u32, String>; 2],
}

impl Machine {
    /// That of the calling thread's namespace.
    pub(super) fn look(connection: &mut Connection) -> Result<Self> {
        Self::read(connection).map_err(|error| error.within("looking at the machine's networks and routes"))
    }

    fn read(connection: &mut Connection) -> Result<Self> {
        let mut networks = Vec::new();
        address::dump(connection, AF_UNSPEC, None, |seen| {
            networks.extend(seen.prefix().map(|prefix| (prefix.network(), Some(seen.index()))));
            Ok(())
        })?;
        let mut found = Self { networks, ..Self::default() };
        for family in [AF_INET, AF_INET6] {
            let filter = route::DumpFilter { family, ..route::DumpFilter::default() };
            route::dump(connection, filter, |route| {
                found.take(route, family);
                Ok(())
            })?;
        }
        for output in found.outputs.iter_mut().flatten() {
            let name = link::get(connection, link::Select::Index(*output.0), |link| {
                Ok(String::from_utf8_lossy(link.name()).into_owned())
            });
            *output.1 = name?;
        }
        Ok(found)
    }

    fn take(&mut self, route: &route::Route<'_>, family: u8) {
        let goes_nowhere = [RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW].contains(&route.kind());
        if route.family() != family || goes_nowhere {
            return;
        }
        if let Some(to) = route.destination().filter(|_| route.destination_len() >= SHORTEST) {
            let network = Prefix::new(to, route.destination_len()).ok().map(|prefix| prefix.network());
            self.networks.extend(network.map(|network| (network, route.output())));
        }
        let is_default = route.destination_len() < SHORTEST && route.kind() == RTN_UNICAST;
        if is_default && (route.table() == RT_TABLE_MAIN || route.destination_len() == 0) {
            let hops = route.nexthops().into_iter().flatten().map(|hop| hop.output);
            let [v4, v6] = &mut self.outputs;
            let outputs = if family == AF_INET6 { v6 } else { v4 };
            outputs.extend(route.output().into_iter().chain(hops).map(|index| (index, String::new())));
        }
    }

    /// The interfaces that default routes of a family leave by, with their indexes.
    pub(super) fn outputs(&self, ipv6: bool) -> Vec<(u32, String)> {
        let [v4, v6] = &self.outputs;
        let loopback = |(index, _): &(&u32, &String)| **index != 1;
        let of_family = if ipv6 { v6 } else { v4 }.iter().filter(loopback);
        of_family.map(|(index, name)| (*index, name.clone())).collect()
    }

    fn network_at(&self, prefix: Prefix) -> Option<Prefix> {
        self.networks.iter().map(|(network, _)| *network).find(|network| overlap(*network, prefix))
    }

    /// The networks of an uplink: those of the file, or the first of its candidates that nobody has.
    pub(super) fn choose(&self, plan: &Plan, uplink: &UplinkPlan) -> Result<Vec<Prefix>> {
        for prefix in uplink.prefixes.iter().chain(&uplink.behind) {
            if let Some(network) = self.network_at(*prefix) {
                let message =
                    format!("the uplink's network {prefix} overlaps {network}, which the machine has already");
                let help = if uplink.behind.contains(prefix) {
                    "without NAT the machine gets routes to the lab's networks: give the lab others, or say `nat: true`"
                } else {
                    "say another `prefix` in the lab file's `uplink`, or none to have one chosen"
                };
                return Err(Error::new(ErrorKind::Exists, message).with_help(help));
            }
        }
        if !uplink.prefixes.is_empty() {
            return Ok(uplink.prefixes.clone());
        }
        let mut chosen = Vec::new();
        for ipv6 in [false, true] {
            if ipv6 && (self.outputs(true).is_empty() || !super::forwarding::is_possible(true)) {
                continue;
            }
            let free = |prefix: &Prefix| !uplink.is_own(*prefix) && self.network_at(*prefix).is_none();
            let mut all = uplink::candidates(plan.lab.as_str(), ipv6);
            let none = || {
                let message = "the machine has no network free for the uplink";
                Error::new(ErrorKind::Exists, message).with_help("say a `prefix` in the lab file's `uplink`")
            };
            chosen.push(all.find(free).ok_or_else(none)?);
        }
        Ok(chosen)
    }
}

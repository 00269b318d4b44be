//! A description's routes as requests.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::ops::route::{Change, NextHop, RouteConfig};
use crate::topology::plan::{LOOPBACK, Plan};
use crate::topology::spec::{Hop, Route, RouteKind};
use crate::types::IfName;
use crate::wire::Request;
use crate::wire::consts::{
    AF_INET, AF_INET6, RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, RTAX_MTU, RTN_BLACKHOLE, RTN_PROHIBIT,
    RTN_THROW, RTN_UNICAST, RTN_UNREACHABLE, RTNH_F_ONLINK, RTPROT_STATIC,
};

/// The indexes of all interfaces, by node and name.
pub(super) struct Places<'p>(HashMap<(usize, &'p IfName), u32>);

impl<'p> Places<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let routed = |node: usize| plan.nodes.get(node).is_some_and(|node| !node.routes.is_empty());
        let ports = plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]).filter(|port| routed(port.node));
        let ports = ports.map(|port| ((port.node, &port.ifname), port.index));
        let devices = plan.devices.iter().map(|device| ((device.node, &device.ifname), device.index));
        Self(ports.chain(devices).collect())
    }

    fn index(&self, node: usize, dev: &str) -> Result<u32> {
        if dev == "lo" {
            return Ok(LOOPBACK);
        }
        let missing = || Error::invalid(format!("a route by interface \"{dev}\", which the node does not have"));
        let name = dev.parse().map_err(|_| missing())?;
        self.0.get(&(node, &name)).copied().ok_or_else(missing)
    }
}

/// The request that adds a route to a node.
pub(super) fn request(route: &Route, node: usize, places: &Places<'_>) -> Result<Request> {
    Ok(config(route, |dev| places.index(node, dev))?.request(Change::Add))
}

/// A route with interfaces by index.
pub(super) fn config(route: &Route, index: impl Fn(&str) -> Result<u32>) -> Result<RouteConfig> {
    let output = |hop: &Hop| hop.dev.as_ref().map(|dev| index(dev.as_str())).transpose();
    let mut config = RouteConfig {
        family: if route.to.is_ipv6() { AF_INET6 } else { AF_INET },
        destination: (route.to.len() > 0).then_some(route.to),
        table: route.table.unwrap_or(RT_TABLE_MAIN),
        protocol: RTPROT_STATIC,
        kind: match route.kind {
            RouteKind::Unicast => RTN_UNICAST,
            RouteKind::Blackhole => RTN_BLACKHOLE,
            RouteKind::Unreachable => RTN_UNREACHABLE,
            RouteKind::Prohibit => RTN_PROHIBIT,
            RouteKind::Throw => RTN_THROW,
        },
        priority: route.metric,
        preferred_source: route.src,
        ..RouteConfig::default()
    };
    // What is reached without a gateway is on the link itself (IPv4; IPv6 has no scopes of routes).
    let direct = route.kind == RouteKind::Unicast && route.hops.iter().all(|hop| hop.via.is_none());
    config.scope = if direct && !route.to.is_ipv6() { RT_SCOPE_LINK } else { RT_SCOPE_UNIVERSE };
    let flags = if route.onlink { RTNH_F_ONLINK } else { 0 };
    match route.hops.as_slice() {
        [] => {}
        [hop] => {
            config.gateway = hop.via;
            config.output = output(hop)?;
            config.flags = flags;
        }
        hops => {
            for hop in hops {
                let weight_less_one = u8::try_from(hop.weight.unwrap_or(1).saturating_sub(1)).unwrap_or(u8::MAX);
                let output = output(hop)?.unwrap_or(0);
                let flags = u8::try_from(flags).unwrap_or(0);
                config.nexthops.push(NextHop {
                    gateway: hop.via,
                    output,
                    weight_less_one,
                    flags,
                    ..NextHop::default()
                });
            }
        }
    }
    if let Some(mtu) = route.mtu {
        config.metrics.set(RTAX_MTU, mtu);
    }
    Ok(config)
}

//! A namespace, read by a few dumps.

use std::net::IpAddr;

use super::seen::{Address, Link, Node, Peer, Route};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::settings::Settings;
use crate::netlink::{Connection, Transport};
use crate::ops::link::Detail;
use crate::ops::{address, link, netconf, qdisc, route};
use crate::topology::spec::{Hop, Route as Way, RouteKind};
use crate::types::{MacAddr, Prefix};
use crate::wire::consts::{
    AF_INET, AF_INET6, IFF_LOWER_UP, IFF_UP, RT_TABLE_LOCAL, RTA_ENCAP, RTA_EXPIRES, RTA_NH_ID, RTA_PRIORITY, RTAX_MTU,
    RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW, RTN_UNICAST, RTN_UNREACHABLE, RTNH_F_ONLINK, RTPROT_KERNEL,
    RTPROT_REDIRECT,
};

/// Tries of a dump that others changed while it ran.
const TRIES: usize = 20;

/// Finds the place of a namespace by the id that the one that is read has for it.
pub(super) type Places<'a, T> = &'a mut dyn FnMut(&mut Connection<T>, i32) -> Result<Option<usize>>;

/// Reads links, addresses, routes and forwarding. `place` is that of the namespace itself.
pub(super) fn node<T: Transport>(connection: &mut Connection<T>, place: usize, peers: Places<'_, T>) -> Result<Node> {
    let (mut node, far) = alone(connection, place)?;
    for (at, id) in far {
        let found = peers(connection, id)?;
        if let Some(peer) = node.links.get_mut(at).and_then(|link| link.peer.as_mut()) {
            peer.node = found;
        }
    }
    Ok(node)
}

/// The links of a node, by their places, whose other ends are in other namespaces, and the ids of these.
pub(super) type Far = Vec<(usize, i32)>;

/// The same without looking for the namespaces of other ends.
pub(super) fn alone<T: Transport>(connection: &mut Connection<T>, place: usize) -> Result<(Node, Far)> {
    let mut node = Node::default();
    let mut far: Far = Vec::new();
    let mut impaired = false;
    steady(|| {
        node.links.clear();
        far.clear();
        let detail = Detail { statistics: false, no_functions: true };
        link::dump(connection, link::DumpFilter { detail, ..Default::default() }, |link| {
            impaired |= link.qdisc().is_some_and(|qdisc| matches!(qdisc, b"netem" | b"tbf"));
            if let Some(id) = link.link_netnsid() {
                far.push((node.links.len(), id));
            }
            node.links.push(one_link(link, place));
            Ok(())
        })
    })?;
    if impaired {
        steady(|| {
            qdisc::dump(connection, |qdisc| {
                let of_link = |link: &&mut Link| link.index == qdisc.link() && qdisc.is_root();
                if let Some(link) = node.links.iter_mut().find(of_link) {
                    link.impair = qdisc.impair(link.mtu);
                }
                Ok(())
            })
        })?;
    }
    steady(|| {
        node.links.iter_mut().for_each(|link| link.addresses.clear());
        address::dump(connection, 0, None, |address| {
            if let Some(link) = node.links.iter_mut().find(|link| link.index == address.index())
                && let Some(found) = one_address(address, link)
            {
                link.addresses.push(found);
            }
            Ok(())
        })
    })?;
    steady(|| {
        node.routes.clear();
        route::dump(connection, route::DumpFilter::default(), |route| {
            node.routes.extend(one_route(route, &node.links));
            Ok(())
        })
    })?;
    node.forward_v4 = netconf::forwarding(connection, AF_INET)?;
    node.forward_v6 = netconf::forwarding(connection, AF_INET6)?;
    Ok((node, far))
}

/// Reads settings of the calling thread's namespace into a node.
pub(super) fn settings<'p>(
    node: &mut Node,
    settings: &mut Settings,
    paths: impl IntoIterator<Item = &'p str>,
) -> Result<()> {
    for path in paths {
        let value = match settings.get(path) {
            Ok(value) => Some(value),
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) => None,
            // What can be written only cannot be compared.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM)) => continue,
            Err(error) => return Err(Error::os(format_args!("reading {path}"), error)),
        };
        node.sysctl.insert(path.to_owned(), value);
    }
    Ok(())
}

/// Asks again where others changed things meanwhile.
fn steady(mut dump: impl FnMut() -> Result<crate::netlink::Dumped>) -> Result<()> {
    for _ in 0..TRIES {
        match dump() {
            Ok(dumped) if !dumped.interrupted => return Ok(()),
            Ok(_) => {}
            Err(error) if matches!(error.errno(), Some(libc::ENOBUFS | libc::EBUSY)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::new(ErrorKind::Busy, format!("what is there changed each of {TRIES} times it was read")))
}

fn one_link(link: &link::Link<'_>, place: usize) -> Link {
    let own = link.link_netnsid().is_none().then_some(place);
    Link {
        index: link.index(),
        name: String::from_utf8_lossy(link.name()).into_owned(),
        kind: link.kind().map(|kind| String::from_utf8_lossy(kind).into_owned()),
        mac: link.address().and_then(|address| address.try_into().ok()).map(MacAddr::new),
        mtu: link.mtu().unwrap_or_default(),
        up: link.has(IFF_UP),
        carrier: link.has(IFF_LOWER_UP),
        master: link.master().filter(|master| *master != 0),
        peer: link.link().filter(|index| *index != 0).map(|index| Peer { index, node: own }),
        impair: None,
        info: link.info_data().map(|data| data.payload.to_vec()).unwrap_or_default(),
        promotes: link.promotes_secondaries(),
        qdisc: link.qdisc().map(|qdisc| String::from_utf8_lossy(qdisc).into_owned()),
        addresses: Vec::new(),
    }
}

fn one_address(address: &address::Address<'_>, link: &Link) -> Option<Address> {
    let label = address.label().map(String::from_utf8_lossy).filter(|label| *label != link.name.as_str());
    Some(Address {
        prefix: address.prefix()?,
        peer: address.peer(),
        broadcast: address.broadcast(),
        label: label.map(std::borrow::Cow::into_owned),
        scope: address.scope(),
        flags: address.flags(),
        metric: address.metric(),
    })
}

/// `None` for what the kernel makes for itself.
fn one_route(route: &route::Route<'_>, links: &[Link]) -> Option<Route> {
    let own = matches!(route.protocol(), RTPROT_KERNEL | RTPROT_REDIRECT) || route.table() == RT_TABLE_LOCAL;
    let kind = match route.kind() {
        RTN_UNICAST => Some(RouteKind::Unicast),
        RTN_BLACKHOLE => Some(RouteKind::Blackhole),
        RTN_UNREACHABLE => Some(RouteKind::Unreachable),
        RTN_PROHIBIT => Some(RouteKind::Prohibit),
        RTN_THROW => Some(RouteKind::Throw),
        _ => None,
    };
    let ipv6 = match route.family() {
        AF_INET => false,
        AF_INET6 => true,
        _ => return None,
    };
    if own {
        return None;
    }
    let to = match route.destination() {
        Some(destination) => Prefix::new(destination, route.destination_len()).ok()?,
        None => Prefix::all(ipv6),
    };
    let dev = |index: u32| links.iter().find(|link| link.index == index)?.name.parse().ok();
    let mut way = Way { kind: kind.unwrap_or_default(), ..Way::new(to) };
    way.onlink = route.flags() & RTNH_F_ONLINK != 0;
    if way.kind == RouteKind::Unicast {
        match route.nexthops() {
            Some(hops) => {
                for hop in hops {
                    way.onlink |= u32::from(hop.flags) & RTNH_F_ONLINK != 0;
                    let via: Option<IpAddr> = hop.gateway().or_else(|| hop.via());
                    way.hops.push(Hop { via, dev: dev(hop.output), weight: Some(hop.weight) });
                }
            }
            None => {
                let via = route.gateway().or_else(|| route.via());
                way.hops.push(Hop { via, dev: route.output().and_then(dev), weight: None });
            }
        }
    }
    way.metric = Some(route.number(RTA_PRIORITY).unwrap_or(0));
    way.table = Some(route.table());
    way.src = route.preferred_source();
    way.mtu = route.metrics().and_then(|metrics| metrics.value(RTAX_MTU));
    let expires = route.cache_info().is_some_and(|info| info.expires != 0);
    let attributes = [RTA_ENCAP, RTA_EXPIRES, RTA_NH_ID].iter().any(|kind| route.attribute(*kind).is_some());
    let special = kind.is_none() || route.tos() != 0 || route.source_len() != 0 || attributes || expires;
    Some(Route { way, protocol: route.protocol(), special, body: route.message().body.to_vec() })
}

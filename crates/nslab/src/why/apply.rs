//! Carries out what mends a cause.

use std::os::fd::AsFd;

use super::remedy::{Act, Remedy};
use crate::error::{Error, Result};
use crate::lab::{self, Setting, Store};
use crate::namespace::Namespace;
use crate::namespace::settings::Settings;
use crate::netlink::Connection;
use crate::ops::address::AddressConfig;
use crate::ops::link::{self, Data, Kind, LinkConfig, Netns, VlanConfig};
use crate::ops::neighbour::NeighbourConfig;
use crate::ops::route::{Change, RouteConfig};
use crate::ops::{nft, qdisc};
use crate::types::Impair;
use crate::wire::Request;
use crate::wire::consts::kinds::{IFLA_BR_STP_STATE, IFLA_BRPORT_STATE};
use crate::wire::consts::{
    AF_INET, AF_INET6, IFA_F_NODAD, RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, RTM_DELROUTE, RTM_DELRULE,
    RTN_UNICAST, RTPROT_BOOT,
};

/// Carries a remedy out, as its command would.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where the namespace or link is gone; what the kernel refuses.
pub fn apply(store: &Store, remedy: &Remedy) -> Result<()> {
    if let Act::ClearLoss { link, lab: Some((lab, node)) } = &remedy.act {
        let ends = [(node.parse()?, link.parse()?)];
        return lab::set(store, &lab.parse()?, &ends, Setting::Impair(Impair::default()), || ()).map(drop);
    }
    let namespace = match remedy.space.as_str() {
        "" => Namespace::current()?,
        name => store.names().open(name.as_ref())?,
    };
    let operation = || remedy.to_string();
    match &remedy.act {
        Act::Setting { path, value } => {
            let set = namespace.enter(|| Settings::default().set(path, value))?;
            return set.map_err(|error| Error::os(operation(), error));
        }
        Act::DeleteFilterRule { family, table, chain, handle } => {
            let mut connection = namespace.enter(Connection::netfilter)??;
            return nft::delete_rule(&mut connection, family, table, chain, *handle);
        }
        Act::FilterAccepts { family, table, chain } => {
            let mut connection = namespace.enter(Connection::netfilter)??;
            return nft::accept_by_default(&mut connection, family, table, chain);
        }
        _ => {}
    }
    let mut connection = Connection::open_in(&namespace)?;
    let target = match &remedy.act {
        Act::Move { to, .. } if to.is_empty() => Some(Namespace::current()?),
        Act::Move { to, .. } => Some(store.names().open(to.as_ref())?),
        _ => None,
    };
    let mut index = |name: &str| link::index_of(&mut connection, name.as_bytes());
    let request = request(&remedy.act, target.as_ref(), &mut index)?;
    connection.request(request, operation)
}

fn request(act: &Act, target: Option<&Namespace>, index: &mut impl FnMut(&str) -> Result<u32>) -> Result<Request> {
    let change = |index: u32, config: LinkConfig<'_>| config.change_link(index);
    Ok(match act {
        Act::Up { link, up } => change(index(link)?, LinkConfig { up: Some(*up), ..LinkConfig::default() }),
        Act::Mtu { link, mtu } => change(index(link)?, LinkConfig { mtu: Some(*mtu), ..LinkConfig::default() }),
        Act::Master { link, master } => {
            let master = Some(index(master)?);
            change(index(link)?, LinkConfig { master, ..LinkConfig::default() })
        }
        Act::Move { link, name, .. } => {
            let netns = target.map(|namespace| Netns::Fd(namespace.as_fd()));
            let name = name.as_ref().map(|name| name.as_bytes());
            change(index(link)?, LinkConfig { netns, name, ..LinkConfig::default() })
        }
        Act::AddAddress { link, prefix, nodad } => {
            let flags = if *nodad { IFA_F_NODAD } else { 0 };
            AddressConfig { flags, ..AddressConfig::new(index(link)?, *prefix) }.add()
        }
        Act::DeleteAddress { link, prefix } => AddressConfig::new(index(link)?, *prefix).delete(),
        Act::Route { to, via, link, table, metric, replace } => {
            let config = RouteConfig {
                family: if to.is_ipv6() { AF_INET6 } else { AF_INET },
                destination: Some(to.network()).filter(|to| to.len() > 0),
                table: table.unwrap_or(RT_TABLE_MAIN),
                protocol: RTPROT_BOOT,
                scope: if via.is_none() && !to.is_ipv6() { RT_SCOPE_LINK } else { RT_SCOPE_UNIVERSE },
                kind: RTN_UNICAST,
                gateway: *via,
                output: link.as_deref().map(&mut *index).transpose()?,
                priority: *metric,
                ..RouteConfig::default()
            };
            config.request(if *replace { Change::Replace } else { Change::Add })
        }
        Act::DeleteRoute { body, .. } => Request::new(RTM_DELROUTE, 0, body),
        Act::DeleteRule { body, .. } => Request::new(RTM_DELRULE, 0, body),
        Act::DeleteNeighbour { link, address } => NeighbourConfig::new(index(link)?, *address).delete(),
        Act::ClearLoss { link, .. } => qdisc::delete(index(link)?),
        Act::NoSpanningTree { bridge } => {
            let mut data = Request::attributes_alone();
            data.u32(IFLA_BR_STP_STATE, 0);
            let data = data.into_attributes();
            let kind = Kind::Other { name: b"bridge", data: Data::Own(&data) };
            change(index(bridge)?, LinkConfig { kind: Some(kind), ..LinkConfig::default() })
        }
        Act::PortForwards { link } => {
            let mut data = Request::attributes_alone();
            data.u8(IFLA_BRPORT_STATE, 3);
            let data = data.into_attributes();
            let kind = Kind::Other { name: b"bridge_slave", data: Data::Slave(&data) };
            change(index(link)?, LinkConfig { kind: Some(kind), ..LinkConfig::default() })
        }
        Act::Vlan { link, itself, id, pvid, untagged } => {
            let vlan = VlanConfig { first: *id, last: *id, pvid: *pvid, untagged: *untagged };
            vlan.add(index(link)?, *itself)
        }
        Act::Setting { .. } | Act::DeleteFilterRule { .. } | Act::FilterAccepts { .. } => {
            return Err(Error::invalid("this is no request to a link"));
        }
    })
}

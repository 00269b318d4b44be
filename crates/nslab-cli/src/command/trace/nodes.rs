//! Who has which address, as it really is, and which address of a node a way is followed to.

use std::net::IpAddr;

use nslab::lab::{Reality, Record};
use nslab::probe::Family;
use nslab::types::Prefix;
use nslab::{Error, ErrorKind, Result};

/// An address of an interface of a node.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) node: String,
    pub(super) ifname: String,
    prefix: Prefix,
}

/// A lab's nodes and their addresses.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    lab: String,
    /// Name, whether it is a switch, and its interfaces; without those if it is not there.
    nodes: Vec<(String, bool, Option<Vec<String>>)>,
    owners: Vec<Owner>,
}

impl Nodes {
    pub(super) fn new(record: &Record, reality: &Reality) -> Self {
        let mut nodes = Self { lab: record.plan.lab.to_string(), ..Self::default() };
        for plan in &record.plan.nodes {
            let found = reality.nodes.iter().find(|(name, _)| *name == plan.name).and_then(|(_, node)| node.as_ref());
            let name = plan.name.to_string();
            for link in found.map(|node| node.links.as_slice()).unwrap_or_default() {
                let owner = |prefix| Owner { node: name.clone(), ifname: link.name.clone(), prefix };
                nodes.owners.extend(link.addresses.iter().map(|address| owner(address.prefix)));
            }
            let links = found.map(|node| node.links.iter().map(|link| link.name.clone()).collect());
            nodes.nodes.push((name, plan.switch, links));
        }
        nodes
    }

    pub(super) fn is_switch(&self, node: &str) -> bool {
        self.nodes.iter().any(|(name, switch, _)| name == node && *switch)
    }

    /// The interface that has an address. Of several, the first in the lab's order.
    pub(super) fn owner(&self, address: IpAddr) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.prefix.address() == address)
    }

    /// Whether a node has an address of a family that others can reach.
    pub(super) fn has(&self, node: &str, family: Family) -> bool {
        self.of(node).any(|owner| Family::of(owner.prefix.address()) == family)
    }

    fn of(&self, node: &str) -> impl Iterator<Item = &Owner> {
        self.owners.iter().filter(move |owner| owner.node == node && can_be_reached(owner.prefix.address()))
    }

    /// The address that a word means, as seen from a node.
    pub(super) fn target(&self, from: &str, word: &str, family: Option<Family>) -> Result<IpAddr> {
        if let Ok(address) = word.parse::<IpAddr>() {
            return match family {
                Some(family) if family != Family::of(address) => {
                    Err(Error::invalid(format!("{word} is not an {} address", name_of(family))))
                }
                _ if is_of_a_link(address) => Err(Error::invalid(format!("{word} is an address of one link"))
                    .with_help("what it reaches is one hop away: nslab exec NODE nslab ping ADDRESS%IFNAME")),
                _ => Ok(address),
            };
        }
        let own = word.split_once('/').filter(|(lab, _)| *lab == self.lab).map_or(word, |(_, node)| node);
        let (node, ifname) = own.split_once(':').map_or((own, None), |(node, ifname)| (node, Some(ifname)));
        let Some((_, switch, links)) = self.nodes.iter().find(|(name, ..)| name == node) else {
            let names: Vec<&str> = self.nodes.iter().map(|(name, ..)| name.as_str()).collect();
            let message = format!("{word:?} is no address, and lab \"{}\" has no node of that name", self.lab);
            return Err(Error::new(ErrorKind::NotFound, message).with_help(format!("its nodes: {}", names.join(", "))));
        };
        let Some(links) = links else {
            return Err(Error::new(ErrorKind::NotFound, format!("node {node} was taken away by hand"))
                .with_help("nslab up with the lab's file makes it anew"));
        };
        if let Some(ifname) = ifname.filter(|ifname| !links.iter().any(|link| link == ifname)) {
            return Err(Error::new(ErrorKind::NotFound, format!("node {node} has no interface {ifname:?}"))
                .with_help(format!("its interfaces: {}", links.join(", "))));
        }
        let fits = |owner: &&Owner| {
            ifname.is_none_or(|ifname| owner.ifname == ifname)
                && family.is_none_or(|family| Family::of(owner.prefix.address()) == family)
        };
        let best = self.of(node).filter(fits).min_by_key(|owner| self.rank(from, owner));
        best.map(|owner| owner.prefix.address()).ok_or_else(|| {
            let what =
                family.map_or("address", |family| if family == Family::V4 { "IPv4 address" } else { "IPv6 address" });
            let message = format!("{own} has no {what} to follow a way to");
            let help = if *switch { "it is a switch: name a node behind it" } else { "nslab status shows what it has" };
            Error::invalid(message).with_help(help)
        })
    }

    /// The least is the best: of a family that the other has too, in a network of its, on a cable, of IPv4.
    fn rank(&self, from: &str, owner: &Owner) -> (bool, bool, bool, bool) {
        let address = owner.prefix.address();
        let shared = self.of(from).any(|own| own.prefix.contains(address));
        (!self.has(from, Family::of(address)), !shared, owner.ifname == "lo", address.is_ipv6())
    }
}

pub(super) fn name_of(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}

fn can_be_reached(address: IpAddr) -> bool {
    !address.is_loopback() && !is_of_a_link(address)
}

fn is_of_a_link(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

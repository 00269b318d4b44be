//! Reads what the reasoning asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::evidence::{
    Asked, Conf, Entry, EntryHop, Evidence, Intended, Listener, MACHINE, More, Neighbour, Place, Question, Rule, Space,
    Taken, Vlan, Vxlan, Way, Wish,
};
use super::finding::{Cause, Finding, Walked};
use super::walk::{Goal, Step, TCP, UDP, reason};
use crate::error::{Error, ErrorKind, Result};
use crate::lab::{Record, Store};
use crate::namespace::settings::Settings;
use crate::namespace::{Namespace, descriptors};
use crate::netlink::Connection;
use crate::ops::link::{self, Link, dump_vlans};
use crate::ops::qdisc::{self, Discipline};
use crate::ops::{neighbour, netconf, nft, route, rule};
use crate::topology::observe::{self, Wanted};
use crate::topology::plan::{BRIDGE, Plan, Port};
use crate::types::{MacAddr, Prefix};
use crate::wire::consts::kinds::{
    IFLA_BR_STP_STATE, IFLA_BR_VLAN_FILTERING, IFLA_BRPORT_ISOLATED, IFLA_BRPORT_STATE, IFLA_MACVLAN_MODE,
    IFLA_VLAN_ID, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6, IFLA_VXLAN_ID, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6,
};
use crate::wire::consts::{
    AF_INET, AF_INET6, FIB_RULE_INVERT, FRA_DSCP, FRA_FLOWLABEL, FRA_FWMARK, FRA_GOTO, FRA_IIFNAME, FRA_IP_PROTO,
    FRA_L3MDEV, FRA_OIFNAME, FRA_SUPPRESS_PREFIXLEN, FRA_TUN_ID, IFF_NOARP, RTA_PRIORITY, RTM_F_CLONED, RTNH_F_DEAD,
};

/// The namespaces of this machine that have names, and the one that this process is in.
#[derive(Debug)]
pub struct Machine {
    namespaces: Vec<Namespace>,
    wanted: Vec<Wanted>,
    connections: BTreeMap<Place, Connection>,
    evidence: Evidence,
}

/// The file system of namespaces' files (`NSFS_MAGIC`, linux/magic.h).
const NSFS_MAGIC: i64 = 0x6e73_6673;

impl Machine {
    /// Opens them. What labs on record say of their nodes is known from the beginning.
    ///
    /// # Errors
    /// Where the names or the records cannot be read, or too few files may be open.
    pub fn open(store: &Store) -> Result<Self> {
        let files = store.names().list()?;
        descriptors::make_room(files.len() + 1, 2)?;
        let (mut namespaces, mut names, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for file in files {
            // One may go meanwhile, and other files may lie there.
            let Ok(namespace) = store.names().open(&file) else { continue };
            let is_one =
                rustix::fs::fstatfs(&namespace).is_ok_and(|stat| i128::from(stat.f_type) == i128::from(NSFS_MAGIC));
            if is_one && seen.insert(namespace.file_id()?) {
                namespaces.push(namespace);
                names.push(file.to_string_lossy().into_owned());
            }
        }
        let own = Namespace::current()?;
        if seen.insert(own.file_id()?) {
            namespaces.push(own);
            names.push(MACHINE.into());
        }
        let neighbours: BTreeSet<usize> = (0..namespaces.len()).collect();
        let wanted =
            (0..namespaces.len()).map(|_| Wanted { neighbours: neighbours.clone(), ..Wanted::default() }).collect();
        let mut intended = BTreeMap::new();
        for (_, record) in store.labs()? {
            let Ok(record) = record else { continue };
            if record.is_whole()? {
                intended.extend(what_is_intended(&record, &names));
            }
        }
        let evidence = Evidence { names, intended, ..Evidence::default() };
        Ok(Self { namespaces, wanted, connections: BTreeMap::new(), evidence })
    }

    /// The place of the namespace with a name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Place> {
        self.evidence.names.iter().position(|other| other == name)
    }

    /// What is known by now.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// One of the namespaces.
    pub(super) fn namespace(&self, place: Place) -> Result<&Namespace> {
        self.namespaces.get(place).ok_or_else(|| Error::invalid("a place that is not there"))
    }

    /// The addresses by which a node is to be reached from another: those that its lab gives it, else those that it
    /// has; of the families that the other has.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn targets(&mut self, from: Place, node: Place) -> Result<Vec<IpAddr>> {
        self.know(&[Question::Space(from), Question::Space(node)])?;
        let of = |place: Place| -> Vec<IpAddr> {
            let wished = self.evidence.intended.get(&place).into_iter().flat_map(|intended| {
                intended.links.iter().flat_map(|wish| &wish.addresses).chain(&intended.loopback).map(Prefix::address)
            });
            let wished: Vec<IpAddr> = wished.collect();
            if !wished.is_empty() {
                return wished;
            }
            let addresses = self.evidence.spaces.get(&place).into_iter().flat_map(Space::addresses);
            addresses.filter(|(_, own)| own.scope == 0).map(|(_, own)| own.prefix.address()).collect()
        };
        let (own, theirs) = (of(from), of(node));
        let has = |ipv6: bool| own.iter().any(|address| address.is_ipv6() == ipv6);
        let fitting: Vec<IpAddr> = theirs.iter().copied().filter(|address| has(address.is_ipv6())).collect();
        Ok(if fitting.is_empty() { theirs } else { fitting })
    }

    /// That a node has no address by which anybody could reach it.
    #[must_use]
    pub fn no_target(&self, node: Place) -> Finding {
        let name = self.evidence.name(node);
        let switch = self.evidence.intended.get(&node).is_some_and(|intended| intended.switch);
        let (text, hint) = if switch {
            (format!("{name} is a switch: it has no address"), "ask about a node".into())
        } else {
            let hint = format!("give it one: nslab ip -n {name} address add ADDRESS/LENGTH dev INTERFACE");
            (format!("{name} has no address"), hint)
        };
        let seen = vec![format!("no interface of {name} but lo has an address")];
        let (cause, space, hint) = (Cause::NoAddress, name.into(), Some(hint));
        Finding { cause, space, link: None, back: false, text, seen, mend: Vec::new(), hint }
    }

    /// Walks a packet's way, reading what that takes.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn explain(&mut self, goal: &Goal) -> Result<Walked> {
        loop {
            match reason(&self.evidence, goal) {
                Step::Done(walked) => return Ok(*walked),
                Step::Ask(questions) => {
                    if !self.know(&questions)? {
                        return Err(Error::new(ErrorKind::NotFound, "a namespace went while it was looked at"));
                    }
                }
            }
        }
    }

    /// Forgets what was read, for it has changed.
    pub fn forget(&mut self) {
        self.evidence.spaces.clear();
        self.evidence.ways.clear();
        self.evidence.listeners.clear();
    }

    /// Reads what is asked for; whether anything was new.
    fn know(&mut self, questions: &[Question]) -> Result<bool> {
        let mut places = Vec::new();
        let mut new = false;
        for question in questions {
            match question {
                Question::Space(place) if !self.evidence.spaces.contains_key(place) => places.push(*place),
                Question::Space(_) => {}
                Question::Way(asked) => {
                    let way = self.way(asked)?;
                    self.evidence.ways.push((asked.clone(), way));
                    new = true;
                }
                Question::Listeners(place) => {
                    let found = self.namespace(*place)?.enter(listeners)?;
                    self.evidence.listeners.insert(*place, found);
                    new = true;
                }
            }
        }
        places.sort_unstable();
        places.dedup();
        if places.is_empty() {
            return Ok(new);
        }
        let all: Vec<(&Namespace, &Wanted)> = self.namespaces.iter().zip(&self.wanted).collect();
        let nodes = observe::again(&all, &places)?;
        for (place, node) in places.into_iter().zip(nodes) {
            let namespace = self.namespace(place)?;
            let (connection, mut space) = namespace.enter(|| -> Result<_> {
                let mut connection = Connection::open()?;
                let mut space = rest(&mut connection)?;
                space.echo_ignored = echo_ignored();
                // A kernel without nf_tables has no filter of it.
                space.filter =
                    Connection::netfilter().and_then(|mut filter| nft::read_all(&mut filter)).unwrap_or_default();
                Ok((connection, space))
            })??;
            space.node = node;
            self.connections.insert(place, connection);
            self.evidence.spaces.insert(place, space);
        }
        Ok(true)
    }

    fn way(&mut self, asked: &Asked) -> Result<Way> {
        let full = |address: IpAddr| Prefix::new(address, if address.is_ipv6() { 128 } else { 32 });
        let port = |port: u16| Some(port).filter(|port| *port != 0 && matches!(asked.protocol, TCP | UDP));
        let query = route::Query {
            family: if asked.to.is_ipv6() { AF_INET6 } else { AF_INET },
            destination: Some(full(asked.to)?),
            source: asked.from.map(full).transpose()?,
            input: asked.input,
            ip_protocol: Some(asked.protocol),
            source_port: asked.ports.and_then(|(source, _)| port(source)),
            destination_port: asked.ports.and_then(|(_, destination)| port(destination)),
            ..route::Query::default()
        };
        if !self.connections.contains_key(&asked.place) {
            let connection = Connection::open_in(self.namespace(asked.place)?)?;
            self.connections.insert(asked.place, connection);
        }
        let gone = || Error::invalid("a place that is not there");
        let connection = self.connections.get_mut(&asked.place).ok_or_else(gone)?;
        let taken = query.ask(connection, |route| {
            Ok(Taken {
                kind: route.kind(),
                output: route.output().unwrap_or_default(),
                gateway: route.gateway().or_else(|| route.via()),
                source: route.preferred_source(),
            })
        });
        match taken {
            Ok(taken) => Ok(Way::Taken(taken)),
            Err(error) => error.errno().map_or(Err(error.clone()), |errno| Ok(Way::Refused(errno))),
        }
    }
}

/// What a namespace has beside links, addresses and the routes that somebody made.
fn rest(connection: &mut Connection) -> Result<Space> {
    let mut space = Space::default();
    let mut filters = false;
    link::dump(connection, link::DumpFilter::default(), |link| {
        let more = more(link);
        filters |= more.filters;
        space.more.insert(link.index(), more);
        Ok(())
    })?;
    if filters {
        dump_vlans(connection, |index, vlan| {
            let (first, last, pvid, untagged) = (vlan.first, vlan.last, vlan.pvid, vlan.untagged);
            space.more.entry(index).or_default().vlans.push(Vlan { first, last, pvid, untagged });
            Ok(())
        })?;
    }
    qdisc::dump(connection, |qdisc| {
        let all_lost =
            matches!(qdisc.discipline(), Some(Discipline::Netem(netem)) if netem.loss.share.scaled() == u32::MAX);
        if all_lost && qdisc.is_root() {
            space.more.entry(qdisc.link()).or_default().loses_all = true;
        }
        Ok(())
    })?;
    for (family, ipv6) in [(AF_INET, false), (AF_INET6, true)] {
        netconf::dump(connection, family, |conf| {
            let values = Conf { forwarding: conf.forwarding, rp_filter: conf.rp_filter, proxy: conf.proxy };
            space.conf.insert((ipv6, conf.index), values);
            Ok(())
        })?;
        match rule::dump(connection, family, |rule| {
            space.rules.push(one_rule(rule));
            Ok(())
        }) {
            Err(error) if !matches!(error.errno(), Some(libc::EOPNOTSUPP | libc::EAFNOSUPPORT)) => return Err(error),
            _ => {}
        }
    }
    route::dump(connection, route::DumpFilter::default(), |route| {
        space.routes.extend(one_route(route));
        Ok(())
    })?;
    neighbour::dump(connection, neighbour::DumpFilter::default(), |neighbour| {
        if let Some(address) = neighbour.destination().filter(|_| matches!(neighbour.family(), AF_INET | AF_INET6)) {
            let mac = neighbour.hardware().and_then(|hardware| hardware.try_into().ok()).map(MacAddr::new);
            space.neighbours.push(Neighbour { index: neighbour.index(), address, mac, state: neighbour.state() });
        }
        Ok(())
    })?;
    Ok(space)
}

fn more(link: &Link<'_>) -> More {
    let mut more = More { noarp: link.has(IFF_NOARP), ..More::default() };
    let of = |data: Option<crate::wire::Attribute<'_>>, wanted: u16| {
        let mut all = data?.nested().map_while(std::result::Result::ok).filter(|attribute| attribute.kind == wanted);
        all.next().map(|attribute| attribute.payload.to_vec())
    };
    let own = |wanted| of(link.info_data(), wanted);
    let slave = |wanted| of(link.info_slave_data(), wanted);
    let byte = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| bytes.first().copied());
    let number = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| bytes.first_chunk().copied()).map(u32::from_ne_bytes);
    let address = |four: u16, sixteen: u16| {
        let four = own(four).and_then(|bytes| bytes.first_chunk::<4>().copied()).map(IpAddr::from);
        four.or_else(|| own(sixteen).and_then(|bytes| bytes.first_chunk::<16>().copied()).map(IpAddr::from))
            .filter(|address| !address.is_unspecified())
    };
    match link.kind() {
        Some(b"bridge") => {
            more.stp = number(own(IFLA_BR_STP_STATE)).unwrap_or(0) != 0;
            more.filters = byte(own(IFLA_BR_VLAN_FILTERING)).unwrap_or(0) != 0;
        }
        Some(b"vlan") => {
            more.vlan_id = own(IFLA_VLAN_ID).and_then(|bytes| bytes.first_chunk().copied()).map(u16::from_ne_bytes);
        }
        Some(b"macvlan" | b"macvtap") => more.macvlan = number(own(IFLA_MACVLAN_MODE)),
        Some(b"vxlan") => {
            more.vxlan = Some(Vxlan {
                id: number(own(IFLA_VXLAN_ID)).unwrap_or(0),
                remote: address(IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6),
                local: address(IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6),
            });
        }
        _ => {}
    }
    if link.info_slave_kind() == Some(b"bridge") {
        more.state = byte(slave(IFLA_BRPORT_STATE));
        more.isolated = byte(slave(IFLA_BRPORT_ISOLATED)).unwrap_or(0) != 0;
    }
    more
}

fn one_rule(rule: &rule::Rule<'_>) -> Rule {
    let prefix = |pair: Option<(IpAddr, u8)>| pair.and_then(|(address, len)| Prefix::new(address, len).ok());
    let ports = |ports: Option<rule::Ports>| ports.map(|ports| (ports.start, ports.end));
    // A mark of none, a type of service of none: an ordinary packet has these.
    let marked = rule.number(FRA_FWMARK).is_some_and(|mark| mark != 0);
    let others = [FRA_OIFNAME, FRA_L3MDEV, FRA_TUN_ID, FRA_DSCP, FRA_FLOWLABEL];
    let users = rule.users().is_some_and(|users| !users.contains(&0));
    Rule {
        ipv6: rule.family() == AF_INET6,
        priority: rule.priority(),
        action: rule.action(),
        invert: rule.flags() & FIB_RULE_INVERT != 0,
        from: prefix(rule.from()),
        to: prefix(rule.to()),
        input: rule.attribute(FRA_IIFNAME).map(|name| String::from_utf8_lossy(name.string()).into_owned()),
        protocol: rule.attribute(FRA_IP_PROTO).and_then(|protocol| protocol.u8()),
        source_ports: ports(rule.source_ports()),
        destination_ports: ports(rule.destination_ports()),
        unusual: marked || users || rule.tos() != 0 || others.iter().any(|kind| rule.attribute(*kind).is_some()),
        table: rule.table(),
        goto: rule.number(FRA_GOTO),
        suppress: rule.number(FRA_SUPPRESS_PREFIXLEN).filter(|len| *len != u32::MAX),
        body: rule.message().body.to_vec(),
    }
}

fn one_route(route: &route::Route<'_>) -> Option<Entry> {
    let ipv6 = match route.family() {
        AF_INET => false,
        AF_INET6 => true,
        _ => return None,
    };
    if route.flags() & RTM_F_CLONED != 0 {
        return None;
    }
    let to = match route.destination() {
        Some(destination) => Prefix::new(destination, route.destination_len()).ok()?,
        None => Prefix::all(ipv6),
    };
    let hops = match route.nexthops() {
        Some(hops) => hops
            .map(|hop| EntryHop {
                via: hop.gateway().or_else(|| hop.via()),
                index: hop.output,
                dead: u32::from(hop.flags) & RTNH_F_DEAD != 0,
            })
            .collect(),
        None => {
            let via = route.gateway().or_else(|| route.via());
            let dead = route.flags() & RTNH_F_DEAD != 0;
            route.output().map(|index| EntryHop { via, index, dead }).into_iter().collect()
        }
    };
    Some(Entry {
        table: route.table(),
        to,
        kind: route.kind(),
        metric: route.number(RTA_PRIORITY).unwrap_or(0),
        protocol: route.protocol(),
        special: route.tos() != 0 || route.source_len() != 0,
        hops,
        body: route.message().body.to_vec(),
    })
}

/// Whether the namespace of this thread answers no echo requests of IPv4, and of IPv6.
fn echo_ignored() -> (bool, bool) {
    let mut settings = Settings::default();
    let mut on = |path: &str| settings.get(path).is_ok_and(|value| value.trim() != "0");
    (on("net/ipv4/icmp_echo_ignore_all"), on("net/ipv6/icmp/echo_ignore_all"))
}

/// The sockets of this thread's namespace that wait for somebody (proc_net(5)).
fn listeners() -> Vec<Listener> {
    let mut all = Vec::new();
    // 0A is LISTEN; 07 is what a socket of UDP is that has no other end.
    for (file, protocol, state) in [("tcp", TCP, "0A"), ("tcp6", TCP, "0A"), ("udp", UDP, "07"), ("udp6", UDP, "07")] {
        let Ok(text) = std::fs::read_to_string(format!("/proc/thread-self/net/{file}")) else { continue };
        for line in text.lines().skip(1) {
            let mut words = line.split_whitespace().skip(1);
            let (local, is) = (words.next(), words.nth(1));
            if is == Some(state)
                && let Some((address, port)) = local.and_then(socket_address)
            {
                all.push(Listener { protocol, address, port });
            }
        }
    }
    all
}

/// An address as /proc has it: words of four bytes, each as a number of this machine, in hexadecimal digits.
fn socket_address(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let words = address.as_bytes().chunks(8).map(|digits| {
        let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        Some(number.to_ne_bytes())
    });
    let bytes: Vec<u8> = words.collect::<Option<Vec<_>>>()?.concat();
    let address = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::V4(Ipv4Addr::from(four)),
        // A socket of IPv6 may be bound to an address of IPv4.
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?)).to_canonical(),
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

/// What a lab's record says of those of its nodes that are there.
fn what_is_intended(record: &Record, names: &[String]) -> Vec<(Place, Intended)> {
    let plan = record.effective(&record.plan);
    let mut all = Vec::new();
    for (at, (node, planned)) in record.nodes.iter().zip(&plan.nodes).enumerate() {
        let file = node.netns_name().to_string_lossy().into_owned();
        let Some(place) = names.iter().position(|name| *name == file) else { continue };
        all.push((
            place,
            Intended {
                lab: plan.lab.to_string(),
                node: node.name.to_string(),
                file: record.file.display().to_string(),
                switch: planned.switch,
                forward: planned.forward,
                links: wishes(&plan, at),
                loopback: planned.loopback.clone(),
                routes: planned.routes.clone(),
                devices: plan.devices.iter().filter(|device| device.node == at).cloned().collect(),
            },
        ));
    }
    all
}

fn wishes(plan: &Plan, node: usize) -> Vec<Wish> {
    let port = |port: &Port| Wish {
        name: port.ifname.to_string(),
        mac: Some(port.mac),
        addresses: port.addresses.clone(),
        master: if port.bridged { Some(BRIDGE.into()) } else { port.master.as_ref().map(ToString::to_string) },
        mtu: port.mtu,
        down: port.down,
    };
    let ports = plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]).filter(|port| port.node == node).map(port);
    let devices = plan.devices.iter().filter(|device| device.node == node).map(|device| Wish {
        name: device.ifname.to_string(),
        mac: None,
        addresses: device.addresses.clone(),
        master: device.master.as_ref().map(ToString::to_string),
        mtu: device.mtu,
        down: false,
    });
    ports.chain(devices).collect()
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_sockets() {
        for (text, expected) in [
            ("0200000A:0035", Some(("10.0.0.2", 53))),
            ("B80D0120000000000000000001000000:0050", Some(("2001:db8::1", 80))),
            ("0000000000000000FFFF00000200000A:0050", Some(("10.0.0.2", 80))),
            ("00000000000000000000000000000000:0050", Some(("::", 80))),
            ("0200000A", None),
            ("0200000A0:0035", None),
        ] {
            let expected = expected.map(|(address, port)| (address.parse().unwrap(), port));
            assert_eq!(socket_address(text), expected, "{text}");
        }
    }
}

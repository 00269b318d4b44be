//! What an uplink is beside its cable, part by part: each can be made, looked for, and made again.

use super::forwarding::{self, Forwarding};
use super::machine::Machine;
use super::{Uplink, netfilter, route, unless_gone};
use crate::error::{ErrorKind, Result};
use crate::namespace::Namespace;
use crate::netlink::Connection;
use crate::ops::address::{self, AddressConfig};
use crate::ops::link::{self, LinkConfig, Select};
use crate::ops::nft::{self, Masquerade, NatTable, Output};
use crate::ops::route::{self as routes, Change};
use crate::topology::diff::{Part, UplinkPart};
use crate::topology::plan::uplink::{UplinkPlan, addresses};
use crate::types::{MacAddr, Prefix};
use crate::wire::Request;
use crate::wire::consts::{IFA_F_NODAD, IFF_UP, RT_TABLE_MAIN};

/// The name of the table in the node.
pub(super) const INNER_TABLE: &str = "nslab";

/// A cable that is there, and who has its ends. Whoever uses it is in the machine's namespace.
pub(super) struct Ends<'u> {
    plan: &'u UplinkPlan,
    record: &'u Uplink,
    node: &'u Namespace,
    machine: End,
    inside: End,
}

struct End {
    connection: Connection,
    index: u32,
    /// As messages name it.
    name: String,
}

/// What is there at an end.
#[derive(Default)]
struct Seen {
    up: bool,
    addresses: Vec<Prefix>,
    routes: Vec<(Prefix, std::net::IpAddr)>,
}

impl<'u> Ends<'u> {
    /// None where an end is not there, or not under its name.
    pub(super) fn open(plan: &'u UplinkPlan, record: &'u Uplink, node: &'u Namespace) -> Result<Option<Self>> {
        let name = format!("{}:{}", record.node, plan.ifname);
        let machine = End::find(Connection::open()?, &record.ifname, record.mac, record.ifname.clone())?;
        let inside = End::find(Connection::open_in(node)?, plan.ifname.as_str(), plan.mac, name)?;
        Ok(machine.zip(inside).map(|(machine, inside)| Self { plan, record, node, machine, inside }))
    }

    /// All parts, in an order in which they can be made. `outputs` are interfaces of the machine's that are to forward.
    pub(super) fn parts(&self, outputs: impl Iterator<Item = Forwarding>) -> Vec<UplinkPart> {
        let (plan, record) = (self.plan, self.record);
        let mut parts = Vec::new();
        let part = |node: bool, part: Part| UplinkPart {
            node: node.then(|| record.node.clone()),
            ifname: if node { plan.ifname.to_string() } else { record.ifname.clone() },
            part,
        };
        parts.extend(self.settings().into_iter().map(|(path, on)| part(false, Part::Sysctl { path, on })));
        let pairs: Vec<(Prefix, Prefix)> = record.prefixes.iter().filter_map(|prefix| addresses(*prefix)).collect();
        parts.extend(pairs.iter().map(|(near, _)| part(false, Part::Address(*near))));
        parts.push(part(false, Part::Up));
        parts.extend(pairs.iter().map(|(_, far)| part(true, Part::Address(*far))));
        parts.push(part(true, Part::Up));
        for (near, far) in pairs {
            let ipv6 = near.is_ipv6();
            let (v4, v6) = plan.default_routes;
            if if ipv6 { v6 } else { v4 } {
                parts.push(part(true, Part::Route { to: Prefix::all(ipv6), via: near.address() }));
            }
            let behind = plan.behind.iter().filter(|to| to.is_ipv6() == ipv6);
            parts.extend(behind.map(|to| part(false, Part::Route { to: *to, via: far.address() })));
        }
        if let Some(table) = &record.table {
            parts.push(part(true, Part::Table(INNER_TABLE.into())));
            parts.push(part(false, Part::Table(table.clone())));
        }
        parts.extend(outputs.map(|output| UplinkPart {
            node: None,
            ifname: output.ifname.clone(),
            part: Part::Forward { path: output.path(), index: output.index, ipv6: output.ipv6 },
        }));
        parts
    }

    /// The machine is not to be configured by what a node tells it; and its end forwards.
    fn settings(&self) -> Vec<(String, bool)> {
        let ifname = &self.record.ifname;
        let has = |ipv6| self.record.prefixes.iter().any(|prefix| prefix.is_ipv6() == ipv6);
        let mut settings = Vec::new();
        if has(false) {
            settings.push((forwarding::path(false, ifname), true));
        }
        let of_ipv6 = format!("net/ipv6/conf/{ifname}");
        if std::path::Path::new(&format!("/proc/sys/{of_ipv6}")).exists() {
            settings.push((format!("{of_ipv6}/accept_ra"), false));
            match has(true) {
                false => settings.push((format!("{of_ipv6}/disable_ipv6"), true)),
                true if forwarding::of_all(true) => {}
                true => settings.push((forwarding::path(true, ifname), true)),
            }
        }
        settings
    }

    /// The parts that are not there, or not as they were made. Interfaces that the machine's default routes leave by
    /// now are to forward, whichever these were.
    pub(super) fn missing(&mut self) -> Result<Vec<UplinkPart>> {
        let machine = Machine::look(&mut self.machine.connection)?;
        let mut outputs = Vec::new();
        for ipv6 in [false, true].into_iter().filter(|of| self.record.prefixes.iter().any(|it| it.is_ipv6() == *of)) {
            outputs.extend(Forwarding::off(ipv6, &machine.outputs(ipv6)));
        }
        let (near, far) = (self.machine.look()?, self.inside.look()?);
        let mut missing = Vec::new();
        for part in self.parts(outputs.into_iter()) {
            let seen = if part.node.is_some() { &far } else { &near };
            let is_there = match &part.part {
                Part::Up => seen.up,
                Part::Address(address) => seen.addresses.contains(address),
                Part::Route { to, via } => seen.routes.contains(&(*to, *via)),
                Part::Sysctl { path, on } => forwarding::read(path).is_none_or(|is| is == *on),
                Part::Forward { .. } => false,
                Part::Table(name) => {
                    self.with_table(part.node.is_some(), name, |table| table.is_there(&mut netfilter()?))?
                }
            };
            if !is_there {
                missing.push(part);
            }
        }
        Ok(missing)
    }

    /// Makes a part.
    pub(super) fn make(&mut self, part: &UplinkPart) -> Result<()> {
        let of_node = part.node.is_some();
        let end = if of_node { &mut self.inside } else { &mut self.machine };
        match &part.part {
            Part::Up => end.request(up(end.index, true), format!("bringing up {}", end.name)),
            Part::Address(address) => {
                end.request(config(end.index, *address).add(), format!("adding address {address} to {}", end.name))
            }
            Part::Route { to, via } => {
                let what = if of_node {
                    "adding the default route".into()
                } else {
                    format!("adding route to the machine: {to}")
                };
                end.request(route(*to, *via, end.index).request(Change::Add), format!("{what} by {}", end.name))
            }
            Part::Sysctl { path, on } => forwarding::write(path, *on),
            Part::Forward { path, .. } => forwarding::write(path, true),
            Part::Table(name) => {
                // One that is there and ours has lost some of its rules.
                self.with_table(of_node, name, |table| {
                    let mut connection = netfilter()?;
                    let damaged = nft::find(&mut connection, table.name)?;
                    if let Some(damaged) = damaged.filter(|it| it.comment.as_deref() == Some(table.comment)) {
                        unless_gone(nft::delete(&mut connection, &damaged))?;
                    }
                    table.create(&mut connection).map(drop)
                })
            }
        }
    }

    /// Takes a part away that [`make`](Self::make) has made in a lab where it was missing.
    pub(super) fn unmake(&mut self, part: &UplinkPart) -> Result<()> {
        let of_node = part.node.is_some();
        let end = if of_node { &mut self.inside } else { &mut self.machine };
        let what = format!("undoing {part}");
        unless_gone(match &part.part {
            Part::Up => end.request(up(end.index, false), what),
            Part::Address(address) => end.request(config(end.index, *address).delete(), what),
            Part::Route { to, via } => end.request(route(*to, *via, end.index).request(Change::Delete), what),
            Part::Sysctl { path, on } => forwarding::write(path, !on),
            Part::Forward { path, .. } => forwarding::write(path, false),
            Part::Table(name) => self.with_table(of_node, name, |table| {
                let mut connection = netfilter()?;
                let ours = nft::find(&mut connection, table.name)?;
                let ours = ours.filter(|it| it.comment.as_deref() == Some(table.comment));
                ours.map_or(Ok(()), |ours| nft::delete(&mut connection, &ours))
            }),
        })
    }

    /// Does something about a table, on a thread that is where it is.
    fn with_table<T: Send>(
        &self,
        of_node: bool,
        name: &str,
        work: impl FnOnce(&NatTable<'_>) -> Result<T> + Send,
    ) -> Result<T> {
        if of_node {
            let rules = [Masquerade { source: None, output: Output::Is(self.plan.ifname.as_str()) }];
            let table = NatTable { name, comment: &self.record.mark, rules: &rules };
            return self
                .node
                .enter(|| work(&table))?
                .map_err(|error| error.within(format_args!("node {}", self.record.node)));
        }
        let rule = |prefix: &Prefix| Masquerade { source: Some(*prefix), output: Output::IsNot(&self.record.ifname) };
        let rules: Vec<Masquerade<'_>> = self.record.prefixes.iter().map(rule).collect();
        work(&NatTable { name, comment: &self.record.mark, rules: &rules })
    }
}

impl End {
    fn find(mut connection: Connection, ifname: &str, mac: MacAddr, name: String) -> Result<Option<Self>> {
        let found = link::get(&mut connection, Select::Name(ifname.as_bytes()), |link| {
            Ok((link.address() == Some(&mac.octets()[..])).then_some(link.index()))
        });
        match found {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            found => Ok(found?.map(|index| Self { connection, index, name })),
        }
    }

    fn request(&mut self, request: Request, what: String) -> Result<()> {
        self.connection.request(request, || what.clone())
    }

    fn look(&mut self) -> Result<Seen> {
        let mut seen = Seen::default();
        let index = self.index;
        link::get(&mut self.connection, Select::Index(index), |link| {
            seen.up = link.has(IFF_UP);
            Ok(())
        })?;
        address::dump(&mut self.connection, 0, Some(index), |address| {
            seen.addresses.extend(address.prefix().filter(|_| address.index() == index));
            Ok(())
        })?;
        let filter = routes::DumpFilter { table: Some(RT_TABLE_MAIN), output: Some(index), ..Default::default() };
        let dumped = routes::dump(&mut self.connection, filter, |route| {
            let to = match route.destination() {
                Some(to) => Prefix::new(to, route.destination_len()).ok(),
                None => Some(Prefix::all(route.family() == crate::wire::consts::AF_INET6)),
            };
            let is_by_it = route.output() == Some(index) && route.table() == RT_TABLE_MAIN;
            seen.routes.extend(to.zip(route.gateway()).filter(|_| is_by_it));
            Ok(())
        });
        match dumped {
            // Before anything has a route by it.
            Err(error) if error.errno() == Some(libc::ENOENT) => {}
            dumped => drop(dumped?),
        }
        Ok(seen)
    }
}

fn up(index: u32, up: bool) -> Request {
    LinkConfig { up: Some(up), ..LinkConfig::default() }.change_link(index)
}

fn config(index: u32, address: Prefix) -> AddressConfig {
    let mut config = AddressConfig::new(index, address);
    config.flags = if address.is_ipv6() { IFA_F_NODAD } else { 0 };
    config
}

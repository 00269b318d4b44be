//! What is wrong with addresses, and what mends that.

use std::net::IpAddr;

use super::evidence::{Place, Space, Wish};
use super::fib;
use super::finding::{Cause, Finding};
use super::remedy::{Act, Remedy};
use super::segment::Port;
use super::walk::{Flow, Stop, Walk, Walker};
use crate::topology::observe::seen::Address;
use crate::types::cidr::Sharing;
use crate::types::{Cidr, Prefix};
use crate::wire::consts::{IFA_F_DADFAILED, IFA_F_TENTATIVE};

impl Walker<'_> {
    /// The addresses of a link that the lab says and that are not there.
    pub(super) fn addresses_of(&self, port: Port, wish: &Wish, ipv6: bool) -> Vec<Remedy> {
        let space = self.evidence.spaces.get(&port.0);
        let has = |prefix: &Prefix| {
            let link = space.and_then(|space| space.node.link_at(port.1));
            link.is_some_and(|link| link.addresses.iter().any(|own| own.prefix == *prefix))
        };
        let missing = wish.addresses.iter().filter(|prefix| prefix.is_ipv6() == ipv6 && !has(prefix));
        let add = |prefix: &Prefix| Act::AddAddress { link: wish.name.clone(), prefix: *prefix, nodad: ipv6 };
        missing.map(|prefix| self.remedy(port.0, add(prefix))).collect()
    }

    /// An address that a link ought to have, and what it has in its place.
    pub(super) fn missing_address(&self, at: Place, index: u32, flow: &Flow) -> Option<Finding> {
        let intended = self.evidence.intended.get(&at)?;
        let space = self.evidence.spaces.get(&at)?;
        let link = space.node.link_at(index)?;
        let wish = intended.wish(&link.name)?;
        let ipv6 = flow.to.is_ipv6();
        let has = |prefix: &Prefix| link.addresses.iter().any(|own| own.prefix == *prefix);
        let missing = *wish.addresses.iter().find(|prefix| prefix.is_ipv6() == ipv6 && !has(prefix))?;
        let strange =
            |own: &&Address| own.prefix.is_ipv6() == ipv6 && own.scope == 0 && !wish.addresses.contains(&own.prefix);
        let name = self.evidence.port(at, index);
        let instead = link.addresses.iter().filter(strange).min_by_key(|own| own.prefix.address() != missing.address());
        let mut finding = match instead {
            Some(own) => {
                let text = format!("{name} has {}, and the lab says {missing}", own.prefix);
                let mut finding = self.finding(Cause::WrongPrefix, at, Some(index), text);
                finding.seen.extend(self.split(&[(at, own.prefix), (at, missing)]));
                finding.mend.extend(self.replace_address(at, &link.name, own.prefix, missing));
                finding
            }
            None => {
                let text = format!("{name} does not have its address {missing}");
                let mut finding = self.finding(Cause::NoAddress, at, Some(index), text);
                let has: Vec<String> = link
                    .addresses
                    .iter()
                    .filter(|own| own.prefix.is_ipv6() == ipv6 && own.scope == 0)
                    .map(|own| own.prefix.to_string())
                    .collect();
                finding.seen.push(if has.is_empty() {
                    format!("{name} has no {} address", if ipv6 { "IPv6" } else { "IPv4" })
                } else {
                    format!("{name} has {}", has.join(", "))
                });
                finding.mend.extend(self.addresses_of((at, index), wish, ipv6));
                finding
            }
        };
        finding.back = flow.back;
        finding.mend.extend(self.routes_by(at, wish, ipv6));
        finding.hint = Some(format!("nslab up {} does the same", intended.file));
        Some(finding)
    }

    /// One address in the place of another.
    pub(super) fn replace_address(&self, at: Place, link: &str, old: Prefix, new: Prefix) -> Vec<Remedy> {
        let add = self.remedy(at, Act::AddAddress { link: link.into(), prefix: new, nodad: new.is_ipv6() });
        let delete = self.remedy(at, Act::DeleteAddress { link: link.into(), prefix: old });
        // What is second in a network goes with the first; and IPv6 has each address once, whatever its length.
        let tied = old.network() == new.network() || old.is_ipv6() && old.address() == new.address();
        if tied { vec![delete, add] } else { vec![add, delete] }
    }

    /// Addresses taken apart, as `nslab cidr` does.
    pub(super) fn split(&self, all: &[(Place, Prefix)]) -> Vec<String> {
        let parts: Vec<(String, String, String)> = all
            .iter()
            .map(|(place, prefix)| {
                let cidr = Cidr::of(*prefix);
                let (network, host) = cidr.split();
                let split = if network.is_empty() || host.is_empty() {
                    format!("{network}{host}")
                } else {
                    format!("{network} | {host}")
                };
                (format!("{} {prefix}", self.name(*place)), split, format!("network {}", cidr.network()))
            })
            .collect();
        let widest = |get: fn(&(String, String, String)) -> &String| {
            parts.iter().map(|part| get(part).chars().count()).max().unwrap_or(0)
        };
        let (a, b) = (widest(|part| &part.0), widest(|part| &part.1));
        parts.iter().map(|(who, split, network)| format!("{who:<a$}  {split:<b$}  {network}")).collect()
    }

    /// It has no address of the family.
    pub(super) fn without_address(&mut self, at: Place, space: &Space, flow: &Flow) -> Stop {
        let name = self.name(at);
        let family = if flow.to.is_ipv6() { "IPv6" } else { "IPv4" };
        let link =
            space.node.links.iter().find(|link| link.name != "lo" && link.master.is_none() && !link.is_kernels_own());
        let Some(link) = link else {
            let text = format!("{name} has no interface but lo");
            let mut finding = self.finding(Cause::NoAddress, at, None, text);
            finding.back = flow.back;
            finding.seen.push("no cable ends there".into());
            return self.stop(finding);
        };
        let mut finding =
            self.finding(Cause::NoAddress, at, Some(link.index), format!("{name} has no {family} address"));
        finding.back = flow.back;
        finding.seen.push(format!("{name}:{} is up and has none", link.name));
        match self.free_address(at, link.index, flow.to) {
            Ok(Some(prefix)) => {
                let act = Act::AddAddress { link: link.name.clone(), prefix, nodad: prefix.is_ipv6() };
                finding.mend.push(self.remedy(at, act));
                finding.hint = Some(format!("or any other address of {} that is free", prefix.network()));
            }
            Ok(None) => {}
            Err(stop) => return stop,
        }
        self.stop(finding)
    }

    /// An address that nobody on a link's segment has, of the network that those there are in.
    fn free_address(&self, at: Place, index: u32, to: IpAddr) -> Walk<Option<Prefix>> {
        let segment = self.segment((at, index))?;
        let mut there: Vec<Prefix> = Vec::new();
        for end in &segment.ends {
            let Some((_, link)) = self.evidence.space_of(end.port) else { continue };
            there.extend(
                link.addresses
                    .iter()
                    .filter(|own| own.scope == 0 && own.prefix.is_ipv6() == to.is_ipv6())
                    .map(|own| own.prefix),
            );
        }
        let near = there.iter().find(|prefix| prefix.contains(to)).or_else(|| there.first());
        let Some(network) = near.map(|prefix| prefix.network()) else { return Ok(None) };
        let candidates = (1..=200_u32).filter_map(|host| address_in(network, host));
        let free = candidates.filter(|address| there.iter().all(|prefix| prefix.address() != *address));
        let mut fitting = free.filter_map(|address| Prefix::new(address, network.len()).ok());
        Ok(fitting.find(|prefix| {
            network.contains(prefix.address()) && Cidr::of(*prefix).role() == crate::types::cidr::Role::Host
        }))
    }

    /// Whether who is to be reached is on a segment of the sender after all, and only the addresses do not fit.
    pub(super) fn on_same_segment(&self, at: Place, space: &Space, flow: &Flow) -> Walk<Option<Finding>> {
        for link in space.node.links.iter().filter(|link| link.up && link.name != "lo" && link.master.is_none()) {
            let own = link.addresses.iter().find(|own| own.scope == 0 && own.prefix.is_ipv6() == flow.to.is_ipv6());
            let Some(own) = own else { continue };
            let segment = self.segment((at, link.index))?;
            for end in segment.ends.iter().filter(|end| end.port.0 != at) {
                let Some((_, far)) = self.evidence.space_of(end.port) else { continue };
                let Some(theirs) = far.addresses.iter().find(|theirs| theirs.prefix.address() == flow.to) else {
                    continue;
                };
                let place = end.port.0;
                // Whichever is not as its lab says is the wrong one.
                for (place, index) in [(at, link.index), end.port] {
                    if let Some(finding) =
                        self.missing_address(place, index, flow).filter(|finding| finding.cause == Cause::WrongPrefix)
                    {
                        return Ok(Some(finding));
                    }
                }
                let (mine, theirs) = (own.prefix, theirs.prefix);
                let text = format!(
                    "{} and {} are on one segment, and their addresses are not: {mine}, {theirs}",
                    self.name(at),
                    self.name(place)
                );
                let mut finding = self.finding(Cause::WrongPrefix, at, Some(link.index), text);
                finding.back = flow.back;
                finding.seen.extend(self.split(&[(at, mine), (place, theirs)]));
                // With those on the segment that agree, whoever is alone is wrong.
                let agrees = |prefix: Prefix| {
                    let others = segment.ends.iter().filter(|other| other.port.0 != place && other.port.0 != at);
                    let links = others.filter_map(|other| Some(self.evidence.space_of(other.port)?.1));
                    links
                        .flat_map(|link| &link.addresses)
                        .any(|other| Sharing::of(prefix, other.prefix) == Sharing::Both)
                };
                let (wrong, index, name, old, right) = if agrees(mine) && !agrees(theirs) {
                    (place, end.port.1, far.name.clone(), theirs, mine)
                } else {
                    (at, link.index, link.name.clone(), mine, theirs)
                };
                let longer = Prefix::new(old.address(), right.len())
                    .ok()
                    .filter(|new| Sharing::of(*new, right) == Sharing::Both);
                let new = match longer {
                    Some(new) => Some(new),
                    None => self.free_address(wrong, index, right.address())?,
                };
                if let Some(new) = new {
                    finding.mend.extend(self.replace_address(wrong, &name, old, new));
                }
                return Ok(Some(finding));
            }
        }
        Ok(None)
    }

    /// Somebody is there for the address, and does not take packets to it.
    pub(super) fn not_ready(&mut self, home: Place, port: Port, address: IpAddr, flow: &Flow) -> Stop {
        if home != port.0 {
            return self.displaced(port, home, flow);
        }
        let space = match self.space(home) {
            Ok(space) => space,
            Err(stop) => return stop,
        };
        if let Some((link, own)) = space.addresses().find(|(_, own)| own.prefix.address() == address) {
            if own.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) != 0 && link.up && link.carrier {
                return self.tentative(home, link.index, own, flow.back);
            }
            if !link.up {
                return self.down(None, (home, link.index), flow);
            }
        }
        let wish = self.evidence.intended.get(&home).and_then(|intended| {
            let of = |wish: &&Wish| wish.addresses.iter().any(|own| own.address() == address);
            intended.links.iter().find(of)
        });
        if let Some(wish) = wish {
            match space.node.link(&wish.name) {
                None => return self.gone(home, wish, flow),
                Some(link) if !link.up => return self.down(None, (home, link.index), flow),
                Some(link) => {
                    if let Some(finding) = self.missing_address(home, link.index, flow) {
                        return self.stop(finding);
                    }
                }
            }
        }
        let text = format!("{} does not take packets to {address}", self.name(home));
        let mut finding = self.finding(Cause::NoAddress, home, Some(port.1), text);
        finding.back = flow.back;
        finding.seen.push("no route of its table local has the address".into());
        self.stop(finding)
    }

    /// An address that is not known to be the only one.
    pub(super) fn tentative(&mut self, at: Place, index: u32, own: &Address, back: bool) -> Stop {
        let name = self.evidence.port(at, index);
        let link = self.link_name((at, index));
        let failed = own.flags & IFA_F_DADFAILED != 0;
        if failed {
            // Somebody else has it, and may be found.
            let segment = match self.segment((at, index)) {
                Ok(segment) => segment,
                Err(stop) => return stop,
            };
            let other = segment.ends.iter().find(|end| {
                end.port.0 != at
                    && self
                        .evidence
                        .space_of(end.port)
                        .is_some_and(|(space, _)| fib::is_local(space, own.prefix.address()))
            });
            if let Some(other) = other {
                return self.twice(at, Some(other.port.0), own.prefix.address(), back);
            }
        }
        let text = if failed {
            format!("the address {} of {name} cannot be used: it was found to be somebody else's", own.prefix.address())
        } else {
            format!("the address {} of {name} cannot be used yet: it is tentative", own.prefix.address())
        };
        let mut finding = self.finding(Cause::AddressTentative, at, Some(index), text);
        finding.back = back;
        finding.seen.push(format!("{} on {name}: {}", own.prefix, if failed { "dadfailed" } else { "tentative" }));
        let (delete, add) = (
            Act::DeleteAddress { link: link.clone(), prefix: own.prefix },
            Act::AddAddress { link: link.clone(), prefix: own.prefix, nodad: true },
        );
        finding.mend.extend([self.remedy(at, delete), self.remedy(at, add)]);
        let wish = self.evidence.intended.get(&at).and_then(|intended| intended.wish(&link));
        finding.mend.extend(wish.map(|wish| self.routes_by(at, wish, true)).unwrap_or_default());
        if !failed {
            finding.hint = Some("or wait: the kernel asks for a second or two whether somebody else has it".into());
        }
        self.stop(finding)
    }

    /// Two have an address.
    pub(super) fn twice(&mut self, a: Place, b: Option<Place>, address: IpAddr, back: bool) -> Stop {
        let intends = |place: Place| {
            let intended = self.evidence.intended.get(&place);
            intended.is_some_and(|intended| {
                intended
                    .links
                    .iter()
                    .flat_map(|wish| &wish.addresses)
                    .chain(&intended.loopback)
                    .any(|own| own.address() == address)
            })
        };
        let (wrong, text) = match b {
            Some(b) => {
                let has = |place: Place| {
                    let space = self.evidence.spaces.get(&place);
                    space.is_some_and(|space| space.addresses().any(|(_, own)| own.prefix.address() == address))
                };
                let text = if has(b) {
                    format!("{} and {} both have the address {address}", self.name(a), self.name(b))
                } else {
                    format!("{} has the address {address}, which the lab gives {}", self.name(a), self.name(b))
                };
                // The one that the lab does not give it to; without a lab the one that was not asked for, that is no
                // router, that has another address beside.
                let right = |place: Place| {
                    let space = self.evidence.spaces.get(&place);
                    let same = |own: &&Address| own.scope == 0 && own.prefix.is_ipv6() == address.is_ipv6();
                    let alone = space.is_some_and(|space| {
                        let mut links = space.node.links.iter();
                        let has = links.find(|link| link.addresses.iter().any(|own| own.prefix.address() == address));
                        has.is_some_and(|link| link.addresses.iter().filter(same).count() == 1)
                    });
                    let router = space.is_some_and(|space| space.is_router(address.is_ipv6()));
                    (intends(place), self.is_end(place), router, alone)
                };
                let wrong = if right(a) >= right(b) { b } else { a };
                (wrong, text)
            }
            None => (a, format!("{} has the address {address} too, which the packet comes from", self.name(a))),
        };
        let mut finding = self.finding(Cause::AddressTwice, wrong, None, text);
        finding.back = back;
        for place in [Some(a), b].into_iter().flatten() {
            let Some(space) = self.evidence.spaces.get(&place) else { continue };
            for (link, own) in space.addresses().filter(|(_, own)| own.prefix.address() == address) {
                finding.seen.push(format!("{} has {}", self.evidence.port(place, link.index), own.prefix));
                if place == wrong {
                    let wish = self.evidence.intended.get(&place).and_then(|intended| intended.wish(&link.name));
                    let ipv6 = address.is_ipv6();
                    if let Some(wish) = wish {
                        finding.mend.extend(self.addresses_of((place, link.index), wish, ipv6));
                    }
                    let act = Act::DeleteAddress { link: link.name.clone(), prefix: own.prefix };
                    finding.mend.push(self.remedy(place, act));
                    finding.link.get_or_insert_with(|| link.name.clone());
                    if let Some(wish) = wish {
                        finding.mend.extend(self.routes_by(place, wish, ipv6));
                    }
                }
            }
        }
        finding.hint = Some("and give it one that nobody has".into()).filter(|_| finding.mend.len() == 1);
        self.stop(finding)
    }
}

/// An address of a network by its number there.
fn address_in(network: Prefix, host: u32) -> Option<IpAddr> {
    match network.address() {
        IpAddr::V4(address) => u32::from(address).checked_add(host).map(|number| IpAddr::V4(number.into())),
        IpAddr::V6(address) => u128::from(address).checked_add(host.into()).map(|number| IpAddr::V6(number.into())),
    }
}

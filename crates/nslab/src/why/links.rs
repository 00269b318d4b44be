//! What is wrong with links and addresses, and what mends that.

use std::net::IpAddr;

use super::evidence::{Place, Space, Wish};
use super::fib;
use super::finding::{Cause, Finding};
use super::remedy::{Act, Remedy};
use super::segment::{Obstacle, Port};
use super::walk::{Flow, Stop, Walk, Walker};
use crate::topology::kinds::BridgeVlan;
use crate::topology::observe::seen::Address;
use crate::types::cidr::Sharing;
use crate::types::{Cidr, Prefix};
use crate::wire::consts::{IFA_F_DADFAILED, IFA_F_TENTATIVE};

impl Walker<'_> {
    /// What is in a frame's way.
    pub(super) fn obstacle(&mut self, from: Place, obstacle: Obstacle, flow: &Flow) -> Stop {
        match obstacle {
            Obstacle::Down(port) => self.down(Some(from), port, flow),
            Obstacle::Displaced(port, home) => self.displaced(port, home, flow),
            Obstacle::Lost(port) => {
                let name = self.evidence.port(port.0, port.1);
                let mut finding = self.finding(
                    Cause::AllLost,
                    port.0,
                    Some(port.1),
                    format!("{name} loses all packets: a loss of 100 % is set"),
                );
                finding.back = flow.back;
                finding.seen.push(format!("the queueing discipline of {name} is netem with a loss of 100 %"));
                let link = finding.link.clone().unwrap_or_default();
                let lab = self.evidence.intended.get(&port.0);
                let lab = lab.filter(|intended| intended.wish(&link).is_some_and(|wish| wish.mac.is_some()));
                let lab = lab.map(|intended| (intended.lab.clone(), intended.node.clone()));
                finding.mend.push(self.remedy(port.0, Act::ClearLoss { link, lab }));
                self.stop(finding)
            }
            Obstacle::NotInBridge(port, bridge) => {
                let (name, link) = (self.evidence.port(port.0, port.1), self.link_name(port));
                let bridge = self.link_name((port.0, bridge));
                let mut finding = self.finding(
                    Cause::NotInBridge,
                    port.0,
                    Some(port.1),
                    format!("{name} is not a port of the bridge {bridge}"),
                );
                finding.back = flow.back;
                let master = self
                    .evidence
                    .space_of(port)
                    .and_then(|(space, link)| link.master.map(|master| space.link_name(master).to_owned()));
                finding.seen.push(match master {
                    Some(master) => format!("its master is {master}"),
                    None => "it has no master".into(),
                });
                finding.mend.push(self.remedy(port.0, Act::Master { link, master: bridge }));
                self.stop(finding)
            }
            Obstacle::State(port, state) => self.not_forwarding_yet(port, state, flow),
            Obstacle::Vlan(port, id) => self.other_vlan(port, id, flow),
            Obstacle::Isolated(port) => {
                let name = self.evidence.port(port.0, port.1);
                let text = format!("{name} is kept apart from other isolated ports of its bridge");
                let mut finding = self.finding(Cause::Isolated, port.0, Some(port.1), text);
                finding.back = flow.back;
                let link = self.link_name(port);
                let space = self.evidence.command_name(port.0);
                finding.hint = Some(format!("nslab ip -n {space} link set {link} type bridge_slave isolated off"));
                self.stop(finding)
            }
        }
    }

    fn link_name(&self, port: Port) -> String {
        self.evidence.space_of(port).map_or("?".into(), |(_, link)| link.name.clone())
    }

    /// A link is down: set up again, with what went when it was set down.
    pub(super) fn down(&mut self, from: Option<Place>, port: Port, flow: &Flow) -> Stop {
        let (name, link) = (self.evidence.port(port.0, port.1), self.link_name(port));
        let here = from == Some(port.0);
        let (cause, text) = if here {
            (Cause::LinkDown, format!("{name} is down"))
        } else {
            (Cause::PeerDown, format!("{name} is down"))
        };
        let mut finding = self.finding(cause, port.0, Some(port.1), text);
        finding.back = flow.back;
        finding.seen.push(format!("{name}: state DOWN"));
        let up = Act::Up { link: link.clone(), up: true };
        finding.mend.push(self.remedy(port.0, up));
        let ipv6 = flow.to.is_ipv6();
        let intended = self.evidence.intended.get(&port.0);
        if let Some(wish) = intended.and_then(|intended| intended.wish(&link)) {
            finding.mend.extend(self.addresses_of(port, wish, ipv6));
            finding.mend.extend(self.routes_by(port.0, wish, ipv6));
            if wish.down {
                finding.hint = Some(format!("it was set down by nslab set; nslab set {name} up undoes that"));
            }
        }
        self.stop(finding)
    }

    /// The addresses of a link that the lab says and that are not there.
    fn addresses_of(&self, port: Port, wish: &Wish, ipv6: bool) -> Vec<Remedy> {
        let space = self.evidence.spaces.get(&port.0);
        let has = |prefix: &Prefix| {
            let link = space.and_then(|space| space.node.link_at(port.1));
            link.is_some_and(|link| link.addresses.iter().any(|own| own.prefix == *prefix))
        };
        let missing = wish.addresses.iter().filter(|prefix| prefix.is_ipv6() == ipv6 && !has(prefix));
        let add = |prefix: &Prefix| Act::AddAddress { link: wish.name.clone(), prefix: *prefix, nodad: ipv6 };
        missing.map(|prefix| self.remedy(port.0, add(prefix))).collect()
    }

    /// An interface that belongs elsewhere.
    fn displaced(&mut self, port: Port, home: Place, flow: &Flow) -> Stop {
        let Some((_, wish)) = self.evidence.stray(port) else { return Stop::Unseen };
        let (link, name) = (self.link_name(port), wish.name.clone());
        let is = self.evidence.port(port.0, port.1);
        let text = format!("{name} of {} is in the namespace {}", self.name(home), self.name(port.0));
        let mut finding = self.finding(Cause::WrongNamespace, port.0, Some(port.1), text);
        finding.back = flow.back;
        finding.seen.push(format!("{is} has the hardware address of {}:{name}", self.name(home)));
        let other = Some(name.clone()).filter(|name| *name != link);
        let act = Act::Move { link, to: self.evidence.command_name(home).into(), name: other };
        finding.mend.push(self.remedy(port.0, act));
        if let Some(master) = &wish.master {
            finding.mend.push(self.remedy(home, Act::Master { link: name.clone(), master: master.clone() }));
        }
        finding.mend.push(self.remedy(home, Act::Up { link: name.clone(), up: true }));
        for ipv6 in [false, true] {
            // It has lost its addresses.
            let of_family = wish.addresses.iter().filter(|prefix| prefix.is_ipv6() == ipv6);
            let add = |prefix: &Prefix| Act::AddAddress { link: name.clone(), prefix: *prefix, nodad: ipv6 };
            finding.mend.extend(of_family.map(|prefix| self.remedy(home, add(prefix))));
            finding.mend.extend(self.routes_by(home, wish, ipv6));
        }
        self.stop(finding)
    }

    /// An interface that a lab's node ought to have and has not: it is in another namespace, or gone.
    pub(super) fn gone(&mut self, at: Place, wish: &Wish, flow: &Flow) -> Stop {
        for (place, space) in &self.evidence.spaces {
            let same = |link: &&crate::topology::observe::seen::Link| wish.mac.is_some() && link.mac == wish.mac;
            if let Some(link) = space.node.links.iter().find(same).filter(|_| *place != at) {
                return self.displaced((*place, link.index), at, flow);
            }
        }
        if let Some(ask) = self.read_all() {
            return ask;
        }
        let name = self.name(at);
        let mut finding = self.finding(Cause::LinkGone, at, None, format!("{name} has no interface {}", wish.name));
        finding.back = flow.back;
        finding.link = Some(wish.name.clone());
        let file = self.evidence.intended.get(&at).map(|intended| intended.file.clone()).unwrap_or_default();
        finding.seen.push(format!("the lab says that it has one, and no namespace that has a name has it ({file})"));
        finding.hint = Some(format!("nslab up {file} makes it again"));
        self.stop(finding)
    }

    fn not_forwarding_yet(&mut self, port: Port, state: u8, flow: &Flow) -> Stop {
        let name = self.evidence.port(port.0, port.1);
        let word = match state {
            1 => "listening",
            2 => "learning",
            4 => "blocking",
            _ => "disabled",
        };
        let text = format!("{name} does not forward: its state is {word} (spanning tree)");
        let mut finding = self.finding(Cause::SpanningTree, port.0, Some(port.1), text);
        finding.back = flow.back;
        let Some((space, link)) = self.evidence.space_of(port) else { return self.stop(finding) };
        let bridge = link.master.and_then(|master| space.node.link_at(master));
        let Some(bridge) = bridge else { return self.stop(finding) };
        let stp = space.more(bridge.index).stp;
        finding.seen.push(format!(
            "{name}: bridge_slave state {word}; stp_state of {} is {}",
            bridge.name,
            u8::from(stp)
        ));
        let ports = space.node.links.iter().filter(|other| other.master == Some(bridge.index));
        // Between bridges the protocol has its work to do.
        let meets_bridges = ports.clone().any(|other| {
            let far = other.peer.and_then(|peer| self.evidence.space_of((peer.node?, peer.index)));
            far.is_some_and(|(there, far)| {
                far.master.and_then(|master| there.node.link_at(master)).is_some_and(|master| master.is("bridge"))
            })
        });
        if meets_bridges {
            finding.hint = Some(
                "wait: the bridges agree on a tree within twice their forward_delay, 30 s unless set otherwise".into(),
            );
        } else {
            if stp {
                finding.mend.push(self.remedy(port.0, Act::NoSpanningTree { bridge: bridge.name.clone() }));
            }
            let waiting = ports.filter(|other| {
                space.more(other.index).state.is_some_and(|state| state != 3) && other.up && other.carrier
            });
            finding
                .mend
                .extend(waiting.map(|other| self.remedy(port.0, Act::PortForwards { link: other.name.clone() })));
            finding.hint = Some(
                "or wait: it forwards by itself within twice the bridge's forward_delay, 30 s unless set otherwise"
                    .into(),
            );
        }
        self.stop(finding)
    }

    fn other_vlan(&mut self, port: Port, id: u16, flow: &Flow) -> Stop {
        let name = self.evidence.port(port.0, port.1);
        let text = match id {
            0 => format!("{name} takes no frames without a VLAN tag: it has no pvid"),
            id => format!("{name} is not in VLAN {id}"),
        };
        let mut finding = self.finding(Cause::Vlan, port.0, Some(port.1), text);
        finding.back = flow.back;
        let Some((space, link)) = self.evidence.space_of(port) else { return self.stop(finding) };
        let words = |vlan: &super::evidence::Vlan| {
            let range =
                if vlan.first == vlan.last { vlan.first.to_string() } else { format!("{}-{}", vlan.first, vlan.last) };
            format!("{range}{}{}", if vlan.pvid { " pvid" } else { "" }, if vlan.untagged { " untagged" } else { "" })
        };
        let own: Vec<String> = space.more(port.1).vlans.iter().map(words).collect();
        finding.seen.push(format!("VLANs of {name}: {}", if own.is_empty() { "none".into() } else { own.join(", ") }));
        let devices =
            self.evidence.intended.get(&port.0).map(|intended| intended.devices.as_slice()).unwrap_or_default();
        let wished: Vec<&BridgeVlan> =
            devices.iter().flat_map(|device| &device.vlans).filter(|vlan| vlan.port.as_str() == link.name).collect();
        let itself = link.is("bridge");
        let vlan =
            |id: u16, pvid: bool, untagged: bool| Act::Vlan { link: link.name.clone(), itself, id, pvid, untagged };
        let missing = |wish: &&&BridgeVlan| {
            let there = |own: &super::evidence::Vlan| {
                own.first <= wish.first
                    && wish.last <= own.last
                    && own.pvid == wish.pvid
                    && own.untagged == wish.untagged
            };
            !space.more(port.1).vlans.iter().any(there)
        };
        let missing: Vec<&&BridgeVlan> = wished.iter().filter(missing).collect();
        if missing.is_empty() {
            // No lab says what it is to be: an end that sends without a tag belongs to the VLAN.
            let id = if id == 0 { 1 } else { id };
            finding.mend.push(self.remedy(port.0, vlan(id, true, true)));
        }
        for wish in missing {
            let ids = wish.first..=wish.last;
            finding.mend.extend(ids.map(|id| self.remedy(port.0, vlan(id, wish.pvid, wish.untagged))));
        }
        finding.hint = Some(match self.evidence.intended.get(&port.0) {
            Some(intended) => format!("in the lab file, {}: `vlans` of the bridge", intended.file),
            None => "bridge vlan show tells the VLANs of all ports".into(),
        });
        self.stop(finding)
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

    /// A link that takes no packets of the size.
    pub(super) fn too_small(&mut self, port: Port, size: u32, from: Option<Port>, flow: &Flow) -> Stop {
        let Some((_, link)) = self.evidence.space_of(port) else { return Stop::Unseen };
        let name = self.evidence.port(port.0, port.1);
        let text = match from {
            Some(from) => format!(
                "{name} takes packets of at most {} bytes, and {} sends {size}: larger ones are lost without a word",
                link.mtu,
                self.evidence.port(from.0, from.1)
            ),
            None => format!("{name} takes packets of at most {} bytes, and not of {size}", link.mtu),
        };
        let mut finding = self.finding(Cause::MtuTooSmall, port.0, Some(port.1), text);
        finding.back = flow.back;
        finding.seen.push(format!("{name}: mtu {}", link.mtu));
        if let Some((from, (_, first))) = from.and_then(|from| Some((from, self.evidence.space_of(from)?))) {
            finding.seen.push(format!("{}: mtu {}", self.evidence.port(from.0, from.1), first.mtu));
        }
        let wish = self.evidence.intended.get(&port.0).and_then(|intended| intended.wish(&link.name));
        let mtu = wish.and_then(|wish| wish.mtu).filter(|mtu| *mtu >= size).unwrap_or(size);
        finding.mend.push(self.remedy(port.0, Act::Mtu { link: link.name.clone(), mtu }));
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

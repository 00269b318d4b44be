//! What is wrong with links, and what mends that.

use super::evidence::{Place, Wish};
use super::finding::Cause;
use super::remedy::Act;
use super::segment::{Obstacle, Port};
use super::walk::{Flow, Stop, Walker};
use crate::topology::kinds::BridgeVlan;
use crate::types::Prefix;

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

    pub(super) fn link_name(&self, port: Port) -> String {
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

    /// An interface that belongs elsewhere.
    pub(super) fn displaced(&mut self, port: Port, home: Place, flow: &Flow) -> Stop {
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

//! Cables and segments.

use std::collections::BTreeSet;

use super::Plan;
use super::device::is_usual;
use super::doc::Doc;
use super::names::word;
use crate::topology::kinds::{LinkKind, decode};
use crate::topology::observe::network::{End, Role, Wire};
use crate::types::Impair;

/// A switch takes so many members.
const MEMBERS: usize = 1023;

impl Plan<'_> {
    /// Those on a switch, where a segment says all that there is of it: port and member, in the order of the ports.
    pub(super) fn members(&self, place: usize, wires: &[&Wire]) -> Option<Vec<(End, End)>> {
        let node = self.network.node(place)?;
        let bridge = node.seen.links.iter().find(|link| link.is("bridge"))?;
        let options = decode(LinkKind::Bridge, &bridge.info, |_| None);
        let shown =
            |name: &str| LinkKind::Bridge.option(name).and_then(|option| Some(options.get(name)?.shown(option)));
        let usual = options.keys().all(|name| shown(name).is_none_or(|value| is_usual(LinkKind::Bridge, name, &value)));
        let mut members = Vec::new();
        for wire in wires {
            let [a, b] = wire.ends;
            let (port, member) = if a.node == place { (a, b) } else { (b, a) };
            let (near, far) = (self.network.link(port)?, self.network.link(member)?);
            let of_node = self.network.node(member.node)?.role != Role::Switch;
            let plain = near.up && near.impair.is_none() && near.mtu == 1500 && far.mtu == 1500;
            let mac = !self.wish.macs || far.mac == Some(self.derived(member.node, &far.name));
            if !of_node || !plain || !mac || near.master != Some(bridge.index) {
                return None;
            }
            members.push((port, member));
        }
        let ports = node.seen.links.iter().filter(|link| link.master.is_some()).count();
        members.sort_by_key(|(port, _)| self.network.link(*port).map(|link| link.index));
        (usual && bridge.up && members.len() == ports && members.len() <= MEMBERS).then_some(members)
    }

    pub(super) fn write_segments(&self, doc: &mut Doc) {
        if !self.segments.is_empty() {
            doc.line(0, "segments:".into());
        }
        for (place, members) in &self.segments {
            let name = self.names.node(*place);
            doc.line(1, format!("{}:", word(name)));
            doc.line(2, if members.is_empty() { "members: [ ]".into() } else { "members:".into() });
            let mut taken: BTreeSet<&str> = BTreeSet::new();
            let mut renamed =
                self.network.node(*place).is_some_and(|node| !node.seen.links.iter().any(|it| it.name == "br0"));
            for (port, member) in members {
                let called = self.names.node(member.node);
                renamed |= taken.insert(called) && called != self.names.link(*port);
                let end = self.names.end(*member);
                let link = self.network.link(*member);
                let addresses = self.addresses(&end, link.into_iter().flat_map(|link| &link.addresses), doc);
                let impair = link.and_then(|link| link.impair).map(|impair| format!(" {{ {} }}", pairs(&impair)));
                let impair = impair.unwrap_or_default();
                let said = [vec![end.clone()], addresses.clone()].concat().join(" ");
                let without = format!("{end}: addresses {}", addresses.join(" "));
                doc.reducible(3, format!("- {said}{impair}"), format!("- {end}{impair}"), without);
            }
            if renamed {
                doc.missing(format!(
                    "the names of the interfaces of switch {name}: a segment's are br0 and those of its members"
                ));
            }
        }
    }

    pub(super) fn write_links(&self, doc: &mut Doc) {
        if !self.cables.is_empty() {
            doc.line(0, "links:".into());
        }
        for cable in &self.cables {
            let said = cable.ends.map(|end| {
                let link = self.network.link(end);
                let addresses =
                    self.addresses(&self.names.end(end), link.into_iter().flat_map(|link| &link.addresses), doc);
                let mac = link
                    .and_then(|link| link.mac)
                    .filter(|mac| self.wish.macs && *mac != self.derived(end.node, self.names.link(end)));
                let mtu = link.map(|link| link.mtu).filter(|mtu| *mtu != 1500 && (68..=65535).contains(mtu));
                Said {
                    end,
                    addresses,
                    mac: mac.map(|mac| mac.to_string()),
                    mtu,
                    impair: link.and_then(|link| link.impair),
                }
            });
            let all: Vec<String> = said
                .iter()
                .filter(|end| !end.addresses.is_empty())
                .map(|end| format!("{} {}", self.names.end(end.end), end.addresses.join(" ")))
                .collect();
            let without = format!("addresses {}", all.join(", "));
            let bare = said.clone().map(|end| Said { addresses: Vec::new(), ..end });
            doc.reducible(1, self.link(&said), self.link(&bare), without);
        }
    }

    fn link(&self, [a, b]: &[Said; 2]) -> String {
        if [a, b].iter().any(|end| end.mac.is_some() || end.mtu.is_some()) {
            return format!("- {{ a: {}, b: {} }}", self.long(a), self.long(b));
        }
        let short = |end: &Said| [vec![self.names.end(end.end)], end.addresses.clone()].concat().join(" ");
        let impair = match (&a.impair, &b.impair) {
            (None, None) => String::new(),
            (one, other) if one == other => one.map(|impair| format!(" {{ {} }}", pairs(&impair))).unwrap_or_default(),
            (one, other) => {
                let side =
                    |name: &str, impair: &Option<Impair>| impair.map(|it| format!("{name}: {{ {} }}", pairs(&it)));
                let sides: Vec<String> = [side("a", one), side("b", other)].into_iter().flatten().collect();
                format!(" {{ {} }}", sides.join(", "))
            }
        };
        format!("- {} -- {}{impair}", short(a), short(b))
    }

    fn long(&self, end: &Said) -> String {
        let mut words = vec![
            format!("node: {}", word(self.names.node(end.end.node))),
            format!("ifname: {}", word(self.names.link(end.end))),
        ];
        if !end.addresses.is_empty() {
            words.push(format!(
                "addresses: [ {} ]",
                end.addresses.iter().map(|it| word(it)).collect::<Vec<_>>().join(", ")
            ));
        }
        words.extend(end.mac.as_ref().map(|mac| format!("mac: \"{mac}\"")));
        words.extend(end.mtu.map(|mtu| format!("mtu: {mtu}")));
        words.extend(end.impair.map(|impair| format!("impair: {{ {} }}", pairs(&impair))));
        format!("{{ {} }}", words.join(", "))
    }
}

/// What a file says of an end.
#[derive(Debug, Clone)]
struct Said {
    end: End,
    addresses: Vec<String>,
    mac: Option<String>,
    mtu: Option<u32>,
    impair: Option<Impair>,
}

/// `delay: 20ms, rate: 10mbit`.
fn pairs(impair: &Impair) -> String {
    let shown = impair.to_string();
    let words: Vec<&str> = shown.split(' ').collect();
    words.chunks(2).map(|pair| pair.join(": ")).collect::<Vec<_>>().join(", ")
}

//! Nodes: whether they pass packets on, their settings, addresses of loopback, interfaces beside cables, routes.

use std::collections::BTreeSet;

use super::Plan;
use super::doc::Doc;
use super::names::{list, quoted, word};
use crate::topology::observe::network::{End, Node, Role, as_said, is_given, is_loopback};
use crate::topology::observe::seen::{Address, Link};
use crate::wire::consts::{IFA_F_PERMANENT, RTPROT_BOOT, RTPROT_STATIC};

/// Both switches of forwarding, under the names that are compared, and those that go with them.
const FORWARD_V4: &str = "net/ipv4/ip_forward";
const FORWARD_V6: &str = "net/ipv6/conf/all/forwarding";
const ACCEPT_REDIRECTS: &str = "net/ipv4/conf/all/accept_redirects";

impl Plan<'_> {
    pub(super) fn nodes(&self, doc: &mut Doc) {
        doc.line(0, "nodes:".into());
        let mut macs = false;
        for (place, node) in self.network.nodes.iter().enumerate() {
            macs |= !self.wish.macs && node.seen.links.iter().any(|link| !self.is_derived(place, link));
            if self.segments.contains_key(&place) {
                continue;
            }
            doc.line(1, format!("{}:", word(self.names.node(place))));
            self.node(place, node, doc);
        }
        if macs {
            doc.missing(
                "hardware addresses: an interface has the one that the names of lab, node and interface give".into(),
            );
        }
    }

    /// Whether the hardware address of a link is the one that `up` gives it by its names.
    fn is_derived(&self, place: usize, link: &Link) -> bool {
        let own =
            link.mac.is_none() || is_loopback(link) || matches!(link.kind.as_deref(), Some("vlan" | "ipvlan" | "tun"));
        own || link.mac == Some(self.derived(place, &link.name))
    }

    fn node(&self, place: usize, node: &Node, doc: &mut Doc) {
        let name = self.names.node(place);
        let (v4, v6) = (node.seen.forward_v4 == Some(true), node.seen.forward_v6.unwrap_or(true));
        let forward = v4 && v6;
        if forward {
            doc.line(2, "forward: true".into());
        }
        self.settings(place, node, forward, doc);
        let loopback = node.seen.links.iter().find(|link| is_loopback(link));
        let own: Vec<&Address> = loopback
            .into_iter()
            .flat_map(|link| &link.addresses)
            .filter(|address| !address.prefix.address().is_loopback())
            .collect();
        let addresses = self.addresses(&format!("{name}:lo"), own.into_iter(), doc);
        if !addresses.is_empty() {
            doc.line(2, "addresses:".into());
            doc.free(3, format!("lo: {}", list(&addresses)));
        }
        let at_rest = node.role == Role::Node || node.role == Role::Switch;
        if loopback.is_some_and(|link| !link.up) && at_rest {
            doc.missing(format!("{name}:lo is down: in a lab loopback is up"));
        }
        self.devices(place, node, doc);
        self.routes(place, node, doc);
    }

    fn settings(&self, place: usize, node: &Node, forward: bool, doc: &mut Doc) {
        if node.role == Role::Machine {
            return;
        }
        let mut lines = Vec::new();
        let both = [(FORWARD_V4, node.seen.forward_v4), (FORWARD_V6, node.seen.forward_v6)];
        for (path, is) in both.into_iter().filter(|_| !forward) {
            let fresh = self.wish.fresh.get(path).map_or("0", String::as_str);
            let is = is.map(|on| if on { "1" } else { "0" });
            lines.extend(is.filter(|is| *is != fresh).map(|is| (path.to_owned(), is.to_owned())));
        }
        for (path, value) in &node.seen.sysctl {
            let Some(value) = value else { continue };
            if let Some(differs) = self.differs(place, node, path, value) {
                lines.push((differs, value.clone()));
            }
        }
        if !lines.is_empty() {
            doc.line(2, "sysctl:".into());
        }
        for (path, value) in lines {
            let words: Vec<&str> = value.split_whitespace().collect();
            let path = if path.contains('.') { path } else { path.replace('/', ".") };
            doc.free(3, format!("{}: {}", word(&path), quoted_unless_number(&words.join(" "))));
        }
    }

    /// The path of a setting as the file has it, where it is not what it would be without being said.
    fn differs(&self, place: usize, node: &Node, path: &str, value: &str) -> Option<String> {
        if value.is_empty() || value.contains('\n') || path.ends_with("/forwarding") || path == FORWARD_V4 {
            return None;
        }
        // Those of a link's own, and what the kernel sets for a router.
        let of_router = path == ACCEPT_REDIRECTS && value == "0" && node.seen.forward_v4 == Some(true);
        if of_router || (path.starts_with("net/ipv6/conf/") && path.ends_with("/mtu")) {
            return None;
        }
        // Nodes of a lab take no router advertisements; one that would take them where no router is takes none either.
        if path.ends_with("/accept_ra") && matches!(value, "0" | "1") {
            return None;
        }
        let Some(ifname) = crate::topology::spec::interface_of(path) else {
            let fresh = self.wish.fresh.get(path)?;
            return (!same(fresh, value)).then(|| path.to_owned());
        };
        let (before, after) = path.split_once(&format!("/{ifname}/"))?;
        let default = node.seen.sysctl.get(&format!("{before}/default/{after}"))?.as_ref()?;
        let at = node.seen.links.iter().position(|link| link.name == ifname)?;
        let called = self.names.link(End { node: place, link: at });
        (!same(default, value)).then(|| format!("{before}/{called}/{after}"))
    }

    /// The addresses of an interface that a file can say.
    pub(super) fn addresses<'a>(
        &self,
        name: &str,
        addresses: impl Iterator<Item = &'a Address>,
        doc: &mut Doc,
    ) -> Vec<String> {
        let mut said = Vec::new();
        for address in addresses {
            let prefix = address.prefix;
            if is_given(&prefix) {
                continue;
            }
            match (address.peer, address.flags & IFA_F_PERMANENT != 0) {
                (Some(peer), _) => {
                    let len = prefix.len();
                    doc.missing(format!(
                        "{name}: address {} peer {peer}/{len}: a file says no peers",
                        prefix.address()
                    ));
                }
                (None, false) => doc.missing(format!("{name}: address {prefix}, which ends by itself")),
                (None, true) => said.push(prefix.to_string()),
            }
        }
        said
    }

    fn routes(&self, place: usize, node: &Node, doc: &mut Doc) {
        let name = self.names.node(place);
        let mut lines = BTreeSet::new();
        for route in &node.seen.routes {
            let mut way = as_said(&route.way);
            let mut known = true;
            for hop in &mut way.hops {
                let at =
                    hop.dev.as_ref().and_then(|dev| node.seen.links.iter().position(|link| link.name == dev.as_str()));
                let called = at.map(|link| End { node: place, link }).filter(|end| self.is_written(*end));
                hop.dev = called.and_then(|end| self.names.link(end).parse().ok());
                known &= hop.dev.is_some();
                // Where one interface alone has the gateway on its link, it goes without saying.
                let on =
                    |link: &&Link| link.addresses.iter().any(|it| hop.via.is_some_and(|via| it.prefix.contains(via)));
                if node.seen.links.iter().filter(on).count() == 1 && !way.onlink {
                    hop.dev = None;
                }
            }
            if !known && !way.hops.is_empty() {
                doc.missing(format!("{name}: route {}: its interface is not in the file", as_said(&route.way)));
            } else if route.special {
                doc.missing(format!("{name}: route {} says more than a file can", as_said(&route.way)));
            } else if !matches!(route.protocol, RTPROT_BOOT | RTPROT_STATIC) {
                let protocol = route.protocol;
                doc.missing(format!("{name}: route {}: protocol {protocol} looks after it", as_said(&route.way)));
            } else {
                lines.insert(way.to_string());
            }
        }
        if !lines.is_empty() {
            doc.line(2, "routes:".into());
        }
        for line in lines {
            doc.free(3, format!("- {line}"));
        }
    }

    /// Whether an interface is in the file.
    pub(super) fn is_written(&self, end: End) -> bool {
        let Some(link) = self.network.link(end) else { return false };
        is_loopback(link) || self.wired.contains(&end) || self.device_kind(end.node, link).is_some()
    }
}

fn same(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

fn quoted_unless_number(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) { text.to_owned() } else { quoted(text) }
}

//! What is wrong where a packet finds no way on, and what mends that.

use std::net::IpAddr;

use super::evidence::{Asked, Entry, Intended, Place, Question, Space, Taken, Way, Wish};
use super::fib::{self, Match};
use super::finding::{Cause, Finding};
use super::remedy::{Act, Remedy};
use super::segment::{Port, Segment};
use super::walk::{Flow, Stop, Walker};
use super::words;
use crate::topology::spec::{Route, RouteKind};
use crate::types::Prefix;
use crate::types::cidr::Sharing;
use crate::wire::consts::{RT_TABLE_MAIN, RTN_UNICAST, RTPROT_KERNEL};

/// The way that a lab intends for a destination: by an interface, to a router where there is one.
pub(super) struct IntendedWay<'e> {
    pub(super) wish: &'e Wish,
    pub(super) route: Option<&'e Route>,
}

impl<'e> Walker<'e> {
    /// There is no route, or one that refuses.
    pub(super) fn no_route(&mut self, at: Place, input: Option<u32>, flow: &Flow, errno: i32) -> Stop {
        let space = match self.space(at) {
            Ok(space) => space,
            Err(stop) => return stop,
        };
        let asked = self.asked(at, flow, input);
        if let Some(found) = fib::look_up(space, &asked) {
            if !fib::is_usual(found.rule) {
                return self.stop(self.rule_sends_elsewhere(at, space, flow, found));
            }
            if let Some(entry) = found.entry.filter(|entry| words::kind(entry.kind).is_some()) {
                return self.stop(self.refused(at, space, flow, entry));
            }
        }
        if let Some(intended) = self.evidence.intended.get(&at)
            && let Some(way) = way_in(intended, flow.to)
        {
            let Some(link) = space.node.link(&way.wish.name) else { return self.gone(at, way.wish, flow) };
            if !link.up {
                return self.down(Some(at), (at, link.index), flow);
            }
            if let Some(finding) = self.missing_address(at, link.index, flow) {
                return self.stop(finding);
            }
        }
        if let Some(link) = down_link(space, flow.to) {
            return self.down(Some(at), (at, link), flow);
        }
        let own = |ipv6: bool| {
            let mut all = space.addresses();
            all.any(|(link, own)| link.name != "lo" && own.scope == 0 && own.prefix.is_ipv6() == ipv6)
        };
        if !own(flow.to.is_ipv6()) {
            return self.without_address(at, space, flow);
        }
        match self.on_same_segment(at, space, flow) {
            Ok(Some(finding)) => return self.stop(finding),
            Ok(None) => {}
            Err(stop) => return stop,
        }
        let mend = match self.way_to(at, space, flow.to) {
            Ok(mend) => mend,
            Err(stop) => return stop,
        };
        let (cause, text) = if flow.back {
            (Cause::NoWayBack, format!("{} has no route back to {}", self.name(at), flow.to))
        } else {
            (Cause::NoRoute, format!("{} has no route to {}", self.name(at), flow.to))
        };
        let mut finding = self.finding(cause, at, None, text);
        let says = if errno == 0 { String::new() } else { format!(": {}", crate::types::strerror(errno)) };
        finding.seen.push(format!("the kernel of {} finds no route to {}{says}", self.name(at), flow.to));
        finding.seen.extend(routes_seen(space, flow.to.is_ipv6()));
        finding.mend = mend;
        self.lab_hint(&mut finding, at, "routes");
        self.stop(Finding { back: flow.back, ..finding })
    }

    /// Routes to add, so that there is one: what the lab says, or what may be guessed from who is there.
    fn way_to(&self, at: Place, space: &Space, to: IpAddr) -> Result<Vec<Remedy>, Stop> {
        if let Some(intended) = self.evidence.intended.get(&at)
            && let Some(IntendedWay { route: Some(route), .. }) = way_in(intended, to)
        {
            return Ok(self.remedies_of(at, route));
        }
        let Some((link, via)) = self.guess_gateway(at, space, to, None)? else { return Ok(Vec::new()) };
        let has_default =
            fib::in_table(space, RT_TABLE_MAIN, &probe(at, if to.is_ipv6() { UNROUTED_V6 } else { UNROUTED_V4 }));
        let network = if has_default.is_none() { Some(Prefix::all(to.is_ipv6())) } else { self.network_of(to) };
        let Some(network) = network else { return Ok(Vec::new()) };
        let act =
            Act::Route { to: network, via: Some(via), link: Some(link), table: None, metric: None, replace: false };
        Ok(vec![self.remedy(at, act)])
    }

    /// The network of an address, by whoever has it; or the address alone.
    fn network_of(&self, address: IpAddr) -> Option<Prefix> {
        let mut all = self.evidence.spaces.values().flat_map(Space::addresses);
        let found = all.find(|(_, own)| own.prefix.address() == address).map(|(_, own)| own.prefix.network());
        found.or_else(|| Prefix::new(address, if address.is_ipv6() { 128 } else { 32 }).ok())
    }

    /// A route as the lab says it, for whatever ways it has.
    fn remedies_of(&self, at: Place, route: &Route) -> Vec<Remedy> {
        let act = |hop: &crate::topology::spec::Hop| Act::Route {
            to: route.to,
            via: hop.via,
            link: hop.dev.as_ref().map(ToString::to_string),
            table: route.table.filter(|table| *table != RT_TABLE_MAIN),
            metric: route.metric.filter(|metric| *metric != 0),
            replace: false,
        };
        route.hops.iter().take(1).map(|hop| self.remedy(at, act(hop))).collect()
    }

    /// A route that goes nowhere on purpose.
    fn refused(&self, at: Place, space: &Space, flow: &Flow, entry: &Entry) -> Finding {
        let words = words::route(space, entry);
        let kind = words::kind(entry.kind).unwrap_or_default();
        let text = format!("{} has a route of type {kind} to {}", self.name(at), flow.to);
        let mut finding = self.finding(Cause::RouteRefuses, at, None, text);
        finding.back = flow.back;
        finding.seen.push(format!("route {words} of {}", self.name(at)));
        finding.mend.push(self.delete_route(at, space, entry));
        finding.mend.extend(self.intended_routes_missing(at, space, flow.to));
        finding
    }

    pub(super) fn delete_route(&self, at: Place, space: &Space, entry: &Entry) -> Remedy {
        let family = entry.to.is_ipv6();
        let words = words::route(space, entry);
        self.remedy(at, Act::DeleteRoute { ipv6: family, words, body: entry.body.clone() })
    }

    /// The route that the lab intends for an address, where it is not there.
    pub(super) fn intended_routes_missing(&self, at: Place, space: &Space, to: IpAddr) -> Vec<Remedy> {
        let Some(route) = self.evidence.intended.get(&at).and_then(|intended| way_in(intended, to)?.route) else {
            return Vec::new();
        };
        let same = |entry: &Entry| {
            entry.kind == RTN_UNICAST
                && entry.to == route.to.network()
                && route.hops.iter().all(|hop| entry.hops.iter().any(|own| own.via == hop.via))
        };
        if space.routes.iter().any(same) { Vec::new() } else { self.remedies_of(at, route) }
    }

    /// A rule that is not there from the beginning chose the route.
    pub(super) fn rule_sends_elsewhere(&self, at: Place, space: &Space, flow: &Flow, found: Match<'_>) -> Finding {
        let name = self.name(at);
        let rule = words::rule(found.rule);
        let what = match found.entry {
            Some(_) => format!("to table {}", found.rule.table),
            None => "nowhere".into(),
        };
        let text = format!("a rule of {name} sends packets to {} {what}", flow.to);
        let mut finding = self.finding(Cause::PolicyRule, at, None, text);
        finding.back = flow.back;
        finding.seen.push(format!("rule {rule} of {name}"));
        if let Some(entry) = found.entry {
            finding.seen.push(format!("there the route is {}", words::route(space, entry)));
        }
        let asked = self.asked(at, flow, None);
        let main = fib::in_table(space, RT_TABLE_MAIN, &asked);
        finding.seen.push(match main {
            Some(entry) => format!("in table main it is {}", words::route(space, entry)),
            None => "table main has no route for it".into(),
        });
        let act = Act::DeleteRule { ipv6: found.rule.ipv6, words: rule, body: found.rule.body.clone() };
        finding.mend.push(self.remedy(at, act));
        finding
    }

    /// It does not pass packets on: it is no router, or it was not meant to be one.
    pub(super) fn no_forwarding(&mut self, at: Place, input: u32, flow: &Flow) -> Stop {
        let space = match self.space(at) {
            Ok(space) => space,
            Err(stop) => return stop,
        };
        let ipv6 = flow.to.is_ipv6();
        if !self.evidence.intended.contains_key(&at)
            && let Some((from, next)) = self.last_hop()
        {
            match self.wrong_router(from, next, flow) {
                Ok(Some(finding)) => return self.stop(finding),
                Ok(None) => {}
                Err(stop) => return stop,
            }
        }
        let name = self.name(at);
        let family = if ipv6 { "IPv6" } else { "IPv4" };
        let text = format!("{name} does not pass {family} packets on: forwarding is off");
        let mut finding = self.finding(Cause::ForwardingOff, at, Some(input), text);
        finding.back = flow.back;
        let path = match (ipv6, space.is_router(false)) {
            (true, _) => "net/ipv6/conf/all/forwarding".to_owned(),
            (false, false) => "net/ipv4/ip_forward".to_owned(),
            (false, true) => format!("net/ipv4/conf/{}/forwarding", space.link_name(input)),
        };
        finding.seen.push(format!("{} is 0 in {name}", path.replace('/', ".")));
        finding.mend.push(self.remedy(at, Act::Setting { path, value: "1".into() }));
        if let Some(intended) = self.evidence.intended.get(&at) {
            finding.hint = Some(if intended.forward {
                format!("nslab up {} does the same", intended.file)
            } else {
                format!("in the lab file, {}: `forward: true` at {name}", intended.file)
            });
        }
        self.stop(finding)
    }

    /// The reverse-path filter drops it, since answers would leave by another link, or not at all.
    pub(super) fn reverse_path_drops(&mut self, at: Place, input: u32, from: IpAddr, way: &Way, flow: &Flow) -> Stop {
        let space = match self.space(at) {
            Ok(space) => space,
            Err(stop) => return stop,
        };
        let answer = Flow { from: None, to: from, back: true, ..flow.clone() };
        let Way::Taken(taken) = way else { return self.no_route(at, None, &answer, 0) };
        let name = self.name(at);
        let (link, other) = (space.link_name(input).to_owned(), space.link_name(taken.output).to_owned());
        let text = format!("the reverse-path filter of {name} drops what comes from {from} by {link}");
        let mut finding = self.finding(Cause::ReversePathFilter, at, Some(input), text);
        finding.back = flow.back;
        finding.seen.push(format!("the route of {name} to {from} leaves by {other}, not by {link}"));
        finding.seen.push(format!(
            "rp_filter is 1 (strict) for {link}: the larger of net.ipv4.conf.all and net.ipv4.conf.{link}"
        ));
        let path = format!("net/ipv4/conf/{link}/rp_filter");
        finding.mend.push(self.remedy(at, Act::Setting { path, value: "2".into() }));
        finding.hint = Some(format!("or make a route to {from} by {link}"));
        self.stop(finding)
    }

    /// Nobody there has the address that the packet is handed to.
    pub(super) fn nobody(
        &mut self,
        leaves: Port,
        next: IpAddr,
        taken: &Taken,
        flow: &Flow,
        found: Option<Match<'_>>,
        segment: &Segment,
    ) -> Stop {
        let space = match self.space(leaves.0) {
            Ok(space) => space,
            Err(stop) => return stop,
        };
        let name = self.name(leaves.0);
        let Some(link) = space.node.link_at(leaves.1) else { return Stop::Unseen };
        let on_link = link.addresses.iter().any(|own| own.prefix.contains(next));
        let intended = self.evidence.intended.iter().find_map(|(place, intended)| {
            let of = |wish: &&Wish| wish.addresses.iter().any(|own| own.address() == next);
            Some((*place, intended.links.iter().find(of)?))
        });
        if let Some((place, wish)) = intended.filter(|_| on_link) {
            match self.space(place) {
                Ok(there) if there.node.link(&wish.name).is_none() => return self.gone(place, wish, flow),
                Ok(_) => {}
                Err(stop) => return stop,
            }
        }
        if let Some(finding) = self.missing_address(leaves.0, leaves.1, flow) {
            return self.stop(finding);
        }
        if let (Some(beyond), None) = (segment.beyond.first(), intended) {
            let what = self.evidence.port(beyond.0, beyond.1);
            self.unsure(format!("packets leave by {what}, and what is behind that cannot be seen"));
            return Stop::Unseen;
        }
        let entry = found.and_then(|found| found.entry);
        let by_hand = entry.filter(|entry| entry.protocol != RTPROT_KERNEL);
        if taken.gateway.is_some() || by_hand.is_some() {
            return self.wrong_gateway(leaves, next, taken, flow, by_hand, on_link);
        }
        // By its own address the sender takes it to be on the segment.
        let elsewhere = self.evidence.spaces.iter().find_map(|(place, other)| {
            let (_, own) = other.addresses().find(|(_, own)| own.prefix.address() == next)?;
            Some((*place, own.prefix))
        });
        if let (Some((place, theirs)), Some(own)) =
            (elsewhere, link.addresses.iter().find(|own| own.prefix.contains(next)))
        {
            if Sharing::of(own.prefix, theirs) == Sharing::Both {
                return self.apart(leaves, (place, theirs), own.prefix, flow);
            }
            let text = format!(
                "{name} takes {next} to be on its own segment, by the prefix length of {}; {} is on another",
                own.prefix,
                self.name(place)
            );
            let mut finding = self.finding(Cause::WrongPrefix, leaves.0, Some(leaves.1), text);
            finding.back = flow.back;
            finding.seen.extend(self.split(&[(leaves.0, own.prefix), (place, theirs)]));
            let others = segment.ends.iter().filter_map(|end| Some(self.evidence.space_of(end.port)?.1));
            let mut lens = others
                .flat_map(|link| &link.addresses)
                .filter(|other| other.prefix.contains(own.prefix.address()) && !other.prefix.contains(next));
            if let Some(right) =
                lens.next().and_then(|right| Prefix::new(own.prefix.address(), right.prefix.len()).ok())
            {
                finding.mend.extend(self.replace_address(leaves.0, &link.name, own.prefix, right));
            }
            return self.stop(finding);
        }
        // Somebody may have it elsewhere.
        if let Some(ask) = self.read_all() {
            return ask;
        }
        let text = format!("nobody on the segment of {name}:{} has the address {next}", link.name);
        let mut finding = self.finding(Cause::NoSuchAddress, leaves.0, Some(leaves.1), text);
        finding.back = flow.back;
        let mut there: Vec<String> = Vec::new();
        for end in &segment.ends {
            let Some((_, far)) = self.evidence.space_of(end.port) else { continue };
            let addresses = far.addresses.iter().filter(|own| own.prefix.is_ipv6() == next.is_ipv6() && own.scope == 0);
            there.extend(addresses.map(|own| format!("{} {}", self.evidence.port(end.port.0, end.port.1), own.prefix)));
        }
        if !there.is_empty() {
            finding.seen.push(format!("who is there: {}", there.join(", ")));
        }
        self.stop(finding)
    }

    /// Addresses of one network, and no way of a frame from one to the other.
    fn apart(&mut self, leaves: Port, theirs: (Place, Prefix), own: Prefix, flow: &Flow) -> Stop {
        for (place, intended) in &self.evidence.intended {
            let Ok(space) = self.space(*place) else { continue };
            if let Some(wish) = intended.links.iter().find(|wish| space.node.link(&wish.name).is_none()) {
                return self.gone(*place, wish, flow);
            }
        }
        if let Some(ask) = self.read_all() {
            return ask;
        }
        let (name, other) = (self.evidence.port(leaves.0, leaves.1), self.name(theirs.0));
        let text = format!("no cable or bridge leads from {name} to {other}, and their addresses are of one network");
        let mut finding = self.finding(Cause::Apart, leaves.0, Some(leaves.1), text);
        finding.back = flow.back;
        finding.seen.extend(self.split(&[(leaves.0, own), theirs]));
        self.stop(finding)
    }

    /// What of a node's routes by a link is missing, as the lab says; to be made again where the link was down or
    /// without an address.
    pub(super) fn routes_by(&self, at: Place, wish: &Wish, ipv6: bool) -> Vec<Remedy> {
        let Some(intended) = self.evidence.intended.get(&at) else { return Vec::new() };
        let Some(space) = self.evidence.spaces.get(&at) else { return Vec::new() };
        let by_link = |route: &&Route| {
            route.kind == RouteKind::Unicast
                && route.to.is_ipv6() == ipv6
                && route.hops.iter().any(|hop| match (&hop.dev, hop.via) {
                    (Some(dev), _) => dev.as_str() == wish.name,
                    (None, Some(via)) => wish.addresses.iter().any(|own| own.contains(via)),
                    (None, None) => false,
                })
        };
        let is_there = |route: &Route| {
            let same_way = |entry: &Entry| {
                route.hops.iter().any(|hop| entry.hops.iter().any(|own| own.via == hop.via && !own.dead))
            };
            space
                .routes
                .iter()
                .any(|entry| entry.to == route.to.network() && entry.protocol != RTPROT_KERNEL && same_way(entry))
        };
        let missing = intended.routes.iter().filter(by_link).filter(|route| !is_there(route));
        missing.flat_map(|route| self.remedies_of(at, route)).collect()
    }

    pub(super) fn stop(&self, finding: Finding) -> Stop {
        Stop::Wrong(Box::new(finding))
    }

    /// Says that the lab file has it, where it does, or which key would.
    fn lab_hint(&self, finding: &mut Finding, at: Place, key: &str) {
        if let Some(intended) = self.evidence.intended.get(&at) {
            finding.hint = Some(if finding.mend.is_empty() {
                format!("in the lab file, {}: `{key}` of {}, or `routing: auto`", intended.file, self.name(at))
            } else {
                format!("nslab up {} does the same", intended.file)
            });
        }
    }

    /// All namespaces that were not read yet, or none.
    pub(super) fn read_all(&self) -> Option<Stop> {
        let all = 0..self.evidence.names.len();
        let unread: Vec<Question> =
            all.filter(|place| !self.evidence.spaces.contains_key(place)).map(Question::Space).collect();
        (!unread.is_empty()).then_some(Stop::Ask(unread))
    }
}

/// Addresses that only a default route leads to (RFC 5737, RFC 3849): documentation.
const UNROUTED_V4: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 254));
const UNROUTED_V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0xffff, 0, 0, 0, 1));

/// An ordinary packet to an address.
pub(super) fn probe(place: Place, to: IpAddr) -> Asked {
    Asked { place, to, from: None, input: None, protocol: 1, ports: None }
}

pub(super) fn way_in(intended: &Intended, to: IpAddr) -> Option<IntendedWay<'_>> {
    let connected =
        intended.links.iter().flat_map(|wish| wish.addresses.iter().map(move |prefix| (wish, prefix.network(), None)));
    let routed = intended.routes.iter().filter_map(|route| {
        let usual = route.kind == RouteKind::Unicast && route.table.is_none_or(|table| table == RT_TABLE_MAIN);
        let hop = route.hops.first().filter(|_| usual)?;
        let by = |wish: &&Wish| match (&hop.dev, hop.via) {
            (Some(dev), _) => dev.as_str() == wish.name,
            (None, Some(via)) => wish.addresses.iter().any(|own| own.contains(via)),
            (None, None) => false,
        };
        Some((intended.links.iter().find(by)?, route.to, Some(route)))
    });
    let fits = connected.chain(routed).filter(|(_, prefix, _)| prefix.is_ipv6() == to.is_ipv6() && prefix.contains(to));
    let metric = |route: &Option<&Route>| route.map_or(0, |route| route.metric.unwrap_or(0));
    let best = fits.min_by_key(|(_, prefix, route)| (std::cmp::Reverse(prefix.len()), metric(route)));
    best.map(|(wish, _, route)| IntendedWay { wish, route })
}

/// A link that is down and may be why there is no route.
fn down_link(space: &Space, to: IpAddr) -> Option<u32> {
    let down: Vec<_> =
        space.node.links.iter().filter(|link| !link.up && link.name != "lo" && link.master.is_none()).collect();
    let near = down.iter().find(|link| link.addresses.iter().any(|own| own.prefix.contains(to)));
    let any = || {
        down.iter().find(|link| {
            let of_family = link.addresses.iter().any(|own| own.prefix.is_ipv6() == to.is_ipv6());
            // IPv6 addresses are gone while a link is down.
            of_family || to.is_ipv6() && link.is("veth")
        })
    };
    near.or_else(any).map(|link| link.index)
}

fn routes_seen(space: &Space, ipv6: bool) -> Vec<String> {
    const MOST: usize = 8;
    let shown = |entry: &&Entry| {
        let link_local = matches!(entry.to.address(), IpAddr::V6(address) if address.is_unicast_link_local() || address.is_multicast());
        entry.to.is_ipv6() == ipv6 && entry.table == RT_TABLE_MAIN && !link_local
    };
    let mut words: Vec<String> = space.routes.iter().filter(shown).map(|entry| words::route(space, entry)).collect();
    if words.is_empty() {
        return vec!["its routing table is empty".into()];
    }
    let more = words.len().saturating_sub(MOST);
    words.truncate(MOST);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    vec![format!("its routes: {}{more}", words.join("; "))]
}

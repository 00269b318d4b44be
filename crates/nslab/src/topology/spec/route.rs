//! Routes in the words of `ip route add` (ip-route(8)): `default via 10.0.0.254`.

use std::net::IpAddr;
use std::ops::Range;

use super::draft::{At, Settings};
use super::keys::suggested;
use super::model::{Hop, Route, RouteKind};
use super::problems::Problems;
use super::short::{Words, tokens};
use super::tree::{Tree, Value};
use crate::types::{Prefix, quote};

const EXAMPLE: &str = "write it as `default via 10.0.0.254` or `2001:db8:1::/48 via 2001:db8::1 metric 10`";

/// What a route may begin with.
const KINDS: &[(&str, RouteKind)] = &[
    ("unicast", RouteKind::Unicast),
    ("blackhole", RouteKind::Blackhole),
    ("unreachable", RouteKind::Unreachable),
    ("prohibit", RouteKind::Prohibit),
    ("throw", RouteKind::Throw),
];

const ALL: &[&str] = &["default", "all"];

const WORDS: &[&str] = &["via", "dev", "metric", "src", "table", "mtu", "onlink", "nexthop"];

const HOP_WORDS: &[&str] = &["via", "dev", "weight"];

/// The key `routes` of a node.
pub(super) fn routes(tree: &Tree<'_>, settings: &mut Settings, problems: &mut Problems<'_>) {
    match &tree.value {
        Value::Null => {}
        Value::List(list) => list.iter().for_each(|tree| one(tree, settings, problems)),
        Value::Text(_) => one(tree, settings, problems),
        _ => problems.add(tree.span.clone(), format!("`routes` is a list; here is {}", tree.kind()), EXAMPLE),
    }
}

fn one(tree: &Tree<'_>, settings: &mut Settings, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("a route", problems) else { return };
    let places = Words { all: tree.span.clone(), letters: tree.letters(problems.source()) };
    let words = tokens(text).map(|(at, word)| (places.span(at, at + word.len()), word)).collect();
    match (Reader { words, at: 0, end: tree.span.clone() }).route() {
        Ok(value) => settings.routes.push(At { value, span: tree.span.clone() }),
        Err((span, message, help)) => problems.add(span, message, help),
    }
}

type Problem = (Range<usize>, String, String);

struct Reader<'t> {
    words: Vec<(Range<usize>, &'t str)>,
    at: usize,
    end: Range<usize>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<(Range<usize>, &'t str)> {
        let word = self.words.get(self.at).cloned();
        self.at += usize::from(word.is_some());
        word
    }

    /// The word behind a keyword, as a type that reads itself.
    fn value<T: std::str::FromStr>(&mut self, key: &str, what: &str) -> Result<T, Problem> {
        let Some((span, word)) = self.next() else {
            return Err((self.end.clone(), format!("`{key}` without {what} behind it"), EXAMPLE.into()));
        };
        word.parse().map_err(|_| (span, format!("{} is not {what}", quote(word)), EXAMPLE.into()))
    }

    fn route(mut self) -> Result<Route, Problem> {
        let first = self.words.first().map(|(_, word)| *word);
        let kind = KINDS.iter().find(|(word, _)| Some(*word) == first).map(|(_, kind)| *kind);
        self.at += usize::from(kind.is_some());
        let Some((place, to)) = self.next() else {
            return Err((self.end, "a route without a destination".into(), EXAMPLE.into()));
        };
        if !ALL.contains(&to) && to.parse::<Prefix>().is_err() {
            let known = KINDS.iter().map(|(word, _)| *word).chain(ALL.iter().copied());
            let help = suggested(to, known, EXAMPLE);
            return Err((place, format!("{} is not a prefix to route to", quote(to)), help));
        }
        let mut route = Route { kind: kind.unwrap_or_default(), ..Route::new(Prefix::all(false)) };
        let mut hop = Hop::default();
        while let Some((span, key)) = self.next() {
            match key {
                "via" => hop.via = Some(self.value("via", "an address")?),
                "dev" => hop.dev = Some(self.value("dev", "an interface's name")?),
                "metric" | "preference" => route.metric = Some(self.value(key, "a number")?),
                "src" => route.src = Some(self.value("src", "an address")?),
                "table" => route.table = Some(self.value("table", "a table's number")?),
                "mtu" => route.mtu = Some(self.value("mtu", "a number of bytes")?),
                "onlink" => route.onlink = true,
                "nexthop" => {
                    self.at -= 1;
                    route.hops = self.hops()?;
                }
                _ => {
                    let help = format!("after the destination: {}", WORDS.join(", "));
                    let help = suggested(key, WORDS.iter().copied(), &help);
                    return Err((span, format!("{} is no word of a route here", quote(key)), help));
                }
            }
        }
        if hop != Hop::default() {
            if let Some(place) = (!route.hops.is_empty()).then(|| self.end.clone()) {
                return Err((place, "both `via` or `dev` and `nexthop`".into(), "say all ways with `nexthop`".into()));
            }
            route.hops.push(hop);
        }
        route.to = destination(to, &route);
        check(route, place)
    }

    /// `nexthop via A dev I weight N`, any number of them.
    fn hops(&mut self) -> Result<Vec<Hop>, Problem> {
        let mut hops: Vec<Hop> = Vec::new();
        while let Some((span, key)) = self.next() {
            match (key, hops.last_mut()) {
                ("nexthop", _) => hops.push(Hop::default()),
                ("via", Some(hop)) => hop.via = Some(self.value("via", "an address")?),
                ("dev", Some(hop)) => hop.dev = Some(self.value("dev", "an interface's name")?),
                ("weight", Some(hop)) => match self.value("weight", "a weight from 1 to 256")? {
                    weight @ 1..=256 => hop.weight = Some(weight),
                    _ => return Err((span, "a weight is 1 to 256".into(), EXAMPLE.into())),
                },
                _ => {
                    let help = format!("behind `nexthop`: {}", HOP_WORDS.join(", "));
                    let help = suggested(key, HOP_WORDS.iter().copied(), &help);
                    return Err((span, format!("{} is no word of a next hop", quote(key)), help));
                }
            }
        }
        Ok(hops)
    }
}

/// `default` and `all` are of the family of what else the route says, IPv4 where it says nothing.
fn destination(word: &str, route: &Route) -> Prefix {
    word.parse().unwrap_or_else(|_| {
        let mut addresses = route.hops.iter().filter_map(|hop| hop.via).chain(route.src);
        Prefix::all(addresses.next().is_some_and(|address| address.is_ipv6()))
    })
}

/// What can be seen of the route alone.
fn check(route: Route, place: Range<usize>) -> Result<Route, Problem> {
    let (to, ipv6) = (route.to, route.to.is_ipv6());
    if to != to.network() {
        let message = format!("destination \"{to}\" has bits set behind its length");
        return Err((place, message, format!("the network is {}", to.network())));
    }
    // An IPv4 route may go by an IPv6 gateway (RFC 5549); nothing else mixes.
    let foreign = |via: &IpAddr| ipv6 && via.is_ipv4();
    if let Some(via) = route.hops.iter().filter_map(|hop| hop.via).find(foreign) {
        return Err((place, format!("an IPv6 route by the IPv4 gateway {via}"), "name a gateway of IPv6".into()));
    }
    if let Some(src) = route.src.filter(|src| src.is_ipv6() != ipv6) {
        return Err((place, format!("`src` {src} is not of the destination's family"), EXAMPLE.into()));
    }
    let goes = route.kind == RouteKind::Unicast;
    if goes && let Some((message, help)) = check_hops(&route) {
        return Err((place, message, help));
    }
    if !goes && !route.hops.is_empty() {
        return Err((place, "a route that goes nowhere has no `via` and no `dev`".into(), EXAMPLE.into()));
    }
    Ok(route)
}

/// What is wrong with a route's ways, and what to do.
fn check_hops(route: &Route) -> Option<(String, String)> {
    let empty = |hop: &Hop| hop.via.is_none() && hop.dev.is_none();
    if route.hops.iter().all(empty) {
        let help = "say `via` and a gateway, or `dev` and an interface";
        return Some((format!("the route {route} says no way"), help.into()));
    }
    if route.hops.iter().any(empty) {
        let help = "behind each `nexthop`, say `via` and a gateway, or `dev` and an interface";
        return Some(("a `nexthop` that says no way".into(), help.into()));
    }
    let link_local = |via: &IpAddr| matches!(via, IpAddr::V6(via) if via.is_unicast_link_local());
    for via in route.hops.iter().filter(|hop| hop.dev.is_none()).filter_map(|hop| hop.via) {
        let help = format!("say which interface it is behind, as `via {via} dev eth0`");
        if link_local(&via) {
            return Some((format!("gateway {via} is link-local, and the route has no `dev`"), help));
        }
        if route.onlink {
            return Some(("`onlink` without `dev`: the kernel cannot tell on which link".into(), help));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Route, String> {
        let words = tokens(text).map(|(at, word)| (at..at + word.len(), word)).collect();
        (Reader { words, at: 0, end: 0..text.len() }).route().map_err(|(_, message, _)| message)
    }

    #[test]
    fn the_words_of_ip_route() {
        for (text, shown) in [
            ("default via 10.0.0.254", "default via 10.0.0.254"),
            ("default via 2001:db8::1", "default via 2001:db8::1"),
            ("2001:db8::/32 dev up metric 5", "2001:db8::/32 dev up metric 5"),
            (
                "10.1.2.3 via 10.0.0.1 dev eth0 src 10.0.0.2 mtu 1400 table 7 onlink",
                "10.1.2.3/32 via 10.0.0.1 dev eth0 table 7 src 10.0.0.2 mtu 1400 onlink",
            ),
            ("blackhole 10.9.0.0/16", "blackhole 10.9.0.0/16"),
            (
                "10.0.0.0/8 nexthop via 10.1.0.1 weight 2 nexthop via 10.2.0.1 dev b",
                "10.0.0.0/8 nexthop via 10.1.0.1 weight 2 nexthop via 10.2.0.1 dev b",
            ),
            ("10.0.0.0/8 via 2001:db8::1", "10.0.0.0/8 via 2001:db8::1"),
            ("default via fe80::1 dev eth0", "default via fe80::1 dev eth0"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_route_says_why() {
        for (text, why) in [
            ("", "a route without a destination"),
            ("default", "the route default says no way"),
            ("10.0.0.1/8 dev x", "has bits set behind its length"),
            ("x dev y", "\"x\" is not a prefix to route to"),
            ("default via", "`via` without an address behind it"),
            ("default via x", "\"x\" is not an address"),
            ("default dev a/b", "\"a/b\" is not an interface's name"),
            ("default via 10.0.0.1 foo 1", "\"foo\" is no word of a route here"),
            ("default via 10.0.0.1 metric -1", "\"-1\" is not a number"),
            ("2001:db8::/32 via 10.0.0.1", "an IPv6 route by the IPv4 gateway 10.0.0.1"),
            ("default via 10.0.0.1 src ::1", "`src` ::1 is not of the destination's family"),
            ("blackhole 10.0.0.0/8 dev x", "a route that goes nowhere has no `via`"),
            ("10.0.0.0/8 via 10.1.0.1 nexthop via 10.2.0.1", "both `via` or `dev` and `nexthop`"),
            ("10.0.0.0/8 nexthop via 10.2.0.1 weight 0", "a weight is 1 to 256"),
            ("10.0.0.0/8 nexthop nexthop via 10.2.0.1", "a `nexthop` that says no way"),
            ("10.0.0.0/8 nexthop via 10.2.0.1 nexthop weight 2", "a `nexthop` that says no way"),
            ("10.0.0.0/8 nexthop weight 2", "says no way"),
            ("default via fe80::1", "gateway fe80::1 is link-local, and the route has no `dev`"),
            ("10.0.0.0/8 via fe80::1", "gateway fe80::1 is link-local, and the route has no `dev`"),
            ("::/0 nexthop via fe80::1 dev x nexthop via fe80::2", "gateway fe80::2 is link-local"),
            ("default via 10.0.0.1 onlink", "`onlink` without `dev`"),
            ("10.0.0.0/8 nexthop via 10.2.0.1 metric 5", "\"metric\" is no word of a next hop"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}

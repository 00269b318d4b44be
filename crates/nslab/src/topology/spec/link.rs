//! The key `links`: a list of links, each in the short or the long form.

use super::device::{bad_option, kind as kind_of};
use super::draft::{At, DraftEnd, DraftLab, DraftLink, address, link_ifname, node_name, word};
use super::impair::{self, BOTH, IMPAIRED, Sides};
use super::keys::{Table, key};
use super::pattern::{Pattern, Shape};
use super::problems::Problems;
use super::range::node_names;
use super::schema::{ADDRESS, MAC, MTU, Schema};
use super::short;
use super::tree::{Tree, Value};
use super::tunnel::DraftTunnel;
use crate::topology::kinds::{LinkKind, OptionValue, Options};
use crate::types::{NodeName, quote};

static LINK: Table<Entry> = Table {
    place: "a link",
    keys: &[
        key("a", a, ONE_END, "one end"),
        key("b", b, ONE_END, "the other end"),
        key("pool", pool, &Schema::Text, "the pool of addresses for links that have none"),
        key("ring", ring, NODES, "links from each node to the next, and from the last to the first"),
        key("chain", chain, NODES, "links from each node to the next"),
        key("mesh", mesh, NODES, "a link between each two nodes"),
        key("star", star, NODES, "a link from the hub to each node"),
        key("hub", hub, &Schema::Text, "the node in the middle of a star"),
        key("impair", impaired, BOTH, "what happens to the packets, in both directions or by the sides a and b"),
        key(
            "kind",
            kind,
            &Schema::Words(&["veth", "vxlan", "wireguard"]),
            "a cable (veth), or a tunnel (vxlan, wireguard)",
        ),
        key("id", id, &Schema::Number(0, 0xff_ffff), "the number of the tunnel (VNI)"),
        key("port", port, &Schema::Number(1, 65535), "the tunnel's UDP port"),
        key("ttl", ttl, &Schema::Number(0, 255), "the time to live of the tunnel's packets"),
        key("tos", tos, &Schema::Number(0, 255), "the type of service of the tunnel's packets"),
        key("learning", learning, &Schema::Switch, "whether the tunnel learns where hardware addresses are"),
        key("udpcsum", udpcsum, &Schema::Switch, "whether the tunnel's packets have UDP checksums"),
    ],
    later: &[],
};

/// What `links` looks like.
pub(super) const LINKS: &Schema = &Schema::Optional(&Schema::List(&Schema::Any(&[
    &Schema::Text,
    &Schema::Keys("link", &LINK, &[&["a", "b"], &["ring"], &["chain"], &["mesh"], &["star", "hub"]]),
])));

const ONE_END: &Schema = &Schema::Keys("end", &END, &[&["node"]]);

const NODES: &Schema = &Schema::OneOrMore(&Schema::Text);

/// An entry of the list in the long form: one link, or a pattern that stands for several.
#[derive(Default)]
struct Entry {
    link: DraftLink,
    pattern: Option<Pattern>,
    hub: Option<At<NodeName>>,
    kind: Option<At<LinkKind>>,
    /// Options of a tunnel, and where the first of them is.
    options: Options,
    first_option: Option<At<&'static str>>,
    impair: Option<Sides>,
}

static END: Table<DraftEnd> = Table {
    place: "an end of a link",
    keys: &[
        key("node", node, &Schema::Text, "the node that it is at"),
        key("ifname", ifname, &Schema::Text, "the interface's name; without it, eth0, eth1, …"),
        key("addresses", addresses, &Schema::List(ADDRESS), "its addresses, each with its length"),
        key("mac", mac, MAC, "its hardware address"),
        key("mtu", mtu, MTU, "the largest packet in bytes"),
        key("impair", impair::of_end, IMPAIRED, "what happens to the packets that leave it"),
    ],
    later: &[],
};

pub(super) fn links(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    match &tree.value {
        Value::Null => {}
        Value::List(links) => links.iter().for_each(|tree| lab.links.extend(entry(tree, problems))),
        _ => problems.add(
            tree.span.clone(),
            format!("`links` is a list; here is {}", tree.kind()),
            format!("start each link with `- `, as `- {}`", short::EXAMPLE),
        ),
    }
}

fn entry(tree: &Tree<'_>, problems: &mut Problems<'_>) -> Vec<DraftLink> {
    match &tree.value {
        Value::Text(_) => {
            let text = tree.text("a link", problems);
            return text.map(|text| short::link(tree, text, problems)).into_iter().collect();
        }
        Value::Map(entries) => {
            if short_by_mistake(entries, problems) {
                return Vec::new();
            }
            let mut entry = Entry::default();
            let clean = LINK.read(tree, &mut entry, problems);
            let named = |name| entries.iter().any(|(key, _)| matches!(&key.value, Value::Text(key) if key == name));
            let tunnel = tunnel(&mut entry, tree, problems);
            if let (Some(tunnel), Some(_)) = (&tunnel, &entry.impair) {
                let message = format!("`impair` of a {}", tunnel.kind.value);
                problems.add(tunnel.kind.span.clone(), message, "a tunnel has what the links beneath it have");
            }
            let Entry { mut link, pattern, hub, impair, .. } = entry;
            if let Some(pattern) = pattern {
                if let Some(extra) = ["a", "b"].into_iter().find(|name| named(*name)) {
                    let message = format!("a pattern of links has no end `{extra}`");
                    problems.add(tree.span.clone(), message, "leave it out, or write the link alone");
                    return Vec::new();
                }
                let mut links = pattern.links(hub, link.pool, problems);
                if let Some(impair) = impair {
                    links.iter_mut().for_each(|link| impair.give(link, problems));
                }
                return links.into_iter().zip(0..).map(|(link, at)| with_tunnel(link, tunnel.as_ref(), at)).collect();
            }
            for (name, end) in [("a", &link.a), ("b", &link.b)] {
                if clean && end.is_none() && !named(name) {
                    let message = format!("the link has no end `{name}`");
                    problems.add(tree.span.clone(), message, "a link has the keys `a` and `b`, each with a `node`");
                }
            }
            if let Some(impair) = impair {
                impair.give(&mut link, problems);
            }
            return vec![with_tunnel(link, tunnel.as_ref(), 0)];
        }
        _ => problems.add(
            tree.span.clone(),
            format!("a link is a text or a mapping; here is {}", tree.kind()),
            format!("write it as `{}`, or as `{{ a: {{ node: r1 }}, b: {{ node: r2 }} }}`", short::EXAMPLE),
        ),
    }
    Vec::new()
}

fn ring(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    pattern(Shape::Ring, tree, entry, problems);
}

fn chain(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    pattern(Shape::Chain, tree, entry, problems);
}

fn mesh(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    pattern(Shape::Mesh, tree, entry, problems);
}

fn star(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    pattern(Shape::Star, tree, entry, problems);
}

fn pattern(shape: Shape, tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    let mut nodes = Vec::new();
    let mut add = |tree: &Tree<'_>, problems: &mut Problems<'_>| {
        if let Some(text) = tree.text("a node", problems) {
            nodes.extend(node_names(text, &tree.span, problems));
        }
    };
    match &tree.value {
        Value::List(list) => list.iter().for_each(|tree| add(tree, problems)),
        _ => add(tree, problems),
    }
    let pattern = Pattern { shape, nodes, span: tree.span.clone() };
    if entry.pattern.replace(pattern).is_some() {
        problems.add(tree.span.clone(), "a second pattern in one entry", "write each as an entry of its own");
    }
}

fn kind(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    match tree.text("`kind`", problems) {
        None | Some("veth") => {}
        Some(text) => {
            let Some(value) = kind_of(text, &tree.span, problems) else { return };
            if matches!(value, LinkKind::Vxlan | LinkKind::Wireguard) {
                entry.kind = Some(At { value, span: tree.span.clone() });
            } else {
                let message = format!("a link cannot be {}", quote(text));
                let help = "a link between nodes is a `veth`, a `vxlan` or a `wireguard`; the others are a node's own: `interfaces`";
                problems.add(tree.span.clone(), message, help);
            }
        }
    }
}

fn impaired(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    entry.impair = Some(Sides::read(tree, problems));
}

fn id(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    option("id", tree, entry, problems);
}

fn port(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    option("port", tree, entry, problems);
}

fn ttl(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    option("ttl", tree, entry, problems);
}

fn tos(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    option("tos", tree, entry, problems);
}

fn learning(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    option("learning", tree, entry, problems);
}

fn udpcsum(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    option("udpcsum", tree, entry, problems);
}

fn option(name: &'static str, tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    let Some(option) = LinkKind::Vxlan.option(name) else { return };
    entry.first_option.get_or_insert(At { value: name, span: tree.span.clone() });
    let Some(text) = tree.text(&format!("`{name}`"), problems) else { return };
    match OptionValue::read(option, text) {
        Ok(value) => {
            entry.options.insert(name.to_owned(), value);
        }
        Err(help) => bad_option(option, text, &tree.span, &help, problems),
    }
}

/// What the entry says of a tunnel.
fn tunnel(entry: &mut Entry, tree: &Tree<'_>, problems: &mut Problems<'_>) -> Option<DraftTunnel> {
    let mut options = std::mem::take(&mut entry.options);
    let Some(kind) = entry.kind.take() else {
        if let Some(At { value, span }) = &entry.first_option {
            let message = format!("`{value}` is for a tunnel");
            problems.add(span.clone(), message, "say `kind: vxlan` or `kind: wireguard`, or leave it out");
        }
        return None;
    };
    if let (LinkKind::Wireguard, Some(extra)) = (kind.value, options.keys().find(|name| *name != "port")) {
        let message = format!("`{extra}` of a wireguard");
        problems.add(tree.span.clone(), message, "such a link takes `port`, the UDP port of both ends");
    }
    let facts = kind.value.facts();
    for option in facts.options.iter().filter(|option| option.required && !options.contains_key(option.name)) {
        let message = format!("a {} has no `{}`", kind.value, option.name);
        problems.add(tree.span.clone(), message, format!("a key that it must have: `{}: …`", option.name));
    }
    for (name, number) in facts.defaults {
        options.entry((*name).to_owned()).or_insert(OptionValue::Number(*number));
    }
    Some(DraftTunnel { kind, options })
}

/// Makes a link a tunnel. Each further one of a pattern has the next `id`.
fn with_tunnel(mut link: DraftLink, tunnel: Option<&DraftTunnel>, at: u32) -> DraftLink {
    let Some(tunnel) = tunnel else { return link };
    let mut tunnel = tunnel.clone();
    if let Some(OptionValue::Number(id)) = tunnel.options.get_mut("id") {
        *id = id.saturating_add(at);
    }
    for end in [&mut link.a, &mut link.b].into_iter().flatten() {
        end.stem = Some(tunnel.kind.value.facts().name);
    }
    link.tunnel = Some(tunnel);
    link
}

fn hub(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    entry.hub = tree.text("`hub`", problems).and_then(|text| node_name(text, &tree.span, problems));
}

fn pool(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    let text = tree.text("`pool`", problems);
    entry.link.pool = text.map(|text| At { value: text.to_owned(), span: tree.span.clone() });
}

/// A colon and a space turn the short form into a mapping. Says so, and true, where that has happened.
fn short_by_mistake(entries: &[(Tree<'_>, Tree<'_>)], problems: &mut Problems<'_>) -> bool {
    let [(key, value), ..] = entries else { return false };
    let Value::Text(text) = &key.value else { return false };
    let in_value = matches!(&value.value, Value::Text(value) if value.split_whitespace().any(|word| word == "--"));
    let line = problems.source().get(key.span.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    if let Some((at, message, help)) = impair::astray(line) {
        problems.add(key.span.start + at..key.span.start + line.trim_end().len(), message, help);
    } else if in_value || text.split_whitespace().any(|word| word == "--") {
        let message = format!("`: ` behind {} makes a mapping of this link", quote(text));
        problems.add(key.span.clone(), message, format!("no space behind the colon: `{}`", short::EXAMPLE));
    } else {
        return false;
    }
    true
}

fn a(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    entry.link.a = end(tree, problems);
}

fn b(tree: &Tree<'_>, entry: &mut Entry, problems: &mut Problems<'_>) {
    entry.link.b = end(tree, problems);
}

fn end(tree: &Tree<'_>, problems: &mut Problems<'_>) -> Option<DraftEnd> {
    let mut end = DraftEnd::default();
    let before = problems.count();
    END.read(tree, &mut end, problems);
    if end.node.is_none() && problems.count() == before {
        problems.add(
            tree.span.clone(),
            "this end of the link has no `node`",
            "say which node it is at: `{ node: r1 }`",
        );
    }
    Some(end)
}

fn node(tree: &Tree<'_>, end: &mut DraftEnd, problems: &mut Problems<'_>) {
    end.node = tree.text("`node`", problems).and_then(|text| node_name(text, &tree.span, problems));
}

fn ifname(tree: &Tree<'_>, end: &mut DraftEnd, problems: &mut Problems<'_>) {
    end.ifname = tree.text("`ifname`", problems).and_then(|text| link_ifname(text, &tree.span, problems));
}

fn addresses(tree: &Tree<'_>, end: &mut DraftEnd, problems: &mut Problems<'_>) {
    let Value::List(list) = &tree.value else {
        let message = format!("`addresses` is a list; here is {}", tree.kind());
        return problems.add(tree.span.clone(), message, "write it as `[ 192.0.2.1/24, 2001:db8::1/64 ]`");
    };
    for tree in list {
        let text = tree.text("an address", problems);
        end.addresses.extend(text.and_then(|text| address(text, &tree.span, problems)));
    }
}

pub(super) fn mac(tree: &Tree<'_>, end: &mut DraftEnd, problems: &mut Problems<'_>) {
    end.mac = tree.text("`mac`", problems).and_then(|text| word(text, &tree.span, problems));
}

pub(super) fn mtu(tree: &Tree<'_>, end: &mut DraftEnd, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("`mtu`", problems) else { return };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(value @ 68..=65535) if digits => end.mtu = Some(At { value, span: tree.span.clone() }),
        _ => problems.add(tree.span.clone(), format!("`mtu` is {}", quote(text)), "an MTU is 68 to 65535 bytes"),
    }
}

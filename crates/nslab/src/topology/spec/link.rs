//! The key `links`: a list of links, each in the short or the long form.

use super::draft::{At, DraftEnd, DraftLab, DraftLink, address, link_ifname, node_name, word};
use super::impair::{self, Sides};
use super::keys::Table;
use super::pattern::{Pattern, Shape};
use super::problems::Problems;
use super::range::node_names;
use super::short;
use super::tree::{Tree, Value};
use crate::types::{NodeName, quote};

static LINK: Table<Entry> = Table {
    place: "a link",
    keys: &[
        ("a", a),
        ("b", b),
        ("pool", pool),
        ("ring", |tree, entry, problems| pattern(Shape::Ring, tree, entry, problems)),
        ("chain", |tree, entry, problems| pattern(Shape::Chain, tree, entry, problems)),
        ("mesh", |tree, entry, problems| pattern(Shape::Mesh, tree, entry, problems)),
        ("star", |tree, entry, problems| pattern(Shape::Star, tree, entry, problems)),
        ("hub", hub),
        ("impair", |tree, entry, problems| entry.impair = Some(Sides::read(tree, problems))),
    ],
    later: &["kind"],
};

/// An entry of the list in the long form: one link, or a pattern that stands for several.
#[derive(Default)]
struct Entry {
    link: DraftLink,
    pattern: Option<Pattern>,
    hub: Option<At<NodeName>>,
    impair: Option<Sides>,
}

static END: Table<DraftEnd> = Table {
    place: "an end of a link",
    keys: &[
        ("node", node),
        ("ifname", ifname),
        ("addresses", addresses),
        ("mac", mac),
        ("mtu", mtu),
        ("impair", impair::of_end),
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
            let Entry { mut link, pattern, hub, impair } = entry;
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
                return links;
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
            return vec![link];
        }
        _ => problems.add(
            tree.span.clone(),
            format!("a link is a text or a mapping; here is {}", tree.kind()),
            format!("write it as `{}`, or as `{{ a: {{ node: r1 }}, b: {{ node: r2 }} }}`", short::EXAMPLE),
        ),
    }
    Vec::new()
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

fn mac(tree: &Tree<'_>, end: &mut DraftEnd, problems: &mut Problems<'_>) {
    end.mac = tree.text("`mac`", problems).and_then(|text| word(text, &tree.span, problems));
}

fn mtu(tree: &Tree<'_>, end: &mut DraftEnd, problems: &mut Problems<'_>) {
    let Some(text) = tree.text("`mtu`", problems) else { return };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(value @ 68..=65535) if digits => end.mtu = Some(At { value, span: tree.span.clone() }),
        _ => problems.add(tree.span.clone(), format!("`mtu` is {}", quote(text)), "an MTU is 68 to 65535 bytes"),
    }
}

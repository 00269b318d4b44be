//! The key `links`: a list of links, each in the short or the long form.

use super::draft::{At, DraftEnd, DraftLab, DraftLink, address, link_ifname, node_name, word};
use super::keys::Table;
use super::problems::Problems;
use super::short;
use super::tree::{Tree, Value};
use crate::types::quote;

static LINK: Table<DraftLink> = Table {
    place: "a link",
    keys: &[("a", a), ("b", b)],
    later: &["impair", "kind", "ring", "chain", "mesh", "star", "hub", "pool"],
};

static END: Table<DraftEnd> = Table {
    place: "an end of a link",
    keys: &[("node", node), ("ifname", ifname), ("addresses", addresses), ("mac", mac), ("mtu", mtu)],
    later: &["impair"],
};

pub(super) fn links(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    match &tree.value {
        Value::Null => {}
        Value::List(links) => lab.links.extend(links.iter().map(|tree| link(tree, problems))),
        _ => problems.add(
            tree.span.clone(),
            format!("`links` is a list; here is {}", tree.kind()),
            format!("start each link with `- `, as `- {}`", short::EXAMPLE),
        ),
    }
}

fn link(tree: &Tree<'_>, problems: &mut Problems<'_>) -> DraftLink {
    let mut link = DraftLink::default();
    match &tree.value {
        Value::Text(_) => {
            if let Some(text) = tree.text("a link", problems) {
                link = short::link(tree, text, problems);
            }
        }
        Value::Map(entries) => {
            if short_by_mistake(entries, problems) {
                return link;
            }
            if LINK.read(tree, &mut link, problems) {
                for (name, end) in [("a", &link.a), ("b", &link.b)] {
                    let named = entries.iter().any(|(key, _)| matches!(&key.value, Value::Text(key) if key == name));
                    if end.is_none() && !named {
                        let message = format!("the link has no end `{name}`");
                        problems.add(tree.span.clone(), message, "a link has the keys `a` and `b`, each with a `node`");
                    }
                }
            }
        }
        _ => problems.add(
            tree.span.clone(),
            format!("a link is a text or a mapping; here is {}", tree.kind()),
            format!("write it as `{}`, or as `{{ a: {{ node: r1 }}, b: {{ node: r2 }} }}`", short::EXAMPLE),
        ),
    }
    link
}

/// A colon and a space turn the short form into a mapping. Says so, and true, where that has happened.
fn short_by_mistake(entries: &[(Tree<'_>, Tree<'_>)], problems: &mut Problems<'_>) -> bool {
    let [(key, value), ..] = entries else { return false };
    let Value::Text(text) = &key.value else { return false };
    let in_value = matches!(&value.value, Value::Text(value) if value.split_whitespace().any(|word| word == "--"));
    let line = problems.source().get(key.span.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    if let Some((at, message, help)) = short::impairment(line) {
        problems.add(key.span.start + at..key.span.start + line.trim_end().len(), message, help);
    } else if in_value || text.split_whitespace().any(|word| word == "--") {
        let message = format!("`: ` behind {} makes a mapping of this link", quote(text));
        problems.add(key.span.clone(), message, format!("no space behind the colon: `{}`", short::EXAMPLE));
    } else {
        return false;
    }
    true
}

fn a(tree: &Tree<'_>, link: &mut DraftLink, problems: &mut Problems<'_>) {
    link.a = end(tree, problems);
}

fn b(tree: &Tree<'_>, link: &mut DraftLink, problems: &mut Problems<'_>) {
    link.b = end(tree, problems);
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

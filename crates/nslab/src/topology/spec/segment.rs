//! The key `segments`: switches, and who is on them.

use std::net::IpAddr;
use std::ops::Range;

use super::draft::{At, DraftEnd, DraftLab, DraftSegment, HostPart, address, link_ifname, word};
use super::impair::{self, IMPAIRED};
use super::keys::{Table, each_once, key};
use super::problems::Problems;
use super::range::node_names;
use super::schema::{ADDRESS, Schema};
use super::short::{Words, tokens};
use super::tree::{Tree, Value};
use crate::types::{Prefix, quote};

static SEGMENT: Table<DraftSegment> = Table {
    place: "a segment",
    keys: &[
        key(
            "prefix",
            |tree, segment, problems| prefix(tree, &mut segment.prefixes, problems),
            PREFIX,
            "its network, or a list of networks",
        ),
        key("members", members, MEMBERS, "who is on it, each as h1, h[1-3], r1:eth0 .254 or h1 192.0.2.10/24"),
        key("impair", impaired, IMPAIRED, "the impairments of all members that have none of their own"),
    ],
    later: &[],
};

/// What `segments` looks like.
pub(super) const SEGMENTS: &Schema = &Schema::Optional(&Schema::Names(&Schema::Keys("segment", &SEGMENT, &[])));

/// What a `prefix` looks like.
pub(super) const PREFIX: &Schema = &Schema::OneOrMore(ADDRESS);

const MEMBERS: &Schema = &Schema::Optional(&Schema::List(&Schema::Text));

const MEMBER: &str = "write it as `h1`, `h[1-3]`, `r1:eth0 .254` or `h1 192.0.2.10/24`";

pub(super) fn segments(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    let entries = match &tree.value {
        Value::Null => return,
        Value::Map(entries) => entries,
        _ => {
            let message = format!("`segments` is a mapping of names; here is {}", tree.kind());
            return problems.add(tree.span.clone(), message, "write one as `lan: { members: [ h1, h2 ] }`");
        }
    };
    let before = lab.segments.len();
    each_once(entries, problems, |key, name, value, problems| {
        let Some(name) = word(name, &key.span, problems) else { return };
        let mut segment = DraftSegment { name, prefixes: Vec::new(), members: Vec::new(), impair: None };
        SEGMENT.read(value, &mut segment, problems);
        for member in &mut segment.members {
            member.impair = member.impair.take().or_else(|| segment.impair.clone());
        }
        // The same one in a file that is included: its members come first.
        match lab.segments.iter_mut().take(before).find(|there| there.name.value == segment.name.value) {
            Some(there) => {
                there.members.append(&mut segment.members);
                if !segment.prefixes.is_empty() {
                    there.prefixes = segment.prefixes;
                }
            }
            None => lab.segments.push(segment),
        }
    });
}

/// One prefix, or a list: of both families, say.
pub(super) fn prefix(tree: &Tree<'_>, prefixes: &mut Vec<At<Prefix>>, problems: &mut Problems<'_>) {
    let mut one = |tree: &Tree<'_>, problems: &mut Problems<'_>| {
        let text = tree.text("`prefix`", problems);
        let Some(found) = text.and_then(|text| address(text, &tree.span, problems)) else { return };
        if found.value != found.value.network() {
            let message = format!("prefix \"{}\" has bits set behind its length", found.value);
            return problems.add(found.span, message, format!("the network is {}", found.value.network()));
        }
        prefixes.push(found);
    };
    match &tree.value {
        Value::List(list) => list.iter().for_each(|tree| one(tree, problems)),
        _ => one(tree, problems),
    }
}

fn members(tree: &Tree<'_>, segment: &mut DraftSegment, problems: &mut Problems<'_>) {
    if matches!(tree.value, Value::Null) {
        return;
    }
    let Value::List(list) = &tree.value else {
        let message = format!("`members` is a list; here is {}", tree.kind());
        return problems.add(tree.span.clone(), message, "write it as `[ h1, h2 ]`");
    };
    for tree in list {
        let Some(text) = tree.text("a member", problems) else { continue };
        let words = Words { all: tree.span.clone(), letters: tree.letters(problems.source()) };
        let braces = impair::braces(text);
        let tokens: Vec<(usize, &str)> = tokens(text.get(..braces.unwrap_or(text.len())).unwrap_or_default()).collect();
        let Some(((at, first), rest)) = tokens.split_first() else {
            problems.add(tree.span.clone(), "a member without a node", MEMBER);
            continue;
        };
        let (node, ifname) = first.split_once(':').map_or((*first, None), |(node, ifname)| (node, Some(ifname)));
        let names = node_names(node, &words.span(*at, at + node.len()), problems);
        let mut end = DraftEnd::default();
        if let Some(ifname) = ifname {
            let start = at + node.len() + 1;
            end.ifname = link_ifname(ifname, &words.span(start, start + ifname.len()), problems);
        }
        for (at, word) in rest {
            place(word, words.span(*at, at + word.len()), &mut end, problems);
        }
        let tree = braces.and_then(|at| impair::in_text(text, at, &words, problems));
        end.impair = tree.and_then(|tree| impair::one(&tree, problems));
        let placed = end.addresses.first().map(|at| &at.span).or(end.hosts.first().map(|at| &at.span));
        if let Some(span) = placed.filter(|_| names.len() > 1) {
            problems.add(span.clone(), "an address behind a range of nodes", "an address belongs to one node");
            continue;
        }
        segment.members.extend(names.into_iter().map(|name| DraftEnd { node: Some(name), ..end.clone() }));
    }
}

/// The key `impair` of a segment: what all members have that have none of their own.
fn impaired(tree: &Tree<'_>, segment: &mut DraftSegment, problems: &mut Problems<'_>) {
    segment.impair = impair::one(tree, problems);
}

/// An address of a member: whole (`10.0.0.10/24`, `10.0.0.10`), or its host part (`.254`, `::fe`).
fn place(text: &str, span: Range<usize>, end: &mut DraftEnd, problems: &mut Problems<'_>) {
    if text.contains('/') {
        return end.addresses.extend(address(text, &span, problems));
    }
    let host = match (text.strip_prefix('.'), text.parse::<IpAddr>()) {
        (Some(host), _) => host_v4(host),
        (None, Ok(IpAddr::V6(host))) if host.to_bits() >> 64 == 0 => Some(HostPart::V6(host.to_bits())),
        (None, Ok(whole)) => Some(HostPart::Whole(whole)),
        (None, Err(_)) => None,
    };
    match host {
        Some(value) => end.hosts.push(At { value, span }),
        None => problems.add(span, format!("{} is no address and no host part of one", quote(text)), MEMBER),
    }
}

/// `254` or `1.254`: one to four octets.
fn host_v4(text: &str) -> Option<HostPart> {
    let mut bits = 0u32;
    for (at, octet) in text.split('.').enumerate() {
        let plain = !octet.is_empty() && octet.bytes().all(|byte| byte.is_ascii_digit());
        let octet: u8 = octet.parse().ok().filter(|_| plain && at < 4)?;
        bits = bits << 8 | u32::from(octet);
    }
    Some(HostPart::V4(bits))
}

/// The address that a host part gives in a prefix; none where it is of another family or does not fit.
pub(super) fn in_prefix(host: HostPart, prefix: Prefix) -> Option<Prefix> {
    let network = prefix.network();
    let hosts = u32::from(prefix.max_len() - prefix.len());
    let fits = |host: u128| hosts >= 128 || host >> hosts == 0;
    let address = match (host, network.address()) {
        (HostPart::V4(host), IpAddr::V4(net)) if fits(host.into()) => IpAddr::V4((net.to_bits() | host).into()),
        (HostPart::V6(host), IpAddr::V6(net)) if fits(host) => IpAddr::V6((net.to_bits() | host).into()),
        (HostPart::Whole(whole), _) => whole,
        _ => return None,
    };
    let found = Prefix::new(address, prefix.len()).ok()?;
    (found.network() == network).then_some(found)
}

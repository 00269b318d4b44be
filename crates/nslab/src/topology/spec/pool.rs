//! The key `pools`: addresses for links that name none.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::complete::{Ports, ends};
use super::draft::{At, DraftLab, DraftLink};
use super::keys::{each_once, suggest};
use super::problems::Problems;
use super::segment::prefix;
use super::tree::{Tree, Value};
use crate::types::{NodeName, Prefix, quote};

pub(super) fn pools(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    let entries = match &tree.value {
        Value::Null => return,
        Value::Map(entries) => entries,
        _ => {
            let message = format!("`pools` is a mapping of names; here is {}", tree.kind());
            return problems.add(tree.span.clone(), message, "write one as `wan: 10.255.0.0/16`");
        }
    };
    each_once(entries, problems, |key, name, value, problems| {
        let mut prefixes = Vec::new();
        prefix(value, &mut prefixes, problems);
        for At { value, span } in prefixes.iter().filter(|at| at.value.len() == at.value.max_len()) {
            let message = format!("\"{value}\" has no room for the two ends of a link");
            problems.add(span.clone(), message, "a link takes a /31 of IPv4, a /127 of IPv6");
        }
        lab.pools.push((At { value: name.to_owned(), span: key.span.clone() }, prefixes));
    });
}

/// Gives the ends of each link that names a pool and no addresses of a family the pool's next two.
pub(super) fn give_addresses(draft: &mut DraftLab, ports: &Ports, problems: &mut Problems<'_>) {
    let mut taken: HashSet<IpAddr> =
        ends(draft).into_iter().flat_map(|end| &end.addresses).map(|address| address.value.address()).collect();
    let mut next: HashMap<Prefix, u128> = HashMap::new();
    let pools: HashMap<&str, &[At<Prefix>]> =
        draft.pools.iter().map(|(name, prefixes)| (name.value.as_str(), prefixes.as_slice())).collect();
    for link in &mut draft.links {
        let Some(pool) = &link.pool else { continue };
        let Some(prefixes) = pools.get(pool.value.as_str()) else {
            let mut names: Vec<&str> = pools.keys().copied().collect();
            names.sort_unstable();
            let help =
                if names.is_empty() { "`pools` says none".into() } else { format!("there are: {}", names.join(", ")) };
            let help = suggest(&pool.value, names.into_iter(), help, problems);
            problems.add(pool.span.clone(), format!("there is no pool {}", quote(&pool.value)), help);
            continue;
        };
        for ipv6 in [false, true] {
            let mut of_family = prefixes.iter().map(|at| at.value).filter(|prefix| prefix.is_ipv6() == ipv6).peekable();
            if of_family.peek().is_none() || has_family(link, ipv6) {
                continue;
            }
            // The first prefix with room.
            let pair = of_family.find_map(|prefix| next_pair(prefix, next.entry(prefix).or_default(), &taken));
            let Some((a, b)) = pair else {
                let name = |node: Option<&At<NodeName>>| node.map_or("?".into(), |node| node.value.to_string());
                let of = |end: &Option<super::draft::DraftEnd>| name(end.as_ref().and_then(|end| end.node.as_ref()));
                let message =
                    format!("pool \"{}\" has no addresses left for {} -- {}", pool.value, of(&link.a), of(&link.b));
                let span = link.a.as_ref().and_then(|end| end.node.as_ref()).map_or(&pool.span, |node| &node.span);
                return problems.add(span.clone(), message, "give the pool a shorter prefix length");
            };
            let span = pool.span.clone();
            for (end, value) in [(&mut link.a, a), (&mut link.b, b)] {
                taken.insert(value.address());
                if let Some(end) = end.as_mut().filter(|end| !ports.contain(end)) {
                    end.addresses.push(At { value, span: span.clone() });
                }
            }
        }
    }
}

fn has_family(link: &DraftLink, ipv6: bool) -> bool {
    let ends = [&link.a, &link.b].into_iter().flatten();
    ends.flat_map(|end| &end.addresses).any(|address| address.value.is_ipv6() == ipv6)
}

/// The next two addresses of a prefix that nobody has, as a /31 or /127. `from` counts such pairs.
fn next_pair(prefix: Prefix, from: &mut u128, taken: &HashSet<IpAddr>) -> Option<(Prefix, Prefix)> {
    let pairs = 1u128.checked_shl(u32::from(prefix.max_len() - prefix.len()).saturating_sub(1)).unwrap_or(u128::MAX);
    while *from < pairs {
        let offset = *from * 2;
        *from += 1;
        let pair = [address_at(prefix, offset)?, address_at(prefix, offset + 1)?];
        if pair.iter().all(|address| !taken.contains(address)) {
            let [a, b] = pair.map(|address| Prefix::new(address, prefix.max_len() - 1).ok());
            return a.zip(b);
        }
    }
    None
}

fn address_at(prefix: Prefix, offset: u128) -> Option<IpAddr> {
    match prefix.network().address() {
        IpAddr::V4(net) => Some(IpAddr::V4(net.to_bits().checked_add(u32::try_from(offset).ok()?)?.into())),
        IpAddr::V6(net) => Some(IpAddr::V6(net.to_bits().checked_add(offset)?.into())),
    }
}

//! Which route a packet matches, of all that a namespace has: for words, for the kernel decides.

use super::evidence::{Asked, Entry, Rule, Space};
use crate::wire::consts::{
    FR_ACT_GOTO, FR_ACT_NOP, FR_ACT_TO_TBL, RT_TABLE_LOCAL, RT_TABLE_MAIN, RTN_LOCAL, RTN_THROW,
};

/// The table `default`, which is there and empty.
const RT_TABLE_DEFAULT: u32 = 253;

/// What decides about a packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match<'e> {
    /// The rule.
    pub(super) rule: &'e Rule,
    /// The route; none where the rule itself refuses.
    pub(super) entry: Option<&'e Entry>,
}

/// What a packet matches; `None` where nothing does.
pub(super) fn look_up<'e>(space: &'e Space, asked: &Asked) -> Option<Match<'e>> {
    let mut least = 0;
    for rule in space.rules.iter().filter(|rule| rule.ipv6 == asked.to.is_ipv6()) {
        if rule.priority < least || !matches(space, rule, asked) {
            continue;
        }
        match rule.action {
            FR_ACT_TO_TBL => {
                let Some(entry) = in_table(space, rule.table, asked) else { continue };
                let suppressed = rule.suppress.is_some_and(|len| u32::from(entry.to.len()) <= len);
                if entry.kind != RTN_THROW && !suppressed {
                    return Some(Match { rule, entry: Some(entry) });
                }
            }
            FR_ACT_GOTO => least = rule.goto.unwrap_or(0),
            FR_ACT_NOP => {}
            _ => return Some(Match { rule, entry: None }),
        }
    }
    None
}

/// The route of a table that a packet matches: that with the longest prefix, of these that with the lowest metric.
pub(super) fn in_table<'e>(space: &'e Space, table: u32, asked: &Asked) -> Option<&'e Entry> {
    let fits = |entry: &&Entry| {
        let alive = entry.hops.is_empty() || entry.hops.iter().any(|hop| !hop.dead);
        entry.table == table && !entry.special && alive && entry.to.contains(asked.to)
    };
    let all = space.routes.iter().filter(fits);
    all.min_by_key(|entry| (std::cmp::Reverse(entry.to.len()), entry.metric))
}

/// Whether a namespace takes packets to an address for its own.
pub(super) fn is_local(space: &Space, address: std::net::IpAddr) -> bool {
    let is_it = |entry: &Entry| entry.kind == RTN_LOCAL && entry.table == RT_TABLE_LOCAL && entry.to.contains(address);
    space.routes.iter().any(is_it)
}

/// Whether a rule is there from the beginning.
pub(super) fn is_usual(rule: &Rule) -> bool {
    let tables = [RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT];
    rule.action == FR_ACT_TO_TBL && tables.contains(&rule.table)
}

fn matches(space: &Space, rule: &Rule, asked: &Asked) -> bool {
    let within = |ports: Option<(u16, u16)>, port: Option<u16>| {
        ports.is_none_or(|(first, last)| port.is_some_and(|port| (first..=last).contains(&port)))
    };
    let input = asked.input.map_or("lo", |index| space.link_name(index));
    let from = rule.from.is_none_or(|prefix| match asked.from {
        Some(from) => prefix.contains(from),
        None => prefix.len() == 0,
    });
    let all = from
        && rule.to.is_none_or(|prefix| prefix.contains(asked.to))
        && rule.input.as_deref().is_none_or(|name| name == input)
        && rule.protocol.is_none_or(|protocol| protocol == asked.protocol)
        && within(rule.source_ports, asked.ports.map(|(source, _)| source))
        && within(rule.destination_ports, asked.ports.map(|(_, destination)| destination));
    !rule.unusual && all != rule.invert
}

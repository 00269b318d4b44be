//! Routes and rules in the words of `ip`.

use super::evidence::{Entry, Rule, Space};
use crate::wire::consts::{
    FR_ACT_TO_TBL, RT_TABLE_LOCAL, RT_TABLE_MAIN, RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE,
};

/// The word of a route's type, where that is not the usual.
pub(super) fn kind(kind: u8) -> Option<&'static str> {
    match kind {
        RTN_BLACKHOLE => Some("blackhole"),
        RTN_UNREACHABLE => Some("unreachable"),
        RTN_PROHIBIT => Some("prohibit"),
        RTN_THROW => Some("throw"),
        _ => None,
    }
}

/// A route, as `ip route` shows and takes it.
pub(super) fn route(space: &Space, entry: &Entry) -> String {
    let mut words = String::new();
    if let Some(kind) = kind(entry.kind) {
        words.push_str(kind);
        words.push(' ');
    }
    let to = entry.to;
    match to.len() {
        0 => words.push_str("default"),
        len if len == to.max_len() => words.push_str(&to.address().to_string()),
        _ => words.push_str(&to.to_string()),
    }
    // A route that refuses has the loopback interface in IPv6, which nobody says.
    let hops = if kind(entry.kind).is_some() { &[][..] } else { entry.hops.as_slice() };
    for hop in hops {
        if hops.len() > 1 {
            words.push_str(" nexthop");
        }
        hop.via.iter().for_each(|via| words.push_str(&format!(" via {via}")));
        words.push_str(&format!(" dev {}", space.link_name(hop.index)));
    }
    if !matches!(entry.table, RT_TABLE_MAIN | RT_TABLE_LOCAL) {
        words.push_str(&format!(" table {}", entry.table));
    }
    // 1024 is what IPv6 gives of itself.
    if entry.metric != 0 && !(to.is_ipv6() && entry.metric == 1024) && entry.protocol != 2 {
        words.push_str(&format!(" metric {}", entry.metric));
    }
    words
}

/// A rule, as `ip rule delete` takes it.
pub(super) fn rule(rule: &Rule) -> String {
    let mut words = format!("priority {}", rule.priority);
    rule.from.filter(|prefix| prefix.len() > 0).iter().for_each(|from| words.push_str(&format!(" from {from}")));
    rule.to.iter().for_each(|to| words.push_str(&format!(" to {to}")));
    rule.input.iter().for_each(|input| words.push_str(&format!(" iif {input}")));
    if rule.action == FR_ACT_TO_TBL {
        words.push_str(&format!(" table {}", rule.table));
    } else if let Some(kind) = kind(rule.action) {
        words.push_str(&format!(" {kind}"));
    }
    words
}

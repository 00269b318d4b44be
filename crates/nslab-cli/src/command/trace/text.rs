//! A way in words.

use std::net::IpAddr;

use nslab::probe::trace::{Answer, Ended, Says, Trace};
use nslab::probe::{Family, packet};
use nslab::types::strerror;

use super::Report;
use super::nodes::{Nodes, name_of};
use crate::output::{count, table};

/// One hop a line, and how it ends; of that alone if it is to be short.
pub(super) fn of(report: &Report, short: bool) -> String {
    let rows = report.hops.iter().map(|hop| {
        let interface = hop.node.as_ref().zip(hop.ifname.as_ref()).map(|(node, ifname)| format!("{node}:{ifname}"));
        let dash = || String::from("-");
        [
            hop.hop.to_string(),
            interface.unwrap_or_else(dash),
            hop.address.map_or_else(dash, |address| address.to_string()),
            hop.rtt_ms.map_or_else(|| "no answer".into(), |ms| format!("{ms:.3} ms")),
            hop.says.clone().unwrap_or_default(),
        ]
    });
    let mut text = if short { String::new() } else { table(rows) };
    let Report { from, address, .. } = report;
    let to = report.to.as_ref().map_or_else(|| address.to_string(), |node| format!("{node} at {address}"));
    text.push_str(&match &report.reason {
        None => format!("{from} reaches {to}: {}\n", count(report.hops.len(), "hop")),
        Some(reason) => format!("{from} does not reach {to}: {reason}\n"),
    });
    text
}

/// What a hop says, other than that it passes packets on or is the target.
pub(super) fn says(answer: &Answer) -> Option<String> {
    let Says::Refused { kind, code } = answer.says else { return None };
    let words = packet::words(Family::of(answer.from), kind, code);
    Some(words.map_or_else(|| format!("ICMP type {kind} code {code}"), Into::into))
}

/// Why the target is not reached.
pub(super) fn reason(nodes: &Nodes, from: &str, target: IpAddr, way: &Trace) -> Option<String> {
    let last = way.hops.iter().rev().find_map(|hop| hop.answer);
    let called = |address: IpAddr| nodes.owner(address).map_or_else(|| address.to_string(), |owner| owner.node.clone());
    Some(match way.ended {
        Ended::Reached => return None,
        Ended::Unsent { .. } if !nodes.has(from, Family::of(target)) => {
            format!("{from} has no {} address", name_of(Family::of(target)))
        }
        Ended::Unsent { errno } => format!("{from} cannot send: {}", strerror(errno)),
        Ended::NoAnswer => match last {
            None => "no answer at all".into(),
            Some(answer) => format!("no answer behind {}", called(answer.from)),
        },
        Ended::Refused => {
            let words = last.as_ref().and_then(says).unwrap_or_default();
            let by = last.map_or_else(String::new, |answer| called(answer.from));
            if by == from { format!("{words}, says {from} itself") } else { format!("{words}, says {by}") }
        }
        Ended::Loop { first } => {
            let circle = way.hops.iter().skip(usize::from(first).saturating_sub(1));
            let mut names: Vec<String> =
                circle.filter_map(|hop| hop.answer).map(|answer| called(answer.from)).collect();
            // The last is the first again.
            names.pop();
            names.dedup();
            format!("packets go in a circle: {}", names.join(", "))
        }
    })
}

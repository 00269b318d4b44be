//! What a check has found, for programs.

use nslab::lab::{Checked, Knocked, Probed};
use nslab::probe::matrix::{Measured, Outcome};
use nslab::types::Protocol;
use serde::Serialize;

use super::ms;

#[derive(Debug, Serialize)]
pub(super) struct Report<'c> {
    /// None of a whole machine.
    lab: Option<String>,
    good: bool,
    pairs: Vec<Pair<'c>>,
    ports: Vec<Port<'c>>,
}

#[derive(Debug, Serialize)]
struct Pair<'c> {
    from: &'c str,
    to: &'c str,
    /// None where the other node has no address.
    address: Option<String>,
    reached: bool,
    /// What the lab's description expects.
    expected: bool,
    rtt_ms: Option<f64>,
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<Times>,
}

/// What --count asked for.
#[derive(Debug, Serialize)]
struct Times {
    sent: u32,
    received: u32,
    min_ms: Option<f64>,
    avg_ms: Option<f64>,
    max_ms: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Port<'c> {
    from: &'c str,
    to: &'c str,
    port: u16,
    protocol: Protocol,
    address: Option<String>,
    reached: bool,
    expected: bool,
    reason: Option<String>,
}

pub(super) fn report(lab: Option<String>, checked: &Checked) -> Report<'_> {
    let name = |at: usize| checked.members.get(at).map_or("?", |member| member.name.as_str());
    let pair = |probed: &Probed| {
        let (rtt_ms, reason, measured) = match probed.outcome {
            Outcome::Reached { round_trip, measured } => (Some(ms(round_trip)), None, measured.map(times)),
            Outcome::NotReached(reason) => (None, Some(reason.to_string()), None),
        };
        Pair {
            from: name(probed.from),
            to: name(probed.to),
            address: probed.address.map(|address| address.to_string()),
            reached: probed.reached(),
            expected: probed.expected,
            rtt_ms,
            reason,
            measured,
        }
    };
    let port = |knocked: &Knocked| Port {
        from: name(knocked.from),
        to: name(knocked.to),
        port: knocked.service.port,
        protocol: knocked.service.protocol,
        address: knocked.address.map(|address| address.to_string()),
        reached: knocked.reached(),
        expected: knocked.expected,
        reason: (!knocked.reached()).then(|| knocked.knock.to_string()),
    };
    Report {
        lab,
        good: checked.good(),
        pairs: checked.pairs.iter().map(pair).collect(),
        ports: checked.ports.iter().map(port).collect(),
    }
}

fn times(measured: Measured) -> Times {
    let time = |time| (measured.received > 0).then(|| ms(time));
    Times {
        sent: measured.sent,
        received: measured.received,
        min_ms: time(measured.shortest),
        avg_ms: time(measured.average()),
        max_ms: time(measured.longest),
    }
}

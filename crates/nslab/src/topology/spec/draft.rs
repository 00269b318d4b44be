//! What has been read so far, with the place of each word.

use std::net::IpAddr;
use std::ops::Range;
use std::str::FromStr;

use super::device::DraftDevice;
use super::model::{Route, Routing};
use super::problems::Problems;
use super::run::DraftProcess;
use super::tunnel::DraftTunnel;
use crate::error::Error;
use crate::types::{IfName, Impair, LabName, MacAddr, NamePrefix, NodeName, Prefix, Service, quote};

/// A value and the bytes of the source that it comes from.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// From whom, to whom, to which ports of theirs, and whether they must reach.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) from: Vec<At<NodeName>>,
    pub(super) to: Vec<At<NodeName>>,
    /// None: the nodes themselves.
    pub(super) services: Vec<Service>,
    pub(super) reach: bool,
}

#[derive(Debug, Default)]
pub(super) struct DraftLab {
    pub(super) name: Option<LabName>,
    pub(super) prefix: Option<NamePrefix>,
    pub(super) routing: Routing,
    pub(super) nodes: Vec<DraftNode>,
    pub(super) profiles: Vec<(At<String>, Settings)>,
    pub(super) pools: Vec<(At<String>, Vec<At<Prefix>>)>,
    pub(super) segments: Vec<DraftSegment>,
    pub(super) links: Vec<DraftLink>,
    /// The interfaces of `nodes`, once they are given to each.
    pub(super) devices: Vec<DraftDevice>,
    pub(super) expect: Vec<Expectation>,
    pub(super) uplink: Option<DraftUplink>,
}

#[derive(Debug, Default)]
pub(super) struct DraftUplink {
    pub(super) node: Option<At<NodeName>>,
    pub(super) ifname: Option<At<IfName>>,
    pub(super) nat: Option<bool>,
    pub(super) prefixes: Vec<At<Prefix>>,
}

#[derive(Debug)]
pub(super) struct DraftNode {
    pub(super) name: At<NodeName>,
    pub(super) settings: Settings,
}

/// What a node or a profile says.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) forward: Option<bool>,
    /// Paths below /proc/sys, and values.
    pub(super) sysctl: Vec<(At<String>, String)>,
    pub(super) addresses: Vec<(At<IfName>, Vec<At<Prefix>>)>,
    pub(super) routes: Vec<At<Route>>,
    pub(super) interfaces: Vec<DraftDevice>,
    pub(super) env: Vec<(String, String)>,
    pub(super) run: Vec<DraftProcess>,
    pub(super) profiles: Vec<At<String>>,
}

#[derive(Debug)]
pub(super) struct DraftSegment {
    pub(super) name: At<NodeName>,
    pub(super) prefixes: Vec<At<Prefix>>,
    pub(super) members: Vec<DraftEnd>,
    pub(super) impair: Option<At<Impair>>,
}

/// An address on a segment that takes its prefix from there.
#[derive(Debug, Clone, Copy)]
pub(super) enum HostPart {
    /// The last bits of an IPv4 address.
    V4(u32),
    /// The last bits of an IPv6 address.
    V6(u128),
    /// All of it.
    Whole(IpAddr),
}

#[derive(Debug, Default)]
pub(super) struct DraftLink {
    pub(super) a: Option<DraftEnd>,
    pub(super) b: Option<DraftEnd>,
    /// Where its addresses come from, if it names none.
    pub(super) pool: Option<At<String>>,
    /// What it is, if no cable.
    pub(super) tunnel: Option<DraftTunnel>,
}

/// What could not be read is missing here, and has been reported.
#[derive(Debug, Clone, Default)]
pub(super) struct DraftEnd {
    pub(super) node: Option<At<NodeName>>,
    pub(super) ifname: Option<At<IfName>>,
    pub(super) addresses: Vec<At<Prefix>>,
    /// On a segment: addresses that it completes.
    pub(super) hosts: Vec<At<HostPart>>,
    pub(super) mac: Option<At<MacAddr>>,
    pub(super) mtu: Option<At<u32>>,
    /// Of a tunnel: how its name begins where the file gives none.
    pub(super) stem: Option<&'static str>,
    pub(super) impair: Option<At<Impair>>,
}

/// Reads a word as a type that says itself what is wrong with it.
pub(super) fn word<T: FromStr<Err = Error>>(
    text: &str,
    span: &Range<usize>,
    problems: &mut Problems<'_>,
) -> Option<At<T>> {
    // The types quote the whole word in their messages; nobody wants to read that much of one.
    const MOST: usize = 200;
    if text.len() > MOST {
        problems.add(
            span.clone(),
            format!("{} goes on for {} bytes", quote(text), text.len()),
            "check the quotation marks",
        );
        return None;
    }
    match text.parse() {
        Ok(value) => Some(At { value, span: span.clone() }),
        Err(error) => {
            problems.add(span.clone(), error.to_string(), error.help().unwrap_or_default());
            None
        }
    }
}

/// Reads the name of one node.
pub(super) fn node_name(text: &str, span: &Range<usize>, problems: &mut Problems<'_>) -> Option<At<NodeName>> {
    if text.contains('[') && text.ends_with(']') {
        problems.add(
            span.clone(),
            format!("a range of nodes ({}) is no end of a link", quote(text)),
            "a link has two ends; for a switch with many, write a segment",
        );
        return None;
    }
    word(text, span, problems)
}

/// Reads the name of an interface that a link may have.
pub(super) fn link_ifname(text: &str, span: &Range<usize>, problems: &mut Problems<'_>) -> Option<At<IfName>> {
    let name: At<IfName> = word(text, span, problems)?;
    if name.value.as_str() != "lo" {
        return Some(name);
    }
    let why = "is the loopback interface, which every node has and which is no end of a link";
    let help = "leave it out for eth0, eth1, …, or name it otherwise";
    problems.add(span.clone(), format!("interface name {} {why}", quote(text)), help);
    None
}

/// Reads an interface's address, which has a prefix length.
pub(super) fn address(text: &str, span: &Range<usize>, problems: &mut Problems<'_>) -> Option<At<Prefix>> {
    let prefix: At<Prefix> = word(text, span, problems)?;
    if text.contains('/') {
        return Some(prefix);
    }
    let length = if prefix.value.is_ipv6() { 64 } else { 24 };
    problems.add(
        span.clone(),
        format!("address {} has no prefix length", quote(text)),
        format!("say how much of it is the network part, as {text}/{length}"),
    );
    None
}

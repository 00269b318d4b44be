//! The answer for programs. The keys are documented in the command's help; none changes its meaning.

use std::net::IpAddr;

use nslab::types::cidr::{Role, Sharing};
use nslab::types::{AddressKind, Cidr};
use nslab::{Error, ErrorKind};
use serde::Serialize;

use super::Answer;

#[derive(Serialize)]
struct Whole<'a> {
    addresses: Vec<Address<'a>>,
    one_segment: bool,
    segments: &'a [Vec<usize>],
    apart: Option<Vec<Apart>>,
}

#[derive(Serialize)]
struct Address<'a> {
    given: &'a str,
    address: IpAddr,
    prefix_length: u8,
    family: &'static str,
    network: IpAddr,
    netmask: IpAddr,
    network_part: String,
    host_part: String,
    first_host: IpAddr,
    last_host: IpAddr,
    host_count: String,
    broadcast: Option<IpAddr>,
    kind: &'static str,
    kind_source: &'static str,
    role: &'static str,
}

#[derive(Serialize)]
struct Apart {
    a: usize,
    b: usize,
    why: &'static str,
}

pub(super) fn print(answer: &Answer) -> nslab::Result<String> {
    let whole = Whole {
        addresses: answer.given.iter().zip(&answer.all).map(|(given, cidr)| address(given, cidr)).collect(),
        one_segment: answer.one_segment(),
        segments: &answer.segments,
        apart: answer.apart.as_ref().map(|pairs| pairs.iter().map(|(a, b, why)| apart(*a, *b, *why)).collect()),
    };
    let text = serde_json::to_string_pretty(&whole)
        .map_err(|error| Error::new(ErrorKind::Reply, format!("writing JSON: {error}")))?;
    Ok(text + "\n")
}

fn address<'a>(given: &'a str, cidr: &Cidr) -> Address<'a> {
    let prefix = cidr.prefix();
    Address {
        given,
        address: prefix.address(),
        prefix_length: prefix.len(),
        family: if prefix.is_ipv6() { "ipv6" } else { "ipv4" },
        network: cidr.network().address(),
        netmask: cidr.netmask(),
        network_part: cidr.network_part(),
        host_part: cidr.host_part(),
        first_host: cidr.first_host(),
        last_host: cidr.last_host(),
        host_count: cidr.hosts().to_string(),
        broadcast: cidr.broadcast(),
        kind: cidr.kind().name(),
        kind_source: AddressKind::source_of(prefix.address()),
        role: match cidr.role() {
            Role::Host => "host",
            Role::Network => "network",
            Role::Broadcast => "broadcast",
            Role::RouterAnycast => "router-anycast",
        },
    }
}

fn apart(a: usize, b: usize, why: Sharing) -> Apart {
    let why = match why {
        Sharing::Both => "",
        Sharing::Neither => "neither",
        Sharing::OnlyFromFirst => "only-from-a",
        Sharing::OnlyFromSecond => "only-from-b",
        Sharing::Families => "families",
    };
    Apart { a, b, why }
}

//! `nslab cidr`: addresses taken apart, and judged.

mod json;
mod text;

use nslab::types::cidr::{self, Sharing};
use nslab::types::{Cidr, Prefix};

use super::{Ui, Verdict};
use crate::output;

/// Take addresses apart: network, hosts, and who shares a segment
///
/// Each ADDRESS is IPv4 or IPv6 with a prefix length, or IPv4 with a netmask. Without either, it is
/// one address and nothing else (/32, /128). Given several, it is also said which of them are in one
/// segment, that is, reach each other without a router.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: nslab cidr 192.0.2.1/24 192.0.2.2/24", after_long_help = AFTER_LONG_HELP)]
pub(super) struct Args {
    /// 192.0.2.1/24, 192.0.2.1/255.255.255.0, 2001:db8::1/64
    #[arg(required = true, value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const AFTER_LONG_HELP: &str = "\
Examples:
  nslab cidr 192.0.2.1/24
  nslab cidr 192.0.2.1/24 192.0.2.2/24 2001:db8::1/64

Exit status: 0 all in one segment (or one address only); 1 not all in one segment; 2 not an address.

JSON: one object.
  addresses      one object for each ADDRESS, in order:
    given          the word as given
    address        the address; prefix_length, its length
    family         \"ipv4\" or \"ipv6\"
    network        the network's address; netmask, its mask
    network_part, host_part
                   what the length divides the address into; \"\" where there is none
    first_host, last_host, host_count
                   the addresses for hosts; the count is a string, for it goes to 2^128
    broadcast      the broadcast address, or null
    kind           what the address is for, as \"private\"; kind_source, the RFC that says so
    role           \"host\", \"network\", \"broadcast\" or \"router-anycast\"
  one_segment    whether all share one segment
  segments       lists of indexes into addresses: those in one list share a segment
  apart          for up to 10 addresses, each pair that does not share: {a, b, why}; else null.
                 why: \"neither\", \"only-from-a\", \"only-from-b\" or \"families\"";

/// Above this, pairs are too many to read.
const MOST_FOR_PAIRS: usize = 10;

/// What there is to say, for people and for programs.
struct Answer {
    given: Vec<String>,
    all: Vec<Cidr>,
    segments: Vec<Vec<usize>>,
    /// The pairs that do not share a segment; none where they are too many.
    apart: Option<Vec<(usize, usize, Sharing)>>,
}

impl Answer {
    fn of(given: Vec<String>) -> nslab::Result<Self> {
        let prefixes = given.iter().map(|word| cidr::parse(word)).collect::<nslab::Result<Vec<Prefix>>>()?;
        let segments = cidr::segments(&prefixes);
        let apart = (prefixes.len() <= MOST_FOR_PAIRS).then(|| pairs_apart(&prefixes));
        Ok(Self { given, all: prefixes.into_iter().map(Cidr::of).collect(), segments, apart })
    }

    fn one_segment(&self) -> bool {
        self.segments.len() <= 1
    }
}

fn pairs_apart(all: &[Prefix]) -> Vec<(usize, usize, Sharing)> {
    let numbered = || all.iter().enumerate();
    numbered()
        .flat_map(|(a, first)| numbered().skip(a + 1).map(move |(b, second)| (a, b, Sharing::of(*first, *second))))
        .filter(|(_, _, sharing)| *sharing != Sharing::Both)
        .collect()
}

pub(super) fn run(args: &Args, ui: Ui) -> nslab::Result<Verdict> {
    let answer = Answer::of(args.addresses.clone())?;
    let out = if args.json { json::print(&answer)? } else { text::print(&answer, ui) };
    output::answer(&out)?;
    Ok(if answer.one_segment() { Verdict::Good } else { Verdict::No })
}

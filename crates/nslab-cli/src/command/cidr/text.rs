//! The answer for people: 80 columns, plain; colour adds nothing that the text does not say.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use nslab::types::cidr::{Role, Sharing};
use nslab::types::{AddressKind, Cidr};

use super::{Answer, Ui};

const NETWORK: Style = AnsiColor::Cyan.on_default();
const HOST: Style = AnsiColor::Yellow.on_default();
const BOLD: Style = Style::new().bold();
const WIDTH: usize = 80;
/// Where the values start: behind the longest label.
const INDENT: usize = 16;

pub(super) fn print(answer: &Answer, ui: Ui) -> String {
    let mut out = String::new();
    // Only the judgement was asked for, where there is one.
    if !ui.quiet || answer.all.len() < 2 {
        for (at, (given, cidr)) in answer.given.iter().zip(&answer.all).enumerate() {
            if at > 0 {
                out.push('\n');
            }
            one(&mut out, given, cidr);
        }
        if answer.all.len() > 1 {
            out.push('\n');
        }
    }
    if answer.all.len() > 1 {
        judge(&mut out, answer);
    }
    out
}

fn one(out: &mut String, given: &str, cidr: &Cidr) {
    let prefix = cidr.prefix();
    let (network, host) = cidr.split();
    let boundary = if network.is_empty() || host.is_empty() { "" } else { " | " };
    let _ = writeln!(out, "{BOLD}{prefix}{BOLD:#}");
    line(out, "split", &format!("{NETWORK}{network}{NETWORK:#}{boundary}{HOST}{host}{HOST:#}"));
    line(out, "network part", &part(&cidr.network_part(), prefix.len(), NETWORK));
    line(out, "host part", &part(&cidr.host_part(), cidr.host_bits(), HOST));
    line(out, "network", &cidr.network().to_string());
    line(out, "netmask", &cidr.netmask().to_string());
    line(out, "first host", &cidr.first_host().to_string());
    line(out, "last host", &cidr.last_host().to_string());
    line(out, "hosts", &cidr.hosts().to_string());
    if let Some(broadcast) = cidr.broadcast() {
        line(out, "broadcast", &broadcast.to_string());
    }
    line(out, "kind", &format!("{} ({})", cidr.kind().name(), AddressKind::source_of(prefix.address())));
    for note in notes(given, cidr) {
        line(out, "note", &wrap(&note, INDENT));
    }
}

fn line(out: &mut String, label: &str, value: &str) {
    let _ = writeln!(out, "  {label:<14}{value}");
}

fn part(text: &str, bits: u8, style: Style) -> String {
    match bits {
        0 => "none (0 bits)".into(),
        1 => format!("{style}{text}{style:#} (1 bit)"),
        _ => format!("{style}{text}{style:#} ({bits} bits)"),
    }
}

fn notes(given: &str, cidr: &Cidr) -> Vec<String> {
    let prefix = cidr.prefix();
    let mut notes = Vec::new();
    if !given.contains('/') {
        notes.push(format!("no length was given, so this is one address: /{}", prefix.max_len()));
    } else if cidr.host_bits() == 1 && !prefix.is_ipv6() {
        notes.push("a /31 has two hosts, and neither network nor broadcast address (RFC 3021)".into());
    }
    match cidr.role() {
        Role::Host => {}
        Role::Network => notes.push("this is the address of the network itself; no host can have it".into()),
        Role::Broadcast => notes.push("this is the broadcast address of its network; no host can have it".into()),
        Role::RouterAnycast => {
            notes.push("any router of this network answers to this address; no host should have it (RFC 4291)".into());
        }
    }
    if !cidr.kind().is_for_an_interface() && cidr.role() != Role::Broadcast {
        notes.push(format!("another host cannot be reached by this address: it is {}", cidr.kind().name()));
    }
    notes
}

fn judge(out: &mut String, answer: &Answer) {
    if let [all] = answer.segments.as_slice() {
        let who = if all.len() == 2 { "Both".into() } else { format!("All {}", all.len()) };
        let _ = writeln!(out, "{BOLD}{who} share one segment{BOLD:#}");
    } else {
        let _ = writeln!(out, "{BOLD}{} segments{BOLD:#}", answer.segments.len());
    }
    for (number, members) in answer.segments.iter().enumerate() {
        let members: Vec<&Cidr> = members.iter().filter_map(|at| answer.all.get(*at)).collect();
        let Some(first) = members.first() else { continue };
        let same = members.iter().all(|member| member.network() == first.network());
        let network = if same { first.network().to_string() } else { "lengths differ".into() };
        let names: Vec<String> = members.iter().map(|member| member.prefix().to_string()).collect();
        let text = format!("{}. {network}: {}", number + 1, names.join(", "));
        let _ = writeln!(out, "  {}", wrap(&text, 5));
    }
    for (a, b, why) in answer.apart.iter().flatten() {
        if let (Some(a), Some(b)) = (answer.all.get(*a), answer.all.get(*b)) {
            let _ = writeln!(out, "\n{}", wrap(&sentence(a, b, *why), 0));
        }
    }
    if answer.apart.is_some() {
        for address in twice(answer) {
            let _ = writeln!(out, "\n{}", wrap(&address, 0));
        }
    }
}

fn sentence(a: &Cidr, b: &Cidr, why: Sharing) -> String {
    let (x, y) = (a.prefix(), b.prefix());
    let half = |wide: &Cidr, narrow: &Cidr| {
        format!(
            "{x} and {y} half work, which is a mistake: {} is in {}, but {} is not in {}. {} sends directly, the \
             answers go to a router. Give both the same prefix length.",
            narrow.prefix().address(),
            wide.network(),
            wide.prefix().address(),
            narrow.network(),
            wide.prefix().address(),
        )
    };
    match why {
        Sharing::Both => format!("{x} and {y} share a segment."),
        Sharing::Neither => format!(
            "{x} and {y} do not share a segment: one is in {}, the other in {}. They need a router.",
            a.network(),
            b.network()
        ),
        Sharing::OnlyFromFirst => half(a, b),
        Sharing::OnlyFromSecond => half(b, a),
        Sharing::Families => format!("{x} and {y} do not share a segment: one is IPv4, the other IPv6."),
    }
}

fn twice(answer: &Answer) -> Vec<String> {
    let mut seen = std::collections::BTreeMap::new();
    for cidr in &answer.all {
        *seen.entry(cidr.prefix().address()).or_insert(0_usize) += 1;
    }
    let twice = seen.into_iter().filter(|(_, times)| *times > 1);
    twice
        .map(|(address, _)| format!("{address} was given more than once: one host on a segment can have it."))
        .collect()
}

/// Breaks text at spaces so that it fits when it starts at column `indent`, as do the lines that follow.
fn wrap(text: &str, indent: usize) -> String {
    let (mut out, mut column) = (String::new(), indent);
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            let _ = write!(out, "\n{:indent$}", "");
            column = indent;
        } else if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

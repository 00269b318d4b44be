//! How a neighbour is printed.

use nslab::ops::neighbour::Neighbour;
use nslab::wire::consts::{AF_INET, AF_INET6, NTF_EXT_LEARNED, NTF_EXT_MANAGED, NTF_OFFLOADED, NTF_PROXY, NTF_ROUTER};

use super::state;
use crate::applet::ip::names::Name;
use crate::applet::ip::print::{Color, Printer};
use crate::applet::ip::session::Session;

/// The kernel's clock ticks in a second, as it tells of them (`USER_HZ`).
const HZ: u32 = 100;

/// Prints a neighbour, with its link unless all are of one.
pub(super) fn neighbour(session: &mut Session, seen: &Neighbour<'_>, with_dev: bool) {
    let brief = session.options.brief;
    session.print.begin_object(None);
    if let Some(destination) = seen.destination() {
        let color = match seen.family() {
            AF_INET => Some(Color::Inet),
            AF_INET6 => Some(Color::Inet6),
            _ => None,
        };
        let text = session.host(destination);
        session.print.colored(color, "dst", if brief { "{:40}" } else { "{} " }, text);
    }
    if with_dev && seen.index() != 0 {
        let index = seen.index();
        let name = session.known(index).map_or_else(|| format!("if{index}").into_bytes(), |known| known.name);
        if !brief {
            session.print.text("dev ");
        }
        session.print.colored(Color::IfName, "dev", if brief { "{:16} " } else { "{} " }, name);
    }
    let print = &mut session.print;
    if let Some(hardware) = seen.hardware() {
        let pairs: Vec<String> = hardware.iter().map(|byte| format!("{byte:02x}")).collect();
        if !brief {
            print.text("lladdr ");
        }
        print.colored(Color::Mac, "lladdr", if brief { "{}" } else { "{} " }, pairs.join(":"));
    }
    if !brief {
        flags(print, seen);
        if session.options.statistics > 0 {
            statistics(print, seen);
        }
        if seen.state() != 0 {
            print.begin_array("state");
            for word in state::words(seen.state()) {
                print.string(None, "{} ", word);
            }
            print.end_array();
        }
        if let Some(protocol) = seen.protocol() {
            let name = session.names.name(Name::Protocol, protocol.into());
            session.print.string("protocol", "proto {} ", name);
        }
    }
    let print = &mut session.print;
    print.text("\n");
    print.end_object();
    print.flush_some();
}

fn flags(print: &mut Printer, seen: &Neighbour<'_>) {
    let flags = seen.flags();
    for (set, key, text) in [
        (flags & NTF_ROUTER != 0, "router", "router "),
        (flags & NTF_PROXY != 0, "proxy", "proxy "),
        (seen.more_flags() & NTF_EXT_MANAGED != 0, "managed", "managed "),
        (flags & NTF_EXT_LEARNED != 0, "extern_learn", "extern_learn "),
        (flags & NTF_OFFLOADED != 0, "offload", "offload "),
    ] {
        if set {
            print.null(key, text);
        }
    }
}

/// Times in seconds.
fn statistics(print: &mut Printer, seen: &Neighbour<'_>) {
    if let Some(info) = seen.cache_info() {
        if info.references != 0 {
            print.number("refcnt", " ref {}", info.references);
        }
        print.number("used", " used {}", info.used / HZ);
        print.number("confirmed", "/{}", info.confirmed / HZ);
        print.number("updated", "/{}", info.updated / HZ);
    }
    if let Some(probes) = seen.probes() {
        print.number("probes", "probes {} ", probes);
    }
}

//! Who asks for multicast listeners on a bridge's network (`IFLA_BR_MCAST_QUERIER_STATE`, `linux/if_bridge.h`).

use nslab::wire::consts::kinds::{
    BRIDGE_QUERIER_IP_ADDRESS, BRIDGE_QUERIER_IP_OTHER_TIMER, BRIDGE_QUERIER_IP_PORT, BRIDGE_QUERIER_IPV6_ADDRESS,
    BRIDGE_QUERIER_IPV6_OTHER_TIMER, BRIDGE_QUERIER_IPV6_PORT,
};
use nslab::wire::{Attribute, Table};

use super::fields::{Field, ip_address};
use crate::applet::ip::print::Color;
use crate::applet::ip::session::Session;

/// What is said of the querier of one family.
struct Shown {
    object: &'static str,
    color: Color,
    address: (u16, &'static str),
    port: (u16, &'static str, &'static str),
    timer: (u16, &'static str, &'static str),
}

const FAMILIES: [Shown; 2] = [
    Shown {
        object: "mcast_querier_state_ipv4",
        color: Color::Inet,
        address: (BRIDGE_QUERIER_IP_ADDRESS, "mcast_querier_ipv4_addr"),
        port: (BRIDGE_QUERIER_IP_PORT, "mcast_querier_ipv4_port", "mcast_querier_ipv4_port {} "),
        timer: (BRIDGE_QUERIER_IP_OTHER_TIMER, "mcast_querier_ipv4_other_timer", "mcast_querier_ipv4_other_timer {} "),
    },
    Shown {
        object: "mcast_querier_state_ipv6",
        color: Color::Inet6,
        address: (BRIDGE_QUERIER_IPV6_ADDRESS, "mcast_querier_ipv6_addr"),
        port: (BRIDGE_QUERIER_IPV6_PORT, "mcast_querier_ipv6_port", "mcast_querier_ipv6_port {} "),
        timer: (
            BRIDGE_QUERIER_IPV6_OTHER_TIMER,
            "mcast_querier_ipv6_other_timer",
            "mcast_querier_ipv6_other_timer {} ",
        ),
    },
];

pub(super) fn show(session: &mut Session, _: &Field, attribute: Attribute<'_>) {
    let Ok(state) = Table::<{ BRIDGE_QUERIER_IPV6_OTHER_TIMER as usize + 1 }>::parse(attribute.payload) else { return };
    let print = &mut session.print;
    for family in FAMILIES {
        let (kind, key) = family.address;
        let Some(address) = state.get(kind).and_then(ip_address) else { continue };
        print.begin_object(family.object);
        print.text(key);
        print.text(" ");
        print.colored(family.color, key, "{} ", address.to_string());
        let (kind, key, format) = family.port;
        if let Some(port) = state.get(kind).and_then(|a| a.u32()) {
            print.number(key, format, port);
        }
        let (kind, key, format) = family.timer;
        if let Some(timer) = state.get(kind).and_then(|a| a.u64()) {
            print.string(key, format, time(timer));
        }
        print.end_object();
    }
}

/// A time as `ip` shows it: it takes for nanoseconds what the kernel counts in hundredths of a second.
fn time(count: u64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    match units.iter().find(|(size, _)| count >= *size) {
        Some((size, unit)) => format!("{}{unit}", three_digits(count, *size)),
        None => format!("{count}ns"),
    }
}

/// A quotient with three significant digits, without zeros at its end, as C's `%.3g` has it below 1000.
fn three_digits(count: u64, size: u64) -> String {
    let value = count as f64 / size as f64;
    let places = match value {
        ..9.995 => 2,
        9.995..99.95 => 1,
        99.95..999.5 => 0,
        _ => return format!("{:.2e}", value).replace('e', "e+0").replace(".00", ""),
    };
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        let shown: Vec<String> =
            [0, 999, 1000, 1500, 25_443, 254_430, 999_700, 12_345_678, 5_000_000_000].map(time).into();
        assert_eq!(shown, ["0ns", "999ns", "1us", "1.5us", "25.4us", "254us", "1e+03us", "12.3ms", "5s"]);
    }
}

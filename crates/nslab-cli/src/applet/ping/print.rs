//! The lines that ping prints, from what the library tells; nothing here does I/O.

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::time::Duration;

use nslab::probe::Family;
use nslab::probe::engine::{ReplyEvent, Statistics, TIMED_LEN, WrongByte};
use nslab::probe::packet::{Notice, v4, v6};

/// Bytes of data in one line of a dump.
const DUMPED: usize = 32;

/// How a reply is shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Style {
    /// With all three digits behind the point.
    pub(super) precise: bool,
    /// With a bell.
    pub(super) audible: bool,
    /// With the session's identifier.
    pub(super) identifier: Option<u16>,
    /// Without the mark of duplicates, as several may well answer.
    pub(super) many_answer: bool,
}

/// A reply, with its sender as it is to be called.
pub(super) fn reply(reply: &ReplyEvent<'_>, sender: &str, style: Style) -> String {
    let mut line = format!("{} bytes from {sender}: icmp_seq={}", reply.len, reply.seq);
    if let Some(identifier) = style.identifier {
        let _ = write!(line, " ident={identifier}");
    }
    let _ = write!(line, " ttl={}", reply.ttl);
    if reply.truncated {
        line.push_str(" (truncated)\n");
        return line;
    }
    if let Some(time) = reply.round_trip {
        line.push_str(" time=");
        line.push_str(&if style.precise { precise(time) } else { rounded(time) });
        line.push_str(" ms");
    }
    for (is, mark) in [
        (reply.duplicate && !style.many_answer, " (DUP!)"),
        (reply.corrupted, " (BAD CHECKSUM!)"),
        (reply.other_address, " (DIFFERENT ADDRESS!)"),
    ] {
        line.push_str(if is { mark } else { "" });
    }
    if let Some(wrong) = reply.wrong_byte {
        dump(&mut line, wrong, reply.data);
    }
    line.push_str(if style.audible { "\x07\n" } else { "\n" });
    line
}

fn dump(text: &mut String, wrong: WrongByte, data: &[u8]) {
    let WrongByte { at, sent, got } = wrong;
    let _ = write!(text, "\nwrong data byte #{at} should be 0x{sent:x} but was 0x{got:x}");
    let lines = data.get(TIMED_LEN..).unwrap_or_default().chunks(DUMPED);
    for (number, bytes) in lines.enumerate() {
        let _ = write!(text, "\n#{}\t", TIMED_LEN + number * DUMPED);
        for byte in bytes {
            let _ = write!(text, "{byte:x} ");
        }
    }
}

/// Milliseconds with about three digits that say something.
fn rounded(time: Duration) -> String {
    let us = time.as_micros();
    let fixed = |unit: u128, digits: usize| {
        let rounded = (us + unit / 2) / unit;
        let scale = 1000 / unit;
        format!("{}.{:0digits$}", rounded / scale, rounded % scale)
    };
    match us {
        0..1_000 => fixed(1, 3),
        1_000..9_995 => fixed(10, 2),
        9_995..99_950 => fixed(100, 1),
        _ => ((us + 500) / 1000).to_string(),
    }
}

/// Milliseconds to the microsecond.
fn precise(time: Duration) -> String {
    let us = time.as_micros();
    format!("{}.{:03}", us / 1000, us % 1000)
}

/// What a router, or the own kernel, says of a request. What came as an error has no colon behind the
/// sender, what is merely advice has.
pub(super) fn notice(notice: &Notice, sender: &str, error: bool) -> String {
    let colon = if error { "" } else { ":" };
    let meaning = match Family::of(notice.destination) {
        Family::V4 => meaning_v4(notice),
        Family::V6 => meaning_v6(notice),
    };
    format!("From {sender}{colon} icmp_seq={} {meaning}\n", notice.seq)
}

fn meaning_v6(notice: &Notice) -> String {
    const UNREACHABLE: [&str; 7] = [
        "No route",
        "Administratively prohibited",
        "Beyond scope of source address",
        "Address unreachable",
        "Port unreachable",
        "Source address failed ingress/egress policy",
        "Reject route to destination",
    ];
    let (code, rest) = (notice.code, notice.rest);
    match notice.kind {
        v6::UNREACHABLE => match UNREACHABLE.get(usize::from(code)) {
            Some(text) => format!("Destination unreachable: {text}"),
            None => format!("Destination unreachable: Unknown code {code}"),
        },
        v6::TOO_BIG if code == 0 => format!("Packet too big: mtu={rest}"),
        v6::TOO_BIG => format!("Packet too big: mtu={rest}, code={code}"),
        v6::TIME_EXCEEDED => match code {
            0 => "Time exceeded: Hop limit".into(),
            1 => "Time exceeded: Defragmentation failure".into(),
            _ => format!("Time exceeded: code {code}"),
        },
        v6::PARAMETER_PROBLEM => {
            let what = match code {
                0 => "Wrong header field".into(),
                1 => "Unknown header".into(),
                2 => "Unknown option".into(),
                _ => format!("code {code}"),
            };
            format!("Parameter problem: {what} at {rest}")
        }
        kind => format!("unknown icmp type: {kind}"),
    }
}

fn meaning_v4(notice: &Notice) -> String {
    const UNREACHABLE: [&str; 16] = [
        "Destination Net Unreachable",
        "Destination Host Unreachable",
        "Destination Protocol Unreachable",
        "Destination Port Unreachable",
        "Frag needed and DF set",
        "Source Route Failed",
        "Destination Net Unknown",
        "Destination Host Unknown",
        "Source Host Isolated",
        "Destination Net Prohibited",
        "Destination Host Prohibited",
        "Destination Net Unreachable for Type of Service",
        "Destination Host Unreachable for Type of Service",
        "Packet filtered",
        "Precedence Violation",
        "Precedence Cutoff",
    ];
    let code = notice.code;
    match notice.kind {
        // The lower half is the next hop's MTU (RFC 1191).
        v4::UNREACHABLE if code == 4 => format!("Frag needed and DF set (mtu = {})", notice.rest & 0xffff),
        v4::UNREACHABLE => match UNREACHABLE.get(usize::from(code)) {
            Some(text) => (*text).into(),
            None => format!("Dest Unreachable, Bad Code: {code}"),
        },
        v4::SOURCE_QUENCH => "Source Quench".into(),
        v4::REDIRECT => {
            let what = match code {
                0 => "Redirect Network".into(),
                1 => "Redirect Host".into(),
                2 => "Redirect Type of Service and Network".into(),
                3 => "Redirect Type of Service and Host".into(),
                _ => format!("Redirect, Bad Code: {code}"),
            };
            format!("{what}(New nexthop: {})", Ipv4Addr::from(notice.rest))
        }
        v4::TIME_EXCEEDED => match code {
            0 => "Time to live exceeded".into(),
            1 => "Frag reassembly time exceeded".into(),
            _ => format!("Time exceeded, Bad Code: {code}"),
        },
        v4::PARAMETER_PROBLEM => format!("Parameter problem: pointer = {}", notice.rest >> 24),
        kind => format!("Bad ICMP type: {kind}"),
    }
}

/// The first line. Behind the address come an IPv6 flow label and what it is sent from, where they were chosen.
pub(super) fn beginning(
    name: &str,
    target: &str,
    family: Family,
    flow: Option<u32>,
    from: Option<(&str, &str)>,
    size: usize,
) -> String {
    let mut line = format!("PING {name} ({target}) ");
    if let Some(label) = flow {
        let _ = write!(line, ", flow 0x{label:05x}, ");
    }
    if let Some((source, interface)) = from {
        let _ = write!(line, "from {source} {interface}: ");
    }
    line.push_str(&match family {
        // Headers of ICMP and of IP without options.
        Family::V4 => format!("{size}({}) bytes of data.\n", size + 8 + 20),
        Family::V6 => format!("{size} data bytes\n"),
    });
    line
}

/// The last lines.
/// The time between requests is told where it is not that of the user.
pub(super) fn statistics(name: &str, statistics: &Statistics, gaps: bool) -> String {
    let mut text = format!(
        "\n--- {name} ping statistics ---\n{} packets transmitted, {} received, ",
        statistics.transmitted, statistics.received
    );
    for (count, what) in
        [(statistics.duplicates, "duplicates"), (statistics.corrupted, "corrupted"), (statistics.errors, "errors")]
    {
        if count > 0 {
            let _ = write!(text, "+{count} {what}, ");
        }
    }
    if let Some(loss) = statistics.loss_percent() {
        let _ = write!(text, "{}% packet loss, time {}ms", general(loss), statistics.elapsed.as_millis());
    }
    text.push('\n');
    let mut parts = Vec::new();
    let times = statistics.round_trips().filter(|_| statistics.received > 0);
    if let Some(times) = times {
        let [min, avg, max, mdev] = [times.min, times.avg, times.max, times.mdev].map(precise);
        parts.push(format!("rtt min/avg/max/mdev = {min}/{avg}/{max}/{mdev} ms"));
    }
    if statistics.pipe > 1 {
        parts.push(format!("pipe {}", statistics.pipe));
    }
    if gaps
        && statistics.received > 0
        && let Some(gap) = statistics.gap()
    {
        let average = statistics.round_trips().map_or(Duration::ZERO, |times| times.ewma);
        parts.push(format!("ipg/ewma {}/{} ms", precise(gap), precise(average)));
    }
    text.push_str(&parts.join(", "));
    text.push('\n');
    text
}

/// How it goes, in one line.
pub(super) fn status(statistics: &Statistics) -> String {
    let mut line = format!("\r{}/{} packets, ", statistics.received, statistics.transmitted);
    if let Some(loss) = statistics.loss_percent() {
        let _ = write!(line, "{loss:.0}% loss");
    }
    if let Some(times) = statistics.round_trips() {
        let [min, avg, ewma, max] = [times.min, times.avg, times.ewma, times.max].map(precise);
        let _ = write!(line, ", min/avg/ewma/max = {min}/{avg}/{ewma}/{max} ms");
    }
    line.push('\n');
    line
}

/// A number as `%g` of printf(3) has it: six digits that count, no zeros at the end.
fn general(value: f64) -> String {
    let text = format!("{value:.5e}");
    let (number, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 {
        return format!("{}e-{:02}", trimmed(number), exponent.abs());
    }
    trimmed(&format!("{value:.*}", usize::try_from(5 - exponent).unwrap_or(0))).into()
}

fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(us: u64) -> Duration {
        Duration::from_micros(us)
    }

    fn sample() -> ReplyEvent<'static> {
        ReplyEvent {
            seq: 3,
            from: [10, 0, 0, 2].into(),
            scope: 0,
            other_address: false,
            ttl: 63,
            len: 64,
            data: &[],
            round_trip: Some(us(56)),
            duplicate: false,
            corrupted: false,
            truncated: false,
            wrong_byte: None,
        }
    }

    #[test]
    fn times_have_three_digits_or_so() {
        for (time, text) in [
            (0, "0.000"),
            (59, "0.059"),
            (999, "0.999"),
            (1_000, "1.00"),
            (5_972, "5.97"),
            (9_994, "9.99"),
            (9_995, "10.0"),
            (56_233, "56.2"),
            (99_949, "99.9"),
            (99_950, "100"),
            (909_864, "910"),
            (1_234_567, "1235"),
        ] {
            assert_eq!(rounded(us(time)), text);
        }
        assert_eq!(precise(us(909_864)), "909.864");
    }

    #[test]
    fn numbers_are_those_of_printf() {
        for (value, text) in [
            (0.0, "0"),
            (100.0, "100"),
            (50.0, "50"),
            (100.0 / 3.0, "33.3333"),
            (200.0 / 3.0, "66.6667"),
            (100.0 / 65_536.0, "0.00152588"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
        ] {
            assert_eq!(general(value), text);
        }
    }

    #[test]
    fn marks_follow_the_time() {
        let odd = ReplyEvent { duplicate: true, corrupted: true, other_address: true, ..sample() };
        assert_eq!(
            reply(&odd, "far (10.0.0.2)", Style::default()),
            "64 bytes from far (10.0.0.2): icmp_seq=3 ttl=63 time=0.056 ms (DUP!) (BAD CHECKSUM!) (DIFFERENT ADDRESS!)\n"
        );
        let short = ReplyEvent { truncated: true, ..sample() };
        assert_eq!(
            reply(&short, "10.0.0.2", Style::default()),
            "64 bytes from 10.0.0.2: icmp_seq=3 ttl=63 (truncated)\n"
        );
    }

    #[test]
    fn styles() {
        let text = |style| reply(&sample(), "r", style);
        let plain = Style::default();
        assert_eq!(
            text(Style { identifier: Some(7), ..plain }),
            "64 bytes from r: icmp_seq=3 ident=7 ttl=63 time=0.056 ms\n"
        );
        assert_eq!(text(Style { audible: true, ..plain }), "64 bytes from r: icmp_seq=3 ttl=63 time=0.056 ms\x07\n");
        let slow = ReplyEvent { round_trip: Some(us(123_456)), duplicate: true, ..sample() };
        let precise = Style { precise: true, many_answer: true, ..plain };
        assert_eq!(reply(&slow, "r", precise), "64 bytes from r: icmp_seq=3 ttl=63 time=123.456 ms\n");
    }

    #[test]
    fn notices_of_ipv6() {
        let destination = "fd00::9".parse().unwrap();
        let text = |kind, code, rest| notice(&Notice { kind, code, rest, destination, id: 1, seq: 4 }, "r", true);
        assert_eq!(text(1, 3, 0), "From r icmp_seq=4 Destination unreachable: Address unreachable\n");
        assert_eq!(text(1, 9, 0), "From r icmp_seq=4 Destination unreachable: Unknown code 9\n");
        assert_eq!(text(2, 0, 1280), "From r icmp_seq=4 Packet too big: mtu=1280\n");
        assert_eq!(text(3, 0, 0), "From r icmp_seq=4 Time exceeded: Hop limit\n");
        assert_eq!(text(4, 1, 6), "From r icmp_seq=4 Parameter problem: Unknown header at 6\n");
    }

    #[test]
    fn changed_data_is_dumped() {
        let data: Vec<u8> = (0..50).collect();
        let wrong_byte = Some(WrongByte { at: 20, sent: 0x14, got: 0x58 });
        let text = reply(&ReplyEvent { data: &data, wrong_byte, ..sample() }, "10.0.0.2", Style::default());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "wrong data byte #20 should be 0x14 but was 0x58");
        assert!(lines[2].starts_with("#16\t10 11 12 ") && lines[2].ends_with(" 2f "), "{:?}", lines[2]);
        assert_eq!(lines[3], "#48\t30 31 ");
    }

    #[test]
    fn notices() {
        let destination = [10, 0, 0, 9].into();
        let sample = Notice { kind: 3, code: 1, rest: 0x0a00_0063, destination, id: 1, seq: 4 };
        let text = |kind, code| notice(&Notice { kind, code, ..sample }, "r", ![4, 5].contains(&kind));
        assert_eq!(text(3, 1), "From r icmp_seq=4 Destination Host Unreachable\n");
        assert_eq!(text(3, 4), "From r icmp_seq=4 Frag needed and DF set (mtu = 99)\n");
        assert_eq!(text(3, 16), "From r icmp_seq=4 Dest Unreachable, Bad Code: 16\n");
        assert_eq!(text(5, 1), "From r: icmp_seq=4 Redirect Host(New nexthop: 10.0.0.99)\n");
        assert_eq!(text(12, 0), "From r icmp_seq=4 Parameter problem: pointer = 10\n");
    }

    #[test]
    fn the_last_lines_without_a_reply_end_with_an_empty_one() {
        let mut counted = Statistics::default();
        (counted.transmitted, counted.errors, counted.pipe) = (1, 1, 1);
        assert_eq!(
            statistics("d", &counted, false),
            "\n--- d ping statistics ---\n1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n\n"
        );
        (counted.transmitted, counted.pipe) = (2, 2);
        assert!(statistics("d", &counted, false).ends_with("ms\npipe 2\n"));
    }
}

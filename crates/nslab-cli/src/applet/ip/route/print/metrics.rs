//! The metrics of a route.

use nslab::ops::route::MetricsReply;
use nslab::wire::consts::{
    RTAX_CC_ALGO, RTAX_FEATURE_ECN, RTAX_FEATURE_TCP_USEC_TS, RTAX_FEATURES, RTAX_HOPLIMIT, RTAX_RTO_MIN, RTAX_RTT,
    RTAX_RTTVAR, RTAX_SLOTS,
};

use crate::applet::ip::print::Printer;

/// By number, from 2.
static NAMES: &[&str] = &[
    "mtu",
    "window",
    "rtt",
    "rttvar",
    "ssthresh",
    "cwnd",
    "advmss",
    "reordering",
    "hoplimit",
    "initcwnd",
    "features",
    "rto_min",
    "initrwnd",
    "quickack",
    "congctl",
    "fastopen_no_cookie",
];

pub(super) fn print(print: &mut Printer, metrics: &MetricsReply<'_>) {
    print.begin_array("metrics");
    print.begin_object(None);
    for (metric, name) in (2..RTAX_SLOTS as u16).zip(NAMES) {
        let locked = metrics.is_locked(metric);
        let congestion = metrics.congestion().filter(|_| metric == RTAX_CC_ALGO);
        let value = metrics.value(metric);
        // A locked metric is shown though it has no value.
        if congestion.is_none() && value.is_none() && !locked {
            continue;
        }
        let value = value.unwrap_or(0);
        // Given as -1, the hop limit is the kernel's default.
        if metric == RTAX_HOPLIMIT && value == u32::MAX {
            continue;
        }
        print.text(name);
        print.text(if locked { " lock " } else { " " });
        match metric {
            RTAX_CC_ALGO => print.string("congestion", "{} ", congestion.unwrap_or_default()),
            RTAX_FEATURES => features(print, value),
            RTAX_RTT => time(print, name, value / 8),
            RTAX_RTTVAR => time(print, name, value / 4),
            RTAX_RTO_MIN => time(print, name, value),
            _ => print.number(*name, "{} ", value),
        }
    }
    print.end_object();
    print.end_array();
}

fn features(print: &mut Printer, mut value: u32) {
    for (bit, name) in [(RTAX_FEATURE_ECN, "ecn"), (RTAX_FEATURE_TCP_USEC_TS, "tcp_usec_ts")] {
        if value & bit != 0 {
            print.null(name, "");
            print.text(name);
            print.text(" ");
        }
        value &= !bit;
    }
    if value != 0 {
        print.number_as("features", "{} ", value, format!("{value:#x}"));
    }
}

/// Milliseconds; from a second on, seconds with six digits, as C's `%g` writes them.
fn time(print: &mut Printer, name: &'static str, ms: u32) {
    let shown = if ms >= 1000 { format!("{}s", seconds(ms)) } else { format!("{ms}ms") };
    print.number_as(name, "{} ", ms, shown);
}

fn seconds(ms: u32) -> String {
    let value = f64::from(ms) / 1000.0;
    let rounded = format!("{value:.5e}");
    let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: usize = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent >= 6 {
        format!("{}e+{exponent:02}", trim(mantissa))
    } else {
        trim(&format!("{value:.*}", 5 - exponent))
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn seconds_have_six_digits() {
        let shown: Vec<String> =
            [1000, 1001, 15432, 1_234_567, 9_999_999, 999_999_992, 1_073_741_823].map(seconds).into();
        assert_eq!(shown, ["1", "1.001", "15.432", "1234.57", "10000", "1e+06", "1.07374e+06"]);
    }
}

//! The metrics of a route: `mtu`, `rtt` and so on.

use nslab::ops::route::Metrics;
use nslab::wire::consts::{
    RTAX_ADVMSS, RTAX_CC_ALGO, RTAX_CWND, RTAX_FASTOPEN_NO_COOKIE, RTAX_FEATURE_ECN, RTAX_FEATURE_TCP_USEC_TS,
    RTAX_FEATURES, RTAX_HOPLIMIT, RTAX_INITCWND, RTAX_INITRWND, RTAX_MTU, RTAX_QUICKACK, RTAX_REORDERING, RTAX_RTO_MIN,
    RTAX_RTT, RTAX_RTTVAR, RTAX_SSTHRESH, RTAX_WINDOW,
};

use crate::applet::ip::fail::Fail;
use crate::applet::ip::words::{Words, matches, u32};

#[derive(Clone, Copy)]
enum Value {
    Number,
    Byte,
    /// 0 or 1.
    Bool,
    /// A time, of which the kernel counts so many parts a millisecond.
    Time(u32),
    Congestion,
    Features,
}

struct Keyword {
    word: &'static str,
    /// Whether a beginning is enough.
    begun: bool,
    /// Its name in messages.
    name: &'static str,
    metric: u16,
    value: Value,
    /// Whether `lock` may come before the value.
    locks: bool,
}

const fn keyword(word: &'static str, begun: bool, metric: u16, value: Value, locks: bool) -> Keyword {
    Keyword { word, begun, name: word, metric, value, locks }
}

/// In the order in which `ip` tries them: `r` is reordering, `c` is cwnd.
static KEYWORDS: &[Keyword] = &[
    keyword("mtu", false, RTAX_MTU, Value::Number, true),
    keyword("hoplimit", false, RTAX_HOPLIMIT, Value::Byte, true),
    Keyword { name: "mss", ..keyword("advmss", false, RTAX_ADVMSS, Value::Number, true) },
    keyword("reordering", true, RTAX_REORDERING, Value::Number, true),
    keyword("rtt", false, RTAX_RTT, Value::Time(8), true),
    keyword("rto_min", false, RTAX_RTO_MIN, Value::Time(1), false),
    keyword("window", true, RTAX_WINDOW, Value::Number, true),
    keyword("cwnd", true, RTAX_CWND, Value::Number, true),
    keyword("initcwnd", true, RTAX_INITCWND, Value::Number, true),
    keyword("initrwnd", true, RTAX_INITRWND, Value::Number, true),
    keyword("features", true, RTAX_FEATURES, Value::Features, false),
    keyword("quickack", true, RTAX_QUICKACK, Value::Bool, false),
    keyword("congctl", true, RTAX_CC_ALGO, Value::Congestion, true),
    keyword("rttvar", true, RTAX_RTTVAR, Value::Time(4), true),
    keyword("ssthresh", true, RTAX_SSTHRESH, Value::Number, true),
    keyword("fastopen_no_cookie", true, RTAX_FASTOPEN_NO_COOKIE, Value::Bool, false),
];

/// Reads a metric, if the word just taken is one.
pub(super) fn parse(word: &[u8], words: &mut Words<'_>, metrics: &mut Metrics) -> Result<bool, Fail> {
    let is = |keyword: &&Keyword| {
        if keyword.begun { matches(word, keyword.word) } else { keyword.word.as_bytes() == word }
    };
    let Some(keyword) = KEYWORDS.iter().find(is) else { return Ok(false) };
    let mut value = words.value()?;
    if keyword.locks && value == b"lock" {
        metrics.lock(keyword.metric);
        value = words.value()?;
    }
    let invalid = || Fail::wrong(value, &format!("\"{}\" value is invalid\n", keyword.name));
    match keyword.value {
        Value::Number => metrics.set(keyword.metric, u32(value).ok_or_else(invalid)?),
        Value::Byte => metrics.set(keyword.metric, u32(value).filter(|n| *n <= 255).ok_or_else(invalid)?),
        Value::Bool => {
            let number = u32(value).ok_or_else(invalid)?;
            if number > 1 {
                return Err(Fail::wrong(value, &format!("\"{}\" value should be 0 or 1\n", keyword.name)));
            }
            metrics.set(keyword.metric, number);
        }
        Value::Time(parts) => {
            let (number, raw) = time(value).ok_or_else(invalid)?;
            metrics.set(keyword.metric, if raw { number } else { number.wrapping_mul(parts) });
            if keyword.metric == RTAX_RTO_MIN {
                metrics.lock(RTAX_RTO_MIN);
            }
        }
        Value::Congestion => metrics.set_congestion(value),
        Value::Features => {
            let feature = match value {
                b"ecn" => RTAX_FEATURE_ECN,
                b"tcp_usec_ts" => RTAX_FEATURE_TCP_USEC_TS,
                _ => return Err(Fail::wrong(value, "\"features\" value not valid\n")),
            };
            metrics.set(RTAX_FEATURES, feature);
        }
    }
    Ok(true)
}

/// A time in milliseconds, rounded up; or a bare number, which the kernel gets as it is.
fn time(word: &[u8]) -> Option<(u32, bool)> {
    let text = std::str::from_utf8(word).ok()?.trim_ascii_start();
    let (number, unit) = if text.contains('.') { fraction(text)? } else { integer(text)? };
    let (number, raw) = match unit.to_ascii_lowercase().as_str() {
        "" => (number, true),
        "s" | "sec" | "secs" => (number * 1000.0, false),
        "ms" | "msec" | "msecs" => (number, false),
        _ => return None,
    };
    // As C converts it: what does not fit is cut off.
    let whole = if number.abs() < 9.2e18 { (number as i64) as u32 } else { 0 };
    Some((if f64::from(whole) < number { whole.wrapping_add(1) } else { whole }, raw))
}

fn fraction(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

/// As strtoul(3) with base 0 reads it: a sign turns it round.
fn integer(text: &str) -> Option<(f64, &str)> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (digits, unit) = digits.split_at_checked(end)?;
    let value = u64::from_str_radix(digits, radix).ok()?;
    let value = if negative { value.wrapping_neg() } else { value };
    Some((value as f64, unit))
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_have_units_or_are_raw() {
        let read = |text: &str| time(text.as_bytes());
        assert_eq!(
            (read("5.1ms"), read("0.1s"), read("5S")),
            (Some((6, false)), Some((100, false)), Some((5000, false)))
        );
        assert_eq!((read("07"), read("0x10"), read("1.5")), (Some((7, true)), Some((16, true)), Some((2, true))));
        assert_eq!((read("1e3"), read("5us"), read(""), read("s")), (None, None, None, None));
    }

    #[test]
    fn what_does_not_fit_is_cut_off_as_in_c() {
        let read = |text: &str| time(text.as_bytes()).map(|(n, _)| n);
        assert_eq!((read("-1"), read("-5ms"), read("4294967296")), (Some(1), Some(1), Some(1)));
        assert_eq!((read("99999999999"), read("4294967295ms")), (Some(1_215_752_192), Some(u32::MAX)));
    }
}

//! Sizes and times, as they are typed.

use std::time::Duration;

/// Bytes: a number, and K, M or G for powers of 1024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let (number, factor) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (text.get(..at), 1 << 10),
        Some((at, 'm' | 'M')) => (text.get(..at), 1 << 20),
        Some((at, 'g' | 'G')) => (text.get(..at), 1 << 30),
        _ => (Some(text), 1),
    };
    let bytes = number.and_then(|number| number.parse::<u64>().ok()).and_then(|number| number.checked_mul(factor));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "not a size: a number, with K, M or G behind it or not".into())
}

/// Seconds, or with m or h minutes or hours.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let (number, factor) = match text.char_indices().last() {
        Some((at, 's')) => (text.get(..at), 1.0),
        Some((at, 'm')) => (text.get(..at), 60.0),
        Some((at, 'h')) => (text.get(..at), 3600.0),
        _ => (Some(text), 1.0),
    };
    let seconds = number.and_then(|number| number.parse::<f64>().ok()).map(|number| number * factor);
    let allowed = seconds.filter(|seconds| (0.1..=31_536_000.0).contains(seconds));
    allowed.map(Duration::from_secs_f64).ok_or_else(|| "not a time from 0.1s to 8760h: a number, and s, m or h".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_strictly() {
        assert_eq!((size("1000"), size("2K"), size("3g")), (Ok(1000), Ok(2048), Ok(3 << 30)));
        assert_eq!((time("90"), time("1.5m")), (Ok(Duration::from_secs(90)), Ok(Duration::from_secs(90))));
        for text in ["", "K", "0", "-1", "1KB", "99999999999999999999", "9999999999999G", "1é"] {
            assert!(size(text).is_err(), "{text}");
        }
        for text in ["", "s", "0", "-1", "nan", "inf", "1e99", "1d", "1é"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}

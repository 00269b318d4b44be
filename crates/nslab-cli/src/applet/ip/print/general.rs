//! Numbers with a point as printf(3) writes them with `%g`.

/// Hundredths, with six digits that count.
pub(in crate::applet::ip) fn general(hundredths: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "six digits count")]
    let value = hundredths as f64 / 100.0;
    let scientific = format!("{value:.5e}");
    let Some((mantissa, Ok(exponent))) = scientific.split_once('e').map(|(m, e)| (m, e.parse::<i32>())) else {
        return scientific;
    };
    match usize::try_from(5 - exponent) {
        Ok(places) => short(&format!("{value:.places$}")).into(),
        Err(_) => format!("{}e+{exponent:02}", short(mantissa)),
    }
}

/// Without zeros at the end, and without a point there.
fn short(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::general;

    #[test]
    fn as_printf_has_it() {
        for (hundredths, text) in [
            (0, "0"),
            (1, "0.01"),
            (10, "0.1"),
            (100, "1"),
            (12_345, "123.45"),
            (6_000, "60"),
            (99_999_900, "999999"),
            (1_234_567, "12345.7"),
            (99_999_949, "999999"),
            (99_999_950, "1e+06"),
            (123_456_700, "1.23457e+06"),
            (858_993_447, "8.58993e+06"),
            (u64::MAX, "1.84467e+17"),
        ] {
            assert_eq!(general(hundredths), text);
        }
    }
}

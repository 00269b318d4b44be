//! Numbers as C's strtol(3) and strtod(3) read them, in the C locale.

/// The value, what is left of the text, and whether it is beyond what the type can hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Read<'a, T> {
    pub(super) value: T,
    pub(super) rest: &'a [u8],
    pub(super) out_of_range: bool,
}

fn skip_space(text: &[u8]) -> &[u8] {
    let space = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    text.get(space..).unwrap_or_default()
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// A decimal integer. `None` where there is none.
pub(super) fn integer(text: &[u8]) -> Option<Read<'_, i64>> {
    let (negative, text) = split_sign(skip_space(text));
    let (number, rest) = text.split_at_checked(digits(text)).filter(|(number, _)| !number.is_empty())?;
    let magnitude = number.iter().try_fold(0_i64, |sum, byte| {
        let digit = i64::from(byte - b'0');
        let sum = sum.checked_mul(10)?;
        if negative { sum.checked_sub(digit) } else { sum.checked_add(digit) }
    });
    let limit = if negative { i64::MIN } else { i64::MAX };
    Some(Read { value: magnitude.unwrap_or(limit), rest, out_of_range: magnitude.is_none() })
}

/// An integer in base 16 if it begins with `0x`, else in base 10, as strtol(3) has it in an `int`. `None` where
/// something is left of the text; of an empty text it is 0.
pub(super) fn int(text: &[u8]) -> Option<i32> {
    let (base, text) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        _ => (10, text),
    };
    if text.is_empty() {
        return Some(0);
    }
    let (negative, digits) = split_sign(skip_space(text));
    let digits = match digits {
        [b'0', b'x' | b'X', rest @ ..] if base == 16 && rest.first().is_some_and(u8::is_ascii_hexdigit) => rest,
        _ => digits,
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_i64;
    for digit in digits {
        let digit = i64::from(char::from(*digit).to_digit(base)?);
        value = value.saturating_mul(base.into()).saturating_add(digit);
    }
    // C takes what fits of it.
    Some(if negative { value.saturating_neg() } else { value } as i32)
}

/// A real number: decimal, or one of the words `inf`, `infinity` and `nan`; without hexadecimal.
/// `None` where there is none.
pub(super) fn real(text: &[u8]) -> Option<Read<'_, f64>> {
    let (negative, text) = split_sign(skip_space(text));
    let signed = |value: f64| if negative { -value } else { value };
    for (word, value) in [(&b"infinity"[..], f64::INFINITY), (b"inf", f64::INFINITY), (b"nan", f64::NAN)] {
        if let Some((start, rest)) = text.split_at_checked(word.len())
            && start.eq_ignore_ascii_case(word)
        {
            return Some(Read { value: signed(value), rest, out_of_range: false });
        }
    }
    let whole = digits(text);
    let fraction = match text.get(whole..) {
        Some([b'.', rest @ ..]) if whole > 0 || digits(rest) > 0 => 1 + digits(rest),
        _ => 0,
    };
    let mantissa = whole + fraction;
    if mantissa == 0 {
        return None;
    }
    let exponent = match text.get(mantissa..) {
        Some([b'e' | b'E', rest @ ..]) => {
            let sign = usize::from(matches!(rest, [b'+' | b'-', ..]));
            let len = digits(rest.get(sign..).unwrap_or_default());
            if len > 0 { 1 + sign + len } else { 0 }
        }
        _ => 0,
    };
    let (number, rest) = text.split_at_checked(mantissa + exponent)?;
    let value: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    let something = number.iter().take(mantissa).any(|byte| (b'1'..=b'9').contains(byte));
    let out_of_range = value.is_infinite() || (something && value == 0.0);
    Some(Read { value: signed(value), rest, out_of_range })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let read = |text: &'static str| integer(text.as_bytes()).map(|read| (read.value, read.rest, read.out_of_range));
        assert_eq!(read(" +3"), Some((3, &b""[..], false)));
        assert_eq!(read("010"), Some((10, &b""[..], false)));
        assert_eq!(read("0x2"), Some((0, &b"x2"[..], false)));
        assert_eq!(read("-9223372036854775808"), Some((i64::MIN, &b""[..], false)));
        assert_eq!(read("9223372036854775808x"), Some((i64::MAX, &b"x"[..], true)));
        assert_eq!((read(""), read("x"), read("- 1")), (None, None, None));
    }

    #[test]
    fn ints() {
        for (text, value) in [
            ("", Some(0)),
            ("0x", Some(0)),
            ("010", Some(10)),
            ("0x10", Some(16)),
            ("0XfF", Some(255)),
            ("-1", Some(-1)),
            ("4294967297", Some(1)),
            ("99999999999999999999", Some(-1)),
            ("12z", None),
            ("z", None),
            ("-", None),
            ("0xg", None),
        ] {
            assert_eq!(int(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn reals() {
        let read = |text: &'static str| real(text.as_bytes()).map(|read| (read.value, read.rest, read.out_of_range));
        assert_eq!(read(" .5"), Some((0.5, &b""[..], false)));
        assert_eq!(read("5."), Some((5.0, &b""[..], false)));
        assert_eq!(read("1,5"), Some((1.0, &b",5"[..], false)));
        assert_eq!(read("1e"), Some((1.0, &b"e"[..], false)));
        assert_eq!(read("-2.5e-1x"), Some((-0.25, &b"x"[..], false)));
        assert_eq!(read("1e400"), Some((f64::INFINITY, &b""[..], true)));
        assert_eq!(read("1e-400"), Some((0.0, &b""[..], true)));
        assert_eq!(read("INF"), Some((f64::INFINITY, &b""[..], false)));
        assert_eq!((read(""), read("."), read("x"), read("e5")), (None, None, None, None));
    }
}

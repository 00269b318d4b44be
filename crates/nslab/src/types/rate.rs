//! How much passes in a second.

use std::fmt;
use std::str::FromStr;

use super::quantity::{Quantity, Unit};
use super::quote;
use crate::error::{Error, Result};

/// A rate of data: a whole number of bytes a second, which is what the kernel counts in, and at least one.
///
/// It is written as tc(8) does: `10mbit`, `1.5gbit`, `100kbit`; with `i` in powers of 1,024 (`1mibit`); with
/// `bps` for `bit`, it is bytes (`500kbps`). Capitals do not matter. A unit must be there, and nothing is
/// rounded: what is no whole number of bytes is refused.
///
/// ```
/// use nslab::types::Rate;
/// let rate: Rate = "1.5mbit".parse().unwrap();
/// assert_eq!((rate.bits(), rate.bytes()), (1_500_000, 187_500));
/// assert_eq!(rate.to_string(), "1500kbit");
/// assert!("12bit".parse::<Rate>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate {
    bytes: u64,
}

/// In bits a second.
const UNITS: &[Unit] = &[
    (&["bit"], 1),
    (&["kbit"], 1_000),
    (&["mbit"], 1_000_000),
    (&["gbit"], 1_000_000_000),
    (&["tbit"], 1_000_000_000_000),
    (&["kibit"], 1 << 10),
    (&["mibit"], 1 << 20),
    (&["gibit"], 1 << 30),
    (&["tibit"], 1 << 40),
    (&["bps"], 8),
    (&["kbps"], 8_000),
    (&["mbps"], 8_000_000),
    (&["gbps"], 8_000_000_000),
    (&["tbps"], 8_000_000_000_000),
    (&["kibps"], 8 << 10),
    (&["mibps"], 8 << 20),
    (&["gibps"], 8 << 30),
    (&["tibps"], 8 << 40),
];

const HELP: &str = "write it as 10mbit: bit, kbit, mbit, gbit or tbit a second, kibit … for powers of 1024, and bps, \
                    kbps, … for bytes";

impl Rate {
    /// The fastest: 2^60 bytes a second.
    pub const MAX: Self = Self { bytes: 1 << 60 };

    /// A rate of so many bytes a second; `None` for 0 and for more than [`MAX`](Self::MAX).
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Option<Self> {
        if bytes == 0 || bytes > Self::MAX.bytes { None } else { Some(Self { bytes }) }
    }

    /// Bytes a second.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.bytes
    }

    /// Bits a second.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.bytes.saturating_mul(8)
    }
}

impl FromStr for Rate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let quantity = Quantity::parse("a rate", text).map_err(|error| error.with_help(HELP))?;
        let fault = |why: String| Error::invalid(format!("a rate of {} {why}", quote(text)));
        let Some(factor) = quantity.factor(UNITS) else {
            let why = match quantity.unit {
                "" => "has no unit".into(),
                unit => format!("has the unit {}, which there is not", quote(unit)),
            };
            return Err(fault(why).with_help(HELP));
        };
        if quantity.is_zero() {
            return Err(
                fault("lets nothing pass".into()).with_help("for a link without traffic, take its loss to 100%")
            );
        }
        let Some(bits) = quantity.times(factor).filter(|bits| bits % 8 == 0) else {
            let near = quantity.scaled(factor, 8).map_or(8, |bytes| bytes.max(1).saturating_mul(8));
            return Err(fault("is no whole number of bytes a second, which is what the kernel counts in".into())
                .with_help(format!("near it is {near}bit")));
        };
        let bytes = u64::try_from(bits / 8).ok().and_then(Self::from_bytes);
        bytes.ok_or_else(|| fault("is too much".into()).with_help("at most 2^60 bytes a second"))
    }
}

/// In the largest unit of bits in which it is a whole number.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from(self.bytes) * 8;
        let units = [("tbit", 1_000_000_000_000), ("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1_000)];
        let (unit, factor) = units.into_iter().find(|(_, factor)| bits % factor == 0).unwrap_or(("bit", 1));
        write!(f, "{}{unit}", bits / factor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_those_of_tc() {
        for (text, bits, shown) in [
            ("10mbit", 10_000_000, "10mbit"),
            ("10Mbit", 10_000_000, "10mbit"),
            ("500kbps", 4_000_000, "4mbit"),
            ("1.5gbit", 1_500_000_000, "1500mbit"),
            ("0.1mbit", 100_000, "100kbit"),
            ("0.001kbps", 8, "8bit"),
            ("1kibit", 1024, "1024bit"),
            ("1mibps", 8 << 20, "8388608bit"),
            ("8bit", 8, "8bit"),
            ("2tbit", 2_000_000_000_000, "2tbit"),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.bits(), rate.to_string().as_str()), (bits, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_says_why() {
        for (text, why) in [
            ("", "does not begin with a number"),
            ("mbit", "does not begin with a number"),
            (".5mbit", "does not begin with a number"),
            ("1..5mbit", "does not begin with a number"),
            ("10", "has no unit"),
            ("10mb", "has the unit \"mb\""),
            ("10 mbit", "has the unit \" mbit\""),
            ("-1mbit", "is negative"),
            ("0mbit", "lets nothing pass"),
            ("0.0gbit", "lets nothing pass"),
            ("12bit", "no whole number of bytes"),
            ("1.0001kbit", "no whole number of bytes"),
            ("99999999999tbit", "is too much"),
            ("999999999999999999999999999999999999999999tbit", "too many digits"),
        ] {
            let error = text.parse::<Rate>().unwrap_err();
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
        assert_eq!("12bit".parse::<Rate>().unwrap_err().help(), Some("near it is 16bit"));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(bytes in 1..=Rate::MAX.bytes) {
            let rate = Rate::from_bytes(bytes).unwrap();
            prop_assert_eq!(rate.to_string().parse::<Rate>().unwrap(), rate);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-0-9.]{0,50}[a-zA-Zß%]{0,6}|.*") {
            let _ = text.parse::<Rate>().map(|rate| rate.to_string());
        }
    }
}

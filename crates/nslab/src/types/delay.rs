//! How long a packet takes.

use std::fmt;
use std::str::FromStr;

use super::quantity::{Quantity, Unit};
use super::quote;
use crate::error::{Error, Result};

/// A time that packets are held back, in whole nanoseconds, from 0 to a day.
///
/// It is written as tc(8) does: `20ms`, `1.5s`, `100us`, `250ns`. A unit must be there but for 0, and nothing is
/// rounded: what is less than a nanosecond is refused.
///
/// ```
/// use nslab::types::Delay;
/// let delay: Delay = "1.5ms".parse().unwrap();
/// assert_eq!(delay.nanoseconds(), 1_500_000);
/// assert_eq!(delay.to_string(), "1500us");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Delay {
    nanoseconds: u64,
}

/// In nanoseconds.
const UNITS: &[Unit] = &[
    (&["ns", "nsec", "nsecs"], 1),
    (&["us", "usec", "usecs"], 1_000),
    (&["ms", "msec", "msecs"], 1_000_000),
    (&["s", "sec", "secs"], 1_000_000_000),
];

const HELP: &str = "write it as 20ms, with s, ms, us or ns";

impl Delay {
    /// The longest: a day.
    pub const MAX: Self = Self { nanoseconds: 86_400_000_000_000 };

    /// A delay of so many nanoseconds; `None` above [`MAX`](Self::MAX).
    #[must_use]
    pub const fn from_nanoseconds(nanoseconds: u64) -> Option<Self> {
        if nanoseconds > Self::MAX.nanoseconds { None } else { Some(Self { nanoseconds }) }
    }

    /// Its nanoseconds.
    #[must_use]
    pub const fn nanoseconds(self) -> u64 {
        self.nanoseconds
    }
}

impl FromStr for Delay {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let quantity = Quantity::parse("a time", text).map_err(|error| error.with_help(HELP))?;
        let fault = |why: String| Error::invalid(format!("a time of {} {why}", quote(text)));
        if quantity.unit.is_empty() && quantity.is_zero() {
            return Ok(Self::default());
        }
        let Some(factor) = quantity.factor(UNITS) else {
            let why = match quantity.unit {
                "" => "has no unit".into(),
                unit => format!("has the unit {}, which there is not", quote(unit)),
            };
            return Err(fault(why).with_help(HELP));
        };
        if quantity.exceeds(u128::from(Self::MAX.nanoseconds) / factor) {
            return Err(fault("is too long".into()).with_help("at most a day, 86400s"));
        }
        let exact = quantity.times(factor).and_then(|time| u64::try_from(time).ok());
        let nanoseconds = exact
            .ok_or_else(|| fault("is no whole number of nanoseconds".into()).with_help("the kernel counts no less"))?;
        Ok(Self { nanoseconds })
    }
}

/// In the largest unit in which it is a whole number.
impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)];
        let (unit, factor) =
            units.into_iter().find(|(_, factor)| self.nanoseconds.is_multiple_of(*factor)).unwrap_or(("ns", 1));
        write!(f, "{}{unit}", self.nanoseconds / factor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_those_of_tc() {
        for (text, nanoseconds, shown) in [
            ("20ms", 20_000_000, "20ms"),
            ("1.5s", 1_500_000_000, "1500ms"),
            ("0.25us", 250, "250ns"),
            ("3usecs", 3_000, "3us"),
            ("1sec", 1_000_000_000, "1s"),
            ("2MS", 2_000_000, "2ms"),
            ("0", 0, "0s"),
            ("0ms", 0, "0s"),
            ("86400s", Delay::MAX.nanoseconds, "86400s"),
        ] {
            let delay: Delay = text.parse().unwrap();
            assert_eq!((delay.nanoseconds(), delay.to_string().as_str()), (nanoseconds, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_why() {
        for (text, why) in [
            ("", "does not begin with a number"),
            ("ms", "does not begin with a number"),
            ("20", "has no unit"),
            ("20 ms", "has the unit \" ms\""),
            ("20min", "has the unit \"min\""),
            ("-1ms", "is negative"),
            ("0.5ns", "no whole number of nanoseconds"),
            ("86401s", "is too long"),
        ] {
            let error = text.parse::<Delay>().unwrap_err();
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(nanoseconds in 0..=Delay::MAX.nanoseconds) {
            let delay = Delay::from_nanoseconds(nanoseconds).unwrap();
            prop_assert_eq!(delay.to_string().parse::<Delay>().unwrap(), delay);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-0-9.]{0,50}[a-zA-Zß]{0,6}|.*") {
            let _ = text.parse::<Delay>().map(|delay| delay.to_string());
        }
    }
}

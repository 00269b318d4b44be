//! How likely something is.

use std::fmt;
use std::str::FromStr;

use super::quantity::Quantity;
use super::quote;
use crate::error::{Error, Result};

/// A probability on the kernel's scale: 0 to 2^32 - 1, which is 100 % (`struct tc_netem_qopt`,
/// `linux/pkt_sched.h`).
///
/// It is written with its sign, as `0.1%`, and taken to the nearest step of that scale (some 0.000000023 %), as
/// tc(8) does. What is shown is the shortest number that is taken to the same step.
///
/// ```
/// use nslab::types::Percent;
/// let loss: Percent = "0.1%".parse().unwrap();
/// assert_eq!((loss.scaled(), loss.to_string().as_str()), (4_294_967, "0.1%"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Percent {
    scaled: u32,
}

const HELP: &str = "write it as 0.1%, from 0% to 100%";

impl Percent {
    /// The probability of so many steps.
    #[must_use]
    pub const fn from_scaled(scaled: u32) -> Self {
        Self { scaled }
    }

    /// Its steps on the kernel's scale.
    #[must_use]
    pub const fn scaled(self) -> u32 {
        self.scaled
    }
}

impl FromStr for Percent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let quantity = Quantity::parse("a share", text).map_err(|error| error.with_help(HELP))?;
        let fault = |why: &str| Error::invalid(format!("a share of {} {why}", quote(text))).with_help(HELP);
        if quantity.unit != "%" {
            return Err(fault("does not end with a percent sign"));
        }
        if quantity.exceeds(100) {
            return Err(fault("is more than 100%"));
        }
        let scaled = quantity.scaled(u128::from(u32::MAX), 100).and_then(|scaled| u32::try_from(scaled).ok());
        let scaled = scaled.ok_or_else(|| fault("has too many digits"))?;
        if scaled == 0 && !quantity.is_zero() {
            return Err(fault("is less than the kernel can tell from 0%"));
        }
        Ok(Self { scaled })
    }
}

/// In as few digits as tell it from its neighbours on the scale.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shortest = (0..=9u32).find_map(|decimals| {
            let scale = 10u128.checked_pow(decimals)?;
            let steps = u128::from(self.scaled) * 100 * scale;
            let number = (steps + u128::from(u32::MAX) / 2) / u128::from(u32::MAX);
            let width = usize::try_from(decimals).ok()?;
            let (whole, part) = (number / scale, number % scale);
            let text = if decimals == 0 { format!("{whole}%") } else { format!("{whole}.{part:0width$}%") };
            text.parse().is_ok_and(|read: Self| read == *self).then_some(text)
        });
        f.write_str(&shortest.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_are_taken_to_the_nearest_step() {
        for (text, scaled, shown) in [
            ("0%", 0, "0%"),
            ("0.0%", 0, "0%"),
            ("100%", u32::MAX, "100%"),
            ("100.000%", u32::MAX, "100%"),
            ("50%", 0x8000_0000, "50%"),
            ("0.1%", 4_294_967, "0.1%"),
            ("33.3%", 1_430_224_109, "33.3%"),
            ("0.00000003%", 1, "0.00000002%"),
        ] {
            let share: Percent = text.parse().unwrap();
            assert_eq!((share.scaled(), share.to_string().as_str()), (scaled, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_share_says_why() {
        for (text, why) in [
            ("", "does not begin with a number"),
            ("%", "does not begin with a number"),
            ("1", "does not end with a percent sign"),
            ("1 %", "does not end with a percent sign"),
            ("1%%", "does not end with a percent sign"),
            ("-1%", "is negative"),
            ("100.1%", "is more than 100%"),
            ("1000%", "is more than 100%"),
            ("0.00000001%", "less than the kernel can tell"),
        ] {
            let error = text.parse::<Percent>().unwrap_err();
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(scaled: u32) {
            let share = Percent::from_scaled(scaled);
            prop_assert_eq!(share.to_string().parse::<Percent>().unwrap(), share);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-0-9.]{0,50}%{0,2}|.*") {
            let _ = text.parse::<Percent>().map(|share| share.to_string());
        }
    }
}

//! A number with a unit, as `1.5mbit`, without a rounding in between.

use super::quote;
use crate::error::{Error, Result};

/// A unit by its names, and how much it is in the smallest.
pub(super) type Unit = (&'static [&'static str], u128);

/// A decimal number, `digits / 10^decimals`, and the word behind it.
pub(super) struct Quantity<'t> {
    digits: u128,
    decimals: u32,
    pub(super) unit: &'t str,
}

const MOST_DIGITS: usize = 24;

impl<'t> Quantity<'t> {
    /// Reads digits, with a point in between or not, and what stands behind them. `what` is for messages: "a rate".
    pub(super) fn parse(what: &str, text: &'t str) -> Result<Self> {
        let fault = |why: &str| Error::invalid(format!("{what} of {} {why}", quote(text)));
        if text.starts_with('-') {
            return Err(fault("is negative"));
        }
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || part.is_empty() || part.contains('.') {
            return Err(fault("does not begin with a number"));
        }
        let part = part.trim_end_matches('0');
        // So many that no unit's factor makes them too large.
        let few = whole.trim_start_matches('0').len() + part.len() <= MOST_DIGITS;
        let digits = format!("{whole}{part}").parse().ok().zip(u32::try_from(part.len()).ok()).filter(|_| few);
        let (digits, decimals) = digits.ok_or_else(|| fault("has too many digits"))?;
        Ok(Self { digits, decimals, unit })
    }

    /// The number times a factor; `None` where that is no whole number, or too large.
    pub(super) fn times(&self, factor: u128) -> Option<u128> {
        let scale = 10u128.checked_pow(self.decimals)?;
        let product = self.digits.checked_mul(factor)?;
        (product % scale == 0).then_some(product / scale)
    }

    /// The number times `factor / divisor`, to the nearest whole number, halves upwards.
    pub(super) fn scaled(&self, factor: u128, divisor: u128) -> Option<u128> {
        let scale = 10u128.checked_pow(self.decimals)?.checked_mul(divisor)?;
        self.digits.checked_mul(factor)?.checked_add(scale / 2)?.checked_div(scale)
    }

    /// Whether the number is greater than another.
    pub(super) fn exceeds(&self, number: u128) -> bool {
        let scale = 10u128.checked_pow(self.decimals);
        scale.and_then(|scale| scale.checked_mul(number)).is_some_and(|limit| self.digits > limit)
    }

    /// Whether it is nothing but zeros.
    pub(super) fn is_zero(&self) -> bool {
        self.digits == 0
    }

    /// The factor of its unit, whatever the case of its letters.
    pub(super) fn factor(&self, units: &[Unit]) -> Option<u128> {
        let named = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(self.unit));
        units.iter().find(|(names, _)| named(names)).map(|(_, factor)| *factor)
    }
}

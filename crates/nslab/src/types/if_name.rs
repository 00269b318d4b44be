//! The name of a network interface.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// An interface name that the kernel will take: 1 to 15 bytes, not `.` or `..`, and without `/`, `:`,
/// white space or control characters.
///
/// Source: `dev_valid_name()` and `IFNAMSIZ` (`linux/if.h`). The kernel also refuses `all` and `default`
/// in its sysctl tree for no one but the person who reads it; they are allowed here as there.
///
/// ```
/// use nslab::types::IfName;
/// assert_eq!("eth0".parse::<IfName>().unwrap().as_str(), "eth0");
/// let error = "sixteen-bytes-xx".parse::<IfName>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "interface name \"sixteen-bytes-xx\" is 16 bytes long; at most 15 are allowed"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IfName(String);

impl IfName {
    /// The longest name in bytes: `IFNAMSIZ` less the terminating zero.
    pub const MAX_BYTES: usize = 15;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IfName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: String| Err(Error::invalid(format!("interface name {text:?} {why}")));
        if text.is_empty() {
            return bad("is empty; 1 to 15 bytes are allowed".into());
        }
        if text.len() > Self::MAX_BYTES {
            return bad(format!("is {} bytes long; at most {} are allowed", text.len(), Self::MAX_BYTES));
        }
        if text == "." || text == ".." {
            return bad("is not allowed".into());
        }
        if let Some(c) = text.chars().find(|c| matches!(c, '/' | ':') || c.is_whitespace() || c.is_control()) {
            return bad(format!("contains {c:?}; `/`, `:`, spaces and control characters are not allowed"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_rules_hold() {
        for good in ["lo", "eth0.100", "a", "fifteen-bytes-x", "ünïcode", "-x"] {
            assert!(good.parse::<IfName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a:b", "a b", "a\tb", "a\u{1}", "sixteen-bytes-xx", "ünïcödé-ünïcödé"]
        {
            assert!(bad.parse::<IfName>().is_err(), "{bad}");
        }
    }
}

//! The name of a network interface.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// An interface name that the kernel will take as it stands: 1 to 15 bytes, not `.` or `..`, without `/`,
/// `:`, `%`, white space or control characters, and not `all` or `default`.
///
/// Source: `dev_valid_name()` and `IFNAMSIZ` (`linux/if.h`), and trying every byte. The kernel looks for
/// white space byte by byte, so it refuses letters with the byte 0xA0 in them, as `à`. It takes `%d` for
/// a place to put a number in, and no other `%`. `all` and `default` are its own names among the
/// settings of interfaces (`net.ipv4.conf`), so it refuses them with `EINVAL`. It would take control
/// characters.
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
        match text {
            "." | ".." => return bad("is not allowed".into()),
            "all" | "default" => return bad("is one that the kernel keeps for itself".into()),
            _ => {}
        }
        if let Some(c) = text.chars().find(|c| matches!(c, '/' | ':' | '%') || c.is_whitespace() || c.is_control()) {
            return bad(format!("contains {c:?}; `/`, `:`, `%`, spaces and control characters are not allowed"));
        }
        if let Some(c) = text.chars().find(|c| c.encode_utf8(&mut [0; 4]).as_bytes().contains(&0xa0)) {
            return bad(format!("contains {c:?}, a part of which the kernel takes for a space"));
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
        for bad in ["all", "default", "eth%d", "100%", "voilà", "a\u{a0}b", "a\u{2003}b"] {
            assert!(bad.parse::<IfName>().is_err(), "{bad}");
        }
        for good in ["All", "all0", "defaults", "voilá"] {
            assert!(good.parse::<IfName>().is_ok(), "{good}");
        }
    }
}

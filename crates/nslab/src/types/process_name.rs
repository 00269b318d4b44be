//! The name of a process of a lab, which is the name of its log.

use std::fmt;
use std::str::FromStr;

use super::check_netns_name;
use crate::error::{Error, Result};

/// The name of a process in a node: a part of a file's name, and one word of a command.
///
/// 1 to 64 bytes, without `/`, `:`, white space and control characters, not starting with `-` or `.`.
///
/// ```
/// use nslab::types::ProcessName;
/// assert_eq!("web".parse::<ProcessName>().unwrap().as_str(), "web");
/// assert_eq!(
///     "a/b".parse::<ProcessName>().unwrap_err().to_string(),
///     "process name \"a/b\" contains '/', which cannot be in a file's name"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessName(String);

impl ProcessName {
    /// The longest name in bytes.
    pub const MAX_BYTES: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProcessName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        check_netns_name(text.as_bytes()).map_err(|error| Error::invalid(format!("process {error}")))?;
        let bad = |why: String| Err(Error::invalid(format!("process name {text:?} {why}")));
        if text.len() > Self::MAX_BYTES {
            return bad(format!("is {} bytes long; at most {} are allowed", text.len(), Self::MAX_BYTES));
        }
        if text.starts_with(['-', '.']) {
            return bad("starts with '-' or '.', which options and hidden files do".into());
        }
        if let Some(c) = text.chars().find(|c| *c == ':' || c.is_whitespace() || c.is_control()) {
            return bad(format!("contains {c:?}; `:`, spaces and control characters are not allowed"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ProcessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_one_word() {
        for good in ["a", "web", "a.b", "ü", "1", &"x".repeat(64)] {
            assert!(good.parse::<ProcessName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", ".a", "-a", "a b", "a:b", "a/b", "a\n", &"x".repeat(65)] {
            assert!(bad.parse::<ProcessName>().is_err(), "{bad:?}");
        }
    }
}

//! The name of a lab, which is the name of its records.

use std::fmt;
use std::str::FromStr;

use super::quote;
use crate::error::{Error, Result};

/// A lab's name: a file name under /run/nslab and one word of a command.
///
/// 1 to 64 bytes, without `/`, `:`, white space and control characters, not starting with `-` (commands
/// take that for an option) or `.` (listings hide that, and `..` is another directory).
///
/// ```
/// use nslab::types::LabName;
/// assert_eq!("helloworld".parse::<LabName>().unwrap().as_str(), "helloworld");
/// assert_eq!(
///     ".hidden".parse::<LabName>().unwrap_err().to_string(),
///     "lab name \".hidden\" starts with '.'; names of hidden files are not allowed"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabName(String);

impl LabName {
    /// The longest name in bytes.
    pub const MAX_BYTES: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LabName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: String| Err(Error::invalid(format!("lab name {} {why}", quote(text))));
        if text.is_empty() {
            return bad(format!("is empty; 1 to {} bytes are allowed", Self::MAX_BYTES));
        }
        if text.len() > Self::MAX_BYTES {
            return bad(format!("is {} bytes long; at most {} are allowed", text.len(), Self::MAX_BYTES));
        }
        if text.starts_with('-') {
            return bad("starts with '-', which commands take for an option".into());
        }
        if text.starts_with('.') {
            return bad("starts with '.'; names of hidden files are not allowed".into());
        }
        if let Some(c) = text.chars().find(|c| matches!(c, '/' | ':') || c.is_whitespace() || c.is_control()) {
            return bad(format!("contains {c:?}; `/`, `:`, spaces and control characters are not allowed"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for LabName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_is_one_word_and_one_file() {
        for good in ["a", "helloworld", "a.b", "ü", "1", &"x".repeat(64)] {
            assert!(good.parse::<LabName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", ".a", "-a", "a/b", "/", "a b", "a\n", "a:b", "a\0", &"x".repeat(65)] {
            assert!(bad.parse::<LabName>().is_err(), "{bad:?}");
        }
    }
}

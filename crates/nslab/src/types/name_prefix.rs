//! What stands in front of node names where they are names of namespaces.

use std::fmt;
use std::str::FromStr;

use super::{LabName, NodeName, quote};
use crate::error::{Error, Result};

/// A prefix of the names of a lab's namespaces, by which labs with the same node names live side by side.
///
/// 0 to 191 bytes, so that there is room for any [`NodeName`] behind it, without `/`, `:`, white space and
/// control characters, not starting with `-` (commands take that for an option) or `.` (listings hide that).
///
/// ```
/// use nslab::types::NamePrefix;
/// let prefix: NamePrefix = "lab1-".parse().unwrap();
/// assert_eq!(prefix.netns_name(&"ns1".parse().unwrap()), "lab1-ns1");
/// assert_eq!(
///     "a/".parse::<NamePrefix>().unwrap_err().to_string(),
///     "prefix \"a/\" contains '/'; `/`, `:`, spaces and control characters are not allowed"
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamePrefix(String);

impl NamePrefix {
    /// The longest prefix in bytes: a namespace's name has up to 255.
    pub const MAX_BYTES: usize = 255 - NodeName::MAX_BYTES;

    /// The prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of a node's namespace: always one that [`check_netns_name`](super::check_netns_name) allows.
    #[must_use]
    pub fn netns_name(&self, node: &NodeName) -> String {
        format!("{}{node}", self.0)
    }

    /// The name of a lab with this in front.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where that gets too long.
    pub fn lab_name(&self, lab: &LabName) -> Result<LabName> {
        format!("{}{lab}", self.0).parse()
    }
}

impl FromStr for NamePrefix {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: String| Err(Error::invalid(format!("prefix {} {why}", quote(text))));
        if text.len() > Self::MAX_BYTES {
            return bad(format!("is {} bytes long; at most {} are allowed", text.len(), Self::MAX_BYTES));
        }
        if let Some(c) = text.chars().next().filter(|c| matches!(c, '-' | '.')) {
            return bad(format!("starts with {c:?}; names that begin so are not allowed"));
        }
        if let Some(c) = text.chars().find(|c| matches!(c, '/' | ':') || c.is_whitespace() || c.is_control()) {
            return bad(format!("contains {c:?}; `/`, `:`, spaces and control characters are not allowed"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for NamePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::check_netns_name;

    #[test]
    fn any_node_may_stand_behind_it() {
        let longest: NodeName = "n".repeat(NodeName::MAX_BYTES).parse().unwrap();
        for good in ["", "a", "lab1-", "ü", "a.", &"x".repeat(NamePrefix::MAX_BYTES)] {
            let prefix: NamePrefix = good.parse().unwrap();
            assert!(check_netns_name(prefix.netns_name(&longest).as_bytes()).is_ok(), "{good}");
        }
        for bad in [".", "-", "a/", "a b", "a:", "a\0", "a\n", &"x".repeat(NamePrefix::MAX_BYTES + 1)] {
            assert!(bad.parse::<NamePrefix>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_labs_name_with_it_has_the_length_of_a_name() {
        let lab: LabName = "l".repeat(60).parse().unwrap();
        assert_eq!("abcd".parse::<NamePrefix>().unwrap().lab_name(&lab).unwrap().as_str().len(), 64);
        assert!("abcde".parse::<NamePrefix>().unwrap().lab_name(&lab).is_err());
    }
}

//! The name of a node, which is the name of its namespace.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// Says why a name cannot be a file in /run/netns: empty, over 255 bytes, `.`, `..`, or with `/` or NUL.
///
/// These are iproute2's rules (ip-netns(8)), and nothing is stricter here: spaces, newlines, a leading
/// `-` and any encoding pass.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with the reason.
pub fn check_netns_name(name: &[u8]) -> Result<()> {
    let why = match name {
        b"" => "is empty".into(),
        b"." | b".." => "is not allowed".into(),
        _ if name.len() > 255 => format!("is {} bytes long; at most 255 are allowed", name.len()),
        _ if name.contains(&b'/') => "contains '/', which cannot be in a file's name".into(),
        _ if name.contains(&0) => "contains a zero byte".into(),
        _ => return Ok(()),
    };
    Err(Error::invalid(format!("name {:?} {why}", String::from_utf8_lossy(name))))
}

/// The name of a node: usable as a file name, a host name in `node:ifname`, and one word of a command.
///
/// Stricter than [`check_netns_name`]: also without white space, control characters and `:`, not
/// starting with `-`, and at most 64 bytes, the length of a host name (`HOST_NAME_MAX`, limits.h).
///
/// ```
/// use nslab::types::NodeName;
/// assert!("ns1".parse::<NodeName>().is_ok());
/// assert_eq!(
///     "a/b".parse::<NodeName>().unwrap_err().to_string(),
///     "node name \"a/b\" contains '/', which cannot be in a file's name"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName(String);

impl NodeName {
    /// The longest name in bytes.
    pub const MAX_BYTES: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        check_netns_name(text.as_bytes()).map_err(|error| Error::invalid(format!("node {error}")))?;
        let bad = |why: String| Err(Error::invalid(format!("node name {text:?} {why}")));
        if text.len() > Self::MAX_BYTES {
            return bad(format!("is {} bytes long; at most {} are allowed", text.len(), Self::MAX_BYTES));
        }
        if text.starts_with('-') {
            return bad("starts with '-', which commands take for an option".into());
        }
        if let Some(c) = text.chars().find(|c| *c == ':' || c.is_whitespace() || c.is_control()) {
            return bad(format!("contains {c:?}; `:`, spaces and control characters are not allowed"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iproute2_takes_what_a_file_can_be_called() {
        for good in ["a", "-a", "a b", "a\nb", "...", "ü", &"x".repeat(255)] {
            assert!(check_netns_name(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "/", "a\0", &"x".repeat(256)] {
            assert!(check_netns_name(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_node_is_one_word() {
        for bad in ["-a", "a b", "a:b", "a\n", &"x".repeat(65)] {
            assert!(bad.parse::<NodeName>().is_err(), "{bad:?}");
        }
    }
}

//! The VLANs of a bridge's ports, in the words of `bridge vlan add`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::{IfName, quote};

/// VLANs that a port of a bridge, or the bridge itself, is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeVlan {
    /// The port, or the bridge.
    pub port: IfName,
    /// The first VLAN: 1 to 4094.
    pub first: u16,
    /// The last: the first, or one above it.
    pub last: u16,
    /// Whether frames without a tag belong to it.
    pub pvid: bool,
    /// Whether its frames leave without a tag.
    pub untagged: bool,
}

impl BridgeVlan {
    /// Reads `10`, `10-20`, `10 pvid untagged`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(port: &IfName, text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let range = words.next().unwrap_or_default();
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|id| digits && (1..=4094).contains(id))
        };
        let (Some(first), Some(last)) = (number(first), number(last)) else {
            return Err(format!("{} is no VLAN: they are 1 to 4094", quote(range)));
        };
        let mut vlan = Self { port: port.clone(), first, last, pvid: false, untagged: false };
        for word in words {
            match word {
                "pvid" => vlan.pvid = true,
                "untagged" => vlan.untagged = true,
                _ => return Err(format!("{} is no word behind a VLAN", quote(word))),
            }
        }
        match () {
            () if first > last => Err(format!("{first} is greater than {last}")),
            () if vlan.pvid && first != last => Err("a port has one `pvid`, and this is a range".into()),
            () => Ok(vlan),
        }
    }

    /// Whether a VLAN is among them.
    #[must_use]
    pub fn contains(&self, id: u16) -> bool {
        (self.first..=self.last).contains(&id)
    }
}

impl fmt::Display for BridgeVlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.last > self.first {
            write!(f, "-{}", self.last)?;
        }
        f.write_str(if self.pvid { " pvid" } else { "" })?;
        f.write_str(if self.untagged { " untagged" } else { "" })
    }
}

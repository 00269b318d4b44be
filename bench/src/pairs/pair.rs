//! One pair: the same, whoever makes it.

use std::net::Ipv4Addr;

/// Two namespaces and the cable between them.
pub(crate) struct Pair {
    pub(crate) a: End,
    pub(crate) b: End,
}

pub(crate) struct End {
    pub(crate) namespace: String,
    pub(crate) ifname: String,
    pub(crate) address: Ipv4Addr,
}

impl Pair {
    /// Each pair has four addresses of 10.0.0.0/8 for itself.
    pub(crate) const PREFIX_LEN: u8 = 30;

    /// The pair of a number, counted from 1.
    pub(crate) fn new(number: u32) -> Self {
        let end = |side, host| End {
            namespace: format!("{side}{number}"),
            ifname: format!("v{side}{number}"),
            address: Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + (number - 1) * 4 + host),
        };
        Self { a: end('a', 1), b: end('b', 2) }
    }

    /// It as a link of a lab file.
    pub(crate) fn link(&self) -> String {
        let end =
            |End { namespace, ifname, address }: &End| format!("{namespace}:{ifname} {address}/{}", Self::PREFIX_LEN);
        format!("{} -- {}", end(&self.a), end(&self.b))
    }
}

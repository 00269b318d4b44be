//! What addresses are called in the output.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use nslab::probe::{Scoped, name_of};
use rustix::net::{AddressFamily, SocketType, netdevice};

use super::arguments::Arguments;

/// Names of addresses, each looked up once.
pub(super) struct Called {
    look_up: bool,
    known: RefCell<HashMap<(IpAddr, u32), String>>,
}

impl Called {
    /// `named`: whether the destination was given by name, so that answers are printed with names too.
    pub(super) fn new(named: bool, arguments: &Arguments) -> Self {
        Self { look_up: arguments.names || (named && !arguments.numeric), known: RefCell::default() }
    }

    /// With the name in front, if there is one.
    pub(super) fn name(&self, of: Scoped) -> String {
        let find = || {
            let shown = numeric(of);
            match self.look_up.then(|| name_of(of.address)).flatten() {
                Some(name) => format!("{} ({shown})", name.display()),
                None => shown,
            }
        };
        self.known.borrow_mut().entry((of.address, of.scope)).or_insert_with(find).clone()
    }
}

/// The address alone, with its interface if it is one of a link.
pub(super) fn numeric(of: Scoped) -> String {
    let Scoped { address, scope } = of;
    match address {
        IpAddr::V6(inner) if scope != 0 => match is_of_a_link(inner).then(|| name_of_interface(scope)).flatten() {
            Some(interface) => format!("{address}%{interface}"),
            None => format!("{address}%{scope}"),
        },
        _ => address.to_string(),
    }
}

/// Whether an address means something on one link only.
pub(super) fn is_of_a_link(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local() || matches!(address.octets(), [0xff, second, ..] if second & 0x0f == 2)
}

fn name_of_interface(index: u32) -> Option<String> {
    let socket = rustix::net::socket(AddressFamily::INET6, SocketType::DGRAM, None).ok()?;
    netdevice::index_to_name(socket, index).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_link_has_its_interface() {
        let shown = |address: &str, scope| numeric(Scoped { address: address.parse().unwrap(), scope });
        assert_eq!(shown("fe80::1", 0), "fe80::1");
        assert_eq!(shown("fe80::1", 1), "fe80::1%lo");
        assert_eq!(shown("ff02::1", 1), "ff02::1%lo");
        assert_eq!(shown("fd00::1", 1), "fd00::1%1");
        assert_eq!(shown("10.0.0.1", 0), "10.0.0.1");
    }
}

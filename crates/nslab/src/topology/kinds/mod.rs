//! The kinds of interfaces that a lab makes beside its cables: their options by the names that `ip link` has for
//! them, what each option takes, and how it is said to the kernel. One kind, one file.
//!
//! Pure: tables, and what follows from them. Sources: ip-link(8), `linux/if_link.h`, and trying the limits.

mod bond;
mod bridge;
mod bridge_vlan;
mod decode;
mod dummy;
mod encode;
mod ipvlan;
mod macvlan;
mod told;
mod tun;
mod value;
mod vlan;
mod vrf;
mod vxlan;
mod wireguard;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use bridge_vlan::BridgeVlan;
pub use decode::decode;
pub use encode::encode;
pub use told::{Differing, differing, told};
pub use value::OptionValue;
pub use wireguard::{Peer, PeerKey, WIREGUARD_PORT, Wireguard};

/// What an interface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// Several links as one.
    Bond,
    /// A switch.
    Bridge,
    /// A link that leads nowhere.
    Dummy,
    /// A second interface on a link, with the link's hardware address.
    Ipvlan,
    /// A second interface on a link, with a hardware address of its own.
    Macvlan,
    /// The same for a program, by a device file.
    Macvtap,
    /// A link whose other end is a program that reads and writes frames.
    Tap,
    /// A link whose other end is a program that reads and writes packets.
    Tun,
    /// One VLAN of a link.
    Vlan,
    /// A routing table of its own for some links.
    Vrf,
    /// Ethernet over UDP.
    Vxlan,
    /// An encrypted tunnel over UDP.
    Wireguard,
}

/// The options of an interface, by name.
pub type Options = BTreeMap<String, OptionValue>;

/// What is to be known of a kind.
#[derive(Debug)]
pub struct Facts {
    /// Its name.
    pub name: &'static str,
    /// The kernel's option that brings it (`CONFIG_…`).
    pub config: &'static str,
    /// The module that it is in, where it is not built in.
    pub module: &'static str,
    /// The key that names the link beneath it, and whether there must be one.
    pub link: Option<(&'static str, bool)>,
    /// Whether other interfaces are its ports.
    pub has_ports: bool,
    /// Whether it has a hardware address of its own.
    pub has_mac: bool,
    /// Its options.
    pub options: &'static [KindOption],
    /// Those that are set where a file does not say them, to something other than the kernel's choice.
    pub defaults: &'static [(&'static str, u32)],
}

/// An option of a kind.
#[derive(Debug)]
pub struct KindOption {
    /// Its name, as in `ip link`.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// The attribute that says it, in `IFLA_INFO_DATA`.
    pub attribute: u16,
    /// How it stands there.
    pub form: Form,
    /// Whether it must be said.
    pub required: bool,
    /// Whether the kernel changes it of an interface that is there.
    pub in_place: bool,
}

/// What an option takes.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// `true` or `false`.
    Switch,
    /// A number, from the first to the last.
    Number(u32, u32),
    /// A time in milliseconds, from the first to the last, in whole steps of so many.
    Time(u32, u32, u32),
    /// One of these words, each with the kernel's number for it.
    Word(&'static [(&'static str, u32)]),
    /// An address of an interface.
    Address,
    /// A multicast address.
    Group,
    /// One of its ports.
    Port,
}

/// How a value stands in its attribute.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// One byte.
    U8,
    /// Two bytes.
    U16,
    /// Four bytes.
    U32,
    /// Two bytes in the network's order.
    Be16,
    /// Four bytes, in hundredths of a second.
    Centiseconds,
    /// Four bytes, in seconds.
    Seconds,
    /// An address: IPv4 in the option's attribute, IPv6 in this one.
    Address(u16),
    /// Four bytes: the index of an interface.
    Index,
}

impl KindOption {
    const fn new(name: &'static str, takes: Takes, attribute: u16, form: Form) -> Self {
        Self { name, takes, attribute, form, required: false, in_place: false }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn in_place(self) -> Self {
        Self { in_place: true, ..self }
    }
}

impl LinkKind {
    /// All of them, by name.
    pub const ALL: [Self; 12] = [
        Self::Bond,
        Self::Bridge,
        Self::Dummy,
        Self::Ipvlan,
        Self::Macvlan,
        Self::Macvtap,
        Self::Tap,
        Self::Tun,
        Self::Vlan,
        Self::Vrf,
        Self::Vxlan,
        Self::Wireguard,
    ];

    /// What is to be known of it.
    #[must_use]
    pub fn facts(self) -> &'static Facts {
        match self {
            Self::Bond => &bond::FACTS,
            Self::Bridge => &bridge::FACTS,
            Self::Dummy => &dummy::FACTS,
            Self::Ipvlan => &ipvlan::FACTS,
            Self::Macvlan => &macvlan::MACVLAN,
            Self::Macvtap => &macvlan::MACVTAP,
            Self::Tap => &tun::TAP,
            Self::Tun => &tun::TUN,
            Self::Vlan => &vlan::FACTS,
            Self::Vrf => &vrf::FACTS,
            Self::Vxlan => &vxlan::FACTS,
            Self::Wireguard => &wireguard::FACTS,
        }
    }

    /// What the kernel calls it (`IFLA_INFO_KIND`).
    #[must_use]
    pub fn kernel_name(self) -> &'static str {
        match self {
            Self::Tap => "tun",
            _ => self.facts().name,
        }
    }

    /// Whether it is made by /dev/net/tun and not by a request.
    #[must_use]
    pub fn is_tuntap(self) -> bool {
        matches!(self, Self::Tun | Self::Tap)
    }

    /// Its option of a name.
    #[must_use]
    pub fn option(self, name: &str) -> Option<&'static KindOption> {
        self.facts().options.iter().find(|option| option.name == name)
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}

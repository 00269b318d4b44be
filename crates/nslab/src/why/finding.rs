//! What came of it: the way, or the first thing on it that is wrong.

use std::net::IpAddr;

use super::remedy::Remedy;

/// What is wrong. The names are for programs and do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// A link of the one that sends is down.
    LinkDown,
    /// A link further on is down.
    PeerDown,
    /// It has no address.
    NoAddress,
    /// Addresses that are to share a segment do not, by their prefixes.
    WrongPrefix,
    /// Two have the same address.
    AddressTwice,
    /// There is no route.
    NoRoute,
    /// The route leads to somebody who is no way there.
    WrongGateway,
    /// The route leads to a router that no address of the link shares a network with.
    GatewayNotOnLink,
    /// It does not pass packets on.
    ForwardingOff,
    /// The answer finds no route.
    NoWayBack,
    /// The reverse-path filter drops it.
    ReversePathFilter,
    /// The packet filter drops it.
    Filtered,
    /// A packet of that size does not pass.
    MtuTooSmall,
    /// A link is not a port of its bridge.
    NotInBridge,
    /// A port of a bridge does not forward yet.
    SpanningTree,
    /// A port of a bridge is not in the VLAN.
    Vlan,
    /// Ports of a bridge are kept apart.
    Isolated,
    /// A neighbour's hardware address is not that of who has the address.
    WrongNeighbour,
    /// An address cannot be used yet, or at all, for it is not known to be the only one.
    AddressTentative,
    /// A route says that packets are to go nowhere.
    RouteRefuses,
    /// A rule chooses another table than the usual.
    PolicyRule,
    /// All packets are lost.
    AllLost,
    /// An interface is in another namespace than it belongs to.
    WrongNamespace,
    /// An interface is gone.
    LinkGone,
    /// Nobody waits on that port.
    NotListening,
    /// It answers no ICMP echo.
    EchoIgnored,
    /// Nobody has that address.
    NoSuchAddress,
    /// No cable joins two whose addresses are of one network.
    Apart,
    /// Packets go round in circles.
    Loop,
    /// Nothing was found, and yet there is no answer.
    Unknown,
}

impl Cause {
    /// Its name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LinkDown => "link-down",
            Self::PeerDown => "peer-down",
            Self::NoAddress => "no-address",
            Self::WrongPrefix => "wrong-prefix",
            Self::AddressTwice => "address-twice",
            Self::NoRoute => "no-route",
            Self::WrongGateway => "wrong-gateway",
            Self::GatewayNotOnLink => "gateway-not-on-link",
            Self::ForwardingOff => "forwarding-off",
            Self::NoWayBack => "no-way-back",
            Self::ReversePathFilter => "reverse-path-filter",
            Self::Filtered => "filtered",
            Self::MtuTooSmall => "mtu-too-small",
            Self::NotInBridge => "not-in-bridge",
            Self::SpanningTree => "spanning-tree",
            Self::Vlan => "vlan",
            Self::Isolated => "isolated",
            Self::WrongNeighbour => "wrong-neighbour",
            Self::AddressTentative => "address-tentative",
            Self::RouteRefuses => "route-refuses",
            Self::PolicyRule => "policy-rule",
            Self::AllLost => "all-lost",
            Self::WrongNamespace => "wrong-namespace",
            Self::LinkGone => "link-gone",
            Self::NotListening => "not-listening",
            Self::EchoIgnored => "echo-ignored",
            Self::NoSuchAddress => "no-such-address",
            Self::Apart => "apart",
            Self::Loop => "loop",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that is wrong.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What.
    pub cause: Cause,
    /// The namespace where it is.
    pub space: String,
    /// The interface where it is.
    pub link: Option<String>,
    /// Whether it stops the answer, and not what is answered.
    pub back: bool,
    /// What is wrong, as the end of a sentence.
    pub text: String,
    /// What shows it, line by line.
    pub seen: Vec<String>,
    /// What mends it, in this order; none where nslab knows of nothing.
    pub mend: Vec<Remedy>,
    /// What else mends it, or what to know before.
    pub hint: Option<String>,
}

/// A step from one namespace to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The interface that the packet leaves by, as `node:ifname`.
    pub from: String,
    /// The interface that it arrives at.
    pub to: String,
    /// The switches between them.
    pub through: Vec<String>,
    /// The route that it takes, in the words of `ip route`.
    pub route: String,
    /// Whom it is handed to.
    pub next: IpAddr,
}

/// What the walk found.
#[derive(Debug, Clone, Default)]
pub struct Walked {
    /// The source address; none where the kernel finds none.
    pub source: Option<IpAddr>,
    /// The way there, as far as it goes.
    pub there: Vec<Hop>,
    /// The way back, as far as it goes.
    pub back: Vec<Hop>,
    /// What is wrong.
    pub finding: Option<Finding>,
    /// What may be wrong, to be believed where there is no answer and nothing else is found.
    pub doubts: Vec<Finding>,
    /// Where the walk could not see what happens, and says so.
    pub unsure: Vec<String>,
}

//! One difference, and what makes it go away: a value that can be printed and carried out.

use std::fmt;

use super::UplinkPart;
use crate::topology::kinds::{LinkKind, OptionValue};
use crate::topology::observe::seen;
use crate::topology::plan::Device;
use crate::topology::spec::Route;
use crate::types::{IfName, Impair, MacAddr, NamePrefix, NodeName, Prefix, ProcessName};

/// One change to a lab that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A namespace that is not there.
    AddNode {
        /// Its name.
        node: NodeName,
        /// Whether it is a switch's.
        switch: bool,
    },
    /// A namespace that the plan has no more.
    RemoveNode {
        /// Its name.
        node: NodeName,
        /// Whether it is a switch's.
        switch: bool,
    },
    /// The bridge of a switch, where it is gone.
    AddBridge {
        /// The switch.
        node: NodeName,
        /// The bridge's hardware address.
        mac: MacAddr,
    },
    /// A link that is ours and is not to be, or is no whole cable. Its other end goes with it.
    RemoveLink {
        /// The node that it is in.
        node: NodeName,
        /// Its name there, as text: it may have been given another than ours.
        ifname: String,
        /// Its other end, where that is in the lab.
        peer: Option<(NodeName, String)>,
    },
    /// An interface beside the cables that is not there; it is set up, and has no addresses yet.
    AddDevice {
        /// The node.
        node: NodeName,
        /// What it is.
        device: Box<Device>,
    },
    /// An interface beside the cables that is ours and is not to be, or is to be otherwise.
    RemoveDevice {
        /// The node.
        node: NodeName,
        /// Its name.
        ifname: IfName,
        /// What it is, where that is on record; its options as they were found.
        device: Option<Box<Device>>,
        /// The same in words.
        what: String,
    },
    /// A cable that is not there; both ends are set up.
    AddCable {
        /// One end.
        a: Box<End>,
        /// The other.
        b: Box<End>,
    },
    /// A setting of a link.
    SetLink {
        /// The node that it is in.
        node: NodeName,
        /// Its name.
        ifname: IfName,
        /// What is to be.
        to: Setting,
        /// What is.
        from: Setting,
    },
    /// An address that is not there.
    AddAddress {
        /// The node.
        node: NodeName,
        /// The link.
        ifname: IfName,
        /// The address.
        address: Prefix,
    },
    /// An address that is not to be.
    RemoveAddress {
        /// The node.
        node: NodeName,
        /// The link.
        ifname: IfName,
        /// The address, as it was found.
        address: Box<seen::Address>,
        /// Whether it must go before others come: the same address with another prefix length.
        first: bool,
    },
    /// A setting of the kernel's.
    SetSysctl {
        /// The node.
        node: NodeName,
        /// Its path below /proc/sys.
        path: String,
        /// What is to be.
        to: String,
        /// What is; `None` where it could not be read.
        from: Option<String>,
    },
    /// A route that is not to be.
    RemoveRoute {
        /// The node.
        node: NodeName,
        /// The route, as it was found.
        route: Box<seen::Route>,
    },
    /// A route that is otherwise.
    ReplaceRoute {
        /// The node.
        node: NodeName,
        /// What is.
        from: Box<seen::Route>,
        /// What is to be.
        to: Box<Route>,
    },
    /// A route that is not there.
    AddRoute {
        /// The node.
        node: NodeName,
        /// The route.
        route: Box<Route>,
    },
    /// A way out through the machine that is not there.
    AddUplink {
        /// The node.
        node: NodeName,
        /// The interface in the node.
        ifname: IfName,
        /// What it is, in words.
        what: String,
    },
    /// A way out that is not to be, or otherwise.
    RemoveUplink {
        /// The node.
        node: NodeName,
        /// The interface in the node.
        ifname: IfName,
        /// What it is, in words.
        what: String,
    },
    /// A part of the way out that is missing.
    MendUplink(Box<UplinkPart>),
    /// A process that was started as the plan has it and has come to an end, and is started again.
    StartProcess {
        /// Its node.
        node: NodeName,
        /// Its name there.
        process: ProcessName,
        /// What it is doing, in words.
        from: String,
    },
    /// What only the record has: nothing of the kernel's changes.
    Note {
        /// The node that it is about, if it is about one.
        node: Option<NodeName>,
        /// What was.
        from: Option<String>,
        /// What is to be.
        to: Option<String>,
    },
}

/// One end of a new cable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The node.
    pub node: NodeName,
    /// The interface's name.
    pub ifname: IfName,
    /// The index that it is to have if that is free.
    pub index: u32,
    /// Its hardware address.
    pub mac: MacAddr,
    /// The largest packet in bytes, where that is not the kernel's choice.
    pub mtu: Option<u32>,
    /// Whether it becomes a port of its switch's bridge.
    pub bridged: bool,
}

/// A setting of a link, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// The hardware address; `None` for one that is not of six bytes.
    Mac(Option<MacAddr>),
    /// The largest packet in bytes.
    Mtu(u32),
    /// Whether it is up.
    Up(bool),
    /// The name of the link that it is a port of.
    Master(Option<String>),
    /// What happens to the packets that leave it.
    Impair(Option<Impair>),
    /// An option of its kind, by name; `None` where the kernel tells nothing of it.
    Option(LinkKind, &'static str, Option<OptionValue>),
}

/// In the words of `ip link set`.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mac(Some(mac)) => write!(f, "address {mac}"),
            Self::Mac(None) => f.write_str("address none"),
            Self::Mtu(mtu) => write!(f, "mtu {mtu}"),
            Self::Up(true) => f.write_str("up"),
            Self::Up(false) => f.write_str("down"),
            Self::Master(Some(master)) => write!(f, "master {master}"),
            Self::Master(None) => f.write_str("nomaster"),
            Self::Impair(Some(impair)) => write!(f, "impair {impair}"),
            Self::Impair(None) => f.write_str("impair none"),
            Self::Option(kind, name, Some(value)) => {
                let shown = kind.option(name).map_or_else(String::new, |option| value.shown(option));
                write!(f, "type {kind} {name} {shown}")
            }
            Self::Option(kind, name, None) => write!(f, "type {kind} no {name}"),
        }
    }
}

/// A line of a difference: what is, or what is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The node, if it is about one.
    pub node: Option<NodeName>,
    /// The interface, if it is about one: without a node, one of the machine's.
    pub ifname: Option<String>,
    /// Whether it is to be (`+`) or is (`-`).
    pub wanted: bool,
    /// What, in the words of `ip`.
    pub text: String,
}

impl Change {
    /// The nodes whose namespaces it touches.
    #[must_use]
    pub fn nodes(&self) -> Vec<&NodeName> {
        match self {
            Self::AddCable { a, b } => vec![&a.node, &b.node],
            Self::RemoveLink { node, peer, .. } => {
                std::iter::once(node).chain(peer.as_ref().map(|(node, _)| node)).collect()
            }
            Self::StartProcess { .. } => Vec::new(),
            Self::AddNode { node, .. }
            | Self::RemoveNode { node, .. }
            | Self::AddBridge { node, .. }
            | Self::AddDevice { node, .. }
            | Self::RemoveDevice { node, .. }
            | Self::SetLink { node, .. }
            | Self::AddAddress { node, .. }
            | Self::RemoveAddress { node, .. }
            | Self::SetSysctl { node, .. }
            | Self::RemoveRoute { node, .. }
            | Self::ReplaceRoute { node, .. }
            | Self::AddRoute { node, .. }
            | Self::AddUplink { node, .. }
            | Self::RemoveUplink { node, .. } => vec![node],
            Self::MendUplink(part) => part.node.iter().collect(),
            Self::Note { .. } => Vec::new(),
        }
    }

    /// The interface that it is about, by node and name, where it is about one alone.
    #[must_use]
    pub fn interface(&self) -> Option<(&NodeName, &str)> {
        match self {
            Self::SetLink { node, ifname, .. }
            | Self::AddAddress { node, ifname, .. }
            | Self::RemoveAddress { node, ifname, .. } => Some((node, ifname.as_str())),
            _ => None,
        }
    }

    /// Its turn among the changes.
    pub(super) fn turn(&self) -> u8 {
        match self {
            Self::AddNode { .. } => 0,
            // Interfaces go before the cables that they stand on.
            Self::RemoveRoute { .. } | Self::RemoveDevice { .. } | Self::RemoveUplink { .. } => 1,
            Self::RemoveLink { .. } => 2,
            Self::AddBridge { .. } => 3,
            // Interfaces come behind the cables that they stand on: the order among them stays.
            Self::AddCable { .. } | Self::AddDevice { .. } => 4,
            Self::SetLink { .. } => 5,
            Self::RemoveAddress { first: true, .. } => 6,
            // New ones come before old ones go: with the last address of a family all its routes go.
            Self::AddAddress { .. } => 7,
            Self::RemoveAddress { .. } => 8,
            Self::SetSysctl { .. } => 9,
            Self::ReplaceRoute { .. } => 10,
            Self::AddRoute { .. } => 11,
            Self::AddUplink { .. } | Self::MendUplink(_) => 12,
            Self::RemoveNode { .. } => 13,
            Self::Note { .. } => 14,
            Self::StartProcess { .. } => 15,
        }
    }

    /// The command of iproute2, or of sysctl(8), that does the same where the names of the nodes' namespaces begin with a
    /// prefix.
    #[must_use]
    pub fn command<'c>(&'c self, prefix: &'c NamePrefix) -> impl fmt::Display + 'c {
        Command { change: self, prefix }
    }

    /// Whether it makes or takes away the lab's way out.
    #[must_use]
    pub fn is_uplink(&self) -> bool {
        matches!(self, Self::AddUplink { .. } | Self::RemoveUplink { .. })
    }

    /// Whether it is about something of the kernel's.
    #[must_use]
    pub fn is_real(&self) -> bool {
        !matches!(self, Self::Note { .. })
    }

    /// What is and what is to be, for a patch.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let line = |node: &NodeName, ifname: Option<&str>, wanted, text: String| Line {
            node: Some(node.clone()),
            ifname: ifname.map(str::to_owned),
            wanted,
            text,
        };
        match self {
            Self::AddNode { node, switch } => vec![line(node, None, true, place(*switch).into())],
            Self::RemoveNode { node, switch } => vec![line(node, None, false, place(*switch).into())],
            Self::AddBridge { node, mac } => vec![line(node, Some("br0"), true, format!("link bridge address {mac}"))],
            Self::RemoveLink { node, ifname, peer } => {
                let far = |(node, ifname): &(NodeName, String)| format!(" peer {node}:{ifname}");
                let far = peer.as_ref().map(far).unwrap_or_default();
                vec![line(node, Some(ifname), false, format!("link veth{far}"))]
            }
            Self::AddCable { a, b } => {
                vec![line(&a.node, Some(a.ifname.as_str()), true, format!("link veth peer {}:{}", b.node, b.ifname))]
            }
            Self::SetLink { node, ifname, to, from } => {
                let pair = [(false, from), (true, to)].into_iter().filter(|(_, it)| **it != Setting::Impair(None));
                pair.map(|(wanted, it)| line(node, Some(ifname.as_str()), wanted, it.to_string())).collect()
            }
            Self::AddAddress { node, ifname, address } => {
                vec![line(node, Some(ifname.as_str()), true, format!("address {address}"))]
            }
            Self::RemoveAddress { node, ifname, address, .. } => {
                vec![line(node, Some(ifname.as_str()), false, format!("address {}", words(address)))]
            }
            Self::SetSysctl { node, path, to, from } => {
                let mut lines = Vec::new();
                lines.extend(from.as_ref().map(|from| line(node, None, false, format!("sysctl {path}={from}"))));
                lines.push(line(node, None, true, format!("sysctl {path}={to}")));
                lines
            }
            Self::RemoveRoute { node, route } => {
                vec![line(node, None, false, format!("route {}", shown(&route.way)))]
            }
            Self::ReplaceRoute { node, from, to } => vec![
                line(node, None, false, format!("route {}", shown(&from.way))),
                line(node, None, true, format!("route {to}")),
            ],
            Self::AddRoute { node, route } => vec![line(node, None, true, format!("route {route}"))],
            Self::AddDevice { node, device } => {
                vec![line(node, Some(device.ifname.as_str()), true, format!("link {}", described(device, |_| true)))]
            }
            Self::RemoveDevice { node, ifname, what, .. } => {
                vec![line(node, Some(ifname.as_str()), false, format!("link {what}").trim_end().into())]
            }
            Self::AddUplink { node, ifname, what } => vec![line(node, Some(ifname.as_str()), true, what.clone())],
            Self::RemoveUplink { node, ifname, what } => vec![line(node, Some(ifname.as_str()), false, what.clone())],
            Self::MendUplink(part) => {
                let line =
                    |wanted, text| Line { node: part.node.clone(), ifname: Some(part.ifname.clone()), wanted, text };
                let (is, wanted) = part.words();
                is.map(|is| line(false, is)).into_iter().chain([line(true, wanted)]).collect()
            }
            Self::StartProcess { node, process, from } => vec![
                line(node, None, false, format!("process {process} {from}")),
                line(node, None, true, format!("process {process} running")),
            ],
            Self::Note { node, from, to } => {
                let note = |wanted, text: &Option<String>| {
                    text.clone().map(|text| Line { node: node.clone(), ifname: None, wanted, text })
                };
                note(false, from).into_iter().chain(note(true, to)).collect()
            }
        }
    }
}

fn place(switch: bool) -> &'static str {
    if switch { "switch" } else { "netns" }
}

/// An interface beside cables in the words of `ip link add`, with some of its options.
pub(super) fn described(device: &Device, shown: impl Fn(&str) -> bool) -> String {
    let mut text = device.kind.to_string();
    for (name, value) in device.options.iter().filter(|(name, _)| shown(name)) {
        if let Some(option) = device.kind.option(name) {
            text.push_str(&format!(" {name} {}", value.shown(option)));
        }
    }
    if let Some((link, key)) = device.link.as_ref().zip(device.kind.facts().link.map(|(key, _)| key)) {
        text.push_str(&format!(" {key} {link}"));
    }
    text
}

fn words(address: &seen::Address) -> String {
    match address.peer {
        Some(peer) => format!("{} peer {peer}/{}", address.prefix.address(), address.prefix.len()),
        None => address.prefix.to_string(),
    }
}

/// A route as the kernel has it, without what goes without saying.
fn shown(way: &Route) -> Route {
    let default = if way.to.is_ipv6() { 1024 } else { 0 };
    Route {
        metric: way.metric.filter(|metric| *metric != default),
        table: way.table.filter(|table| *table != crate::wire::consts::RT_TABLE_MAIN),
        ..way.clone()
    }
}

/// The command of iproute2, or of sysctl(8), that does the same in a lab without a prefix.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.command(&NamePrefix::default()).fmt(f)
    }
}

/// A change as a command.
struct Command<'c> {
    change: &'c Change,
    prefix: &'c NamePrefix,
}

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let netns = |node| self.prefix.netns_name(node);
        match self.change {
            Change::AddNode { node, .. } => write!(f, "ip netns add {}", netns(node)),
            Change::RemoveNode { node, .. } => write!(f, "ip netns delete {}", netns(node)),
            Change::AddBridge { node, mac } => {
                write!(f, "ip -n {} link add br0 address {mac} type bridge", netns(node))
            }
            Change::RemoveLink { node, ifname, .. } => write!(f, "ip -n {} link delete {ifname}", netns(node)),
            Change::AddCable { a, b } => {
                write!(f, "ip -n {} link add {} address {}", netns(&a.node), a.ifname, a.mac)?;
                a.mtu.map_or(Ok(()), |mtu| write!(f, " mtu {mtu}"))?;
                f.write_str(if a.bridged { " master br0" } else { "" })?;
                write!(f, " type veth peer name {} address {}", b.ifname, b.mac)?;
                b.mtu.map_or(Ok(()), |mtu| write!(f, " mtu {mtu}"))?;
                write!(f, " netns {}", netns(&b.node))
            }
            // nslab set takes a node's own name.
            Change::SetLink { node, ifname, to: Setting::Impair(Some(impair)), .. } => {
                write!(f, "nslab set {node}:{ifname} {impair}")
            }
            Change::SetLink { node, ifname, to: Setting::Impair(None), .. } => {
                write!(f, "tc -n {} qdisc delete dev {ifname} root", netns(node))
            }
            Change::SetLink { node, ifname, to, .. } => write!(f, "ip -n {} link set {ifname} {to}", netns(node)),
            Change::AddAddress { node, ifname, address } => {
                write!(f, "ip -n {} address add {address} dev {ifname}", netns(node))
            }
            Change::RemoveAddress { node, ifname, address, .. } => {
                write!(f, "ip -n {} address delete {} dev {ifname}", netns(node), words(address))
            }
            Change::SetSysctl { node, path, to, .. } => {
                write!(f, "ip netns exec {} sysctl -w {path}={}", netns(node), quoted(to))
            }
            Change::RemoveRoute { node, route } => {
                write!(f, "ip -n {} route delete {}", netns(node), shown(&route.way))
            }
            Change::ReplaceRoute { node, to, .. } => write!(f, "ip -n {} route replace {to}", netns(node)),
            Change::AddRoute { node, route } => write!(f, "ip -n {} route add {route}", netns(node)),
            Change::AddDevice { node, device } => {
                let on = device.link.as_ref().map(|link| format!(" on {link}")).unwrap_or_default();
                write!(f, "{node}:{}: {}{on}", device.ifname, device.kind)
            }
            Change::RemoveDevice { node, ifname, .. } => write!(f, "ip -n {} link delete {ifname}", netns(node)),
            Change::AddUplink { node, ifname, what } => write!(f, "{node}:{ifname}: {what}"),
            Change::RemoveUplink { node, ifname, what } => write!(f, "{node}:{ifname}: no {what}"),
            Change::MendUplink(part) => part.fmt(f),
            Change::StartProcess { node, process, from } => write!(f, "{node}: start process {process} again ({from})"),
            Change::Note { node, from, to } => {
                let place = node.as_ref().map(|node| format!("{node}: ")).unwrap_or_default();
                match (from, to) {
                    (_, Some(to)) => write!(f, "{place}{to}"),
                    (Some(from), None) => write!(f, "{place}no {from}"),
                    (None, None) => Ok(()),
                }
            }
        }
    }
}

fn quoted(value: &str) -> String {
    if value.contains(char::is_whitespace) { format!("'{value}'") } else { value.to_owned() }
}

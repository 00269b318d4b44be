//! What mends a cause: a change of one thing, as words to type and as a value to carry out.

use std::fmt;
use std::net::IpAddr;

use crate::types::Prefix;

/// One change in a namespace, given by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// The namespace; empty for the one that nslab runs in.
    pub space: String,
    /// What to do in it.
    pub act: Act,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// Set a link up, or down.
    Up {
        /// The link.
        link: String,
        /// Up, or down.
        up: bool,
    },
    /// Give a link an address.
    AddAddress {
        /// The link.
        link: String,
        /// The address.
        prefix: Prefix,
        /// Without asking whether somebody else has it (IPv6).
        nodad: bool,
    },
    /// Take an address from a link.
    DeleteAddress {
        /// The link.
        link: String,
        /// The address.
        prefix: Prefix,
    },
    /// Make a route, or put it in the place of one.
    Route {
        /// The destinations.
        to: Prefix,
        /// The router.
        via: Option<IpAddr>,
        /// The link.
        link: Option<String>,
        /// The table, where that is not main.
        table: Option<u32>,
        /// The metric, where that is not the kernel's.
        metric: Option<u32>,
        /// Whether one with the same destinations is replaced.
        replace: bool,
    },
    /// Take a route away.
    DeleteRoute {
        /// Whether it is for IPv6.
        ipv6: bool,
        /// The route in the words of `ip route`.
        words: String,
        /// The kernel's description of it.
        body: Vec<u8>,
    },
    /// Take a rule away.
    DeleteRule {
        /// Whether it is for IPv6.
        ipv6: bool,
        /// The rule in the words of `ip rule`.
        words: String,
        /// The kernel's description of it.
        body: Vec<u8>,
    },
    /// Set a setting of the kernel's.
    Setting {
        /// Its path below /proc/sys.
        path: String,
        /// What it is to be.
        value: String,
    },
    /// Make a link a port of another.
    Master {
        /// The link.
        link: String,
        /// What it is to be a port of.
        master: String,
    },
    /// Forget a neighbour.
    DeleteNeighbour {
        /// The link.
        link: String,
        /// The neighbour.
        address: IpAddr,
    },
    /// Set a link's MTU.
    Mtu {
        /// The link.
        link: String,
        /// In bytes.
        mtu: u32,
    },
    /// Take away what loses packets.
    ClearLoss {
        /// The link.
        link: String,
        /// The lab and its node, where the interface is one of a lab's.
        lab: Option<(String, String)>,
    },
    /// Turn the spanning tree protocol of a bridge off.
    NoSpanningTree {
        /// The bridge.
        bridge: String,
    },
    /// Let a bridge's port forward.
    PortForwards {
        /// The port.
        link: String,
    },
    /// Put a port of a bridge into a VLAN.
    Vlan {
        /// The port.
        link: String,
        /// Whether that is the bridge itself.
        itself: bool,
        /// The VLAN.
        id: u16,
        /// Whether frames without a tag belong to it.
        pvid: bool,
        /// Whether its frames leave without a tag.
        untagged: bool,
    },
    /// Put a link into another namespace.
    Move {
        /// The link.
        link: String,
        /// The namespace that it belongs to.
        to: String,
        /// The name that it has there, where that is another.
        name: Option<String>,
    },
    /// Take away a rule of the packet filter.
    DeleteFilterRule {
        /// The family's word: `ip`, `ip6`, `inet`.
        family: &'static str,
        /// The table.
        table: String,
        /// The chain.
        chain: String,
        /// The rule's number.
        handle: u64,
    },
    /// Let a chain of the packet filter accept what no rule of it decides about.
    FilterAccepts {
        /// The family's word.
        family: &'static str,
        /// The table.
        table: String,
        /// The chain.
        chain: String,
    },
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// How a command gets into the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// By the namespace's name, as root does.
    Name,
    /// By `nslab exec`, which also gets into a user's labs.
    Exec,
}

impl Remedy {
    fn ip(&self, by: By, words: impl fmt::Display) -> String {
        match by {
            _ if self.space.is_empty() => format!("nslab ip {words}"),
            By::Name => format!("nslab ip -n {} {words}", quoted(&self.space)),
            By::Exec => format!("nslab exec {} nslab ip {words}", quoted(&self.space)),
        }
    }

    fn run(&self, by: By, words: impl fmt::Display) -> String {
        match by {
            _ if self.space.is_empty() => words.to_string(),
            By::Name => format!("nslab ip netns exec {} {words}", quoted(&self.space)),
            By::Exec => format!("nslab exec {} {words}", quoted(&self.space)),
        }
    }

    /// The command that does it in a lab without root, which nobody gets into by the names of namespaces.
    #[must_use]
    pub fn command_of_user(&self) -> String {
        self.command(By::Exec)
    }

    fn command(&self, by: By) -> String {
        match &self.act {
            Act::Up { link, up } => {
                self.ip(by, format!("link set dev {} {}", quoted(link), if *up { "up" } else { "down" }))
            }
            Act::AddAddress { link, prefix, nodad } => {
                let nodad = if *nodad { " nodad" } else { "" };
                self.ip(by, format!("address add {prefix} dev {}{nodad}", quoted(link)))
            }
            Act::DeleteAddress { link, prefix } => self.ip(by, format!("address delete {prefix} dev {}", quoted(link))),
            Act::Route { to, via, link, table, metric, replace } => {
                let verb = if *replace { "replace" } else { "add" };
                let to_words = if to.len() == 0 { "default".into() } else { to.network().to_string() };
                let family = if to.is_ipv6() { "-6 " } else { "" };
                let mut words = format!("{family}route {verb} {to_words}");
                via.iter().for_each(|via| words.push_str(&format!(" via {via}")));
                link.iter().for_each(|link| words.push_str(&format!(" dev {}", quoted(link))));
                table.iter().for_each(|table| words.push_str(&format!(" table {table}")));
                metric.iter().for_each(|metric| words.push_str(&format!(" metric {metric}")));
                self.ip(by, words)
            }
            Act::DeleteRoute { ipv6, words, .. } => {
                self.ip(by, format!("{}route delete {words}", if *ipv6 { "-6 " } else { "" }))
            }
            Act::DeleteRule { ipv6, words, .. } => {
                self.ip(by, format!("{}rule delete {words}", if *ipv6 { "-6 " } else { "" }))
            }
            Act::Setting { path, value } => self.run(by, format!("sysctl -w {}={value}", path.replace('/', "."))),
            Act::Master { link, master } => {
                self.ip(by, format!("link set dev {} master {}", quoted(link), quoted(master)))
            }
            Act::DeleteNeighbour { link, address } => {
                self.ip(by, format!("neighbour delete {address} dev {}", quoted(link)))
            }
            Act::Mtu { link, mtu } => self.ip(by, format!("link set dev {} mtu {mtu}", quoted(link))),
            Act::ClearLoss { link, lab: Some((lab, node)) } => format!("nslab set --lab {lab} {node}:{link} clear"),
            Act::ClearLoss { link, lab: None } => self.run(by, format!("tc qdisc delete dev {} root", quoted(link))),
            Act::NoSpanningTree { bridge } => {
                self.ip(by, format!("link set dev {} type bridge stp_state 0", quoted(bridge)))
            }
            Act::PortForwards { link } => {
                self.ip(by, format!("link set dev {} type bridge_slave state 3", quoted(link)))
            }
            Act::Vlan { link, itself, id, pvid, untagged } => {
                let mut words = format!("bridge vlan add dev {} vid {id}", quoted(link));
                for (set, word) in [(*pvid, " pvid"), (*untagged, " untagged"), (*itself, " self")] {
                    words.push_str(if set { word } else { "" });
                }
                self.run(by, words)
            }
            Act::Move { link, to, name } => {
                let name = name.as_ref().map_or_else(String::new, |name| format!(" name {}", quoted(name)));
                self.ip(by, format!("link set dev {} netns {}{name}", quoted(link), quoted(to)))
            }
            Act::DeleteFilterRule { family, table, chain, handle } => {
                self.run(by, format!("nft delete rule {family} {} {} handle {handle}", quoted(table), quoted(chain)))
            }
            Act::FilterAccepts { family, table, chain } => {
                self.run(by, format!("nft chain {family} {} {} '{{ policy accept; }}'", quoted(table), quoted(chain)))
            }
        }
    }
}

/// The command, as root types it.
impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.command(By::Name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remedies_are_commands() {
        let remedy = |space: &str, act| Remedy { space: space.into(), act }.to_string();
        assert_eq!(remedy("h1", Act::Up { link: "eth0".into(), up: true }), "nslab ip -n h1 link set dev eth0 up");
        assert_eq!(remedy("", Act::Up { link: "a;b".into(), up: false }), "nslab ip link set dev 'a;b' down");
        let route = Act::Route {
            to: Prefix::all(true),
            via: "fe80::1".parse().ok(),
            link: Some("eth0".into()),
            table: None,
            metric: None,
            replace: true,
        };
        assert_eq!(remedy("h1", route), "nslab ip -n h1 -6 route replace default via fe80::1 dev eth0");
        let setting = Act::Setting { path: "net/ipv4/ip_forward".into(), value: "1".into() };
        assert_eq!(remedy("r1", setting), "nslab ip netns exec r1 sysctl -w net.ipv4.ip_forward=1");
    }
}

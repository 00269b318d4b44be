//! Who shares a segment: reaches each other without a router.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::types::Prefix;

/// How two hosts with these addresses stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// Each is in the other's network: they reach each other without a router.
    Both,
    /// The second is in the first's network, but not the other way round: the first asks for the
    /// second's hardware address directly, the second sends its answers to a router. The lengths differ,
    /// and one of them is wrong.
    OnlyFromFirst,
    /// The first is in the second's network, but not the other way round.
    OnlyFromSecond,
    /// Neither is in the other's network: they need a router.
    Neither,
    /// One is IPv4, the other IPv6: nothing but a translator joins them.
    Families,
}

impl Sharing {
    /// Judges two addresses by their prefix lengths.
    ///
    /// ```
    /// use nslab::types::cidr::Sharing;
    /// let of = |a: &str, b: &str| Sharing::of(a.parse().unwrap(), b.parse().unwrap());
    /// assert_eq!(of("192.0.2.1/24", "192.0.2.2/24"), Sharing::Both);
    /// assert_eq!(of("192.0.2.1/24", "198.51.100.1/24"), Sharing::Neither);
    /// assert_eq!(of("10.0.0.1/24", "10.0.0.200/30"), Sharing::OnlyFromFirst);
    /// ```
    #[must_use]
    pub fn of(first: Prefix, second: Prefix) -> Self {
        if first.is_ipv6() != second.is_ipv6() {
            return Self::Families;
        }
        match (first.contains(second.address()), second.contains(first.address())) {
            (true, true) => Self::Both,
            (true, false) => Self::OnlyFromFirst,
            (false, true) => Self::OnlyFromSecond,
            (false, false) => Self::Neither,
        }
    }
}

/// Puts addresses into groups in which each shares a segment with every other ([`Sharing::Both`]).
///
/// The groups are in the order of their first member, and name the members by their index, in order.
/// There is one group exactly if all share one segment. Where lengths differ, an address may fit
/// several groups; it is in the first of them.
///
/// ```
/// use nslab::types::cidr::segments;
/// let all: Vec<_> = ["192.0.2.1/24", "10.0.0.1/8", "192.0.2.2/24"].iter().map(|w| w.parse().unwrap()).collect();
/// assert_eq!(segments(&all), [vec![0, 2], vec![1]]);
/// ```
#[must_use]
pub fn segments(all: &[Prefix]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Group> = Vec::new();
    // Groups by the address of their first member: an address can only join a group whose members
    // are in its network, and those lie side by side here.
    let mut by_first: BTreeMap<(IpAddr, usize), ()> = BTreeMap::new();
    for (index, prefix) in all.iter().enumerate() {
        let network = prefix.to_ipnet();
        let range = (network.network(), 0)..=(network.broadcast(), usize::MAX);
        let fitting = by_first.range(range).map(|((_, at), ())| *at);
        let home = fitting.filter(|at| groups.get(*at).is_some_and(|group| group.takes(prefix))).min();
        match home.and_then(|at| groups.get_mut(at)) {
            Some(group) => group.add(index, prefix),
            None => {
                by_first.insert((prefix.address(), groups.len()), ());
                groups.push(Group {
                    members: vec![index],
                    narrowest: *prefix,
                    lowest: prefix.address(),
                    highest: prefix.address(),
                });
            }
        }
    }
    groups.into_iter().map(|group| group.members).collect()
}

/// The members' networks contain each other, so the narrowest and the outermost addresses stand for all.
struct Group {
    members: Vec<usize>,
    narrowest: Prefix,
    lowest: IpAddr,
    highest: IpAddr,
}

impl Group {
    fn takes(&self, prefix: &Prefix) -> bool {
        self.narrowest.contains(prefix.address()) && prefix.contains(self.lowest) && prefix.contains(self.highest)
    }

    fn add(&mut self, index: usize, prefix: &Prefix) {
        self.members.push(index);
        self.lowest = self.lowest.min(prefix.address());
        self.highest = self.highest.max(prefix.address());
        if prefix.len() > self.narrowest.len() {
            self.narrowest = *prefix;
        }
    }
}

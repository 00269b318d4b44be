//! In which namespace the other end of a link is.
//!
//! The kernel tells an id of that namespace and the link's index there. Whether an id stands for a namespace that is
//! held open can be asked, but in a large machine not for every pair; so first those are looked for whose link of that
//! index leads back, or, where there are many, has the hardware address that the other end has.

use std::collections::HashMap;

use super::seen::Node;
use crate::error::Result;
use crate::namespace::Namespace;
use crate::netlink::{Connection, Transport};
use crate::ops::{link, nsid};
use crate::types::MacAddr;

/// The ends of links in all namespaces that were read.
pub(super) struct Ends {
    /// By their own index and that of their other end.
    by_indexes: HashMap<(u32, u32), Vec<usize>>,
    /// By their own index and hardware address.
    by_address: HashMap<(u32, Option<MacAddr>), Vec<usize>>,
}

/// Up to so many are simply asked about.
const FEW: usize = 4;

impl Ends {
    /// Those of nodes, each at its place.
    pub(super) fn of<'n>(nodes: impl Iterator<Item = (usize, &'n Node)>) -> Self {
        let mut ends = Self { by_indexes: HashMap::new(), by_address: HashMap::new() };
        for (at, node) in nodes {
            for link in &node.links {
                ends.by_address.entry((link.index, link.mac)).or_default().push(at);
                if let Some(peer) = link.peer.filter(|peer| peer.node != Some(at)) {
                    ends.by_indexes.entry((link.index, peer.index)).or_default().push(at);
                }
            }
        }
        ends
    }

    /// The places of the other ends of a node's links: of each that has one elsewhere, by its place among the links.
    /// `None` for one that is in none of the namespaces.
    pub(super) fn of_far<'n, T: Transport>(
        &self,
        connection: &mut Connection<T>,
        node: &Node,
        far: &[(usize, i32)],
        namespace_at: &dyn Fn(usize) -> Option<&'n Namespace>,
    ) -> Result<Vec<(usize, Option<usize>)>> {
        let mut known: HashMap<i32, Option<usize>> = HashMap::new();
        let mut found = Vec::new();
        for (at, id) in far {
            let Some(link) = node.links.get(*at) else { continue };
            let place = match known.get(id) {
                Some(place) => *place,
                None => {
                    let there = link.peer.map(|peer| (link.index, peer.index));
                    let place = match (there, u32::try_from(*id)) {
                        (Some((own, other)), Ok(id)) => self.place(connection, own, other, id, namespace_at)?,
                        _ => None,
                    };
                    known.insert(*id, place);
                    place
                }
            };
            found.push((*at, place));
        }
        Ok(found)
    }

    fn place<'n, T: Transport>(
        &self,
        connection: &mut Connection<T>,
        own: u32,
        other: u32,
        id: u32,
        namespace_at: &dyn Fn(usize) -> Option<&'n Namespace>,
    ) -> Result<Option<usize>> {
        let back = self.by_indexes.get(&(other, own)).map(Vec::as_slice).unwrap_or_default();
        let candidates = if (1..=FEW).contains(&back.len()) {
            back
        } else {
            // Only who may change that namespace is told; then every end that leads back is asked about.
            match link::elsewhere(connection, id, other, |link| Ok(link.address().and_then(|mac| mac.try_into().ok())))
            {
                Ok(mac) => {
                    let key = (other, mac.map(MacAddr::new));
                    self.by_address.get(&key).map(Vec::as_slice).unwrap_or_default()
                }
                Err(_) => back,
            }
        };
        for place in candidates {
            let Some(namespace) = namespace_at(*place) else { continue };
            if nsid::get(connection, namespace)? == Some(id) {
                return Ok(Some(*place));
            }
        }
        Ok(None)
    }
}

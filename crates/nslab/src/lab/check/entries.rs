//! Entries in the nodes' neighbour tables, made for the time of a check, so that ARP takes no longer than it must and
//! no table overflows.
//!
//! Nobody tells the kernel a hardware address here. An entry is made empty (`NUD_NONE`): a place for what the kernel
//! will hear. On a switch each ARP request is copied to every port, and a kernel takes the asker's address from any
//! request that it hears, if it has an entry for it. So each node asks once, in an order by which nobody knows yet
//! whom it asks for, and all others have heard its address: n requests in place of n × (n − 1) / 2. Where that does not
//! come to pass (a frame is lost, a port does not hear), the entry is still empty, and the kernel asks as ever: a fault
//! is not hidden.
//!
//! The kernel keeps so many neighbours for all namespaces of the machine together (`gc_thresh3`, arp(7); 1,024 by
//! default) and drops what goes past that without a word, which would look like a node that does not answer. Entries
//! with `NTF_EXT_LEARNED` do not count. So where it would be tight, entries are made with it, and taken away after; they
//! bear a protocol number of their own, by which the next check finds and takes away what one that was killed has left.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use crate::error::Result;
use crate::lab::limits::Family;
use crate::netlink::Connection;
use crate::ops::address;
use crate::ops::neighbour::{self, DumpFilter, NeighbourConfig};
use crate::types::Prefix;
use crate::wire::Request;
use crate::wire::consts::{NTF_EXT_LEARNED, NUD_FAILED, NUD_NONE, RTPROT_NSLAB_CHECK};

/// With fewer questions, ARP as ever is no slower.
pub(super) const FEW: usize = 56;

/// An entry: on which interface, for which address.
type Entry = (u32, IpAddr);

/// One node's table.
pub(super) struct Table {
    connection: Connection,
    /// Its interfaces' networks.
    own: Vec<(u32, Prefix)>,
    known: HashSet<Entry>,
    /// What is to be taken away: of this round, and what another check has left.
    made: Vec<Entry>,
    left: Vec<Entry>,
}

impl Table {
    /// Connects to the namespace of the calling thread, and reads what is there.
    pub(super) fn open() -> Result<Self> {
        let mut connection = Connection::open()?;
        let (mut own, mut known, mut left) = (Vec::new(), HashSet::new(), Vec::new());
        address::dump(&mut connection, 0, None, |found| {
            let prefix = found.prefix().filter(|prefix| prefix.len() < prefix.max_len());
            own.extend(prefix.map(|prefix| (found.index(), prefix)));
            Ok(())
        })?;
        neighbour::dump(&mut connection, DumpFilter::default(), |found| {
            let Some(address) = found.destination() else { return Ok(()) };
            let entry = (found.index(), address);
            if found.protocol() == Some(RTPROT_NSLAB_CHECK) {
                left.push(entry);
            }
            // One that failed is asked for anew, and so is one that is empty.
            if found.state() & NUD_FAILED == 0 && found.state() != NUD_NONE {
                known.insert(entry);
            }
            Ok(())
        })?;
        Ok(Self { connection, own, known, made: Vec::new(), left })
    }

    /// On which interface an address is a neighbour, and the own address there.
    fn way(&self, to: IpAddr) -> Option<(u32, Prefix)> {
        self.own.iter().find(|(_, prefix)| prefix.contains(to) && prefix.address() != to).copied()
    }

    /// Whether it is on more than one network, and may pass packets on.
    pub(super) fn joins(&self) -> bool {
        let not_loopback = |prefix: &&(u32, Prefix)| !prefix.1.address().is_loopback();
        let links: HashSet<u32> = self.own.iter().filter(not_loopback).map(|(index, _)| *index).collect();
        links.len() > 1
    }

    pub(super) fn is_neighbour(&self, to: IpAddr) -> bool {
        self.way(to).is_some()
    }

    /// Makes entries. One that is refused is none; then the kernel makes its own.
    fn make(&mut self, entries: Vec<Entry>, exempt: bool) {
        let request = |(index, address): &Entry| config(*index, *address, exempt).add();
        let requests: Vec<Request> = entries.iter().map(request).collect();
        let _ = self.connection.batch(requests, |_| "making a neighbour".into());
        if exempt {
            self.made.extend(entries);
        }
    }

    /// Takes away what was made since this was called last.
    pub(super) fn forget(&mut self) {
        let request = |(index, address): Entry| config(index, address, true).delete();
        let requests: Vec<Request> = self.made.drain(..).map(request).collect();
        // One that is gone already is as good as taken away.
        let _ = self.connection.batch(requests, |_| "forgetting a neighbour".into());
    }

    /// What was made so far stays until the end.
    pub(super) fn keep(&mut self) {
        self.known.extend(&self.made);
        self.left.append(&mut self.made);
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        self.made.append(&mut self.left);
        self.forget();
    }
}

fn config(index: u32, address: IpAddr, exempt: bool) -> NeighbourConfig {
    NeighbourConfig {
        state: NUD_NONE,
        flags: if exempt { NTF_EXT_LEARNED } else { 0 },
        protocol: exempt.then_some(RTPROT_NSLAB_CHECK),
        ..NeighbourConfig::new(index, address)
    }
}

/// A question as far as it matters here: who asks, which of its questions it is, who is asked, at which address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    pub(super) asker: usize,
    pub(super) question: usize,
    pub(super) asked: usize,
    pub(super) address: IpAddr,
}

/// How many neighbours of a family the machine has room for, beside those that others have.
fn room() -> usize {
    let limit = Family::ALL.into_iter().map(Family::neighbours).min();
    limit.unwrap_or_default() / 2
}

/// Makes the entries that some questions need, at both ends, and says which of the questions are to be asked first,
/// in which order: then each has heard of all when the rest is asked.
///
/// `many` is whether more questions than these will be asked.
pub(super) fn prepare(tables: &mut [Table], asks: &[Ask], many: bool) -> Vec<(usize, usize)> {
    let mut missing: Vec<HashSet<Entry>> = vec![HashSet::new(); tables.len()];
    // Who asks first, on which interface from which address: whom it may ask.
    let mut first: BTreeMap<(usize, u32, Prefix), Vec<&Ask>> = BTreeMap::new();
    for ask in asks {
        let Some((index, own)) = tables.get(ask.asker).and_then(|table| table.way(ask.address)) else { continue };
        let back = tables.get(ask.asked).and_then(|table| Some((table.way(own.address())?.0, own.address())));
        let wanted = [(ask.asker, Some((index, ask.address))), (ask.asked, back)];
        for (number, entry) in wanted {
            let (Some(table), Some(missing), Some(entry)) = (tables.get(number), missing.get_mut(number), entry) else {
                continue;
            };
            if !table.known.contains(&entry) {
                missing.insert(entry);
            }
        }
        let is_new = missing.get(ask.asker).is_some_and(|missing| missing.contains(&(index, ask.address)));
        // Only ARP is heard by all.
        if is_new && ask.address.is_ipv4() {
            first.entry((ask.asker, index, own)).or_default().push(ask);
        }
    }
    let order = announcers(first, &mut missing);
    let needed: usize = missing.iter().map(HashSet::len).sum();
    let exempt = many || needed > room();
    for (table, entries) in tables.iter_mut().zip(missing) {
        if !entries.is_empty() {
            table.make(entries.into_iter().collect(), exempt);
        }
    }
    order
}

/// Each asks one who has not asked yet, for of one who has it knows the address already, and would not ask aloud.
/// Where all have, it must not have heard of one: there will be no entry for that one.
fn announcers(first: BTreeMap<(usize, u32, Prefix), Vec<&Ask>>, missing: &mut [HashSet<Entry>]) -> Vec<(usize, usize)> {
    let mut order = Vec::new();
    for ((asker, index, _), asks) in first {
        let chosen = asks.iter().find(|ask| ask.asked > asker).or(asks.first());
        let Some(ask) = chosen else { continue };
        if ask.asked < asker
            && let Some(missing) = missing.get_mut(asker)
        {
            missing.remove(&(index, ask.address));
        }
        order.push((asker, ask.question));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(asker: usize, question: usize, asked: usize) -> Ask {
        Ask { asker, question, asked, address: [10, 0, 0, asked as u8].into() }
    }

    /// Whoever announces itself asks for somebody whose address it has not heard.
    #[test]
    fn each_asks_for_one_of_whom_it_has_not_heard() {
        let own: Prefix = "10.0.0.0/24".parse().unwrap();
        let asks: Vec<Ask> = (0..4)
            .flat_map(|asker| (0..4).filter(move |to| *to != asker).enumerate().map(move |(n, to)| ask(asker, n, to)))
            .collect();
        let mut first: BTreeMap<(usize, u32, Prefix), Vec<&Ask>> = BTreeMap::new();
        let mut missing = vec![HashSet::new(); 4];
        for ask in &asks {
            first.entry((ask.asker, 2, own)).or_default().push(ask);
            missing[ask.asker].insert((2, ask.address));
        }
        let order = announcers(first, &mut missing);
        assert_eq!(order, [(0, 0), (1, 1), (2, 2), (3, 0)]);
        let mut heard: Vec<HashSet<usize>> = vec![HashSet::new(); 4];
        for (asker, question) in order {
            let whom = asks.iter().find(|ask| (ask.asker, ask.question) == (asker, question)).unwrap();
            assert!(!heard[asker].contains(&whom.asked), "{asker} knows {}", whom.asked);
            for (other, heard) in heard.iter_mut().enumerate() {
                if missing[other].contains(&(2, [10, 0, 0, asker as u8].into())) || other == whom.asked {
                    heard.insert(asker);
                }
            }
        }
        // The last had no entry for the first; it has heard of it by asking.
        assert_eq!(missing.iter().map(HashSet::len).collect::<Vec<_>>(), [3, 3, 3, 2]);
    }
}

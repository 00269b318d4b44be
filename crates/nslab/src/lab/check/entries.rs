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
//! with `NTF_EXT_LEARNED` do not count, whoever has filled the table; so these have it, and are taken away after. They
//! bear a protocol number of their own, by which the next check finds and takes away what one that was killed has left.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use crate::error::Result;
use crate::netlink::Connection;
use crate::ops::address;
use crate::ops::neighbour::{self, DumpFilter, NeighbourConfig};
use crate::probe::matrix::Sockets;
use crate::types::Prefix;
use crate::wire::Request;
use crate::wire::consts::{NTF_EXT_LEARNED, NUD_FAILED, NUD_NONE, RTPROT_NSLAB_CHECK};

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
    fn make(&mut self, entries: impl IntoIterator<Item = Entry>) {
        let from = self.made.len();
        self.made.extend(entries);
        let made = self.made.get(from..).unwrap_or_default().iter();
        let requests: Vec<Request> = made.map(|(index, address)| config(*index, *address).add()).collect();
        let _ = self.connection.batch(requests, |_| "making a neighbour".into());
    }

    /// Takes away what was made since this was called last.
    pub(super) fn forget(&mut self) {
        let request = |(index, address): Entry| config(index, address).delete();
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

fn config(index: u32, address: IpAddr) -> NeighbourConfig {
    NeighbourConfig {
        state: NUD_NONE,
        flags: NTF_EXT_LEARNED,
        protocol: Some(RTPROT_NSLAB_CHECK),
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

/// Makes the entries that some questions need, at both ends, and has them filled: each asks once so that all others
/// hear it.
pub(super) fn prepare(tables: &mut [Table], sockets: &[&Sockets], asks: &[Ask]) {
    let mut missing: Vec<HashSet<Entry>> = vec![HashSet::new(); tables.len()];
    // Who may ask aloud, on which interface from which address: whom.
    let mut aloud: BTreeMap<(usize, u32, Prefix), Vec<&Ask>> = BTreeMap::new();
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
            aloud.entry((ask.asker, index, own)).or_default().push(ask);
        }
    }
    let order = announcements(&aloud);
    for one in order.iter().filter(|one| one.late) {
        if let Some(missing) = missing.get_mut(one.asker) {
            missing.remove(&one.entry);
        }
    }
    for (table, entries) in tables.iter_mut().zip(missing) {
        table.make(entries);
    }
    for one in order {
        if let (true, Some(table)) = (one.late, tables.get_mut(one.asker)) {
            table.make([one.entry]);
        }
        if let Some(sockets) = sockets.get(one.asker) {
            sockets.announce(one.entry.1);
        }
    }
}

/// Who asks for whom, so that all others hear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Announcement {
    asker: usize,
    entry: Entry,
    /// Whether the entry is to be made no earlier than that.
    late: bool,
}

/// Each asks for one who has not asked yet, for of one who has it knows the address, and would not ask aloud. Where all
/// have, it must not have heard of one.
fn announcements(aloud: &BTreeMap<(usize, u32, Prefix), Vec<&Ask>>) -> Vec<Announcement> {
    let each = |((asker, index, _), asks): (&(usize, u32, Prefix), &Vec<&Ask>)| {
        let ask = asks.iter().find(|ask| ask.asked > *asker).or(asks.first())?;
        Some(Announcement { asker: *asker, entry: (*index, ask.address), late: ask.asked < *asker })
    };
    aloud.iter().filter_map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever announces itself asks for somebody whose address it has not heard; then all have heard of all.
    #[test]
    fn each_asks_for_one_of_whom_it_has_not_heard() {
        let own: Prefix = "10.0.0.0/24".parse().unwrap();
        let address = |of: usize| IpAddr::from([10, 0, 0, of as u8]);
        let ask = |asker, asked| Ask { asker, question: 0, asked, address: address(asked) };
        let asks: Vec<Ask> =
            (0..4).flat_map(|asker| (0..4).filter(move |to| *to != asker).map(move |to| ask(asker, to))).collect();
        let mut aloud: BTreeMap<(usize, u32, Prefix), Vec<&Ask>> = BTreeMap::new();
        for ask in &asks {
            aloud.entry((ask.asker, 2, own)).or_default().push(ask);
        }
        let order = announcements(&aloud);
        let late = |at: usize| order.iter().find(|one| one.late && one.asker == at).map(|one| one.entry.1);
        let mut heard: Vec<HashSet<IpAddr>> = vec![HashSet::new(); 4];
        for (at, one) in order.iter().enumerate() {
            assert!(!heard[one.asker].contains(&one.entry.1), "{} knows {:?}", one.asker, one.entry);
            let before = |other: usize| order[..at].iter().any(|one| one.asker == other);
            for other in (0..4).filter(|other| *other != one.asker) {
                // Without an entry nothing is heard, but of who asks for oneself.
                if late(other) != Some(address(one.asker)) || before(other) || one.entry.1 == address(other) {
                    heard[other].insert(address(one.asker));
                }
            }
            heard[one.asker].insert(one.entry.1);
        }
        assert_eq!(heard.iter().map(HashSet::len).collect::<Vec<_>>(), [3, 3, 3, 3]);
        assert_eq!(order.iter().filter(|one| one.late).count(), 1);
    }
}

//! Asking in rounds, for the kernel's neighbour tables are small: by default 1,024 entries of each family
//! for all namespaces of the machine together (`gc_thresh3`, arp(7)). What goes past that is dropped
//! without a word, and would look like a node that does not answer.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use super::limits::Family;
use crate::error::Result;
use crate::namespace::Namespace;
use crate::netlink::Connection;
use crate::ops::neighbour::{self, DumpFilter, Neighbour};
use crate::wire::Messages;
use crate::wire::consts::{NTF_EXT_LEARNED, NUD_NOARP, NUD_PERMANENT};

/// How many neighbours one round may make.
pub(super) fn budget() -> usize {
    let limit = Family::ALL.into_iter().map(Family::neighbours).min();
    // Others have entries too.
    (limit.unwrap_or_default() / 2).max(1)
}

/// One question: who asks, and which of its questions it is.
pub(super) type Ask = (usize, usize);

/// Deals questions out to rounds. `on_link` are those whose answer needs a neighbour, by the two nodes; both
/// ways between two nodes are in one round, for one exchange of addresses serves both. The others need none
/// of their own, and are in the last round.
pub(super) fn deal(on_link: BTreeMap<(usize, usize), Vec<Ask>>, others: Vec<Ask>, budget: usize) -> Vec<Vec<Ask>> {
    let mut rounds: Vec<Vec<Ask>> = vec![Vec::new()];
    for asks in on_link.into_values() {
        let full = rounds.last().is_some_and(|round| !round.is_empty() && round.len() + asks.len() > budget);
        if full {
            rounds.push(Vec::new());
        }
        if let Some(round) = rounds.last_mut() {
            round.extend(asks);
        }
    }
    if let Some(round) = rounds.last_mut() {
        round.extend(others);
    }
    rounds
}

/// The neighbours that a namespace knows, so that those that asking adds can be taken away again.
pub(super) struct Neighbours {
    connection: Connection,
    before: HashSet<(u32, IpAddr)>,
}

impl Neighbours {
    pub(super) fn of(namespace: &Namespace) -> Result<Self> {
        let mut connection = Connection::open_in(namespace)?;
        let mut before = HashSet::new();
        neighbour::dump(&mut connection, DumpFilter::default(), |found| {
            before.extend(found.destination().map(|address| (found.index(), address)));
            Ok(())
        })?;
        Ok(Self { connection, before })
    }

    /// Takes away what was learned since. What is in use by somebody is learned again.
    pub(super) fn forget_new(&mut self) -> Result<()> {
        let mut learned = Vec::new();
        neighbour::dump(&mut self.connection, DumpFilter::default(), |found| {
            let made = found.state() & (NUD_PERMANENT | NUD_NOARP) != 0 || found.flags() & NTF_EXT_LEARNED != 0;
            let known = found.destination().is_none_or(|address| self.before.contains(&(found.index(), address)));
            if !made && !known {
                found.message().append_to(&mut learned);
            }
            Ok(())
        })?;
        for message in Messages::new(&learned).map_while(std::result::Result::ok) {
            // One that is gone already is as good as taken away.
            let request = neighbour::delete(&Neighbour::parse(&message)?);
            let _ = self.connection.request(request, || "forgetting a neighbour".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_are_in_one_round_and_none_is_over_the_budget() {
        let on_link: BTreeMap<(usize, usize), Vec<Ask>> =
            [((0, 1), vec![(0, 0), (1, 0)]), ((0, 2), vec![(0, 1), (2, 0)]), ((1, 2), vec![(1, 1), (2, 1)])].into();
        let rounds = deal(on_link.clone(), vec![(5, 5)], 4);
        assert_eq!(rounds, [vec![(0, 0), (1, 0), (0, 1), (2, 0)], vec![(1, 1), (2, 1), (5, 5)]]);
        assert_eq!(deal(on_link.clone(), Vec::new(), 100).len(), 1);
        // A pair with more addresses than that is a round of its own.
        assert_eq!(deal(on_link, Vec::new(), 1).len(), 3);
        assert_eq!(deal(BTreeMap::new(), Vec::new(), 1), [Vec::new()]);
    }
}

//! Who reaches whom in a lab that is up.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::rounds::{self, Ask, Neighbours};
use super::{Node, Record, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Namespace, descriptors};
use crate::probe::matrix::{self, Outcome, Reason, Settings, Sockets, Source};
use crate::types::{LabName, Prefix};

/// A namespace, two sockets, and a connection where it is asked in rounds: no command has more open for a node.
pub(crate) const FILES: u64 = 4;

/// One node's way to one address of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// Which of the record's nodes asks, counted from 0.
    pub from: usize,
    /// Which of its nodes is asked.
    pub to: usize,
    /// The address that is asked: one that the lab's description gives it.
    pub address: IpAddr,
    /// What came of it.
    pub outcome: Outcome,
}

/// One node, whom it asks, and what it was told.
struct Asker {
    place: usize,
    namespace: Namespace,
    source: Source,
    asked: Vec<(usize, IpAddr)>,
    outcomes: Vec<Outcome>,
}

/// Asks every node for every address of every other, all at once; in rounds where that would take more
/// neighbours than the kernel keeps.
///
/// The addresses are those of the description, so one that was taken away by hand is not reached. Nodes
/// without addresses are asked nothing, and do not appear as `to`. The deadline is that of a round.
///
/// # Errors
/// [`ErrorKind::Busy`] where the lab was cut off half-way; [`ErrorKind::NotFound`] where a node was taken
/// away by hand; [`ErrorKind::Permission`] without root.
pub fn check(store: &Store, record: &Record, settings: &Settings) -> Result<Vec<Probed>> {
    store.check_whole(record)?;
    descriptors::make_room(record.nodes.len(), FILES)?;
    let addresses = record.plan.addresses();
    let mut askers = Vec::new();
    for (place, node) in record.hosts() {
        let others = addresses.iter().enumerate().filter(|(to, _)| *to != place);
        let asked: Vec<(usize, IpAddr)> =
            others.flat_map(|(to, prefixes)| prefixes.iter().map(move |prefix| (to, prefix.address()))).collect();
        let namespace = store.names().open(&node.netns_name())?;
        let sockets =
            namespace.enter(Sockets::open)?.map_err(|error| error.within(format_args!("node {}", node.name)))?;
        let outcomes = vec![Outcome::NotReached(Reason::NoAnswer); asked.len()];
        askers.push(Asker { place, namespace, source: Source { sockets, targets: Vec::new() }, asked, outcomes });
    }
    let rounds = rounds(&askers, &addresses);
    let mut neighbours = Vec::new();
    if rounds.len() > 1 {
        for asker in &askers {
            neighbours.push(Neighbours::of(&asker.namespace)?);
        }
    }
    for round in rounds {
        ask(&mut askers, round, settings)?;
        neighbours.iter_mut().try_for_each(Neighbours::forget_new)?;
    }
    let probed = |asker: Asker| {
        let both = asker.asked.into_iter().zip(asker.outcomes);
        both.map(move |((to, address), outcome)| Probed { from: asker.place, to, address, outcome })
    };
    Ok(askers.into_iter().flat_map(probed).collect())
}

/// Which questions are asked together: each by the asker's number and its own.
fn rounds(askers: &[Asker], addresses: &[Vec<Prefix>]) -> Vec<Vec<Ask>> {
    let (mut on_link, mut others) = (BTreeMap::<(usize, usize), Vec<Ask>>::new(), Vec::new());
    for (number, asker) in askers.iter().enumerate() {
        let own: Vec<Prefix> =
            addresses.get(asker.place).into_iter().flatten().filter(|p| p.len() < p.max_len()).copied().collect();
        for (question, (to, address)) in asker.asked.iter().enumerate() {
            if own.iter().any(|prefix| prefix.contains(*address)) {
                let pair = (asker.place.min(*to), asker.place.max(*to));
                on_link.entry(pair).or_default().push((number, question));
            } else {
                others.push((number, question));
            }
        }
    }
    rounds::deal(on_link, others, rounds::budget())
}

fn ask(askers: &mut [Asker], round: Vec<Ask>, settings: &Settings) -> Result<()> {
    let mut questions: Vec<Vec<usize>> = vec![Vec::new(); askers.len()];
    for (number, question) in round {
        if let Some(of_asker) = questions.get_mut(number) {
            of_asker.push(question);
        }
    }
    let targets = |(asker, questions): (&mut Asker, &Vec<usize>)| {
        let target = |question: &usize| asker.asked.get(*question).map(|(_, address)| *address);
        asker.source.targets = questions.iter().filter_map(target).collect();
    };
    askers.iter_mut().zip(&questions).for_each(targets);
    let sources: Vec<&Source> = askers.iter().map(|asker| &asker.source).collect();
    let outcomes = matrix::run(&sources, settings)?;
    for ((asker, questions), outcomes) in askers.iter_mut().zip(questions).zip(outcomes) {
        for (question, outcome) in questions.into_iter().zip(outcomes) {
            if let Some(place) = asker.outcomes.get_mut(question) {
                *place = outcome;
            }
        }
    }
    Ok(())
}

impl Store {
    /// Makes sure that a lab is up and that each node's name still stands for its namespace.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] where it was cut off half-way, [`ErrorKind::NotFound`] where a node is missing.
    pub fn check_whole(&self, record: &Record) -> Result<()> {
        let lab = &record.plan.lab;
        if record.state != super::State::Up || record.is_of_an_earlier_boot()? {
            return Err(self.not_whole(record));
        }
        record.nodes.iter().try_for_each(|node| self.open_node(lab, node).map(drop))
    }

    /// Opens a node's namespace, if its name still stands for that.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where it does not.
    pub fn open_node(&self, lab: &LabName, node: &Node) -> Result<Namespace> {
        match self.names.open(&node.netns_name()) {
            Ok(namespace) if namespace.is(node.netns)? => return Ok(namespace),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let message = format!("lab \"{lab}\" is up, but its node {} was taken away by hand", node.name);
        let help = format!("nslab up with the lab's file makes it anew; nslab down {lab} takes the rest away");
        Err(Error::new(ErrorKind::NotFound, message).with_help(help))
    }
}

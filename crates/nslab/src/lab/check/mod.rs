//! Who reaches whom, of a lab that is up or of all namespaces of the machine.

mod entries;
mod members;
mod questions;

use std::collections::HashMap;
use std::net::IpAddr;

use self::entries::{Ask, Table};
pub use self::members::Participant;
use self::questions::Rules;
use super::{Record, Store};
use crate::error::{Error, Result};
use crate::namespace::{Namespace, descriptors};
use crate::probe::Signals;
use crate::probe::knock::{self, Knock};
use crate::probe::matrix::{self, Outcome, Reason, Settings, Sockets, Source};
use crate::topology::spec::Expect;
use crate::types::Service;

/// A namespace, two sockets, and a connection: no command has more open for a node.
pub(crate) const FILES: u64 = 4;

/// What is to be asked; by default everything.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Only these ask; all where it is empty.
    pub from: Vec<String>,
    /// Only these are asked; all where it is empty.
    pub to: Vec<String>,
    /// What is expected in place of what the lab's file says; then only of whom that tells is asked.
    pub expect: Option<Vec<Expect>>,
}

/// One node's way to one address of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// Which of the members asks, counted from 0.
    pub from: usize,
    /// Which of them is asked.
    pub to: usize,
    /// The address that is asked; `None` where it has none: then it is not reached.
    pub address: Option<IpAddr>,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether it is to be reached.
    pub expected: bool,
}

impl Probed {
    /// Whether it is reached.
    #[must_use]
    pub fn reached(&self) -> bool {
        matches!(self.outcome, Outcome::Reached { .. })
    }

    /// Whether it is as expected.
    #[must_use]
    pub fn good(&self) -> bool {
        self.reached() == self.expected
    }
}

/// One node's way to a port of another: reached if it is at one of the other's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knocked {
    /// Which of the members asks, counted from 0.
    pub from: usize,
    /// Which of them is asked.
    pub to: usize,
    /// The port.
    pub service: Service,
    /// The address at which it is reached; else the first.
    pub address: Option<IpAddr>,
    /// What came of it there.
    pub knock: Knock,
    /// Whether it is to be reached.
    pub expected: bool,
}

impl Knocked {
    /// Whether it is reached.
    #[must_use]
    pub fn reached(&self) -> bool {
        self.knock == Knock::Open
    }

    /// Whether it is as expected.
    #[must_use]
    pub fn good(&self) -> bool {
        self.reached() == self.expected
    }
}

/// What a check has found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Who took part.
    pub members: Vec<Participant>,
    /// Of each that asks, each address of each that is asked.
    pub pairs: Vec<Probed>,
    /// The ports that something is expected of.
    pub ports: Vec<Knocked>,
}

impl Checked {
    /// Whether all is as expected.
    #[must_use]
    pub fn good(&self) -> bool {
        self.pairs.iter().all(Probed::good) && self.ports.iter().all(Knocked::good)
    }
}

/// Asks every node of a lab, or those that are [`Asked`] for, for every address of every other, all at once; and for the
/// ports that something is expected of.
///
/// The addresses are those of the description, so one that was taken away by hand is not reached. `None`: a signal came.
///
/// Nobody is told to be unreachable because the kernel's table of neighbours is too small: while it asks, nodes have
/// entries there that do not count, and that are taken away again.
///
/// # Errors
/// [`ErrorKind::Busy`](crate::ErrorKind::Busy) where the lab was cut off half-way;
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where a node was taken away by hand;
/// [`ErrorKind::Permission`](crate::ErrorKind::Permission) without root;
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where a node is asked for that the lab does not have.
pub fn check(
    store: &Store,
    record: &Record,
    asked: &Asked,
    settings: &Settings,
    signals: Option<&Signals>,
) -> Result<Option<Checked>> {
    store.check_up(record)?;
    let (members, namespaces) = members::of_record(store, record)?;
    let expect = asked.expect.as_deref().unwrap_or(&record.plan.expect);
    let rules = Rules::new(&members, asked, expect, &format!("lab \"{}\"", record.plan.lab))?;
    run(members, &namespaces, &rules, settings, signals)
}

/// The same of the namespaces that have names on this machine (ip-netns(8)), whoever made them: of those that have
/// addresses beside loopback and link-local ones, which are read from the kernel.
///
/// # Errors
/// As of [`check`].
pub fn check_machine(
    store: &Store,
    asked: &Asked,
    settings: &Settings,
    signals: Option<&Signals>,
) -> Result<Option<Checked>> {
    let (members, namespaces) = members::of_machine(store)?;
    let rules = Rules::new(&members, asked, asked.expect.as_deref().unwrap_or_default(), "this machine")?;
    run(members, &namespaces, &rules, settings, signals)
}

/// A member that asks, whom it asks, and what it was told.
struct Asker {
    source: Source,
    asked: Vec<(usize, IpAddr)>,
    outcomes: Vec<Outcome>,
}

fn run(
    members: Vec<Participant>,
    namespaces: &[Namespace],
    rules: &Rules<'_>,
    settings: &Settings,
    signals: Option<&Signals>,
) -> Result<Option<Checked>> {
    let asked: Vec<Vec<(usize, IpAddr)>> = (0..members.len()).map(|from| rules.questions(&members, from)).collect();
    let total: usize = asked.iter().map(Vec::len).sum();
    descriptors::make_room(members.len(), FILES)?;
    let inside: Vec<&Namespace> = namespaces.iter().collect();
    let opened = Namespace::enter_each(&inside, |at| {
        let open = || Ok((Sockets::open()?, Table::open()?));
        let name = || members.get(at).map_or("?", |member| member.name.as_str());
        open().map_err(|error: Error| error.within(format_args!("node {}", name())))
    })?;
    let (mut askers, mut tables) = (Vec::new(), Vec::new());
    for ((sockets, table), asked) in opened.into_iter().zip(asked) {
        let outcomes = vec![Outcome::NotReached(Reason::NoAnswer); asked.len()];
        askers.push(Asker { source: Source { sockets, targets: Vec::new() }, asked, outcomes });
        tables.push(table);
    }
    if ask_all(&mut askers, &mut tables, settings, signals)?.is_none() {
        return Ok(None);
    }
    drop(tables);
    let mut pairs = Vec::with_capacity(total);
    for (from, asker) in askers.iter().enumerate() {
        let mut told = asker.asked.iter().zip(&asker.outcomes).peekable();
        for to in rules.asked_by(members.len(), from) {
            let expected = rules.expected(from, to);
            let probed = |address, outcome| Probed { from, to, address, outcome, expected };
            let before = pairs.len();
            while let Some(((_, address), outcome)) = told.next_if(|((asked, _), _)| *asked == to) {
                pairs.push(probed(Some(*address), *outcome));
            }
            if pairs.len() == before {
                pairs.push(probed(None, Outcome::NotReached(Reason::NoAddress)));
            }
        }
    }
    drop(askers);
    let Some(ports) = ports(&members, &inside, rules, settings, signals)? else { return Ok(None) };
    Ok(Some(Checked { members, pairs, ports }))
}

/// So many questions are asked at once, so that the entries for all of them take no more than some 130 MB of the
/// kernel's memory (each half a kilobyte, one at either end).
const MOST_AT_ONCE: usize = 131_072;

/// Of more, the questions between two groups of so many members are asked at once.
const GROUP: usize = 256;

fn ask_all(
    askers: &mut [Asker],
    tables: &mut [Table],
    settings: &Settings,
    signals: Option<&Signals>,
) -> Result<Option<()>> {
    let mut asks: Vec<Ask> = Vec::new();
    for (asker, of_asker) in askers.iter().enumerate() {
        let one = |(question, (asked, address)): (usize, &(usize, IpAddr))| Ask {
            asker,
            question,
            asked: *asked,
            address: *address,
        };
        asks.extend(of_asker.asked.iter().enumerate().map(one));
    }
    if asks.len() <= MOST_AT_ONCE {
        return ask(askers, tables, &asks, settings, signals);
    }
    // Whom all the others need is known to them all the time.
    let joins: Vec<bool> = tables.iter().map(Table::joins).collect();
    let joins = |at: usize| joins.get(at).copied().unwrap_or(false);
    let is_base = |ask: &Ask| {
        let on_link = tables.get(ask.asker).is_some_and(|table| table.is_neighbour(ask.address));
        on_link && (joins(ask.asker) || joins(ask.asked))
    };
    let (mut base, rest): (Vec<Ask>, Vec<Ask>) = asks.into_iter().partition(is_base);
    let mut rounds: HashMap<(usize, usize), Vec<Ask>> = HashMap::new();
    if base.len() > MOST_AT_ONCE {
        rest.iter().chain(&base).for_each(|ask| rounds.entry(groups(ask)).or_default().push(*ask));
        base.clear();
    } else {
        rest.iter().for_each(|ask| rounds.entry(groups(ask)).or_default().push(*ask));
    }
    drop(rest);
    if ask(askers, tables, &base, settings, signals)?.is_none() {
        return Ok(None);
    }
    tables.iter_mut().for_each(Table::keep);
    let mut rounds: Vec<_> = rounds.into_iter().collect();
    rounds.sort_by_key(|(groups, _)| *groups);
    for (_, round) in rounds {
        if ask(askers, tables, &round, settings, signals)?.is_none() {
            return Ok(None);
        }
        tables.iter_mut().for_each(Table::forget);
    }
    Ok(Some(()))
}

/// Both ways between two members are asked at once: what one learns serves the other.
fn groups(ask: &Ask) -> (usize, usize) {
    let (a, b) = (ask.asker / GROUP, ask.asked / GROUP);
    (a.min(b), a.max(b))
}

fn ask(
    askers: &mut [Asker],
    tables: &mut [Table],
    round: &[Ask],
    settings: &Settings,
    signals: Option<&Signals>,
) -> Result<Option<()>> {
    let mut questions: Vec<Vec<usize>> = vec![Vec::new(); askers.len()];
    for ask in round {
        if let Some(of_asker) = questions.get_mut(ask.asker) {
            of_asker.push(ask.question);
        }
    }
    for (asker, questions) in askers.iter_mut().zip(&questions) {
        let target = |question: &usize| asker.asked.get(*question).map(|(_, address)| *address);
        asker.source.targets = questions.iter().filter_map(target).collect();
    }
    let sources: Vec<&Source> = askers.iter().map(|asker| &asker.source).collect();
    entries::prepare(tables, &sources.iter().map(|source| &source.sockets).collect::<Vec<_>>(), round);
    let Some(outcomes) = matrix::run_until(&sources, settings, signals)? else { return Ok(None) };
    for ((asker, questions), outcomes) in askers.iter_mut().zip(questions).zip(outcomes) {
        for (question, outcome) in questions.into_iter().zip(outcomes) {
            if let Some(place) = asker.outcomes.get_mut(question) {
                *place = outcome;
            }
        }
    }
    Ok(Some(()))
}

fn ports(
    members: &[Participant],
    namespaces: &[&Namespace],
    rules: &Rules<'_>,
    settings: &Settings,
    signals: Option<&Signals>,
) -> Result<Option<Vec<Knocked>>> {
    let wanted = rules.ports();
    let addresses = |member: usize| members.get(member).map(|member| member.addresses.as_slice()).unwrap_or_default();
    let mut calls = Vec::new();
    for (from, to, service, _) in &wanted {
        let call = |address: &IpAddr| knock::Call { from: *from, to: *to, address: *address, service: *service };
        calls.extend(addresses(*to).iter().map(call));
    }
    let Some(knocks) = knock::run(namespaces, &calls, settings.deadline, signals)? else { return Ok(None) };
    let mut knocks = calls.iter().zip(knocks);
    let mut told = Vec::new();
    for (from, to, service, expected) in wanted {
        let of_port: Vec<(IpAddr, Knock)> =
            knocks.by_ref().take(addresses(to).len()).map(|(call, knock)| (call.address, knock)).collect();
        let best = of_port.iter().find(|(_, knock)| *knock == Knock::Open).or(of_port.first());
        let (address, knock) = match best {
            Some((address, knock)) => (Some(*address), *knock),
            None => (None, Knock::NotReached(Reason::NoAddress)),
        };
        told.push(Knocked { from, to, service, address, knock, expected });
    }
    Ok(Some(told))
}

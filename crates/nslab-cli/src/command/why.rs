//! `nslab why`: why somebody does not reach somebody, and what mends it.

mod print;
mod words;

use std::time::Duration;

use nslab::lab::Store;
use nslab::why::{self, Cause, Finding, Goal, Machine, Probe, Remedy, Walked};
use nslab::{Error, ErrorKind, Result};

use super::{Ui, Verdict, rootless};
use crate::output;

/// As many rounds of mending as this are tried: each mends one thing.
const ROUNDS: usize = 12;

/// How long an answer is waited for where one is expected, and where none is.
const EXPECTED: Duration = Duration::from_secs(5);
const UNEXPECTED: Duration = Duration::from_millis(500);

/// Say why a node does not reach another, and what mends it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  nslab why h1 h2\n  nslab why h1 web:80\n  nslab why lab/h1 2001:db8::5\n  \
    nslab why h1 dns:53/udp\n\n\
    Walks the way of a packet there and back over what the kernels of the namespaces have, says the first thing that \
    is wrong and what mends it, and asks for real whether there is an answer. If all is well it shows the way.\n\n\
    Exit status 0 where it is reached, 1 where not.")]
pub(super) struct Args {
    /// Who sends: a node, LAB/NODE, or any namespace that has a name
    from: String,
    /// Whom: a node, an address, or either with :PORT (TCP) or :PORT/udp; an IPv6 address then in []
    to: String,
    /// A packet of this size, in bytes with its IP header, has to pass whole; by default the largest of the first link
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(68..=65_535))]
    size: Option<u32>,
    /// Mend it: carry out what is said, one thing after the other, until it is reached
    #[arg(long)]
    fix: bool,
    /// As JSON: {from, to, reached, targets: [{address, source, there, back, finding, unsure, probe}], applied}
    #[arg(long)]
    json: bool,
}

/// What was found out about one address.
pub(super) struct Answer {
    goal: Goal,
    walked: Walked,
    probe: Option<Probe>,
}

/// Who is asked about, as they were named.
pub(super) struct Question {
    from: String,
    to: String,
    service: Option<(u8, u16)>,
}

pub(super) fn run(args: &Args, ui: Ui) -> Result<Verdict> {
    let store = Store::default();
    let mut applied: Vec<String> = Vec::new();
    let target = words::target(&args.to)?;
    words::reach(&store, &args.from)?;
    let mut machine = Machine::open(&store)?;
    let mut from = words::place(&store, &machine, &args.from)?;
    let question = words::question(&machine, from, &target, &store)?;
    let mut answers = ask(&mut machine, from, &target, &store, args)?;
    while args.fix && applied.len() < 100 {
        let Some(finding) = answers.iter().find_map(|answer| answer.walked.finding.as_ref()) else { break };
        let commands: Vec<String> = finding.mend.iter().map(command).collect();
        // What was done and did not help will not help the second time.
        let again = commands.iter().all(|command| applied.contains(command));
        if again || applied.len() >= ROUNDS * 8 {
            break;
        }
        if !args.json {
            output::answer(&print::mending(finding))?;
        }
        for remedy in &finding.mend {
            why::apply(&store, remedy)?;
        }
        applied.extend(commands);
        machine = Machine::open(&store)?;
        // Its number is another where a name came or went meanwhile.
        from = words::place(&store, &machine, &args.from)?;
        answers = ask(&mut machine, from, &target, &store, args)?;
    }
    let reached = answers.iter().all(Answer::reached) && !answers.is_empty();
    if args.json {
        print::json(&question, &answers, &applied, reached)?;
    } else {
        output::answer(&print::text(&question, &answers, ui))?;
    }
    Ok(if reached { Verdict::Good } else { Verdict::No })
}

/// Asks about each address of the target; of those after the first that is not reached nothing is said.
fn ask(machine: &mut Machine, from: usize, target: &words::Target, store: &Store, args: &Args) -> Result<Vec<Answer>> {
    let (addresses, node) = match &target.whom {
        words::Whom::Address(address) => (vec![*address], None),
        words::Whom::Node(word) => {
            let node = words::place(store, machine, word)?;
            let addresses = machine.targets(from, node)?;
            if addresses.is_empty() {
                let walked = Walked { finding: Some(machine.no_target(node)), ..Walked::default() };
                let unspecified = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
                let goal = Goal { from, to: unspecified, node: Some(node), service: None, size: None };
                return Ok(vec![Answer { goal, walked, probe: None }]);
            }
            (addresses, Some(node))
        }
    };
    let mut answers = Vec::new();
    for to in addresses {
        let goal = Goal { from, to, node, service: target.service, size: args.size };
        let answer = one(machine, goal)?;
        if !answer.reached() {
            return Ok(vec![answer]);
        }
        answers.push(answer);
    }
    Ok(answers)
}

fn one(machine: &mut Machine, goal: Goal) -> Result<Answer> {
    let mut walked = machine.explain(&goal)?;
    let deadline = if walked.finding.is_none() { EXPECTED } else { UNEXPECTED };
    let mut probe = why::probe(machine, &goal, deadline)?;
    if probe.answered.is_none() && walked.finding.is_none() {
        // What came too early is asked again, and what was learned or has changed meanwhile shows now.
        machine.forget();
        walked = machine.explain(&goal)?;
        if walked.finding.is_none() {
            probe = why::probe(machine, &goal, EXPECTED)?;
        }
        if probe.answered.is_none() && walked.finding.is_none() && !walked.doubts.is_empty() {
            walked.finding = Some(walked.doubts.remove(0));
        }
    } else if walked.finding.as_ref().is_some_and(|found| found.cause == Cause::NoAddress || probe.answered.is_some()) {
        // The kernel may have come so far only after the walk: of an address of IPv6 that is new, its route comes later.
        machine.forget();
        walked = machine.explain(&goal)?;
    }
    Ok(Answer { goal, walked, probe: Some(probe) })
}

impl Answer {
    /// Whether all is well, in the walk and for real.
    fn reached(&self) -> bool {
        let answered = self.probe.as_ref().is_some_and(|probe| probe.answered.is_some());
        // Nobody answers ICMP for a port of UDP that is right.
        self.walked.finding.is_none() && answered
    }

    /// What is wrong, or that nothing was found although there is no answer.
    fn finding(&self) -> Option<&Finding> {
        self.walked.finding.as_ref()
    }
}

/// A remedy as a command that may be typed where this one was.
fn command(remedy: &Remedy) -> String {
    if rootless::has_joined() { remedy.command_of_user() } else { remedy.to_string() }
}

/// Whether small packets pass although something is wrong.
fn only_large(cause: Cause) -> bool {
    cause == Cause::MtuTooSmall
}

/// A word that names nothing.
fn unknown(word: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("\"{word}\" is neither a node of a lab, nor a namespace that has a name"))
}

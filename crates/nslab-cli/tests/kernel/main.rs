//! Tests on the real kernel, each in a sandbox of its own.
//!
//! - `walk`: the acceptance story, step by step, also with nothing but nslab on PATH;
//! - `ip`: cases run with iproute2's `ip` and with ours, outputs compared;
//! - `ip_link`: the same for `ip link`: each setup in each mode with each filter, each setting, errors;
//! - `ip_route`: the same for `ip route`;
//! - `ip_kinds`: the same for the kinds of links, every option of each, and `ip tuntap`;
//! - `ip_address`, `ip_addrlabel`, `ip_neigh`: the same for one object each, every way of showing with every filter;
//! - `ip_netns`, `ip_nexthop`, `ip_rule`, `ip_options`: the same, object by object and in every mode;
//! - `random`: the same words at random to both;
//! - `ping`: the same for iputils' `ping`; `ping_options` for each of its options, `ping_answers` for answers of all
//!   sorts (from `answerer`);
//! - `lab`: labs up, looked at, down; what others do to them meanwhile;
//! - `capture`: packets of labs, seen and written;
//! - `lab_kinds`: interfaces of nodes beside cables, each kind;
//! - `impair`: labs with delays and rates, and kernels that have none;
//! - `graph`: pictures of labs, of networks made by hand, and of the machine;
//! - `save`: lab files written from what is there, and made again elsewhere;
//! - `prefix`: labs with the same node names side by side;
//! - `progress`: what long work shows on a terminal, and that it shows it nowhere else;
//! - `uplink`: a way out through the machine: what is seen outside, what is left;
//! - `change`: labs that are up, changed by hand and by their file;
//! - `check`: ports, the machine's namespaces, what is asked, what is shown, what is left;
//! - `check_random`: random labs, broken at random: right in every pair;
//! - `drift`: what was done by hand beside links and addresses, or came about by itself;
//! - `refusals`: bad files, taken names, missing privilege;
//! - `fault`: system calls that fail, one after the other;
//! - `kill`: commands killed at random moments, and what the next one makes of it;
//! - `processes`: the processes of labs, and what `down` ends;
//! - `exec`: what a program started in a namespace gets and does not get;
//! - `trace`: the way between nodes, and where it ends;
//! - `example`: the script that a newcomer runs;
//! - `why`: labs broken in one way each, and what mends them;
//! - `doctor`: what is found where something is taken away;
//! - `shell`: `nslab shell`: the walk in it, who joins it, what it leaves;
//! - `way_out`: uplinks without root;
//! - `docs`: the transcripts in the pages;
//! - `rootless`: labs without root: what holds them, who may join, what is left, what cannot be reached;
//! - `user`: those of labs once more, without root.
//!
//! A test that cannot run here is reported as ignored, with the reason on standard error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test; without the built-in harness, clippy does not see that it is one"
)]

mod answerer;
mod capture;
mod change;
mod check;
mod check_random;
mod coverage;
mod differential;
mod docs;
mod doctor;
mod drift;
mod example;
mod exec;
mod fault;
mod graph;
mod impair;
mod ip;
mod ip_address;
mod ip_addrlabel;
mod ip_kinds;
mod ip_link;
mod ip_neigh;
mod ip_netns;
mod ip_nexthop;
mod ip_options;
mod ip_route;
mod ip_rule;
mod kill;
mod lab;
mod lab_kinds;
#[path = "../support/markdown.rs"]
mod markdown;
mod ping;
mod ping_answers;
mod ping_options;
mod prefix;
mod processes;
mod progress;
mod random;
#[path = "../../../nslab/tests/support/reference.rs"]
mod reference;
mod refusals;
mod rootless;
#[path = "../../../nslab/tests/support/sandbox.rs"]
mod sandbox;
mod save;
mod shell;
mod tools;
mod trace;
mod uplink;
mod user;
mod walk;
mod way_out;
mod why;

use libtest_mimic::{Arguments, Trial};

fn main() {
    if answerer::main() || ping_answers::main() {
        return;
    }
    let arguments = Arguments::from_args();
    let possible = sandbox::is_possible();
    if !possible {
        eprintln!("skipped: this machine allows no network namespaces (run as root, or allow user namespaces)");
    }
    let reference = tools::reference().is_some();
    if !reference {
        eprintln!("skipped: comparisons, for want of the reference programs (scripts/reference fetches them)");
    }
    let alone = [
        lab::trials(),
        capture::trials(),
        change::trials(),
        check::trials(),
        check_random::trials(),
        drift::trials(),
        lab_kinds::trials(),
        graph::trials(),
        save::trials(),
        impair::trials(),
        prefix::trials(),
        progress::trials(),
        refusals::trials(),
        fault::trials(),
        kill::trials(),
        exec::trials(),
        processes::trials(),
        ip_netns::alone(),
        ip_options::alone(),
        example::trials(),
        uplink::trials(),
        why::trials(),
        docs::trials(),
        ping_answers::alone(),
        trace::trials(),
        rootless::trials(),
        doctor::trials(),
        shell::trials(),
        way_out::trials(),
    ];
    let compared = [
        walk::trials(),
        shell::compared(),
        ip::trials(),
        ip_address::trials(),
        ip_addrlabel::trials(),
        ip_neigh::trials(),
        ip_kinds::trials(),
        ip_link::trials(),
        ip_route::trials(),
        ip_netns::trials(),
        ip_nexthop::trials(),
        ip_options::trials(),
        ip_rule::trials(),
        random::trials(),
        ping::trials(),
        ping_answers::trials(),
        ping_options::trials(),
    ];
    // A trial may have a reason of its own.
    let unless = |able: bool| {
        move |trial: Trial| {
            let ignored = trial.has_ignored_flag() || !able;
            trial.with_ignored_flag(ignored)
        }
    };
    let as_user = user::trials_of(|| {
        vec![
            lab::trials(),
            capture::trials(),
            change::trials(),
            lab_kinds::trials(),
            impair::trials(),
            prefix::trials(),
            progress::trials(),
            refusals::trials(),
            exec::trials(),
            processes::trials(),
            example::trials(),
        ]
    });
    let user = possible && user::is_possible();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(as_user.into_iter().flatten().map(unless(user)));
    trials.extend(alone.into_iter().flatten().map(unless(possible)));
    trials.extend(compared.into_iter().flatten().map(unless(possible && reference)));
    let conclusion = libtest_mimic::run(&arguments, trials);
    coverage::write();
    conclusion.exit();
}

/// A trial that fails by panicking, as ordinary tests do.
fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    let (name, begin) = user::mode(name);
    Trial::test(name, move || {
        begin();
        test();
        Ok(())
    })
}

//! The library on the real kernel. Each test is a process of its own, in a sandbox of its own.
//!
//! - `namespace`: made, entered, told apart; what is left of it;
//! - `names`: files in /run/netns, by us, by iproute2, and by both at once;
//! - `links`: interface names, refusals, batches and dumps as the kernel has them;
//! - `impair`: delay, loss and rate as set, as read back, and a rate in effect;
//! - `fault`: netlink requests that fail, one after the other;
//! - `lab`: up and down, locks, records, full disks.
//!
//! A test that cannot run here is reported as ignored, with the reason on standard error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test; without the built-in harness, clippy does not see that it is one"
)]

mod fault;
mod impair;
mod lab;
mod links;
mod names;
mod namespace;
#[path = "../support/reference.rs"]
mod reference;
#[path = "../support/sandbox.rs"]
#[allow(dead_code, reason = "the tests of the program use the rest")]
mod sandbox;

use libtest_mimic::{Arguments, Failed, Trial};

/// What a test needs beside a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// The reference `ip`.
    Reference,
    /// A user namespace, for a limit that is set there and not for the whole machine.
    UserNamespace,
}

/// A test: its name, what it needs, and what it does.
type Test = (&'static str, Needs, fn());

/// Set in the process that is in the sandbox, to the test that it is there for.
const INSIDE: &str = "NSLAB_TEST_INSIDE";

fn main() {
    let tests = [namespace::TESTS, names::TESTS, links::TESTS, lab::TESTS, fault::TESTS, impair::TESTS].concat();
    if let Ok(name) = std::env::var(INSIDE) {
        let (_, _, run) = tests.iter().find(|(test, ..)| *test == name).unwrap();
        return run();
    }
    let arguments = Arguments::from_args();
    let possible = sandbox::is_possible();
    if !possible {
        eprintln!("skipped: this machine allows no network namespaces (run as root, or allow user namespaces)");
    }
    let reference = reference::folder().is_some();
    if !reference {
        eprintln!("skipped: comparisons, for want of the reference programs (scripts/reference fetches them)");
    }
    let trials = tests.into_iter().map(|(name, needs, _)| {
        let ignored = !possible || (needs == Needs::Reference && !reference);
        Trial::test(name, move || inside(name, needs)).with_ignored_flag(ignored)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// Runs this program again, for one test, in a sandbox. One that hangs is ended.
fn inside(name: &str, needs: Needs) -> Result<(), Failed> {
    let program = std::env::current_exe()?;
    let mut words = vec!["180", program.to_str().unwrap()];
    if needs == Needs::UserNamespace {
        let sandbox = ["unshare", "--user", "--map-root-user", "--net", "--mount"];
        let fresh_run = ["sh", "-c", "mount -t tmpfs tmpfs /run && exec \"$0\""];
        words.splice(1..1, sandbox.into_iter().chain(fresh_run));
    }
    let folders: Vec<_> = reference::folder().into_iter().collect();
    let output = sandbox::command(&folders, "timeout", &words).env(INSIDE, name).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Err(format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr)).into())
}

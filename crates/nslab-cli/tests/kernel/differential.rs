//! Running a script with the reference programs and with ours, in twin sandboxes, and comparing.

use std::path::Path;
use std::process::Output;

use regex_lite::Regex;

use crate::{coverage, sandbox, tools};

/// - `r COMMAND…` runs a command and prints it and its exit status, so that a script can go on after a
///   command that fails;
/// - `running LINK…` waits until the links are up and running;
/// - `moved PID` waits until a process is in another network namespace.
const PRELUDE: &str = r#"
r() { echo "+ $*"; "$@"; echo "= $?"; }
running() { for link; do until ip link show "$link" | grep -q 'state UP'; do :; done; done; }
moved() { until [ "$(readlink /proc/$1/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do :; done; }
"#;

/// What differs between two runs of one program, and may be covered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mask {
    /// Nothing: MAC addresses are given, links made in a fixed order.
    Nothing,
    /// MAC addresses that the kernel made up, and interface indexes.
    Hardware,
    /// The timers of a running bridge and its ports.
    Timers,
    /// What ping has at random, and the time of day.
    Ping,
}

/// What differs this often differs by itself, and not by when the kernel did something on its own (an
/// address that stops being tentative, a timer, a route that comes with a carrier).
const TRIES: usize = 3;

/// What a script prints once its network is there: see [`compare_in_network`].
pub(crate) const NETWORK_IS_THERE: &str = "network is there";

/// The same as [`compare`], for a script that makes a network first and then prints [`NETWORK_IS_THERE`]: two
/// that fail alike at that would compare equal.
pub(crate) fn compare_in_network(script: &str, mask: Mask) {
    let out = compared(script, mask);
    assert!(out.lines().any(|line| line == NETWORK_IS_THERE), "no network\n--- script\n{script}\n--- out\n{out}");
}

/// Runs a script both ways and compares standard output, standard error and exit statuses.
pub(crate) fn compare(script: &str, mask: Mask) {
    compared(script, mask);
}

fn compared(script: &str, mask: Mask) -> String {
    let script = with_prelude(script);
    let run = |folder: &Path| sandbox::run(&[folder], &script);
    let out = printed(&script, || run(tools::reference().unwrap()), || run(tools::ours()), mask);
    coverage::passed(&script);
    out
}

/// A script with the words that cases have.
pub(crate) fn with_prelude(script: &str) -> String {
    format!("{PRELUDE}{script}")
}

/// Has a script run in two ways print and return the same.
pub(crate) fn same(script: &str, expected: impl Fn() -> Output, got: impl Fn() -> Output, mask: Mask) {
    printed(script, expected, got, mask);
}

/// The same, and gives what was printed.
fn printed(script: &str, expected: impl Fn() -> Output, got: impl Fn() -> Output, mask: Mask) -> String {
    let both = || (Ran::new(&expected(), mask), Ran::new(&got(), mask));
    let (mut expected, mut got) = both();
    for _ in 1..TRIES {
        if expected == got {
            break;
        }
        (expected, got) = both();
    }
    assert!(
        expected == got,
        "not as the reference\n--- script\n{script}\n--- difference\n{}",
        expected.difference(&got)
    );
    // A script that did nothing would compare equal.
    assert!(!expected.out.is_empty() || !expected.err.is_empty(), "the script printed nothing");
    expected.out
}

/// Asks both for help. The text is our own, but each word of the reference's that can be typed is among ours,
/// for scripts look for it there; the stream and the exit status are the same.
pub(crate) fn compare_help(commands: &[&str]) {
    for command in commands {
        let run = |folder| Ran::new(&sandbox::run(&[folder], &format!("ip {command}")), Mask::Nothing);
        let (expected, got) = (run(tools::reference().unwrap()), run(tools::ours()));
        assert_eq!((expected.status, expected.out.is_empty()), (got.status, got.out.is_empty()), "ip {command}");
        let words = |ran: &Ran| -> Vec<String> {
            let text = format!("{}{}", ran.out, ran.err);
            text.split(|c: char| !(c.is_alphanumeric() || "-_".contains(c))).map(Into::into).collect()
        };
        let known = words(&got);
        // What is in capitals stands for something else.
        let typed = |word: &String| word.len() > 1 && !word.contains(|c: char| c.is_uppercase());
        let missing: Vec<_> = words(&expected).into_iter().filter(typed).filter(|word| !known.contains(word)).collect();
        assert!(missing.is_empty(), "the help of ip {command} lacks {missing:?}");
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Ran {
    out: String,
    err: String,
    status: Option<i32>,
}

impl Ran {
    fn new(output: &Output, mask: Mask) -> Self {
        let text = |bytes: &[u8]| cover(&String::from_utf8_lossy(bytes), mask);
        Self { out: text(&output.stdout), err: text(&output.stderr), status: output.status.code() }
    }

    fn difference(&self, other: &Self) -> String {
        let mut text = format!("status {:?} and {:?}\n", self.status, other.status);
        for (name, a, b) in [("out", &self.out, &other.out), ("err", &self.err, &other.err)] {
            if a == b {
                continue;
            }
            let (a, b): (Vec<_>, Vec<_>) = (a.lines().collect(), b.lines().collect());
            let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
            let show = |lines: &[&str]| lines[same..lines.len().min(same + 6)].join("\n  ");
            text.push_str(&format!("{name}, line {}:\n- {}\n+ {}\n", same + 1, show(&a), show(&b)));
        }
        text
    }
}

/// Replaces what differs from run to run.
fn cover(text: &str, mask: Mask) -> String {
    // Ping's times; lifetimes count down; shells name themselves in messages alike.
    let mut patterns = vec![
        (r"time=[0-9.]+ ms", "time=T ms"),
        (r"time [0-9]+ms", "time Tms"),
        (r"= [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms", "= T/T/T/T ms"),
        (r"(ipg/ewma|ewma/max =) [0-9.]+/[0-9.]+", "$1 T/T"),
        (r"(valid_lft|preferred_lft) [0-9]+sec", "$1 Nsec"),
        (r"expires [0-9]+sec", "expires Nsec"),
        (r#""expires": ?[0-9]+"#, r#""expires":N"#),
        // How long ago a route was used is told only if it is a tick ago.
        (r" age [0-9]+sec", ""),
        (r#",\s*"age": ?[0-9]+"#, ""),
        (r#""(valid|preferred)_life_time":( ?)[0-9]{1,9}\b"#, r#""$1_life_time":${2}N"#),
        // Buckets of nexthops.
        (r"\b(idle_time|unbalanced_time) [0-9.]+", "$1 T"),
        (r#""(idle_time|unbalanced_time)":( ?)[0-9.]+"#, r#""$1":${2}T"#),
        (r"used [0-9]+/[0-9]+/[0-9]+probes [0-9]+", "used N/N/NprobesN"),
        (r#""(used|confirmed|updated|probes)":( ?)[0-9]+"#, r#""$1":${2}N"#),
    ];
    if matches!(mask, Mask::Hardware) {
        patterns.extend([
            (r"link/ether [0-9a-f]{2}(:[0-9a-f]{2}){5}", "link/ether MAC"),
            (r"(?m)^[0-9]+: ", "N: "),
            (r"@if[0-9]+", "@ifN"),
        ]);
    }
    if matches!(mask, Mask::Timers) {
        let timer =
            r#"\b((?:hello|tcn|topology_change|gc|hold|message_age|forward_delay)_timer)("?:? *)[0-9]+\.[0-9]{2}"#;
        patterns.push((timer, "$1 T"));
    }
    if matches!(mask, Mask::Ping) {
        patterns.extend([
            (r"ident=[0-9]+", "ident=N"),
            (r"flow 0x[0-9a-f]{5}", "flow N"),
            (r"\[[0-9]{10}\.[0-9]{6}\] ", "[DATE] "),
        ]);
    }
    let mut text = text.to_owned();
    for (pattern, with) in patterns {
        text = Regex::new(pattern).unwrap().replace_all(&text, with).into_owned();
    }
    text
}

//! The benches, small: that it works, and not how long anything takes.
//!
//! Counts as ignored where no namespaces can be made, or where there is no iproute2 to compare with.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panicking")]

#[path = "../../crates/nslab/tests/support/reference.rs"]
mod reference;
#[path = "../../crates/nslab/tests/support/sandbox.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod sandbox;

use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Arguments, Trial};
use serde_json::Value;

const BENCH: &str = env!("CARGO_BIN_EXE_bench");

fn main() {
    let arguments = Arguments::from_args();
    let possible = sandbox::is_possible();
    if !possible {
        eprintln!("skipped: this machine allows no network namespaces (run as root, or allow user namespaces)");
    }
    let compared = reference::folder().is_some() || sandbox::run(&[], "ip -V | grep -q iproute2").status.success();
    if !compared {
        eprintln!("skipped: comparisons, for want of an ip of iproute2 (scripts/reference fetches one)");
    }
    let others = sandbox::run(&[], ANOTHER).status.success();
    if !others {
        eprintln!("skipped: without root, for want of root or of namespaces for users");
    }
    let trial = |name: &str, test: fn()| {
        let run = move || {
            test();
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(!possible || !compared)
    };
    let trials = vec![
        trial("pairs::table", table),
        trial("pairs::json", json),
        trial("pairs::refused", refused),
        trial("rootless", rootless).with_ignored_flag(!possible || !others),
        trial("commands", commands),
        trial("ping", ping).with_ignored_flag(!possible || reference::folder().is_none()),
        trial("star", star),
        trial("check", check),
        trial("growth", growth),
        trial("graph", graph),
        trial("capture", capture),
    ];
    libtest_mimic::run(&arguments, trials).exit();
}

/// Whether another user can be become, who can have namespaces.
const ANOTHER: &str = "setpriv --reuid 54320 --regid 54320 --clear-groups unshare --user --map-root-user --net true";

/// The one that cargo built with this test; where it built this test alone, built now.
fn nslab() -> PathBuf {
    let path = Path::new(BENCH).with_file_name("nslab");
    if path.is_file() {
        return path;
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--package", "nslab-cli", "--message-format", "json"]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let built = messages.filter_map(|message| Some(PathBuf::from(message.unwrap()["executable"].as_str()?)));
    built.last().unwrap()
}

/// Standard output, and standard error with the status.
fn bench(words: &[&str]) -> (String, String) {
    let output = Command::new(BENCH).args(words).arg("--nslab").arg(nslab()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr) + &output.status.to_string())
}

const KINDS: [&str; 4] = ["nslab", "bare", "batch", "walk"];

fn table() {
    let (out, err) = bench(&["pairs", "--pairs", "3", "--runs", "1"]);
    assert!(err.ends_with("exit status: 0"), "{err}");
    assert!(out.starts_with("3 pairs, medians of 1 run"), "{out}");
    for kind in KINDS {
        assert!(out.lines().any(|line| line.starts_with(kind) && line.contains(" ms ")), "{kind}: {out}");
    }
    assert!(out.contains(", iproute2-"), "which ip it compares with: {out}");
    assert_eq!(
        out.lines().filter(|line| line.starts_with("nslab up ") && line.contains(" times ")).count(),
        3,
        "{out}"
    );
}

fn json() {
    let (out, err) = bench(&["--pairs", "1", "--runs", "2", "--json"]);
    assert!(err.ends_with("exit status: 0"), "{err}");
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["bench"], &json["count"], &json["runs"]), (&"pairs".into(), &1.into(), &2.into()));
    let ways = json["ways"].as_array().unwrap();
    assert_eq!(ways[0]["ratio"], 1.0);
    for kind in KINDS {
        let mut of_kind = ways.iter().filter(|way| way["kind"] == kind).peekable();
        assert!(of_kind.peek().is_some(), "{kind}");
        assert!(of_kind.all(|way| way["seconds"].as_array().unwrap().len() == 2), "{kind}");
    }
    let compared: Vec<&Value> = json["compared"].as_array().unwrap().iter().map(|row| &row["with"]).collect();
    assert_eq!(compared, KINDS[1..]);
}

/// What cannot be measured is said, and nothing is printed as if it had been.
fn refused() {
    let (out, err) = bench(&["--pairs", "0"]);
    assert!(out.is_empty() && err.contains("1 to 10000") && err.ends_with("exit status: 1"), "{out}{err}");
    let failing = Command::new(BENCH).args(["--pairs", "1", "--runs", "1", "--nslab", "/bin/false"]).output().unwrap();
    assert!(failing.stdout.is_empty() && !failing.status.success());
}

fn rootless() {
    let (out, err) = bench(&["rootless", "--pairs", "3", "--runs", "2"]);
    assert!(err.ends_with("exit status: 0"), "{err}");
    assert!(out.starts_with("3 pairs, medians of 2 runs"), "{out}");
    for way in ["nslab up as root ", "nslab up without root "] {
        assert!(out.lines().any(|line| line.starts_with(way) && line.contains(" ms ")), "{way}: {out}");
    }
    let (out, err) = bench(&["rootless", "--quick"]);
    assert!(out.is_empty() && err.contains("unknown word") && err.ends_with("exit status: 1"), "{out}{err}");
}

fn commands() {
    let numbers = ["--runs", "2", "--long-runs", "1", "--links", "4", "--routes", "9", "--batch", "5"];
    let (out, err) = bench(&[&["commands"][..], &numbers].concat());
    assert!(err.ends_with("exit status: 0"), "{err}");
    for measured in ["link show, 2 runs", "route get 10.0.0.2, 2 runs", "-batch /run/add, 1 runs", "route show, 1 runs"]
    {
        assert!(out.contains(measured), "{measured}: {out}");
    }
    let of = |program: &str| out.lines().filter(|line| line.starts_with(program) && line.contains(" ratio ")).count();
    assert!(of("  nslab ") == 7 && of("  ip ") >= 7, "{out}");
}

fn ping() {
    let (out, err) = bench(&["ping", "--requests", "3"]);
    assert!(err.ends_with("exit status: 0"), "{err}");
    let titles = out.lines().filter(|line| line.ends_with("3 requests each")).count();
    let of = |program: &str| out.lines().filter(|line| line.starts_with(program) && line.contains(" median ")).count();
    assert!(titles == 6 && of("  nslab ping ") == 6 && of("  ping ") >= 6, "{out}");
}

fn star() {
    let (out, err) = bench(&["star", "--hosts", "3", "--runs", "1", "--quick"]);
    assert!(err.ends_with("exit status: 0"), "{err}");
    assert!(out.starts_with("3 hosts on a switch, medians of 1 run"), "{out}");
    assert!(out.contains("batch by ip") && out.contains("made and taken away"), "{out}");
}

fn graph() {
    let (out, err) = bench(&["graph", "--nodes", "36", "--runs", "1", "--json"]);
    assert!(err.ends_with("exit status: 0"), "{err}");
    let json: Value = serde_json::from_str(&out).unwrap();
    let labs = json["labs"].as_array().unwrap();
    assert_eq!(labs.len(), 3);
    assert!(
        labs.iter().all(|lab| ["read", "svg", "list", "save"].iter().all(|what| lab[*what].as_f64().unwrap() > 0.0))
    );
}

fn check() {
    let (out, err) = bench(&["check", "--hosts", "3", "--runs", "1", "--quick"]);
    assert!(err.ends_with("exit status: 0"), "{err}");
    assert!(out.starts_with("3 hosts, all pairs, medians of 1 run"), "{out}");
    assert!(out.lines().any(|line| line.starts_with("nslab check, again ") && line.contains(" ms ")), "{out}");
}

fn growth() {
    let (out, err) = bench(&["growth", "--sizes", "36,60", "--runs", "1", "--json"]);
    assert!(err.ends_with("exit status: 0"), "{err}");
    let json: Value = serde_json::from_str(&out).unwrap();
    let labs = json["labs"].as_array().unwrap();
    let sizes: Vec<&Value> = labs.iter().map(|lab| &lab["nodes"]).collect();
    assert_eq!(sizes, [36, 60, 36, 59, 36, 36]);
    assert!(labs.iter().all(|lab| lab["memory"].as_u64().unwrap() > 0));
}

fn capture() {
    let (out, err) = bench(&["capture", "--runs", "1", "--packets", "1000"]);
    assert!(err.ends_with("exit status: 0"), "{err}");
    let ours: Vec<&str> = out.lines().filter(|line| line.starts_with("nslab ")).collect();
    assert_eq!(ours.len(), 3, "{out}");
    // In the file, or told as lost.
    for line in ours {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [in_file, lost, told] = [4, 5, 6].map(|at: usize| words[at].parse::<u64>().unwrap());
        assert!(in_file + lost == 1000 && lost == told, "{line}");
    }
}

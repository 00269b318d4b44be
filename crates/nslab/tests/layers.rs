//! What the library's source may say where: imports point down only, and what touches the machine stays
//! in its place. Read from the source itself, token by token, without what is compiled for tests only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

#[path = "support/source.rs"]
mod source;

use std::path::{Path, PathBuf};

use source::{Seen, tokens};

/// The layers, lowest first: each may use itself and those before it.
const LAYERS: &[&str] = &[
    "sys",
    "errno",
    "error",
    "types",
    "wire",
    "namespace",
    "netlink",
    "ops",
    "probe",
    "capture",
    "topology::kinds",
    "topology::spec",
    "topology::domains",
    "topology::routing",
    "topology::plan",
    "topology::observe::seen",
    "topology::observe::network",
    "topology::observe::planned",
    "topology::diff",
    "topology::observe",
    "topology::apply",
    "topology::save",
    "topology",
    "picture",
    "lab",
    "why",
    "doctor::facts",
    "doctor::apparmor",
    "doctor::judge",
    "doctor",
];

/// What does no I/O and reads no clock.
const PURE: &[&str] = &[
    "types",
    "wire",
    "topology::kinds",
    "topology::spec",
    "topology::domains",
    "topology::routing",
    "topology::plan",
    "topology::observe::seen",
    "topology::observe::network",
    "topology::observe::planned",
    "topology::diff",
    "topology::save",
    "picture",
    "probe::engine",
    "probe::packet",
    "capture::dissect",
    "capture::filter",
    "capture::frame",
    "capture::pcapng",
    "ops::nft::rules",
    "why::addresses",
    "why::delivery",
    "why::evidence",
    "why::fib",
    "why::filter",
    "why::finding",
    "why::gateway",
    "why::links",
    "why::remedy",
    "why::routes",
    "why::segment",
    "why::walk",
    "why::words",
    "doctor::facts",
    "doctor::apparmor",
    "doctor::judge",
];

/// The one part of those that reads a file.
const IMPURE: &[&str] = &["topology::spec::read"];

/// What the pure parts may use beside each other.
const PURE_MAY_USE: &[&str] = &[
    "errno",
    "error",
    "probe::Arrival",
    "probe::Family",
    "probe::trace::Trace",
    "capture::Direction",
    "capture::LinkType",
    "capture::Packet",
    "capture::Reception",
    "capture::Statistics",
];

/// Names that only some files may have, and why.
const ONLY_IN: &[(&[&str], &[&str], &str)] = &[
    (&["unsafe", "unsafe_code"], &["sys"], "unsafe code"),
    (
        &["setns", "unshare", "unshare_unsafe", "move_into_link_name_space", "move_into_thread_name_spaces"],
        &["sys", "namespace::enter"],
        "changing a thread's namespace",
    ),
    (
        &["unshare_network", "unshare_root", "unshare_user_alone", "unshare_processes"],
        &["sys", "namespace::enter"],
        "changing a thread's namespace",
    ),
    (&["unshare_mounts"], &["sys", "namespace::exec"], "changing a process's mounts"),
];

/// Everything in a file that is against the rules, as `file:line: what`.
fn violations(file: &str, text: &str) -> Vec<String> {
    let module = module_of(file);
    let mut found = Vec::new();
    for (line, seen) in tokens(&module, text) {
        let mut report = |what: String| found.push(format!("{file}:{line}: {what}"));
        match seen {
            Seen::Macro(name) => {
                if ["print", "println", "eprint", "eprintln", "dbg"].contains(&name.as_str()) {
                    report(format!("{name}! prints"));
                }
            }
            Seen::Inside(path) => check_inside(&module, &path, &mut report),
            Seen::Path(path) => check_outside(&module, &path, &mut report),
        }
    }
    found
}

/// A path within the library.
fn check_inside(module: &str, path: &str, report: &mut impl FnMut(String)) {
    let (Some(own), Some(other)) = (layer(module), layer(path)) else {
        // lib.rs itself is above all; its re-exports are used under their own names.
        if !module.is_empty() {
            report(format!("{path} is in no layer"));
        }
        return;
    };
    if other > own {
        report(format!("{path} is above {}", LAYERS[own]));
    }
    if is_pure(module) && !is_pure(path) && !within(path, PURE_MAY_USE) {
        report(format!("{path} is not pure"));
    }
    check_names(module, path, report);
}

/// A path to anything else, which may be as short as one word.
fn check_outside(module: &str, path: &str, report: &mut impl FnMut(String)) {
    if within(path, &["std::env", "std::io::stdout", "std::io::stderr", "std::io::stdin"]) {
        report(format!("{path} belongs to the program"));
    }
    let net = path.strip_prefix("std::net::").is_some_and(|item| !item.starts_with("Ip"));
    let machine = ["rustix", "libc", "std::fs", "std::io", "std::os", "std::process", "std::thread"];
    let clock = path.ends_with("Instant::now") || path.ends_with("SystemTime::now");
    if is_pure(module) && (net || clock || within(path, &machine)) {
        report(format!("{path} in a pure module"));
    }
    check_names(module, path, report);
}

fn check_names(module: &str, path: &str, report: &mut impl FnMut(String)) {
    let last = path.rsplit("::").next().unwrap_or(path);
    for (names, places, what) in ONLY_IN {
        if names.contains(&last) && !within(module, places) {
            report(format!("{what} ({last}) outside {}", places.join(" and ")));
        }
    }
}

/// The layer of a path: that of the most specific entry.
fn layer(path: &str) -> Option<usize> {
    let matching = LAYERS.iter().enumerate().filter(|(_, layer)| within(path, &[layer]));
    matching.max_by_key(|(_, layer)| layer.len()).map(|(at, _)| at)
}

fn is_pure(path: &str) -> bool {
    within(path, PURE) && !within(path, IMPURE)
}

fn within(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with("::")))
}

/// `ops/link/mod.rs` is `ops::link`, `lib.rs` is the empty path.
fn module_of(file: &str) -> String {
    let path = file.trim_end_matches(".rs").trim_end_matches("mod").trim_end_matches('/');
    if path == "lib" { String::new() } else { path.replace('/', "::") }
}

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file that is not for tests only.
fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            all.push(path);
        }
    }
}

#[test]
fn the_library_keeps_to_its_layers() {
    let (root, mut all) = (library(), Vec::new());
    files(&root, &mut all);
    let mut found = Vec::new();
    for path in &all {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
        found.extend(violations(name, &std::fs::read_to_string(path).unwrap()));
    }
    assert!(all.len() > 60, "only {} files were looked at", all.len());
    assert!(found.is_empty(), "\n{}\n(a new module gets its place in LAYERS, in this file)", found.join("\n"));
}

/// What lib.rs tells its readers is this order.
#[test]
fn the_front_page_lists_the_layers_in_order() {
    let text = std::fs::read_to_string(library().join("lib.rs")).unwrap();
    let listed = |line: &str| Some(line.strip_prefix("//! - [`")?.split_once('`')?.0.to_owned());
    let listed: Vec<String> = text.lines().filter_map(listed).collect();
    let private = ["sys", "errno", "error"];
    let mut order: Vec<&str> = LAYERS.iter().map(|layer| layer.split("::").next().unwrap()).collect();
    order.retain(|layer| !private.contains(layer));
    order.dedup();
    assert_eq!(listed, order);
}

fn found(file: &str, text: &str) -> usize {
    violations(file, text).len()
}

/// The checker itself: what it must find, and what it must not.
#[test]
fn imports_that_point_up_are_found() {
    assert_eq!(
        violations("wire/mod.rs", "\nuse crate::ops::link;"),
        ["wire/mod.rs:2: ops::link is above wire", "wire/mod.rs:2: ops::link is not pure"]
    );
    assert_eq!(found("netlink/socket.rs", "use crate::{error::Error, lab::Store, wire};"), 1);
    assert_eq!(found("ops/link/mod.rs", "use super::super::lab;"), 1);
    assert_eq!(found("ops/link/mod.rs", "fn f() { g(format!(\"{}\", crate::lab::x())) }"), 1);
    assert_eq!(found("topology/plan.rs", "use super::{apply::Built, spec::Lab};"), 2);
    assert_eq!(found("ops/mod.rs", "mod inner { use super::super::probe::ping; }"), 1);
    assert_eq!(found("ops/mod.rs", "use crate::nowhere;"), 1);
    // Down, sideways, in words, and in tests.
    assert_eq!(
        found("lab/up.rs", "use crate::sys; use super::record; use crate::topology::{apply::{self, Built}, plan};"),
        0
    );
    assert_eq!(found("wire/mod.rs", "// use crate::lab;\n/// `crate::lab`\nfn f() { g(\"crate::lab\") }"), 0);
    assert_eq!(found("wire/mod.rs", "#[cfg(test)]\n#[allow(x)]\nmod tests { use crate::lab; }\nfn f() {}"), 0);
    assert_eq!(found("wire/mod.rs", "#[cfg(test)] use crate::lab; use crate::lab::up;"), 2);
    assert_eq!(found("lib.rs", "pub use crate::lab::Store; mod lab;"), 0);
}

#[test]
fn things_out_of_place_are_found() {
    for text in ["println!(\"\")", "std::eprint!(\"\")", "dbg!(1)", "std::env::args()", "std::io::stdout()"] {
        assert_eq!(found("lab/up.rs", &format!("fn f() {{ {text}; }}")), 1, "{text}");
    }
    assert_eq!(found("lab/up.rs", "use std::{env, fs};"), 1);
    assert_eq!(found("lab/up.rs", "fn f() { write!(out, \"println!\"); std::env!(\"X\"); }"), 0);
    assert_eq!(found("lab/up.rs", "fn f() { unsafe { g() } }"), 1);
    assert_eq!(found("lab/up.rs", "#![allow(unsafe_code)]"), 1);
    assert_eq!(found("sys/mod.rs", "#![allow(unsafe_code)] fn f() { unsafe { g() } }"), 0);
    assert_eq!(found("lab/up.rs", "use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};"), 1);
    assert_eq!(found("namespace/exec.rs", "fn f() { libc::setns(a, b); crate::sys::unshare_network() }"), 2);
    assert_eq!(found("namespace/enter.rs", "fn f() { crate::sys::unshare_network() }"), 0);
}

#[test]
fn input_and_output_in_pure_modules_is_found() {
    let impure = [
        "use std::fs::File;",
        "use std::{fmt, thread};",
        "use std::net::{IpAddr, UdpSocket};",
        "use rustix::net::socket;",
        "fn f() { Instant::now(); }",
        "fn f() { std::process::exit(1) }",
    ];
    for text in impure {
        for file in ["wire/mod.rs", "types/prefix.rs", "topology/spec/model.rs", "topology/plan.rs", "probe/engine.rs"]
        {
            assert_eq!(found(file, text), 1, "{file}: {text}");
        }
        assert_eq!(found("lab/up.rs", text), 0, "{text}");
    }
    assert_eq!(found("topology/spec/read.rs", "use std::fs::File; use super::parse;"), 0);
    assert_eq!(found("topology/spec/lab.rs", "use super::read::read;"), 1);
    assert_eq!(found("probe/engine.rs", "use super::{Family, run};"), 1);
    assert_eq!(
        found("types/mac.rs", "use std::net::{IpAddr, Ipv4Addr}; use std::time::Instant; use crate::error::Error;"),
        0
    );
}

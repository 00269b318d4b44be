//! `examples/helloworld.sh`, the first thing that a newcomer runs: it shows the lab, and leaves nothing,
//! whatever happens to it; nor does it touch what has its names.

use std::process::Output;

use libtest_mimic::Trial;

use crate::lab::SEEN;
use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("example::shows_the_lab_with_no_other_program", shows),
        trial("example::leaves_nothing_when_a_step_fails", steps_fail),
        trial("example::leaves_nothing_when_it_is_stopped", stopped),
        trial("example::leaves_alone_namespaces_of_its_names", names_taken),
        trial("example::leaves_alone_a_lab_of_its_name", lab_taken),
    ]
}

/// Runs a script that may `example` with our binary; on PATH, `ip` and `ping` tell of being used.
fn run(script: &str) -> Output {
    let setup = format!(
        "{}export NSLAB={}
         mkdir /run/bin; for name in ip ping nslab; do printf '#!/bin/sh\\ntouch /run/used\\n' >/run/bin/$name; done
         chmod +x /run/bin/*; PATH=/run/bin:$PATH; touch /run/before /run/after
         [ $(id -u) != 0 ] || $NSLAB ip netns add other
         example() {{ {}; }}\n",
        SEEN.replace("ip link", "$NSLAB ip link"),
        tools::NSLAB,
        tools::repository("examples/helloworld.sh").display()
    );
    let ending = "status=$?; test ! -e /run/used || echo used; exit $status";
    sandbox::run(&[], &format!("{setup}{script}\n{ending}"))
}

fn text(output: &Output) -> (String, String) {
    (String::from_utf8_lossy(&output.stdout).into(), String::from_utf8_lossy(&output.stderr).into())
}

fn shows() {
    let output = run("seen >/run/before; example && seen >/run/after && diff /run/before /run/after");
    let (out, err) = text(&output);
    assert!(output.status.success(), "{out}{err}");
    for line in [
        "$ nslab up examples/helloworld.yaml\nlab helloworld is up: 2 nodes, 1 link\n",
        "$ nslab exec ns1 nslab ping -c 3 192.0.2.2\nPING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n",
        "\n3 packets transmitted, 3 received, 0% packet loss",
        "$ nslab check helloworld\nfrom \\ to",
        "\nall reached: 2 address pairs\n",
    ] {
        assert!(out.contains(line), "{out}");
    }
    assert!(out.ends_with("$ nslab down helloworld\nlab helloworld is down: 2 nodes removed\n"), "{out}");
    assert_eq!(err, "");
}

/// A program in nslab's place that does `what` where a step is to be disturbed, and else is nslab.
fn disturbed(what: &str, then: &str) -> Output {
    run(&format!(
        "printf '%s\\n' '#!/bin/sh' '{what}' 'exec {} \"$@\"' >/run/nslab-disturbed; chmod +x /run/nslab-disturbed
         seen >/run/before; NSLAB=/run/nslab-disturbed; example; echo status $?
         seen >/run/after; diff /run/before /run/after{then}",
        tools::NSLAB
    ))
}

fn steps_fail() {
    for step in ["exec", "check"] {
        let (out, err) = text(&disturbed(&format!("[ $1 != {step} ] || exit 7"), ""));
        assert!(out.ends_with("lab helloworld is down: 2 nodes removed\nstatus 7\n"), "{step}: {out}{err}");
    }
    // One that fails before there is a lab.
    let (out, err) = text(&disturbed("[ $1 != up ] || exit 3", ""));
    assert_eq!((out.as_str(), err.as_str()), ("$ nslab up examples/helloworld.yaml\nstatus 3\n", ""));
}

fn stopped() {
    for (signal, status) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        let (out, err) = text(&disturbed(&format!("[ $1 != check ] || kill -{signal} $PPID"), ""));
        assert!(out.ends_with(&format!("2 nodes removed\nstatus {status}\n")), "{signal}: {out}{err}");
    }
}

fn names_taken() {
    let output = run("$NSLAB ip netns add ns1; seen >/run/before; example; echo status $?
         seen >/run/after; diff /run/before /run/after; $NSLAB ip netns list");
    let (out, err) = text(&output);
    assert!(out.ends_with("status 3\nns1\nother\n"), "{out}");
    assert!(err.starts_with("nslab: ns1: already the name of a network namespace on this machine"), "{err}");
}

/// A lab of the same name is somebody's, even if it is the same lab.
fn lab_taken() {
    let lab = tools::repository("examples/helloworld.yaml");
    let output = run(&format!(
        "$NSLAB -q up {}; seen >/run/before; example; echo status $?; seen >/run/after; diff /run/before /run/after",
        lab.display()
    ));
    let (out, err) = text(&output);
    assert_eq!(out, "status 1\n");
    assert!(err.contains("a lab named helloworld is up already, and is left alone"), "{err}");
}

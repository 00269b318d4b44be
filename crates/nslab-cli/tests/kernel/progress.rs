//! What long work shows meanwhile, and where it does not.

use libtest_mimic::Trial;

use crate::lab::{HELLO, fail, succeed};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let able = std::process::Command::new("script").arg("--version").output().is_ok();
    if !able {
        eprintln!("skipped: what is shown on a terminal, for want of util-linux's script");
    }
    let trials = [
        trial("progress::a_line_on_a_terminal_and_clean_behind", on_a_terminal),
        trial("progress::nothing_elsewhere", elsewhere),
        trial("progress::a_failure_is_told_on_a_line_of_its_own", failure),
    ];
    trials.into_iter().map(|trial| trial.with_ignored_flag(!able)).collect()
}

/// A terminal: what a command says there, as bytes that can be read.
const TERMINAL: &str = "on_terminal() { script -qec \"$1\" /dev/null </dev/null | tr '\\r\\033' '<^'; }\n";

/// What takes a line back.
const CLEAR: &str = "<^[K";

fn on_a_terminal() {
    let out = succeed(&format!(
        "{TERMINAL}export TERM=xterm NSLAB_PROGRESS=0
         printf 'nodes:\\n  n[1-300]:\\n' >/run/t.yaml
         on_terminal 'nslab up /run/t.yaml'; on_terminal 'nslab down t'"
    ));
    let (up, down) = out.split_once("lab t is up: 300 nodes<\n").unwrap();
    assert!(up.starts_with("<making the lab [-") && up.ends_with(CLEAR), "{up}");
    let (down, rest) = down.split_once("lab t is down: 300 nodes removed<\n").unwrap();
    assert!(down.starts_with("<removing names [") && down.ends_with(CLEAR), "{down}");
    assert_eq!(rest, "");
}

fn elsewhere() {
    let quick = "lab helloworld is up: 2 nodes, 1 link<\nlab helloworld is down: 2 nodes removed<\n";
    for (setting, option) in
        [("TERM=dumb NSLAB_PROGRESS=0", ""), ("NSLAB_PROGRESS=never", ""), ("NSLAB_PROGRESS=1000", "")]
    {
        let out = succeed(&format!(
            "{HELLO}{TERMINAL}export TERM=xterm {setting}
             on_terminal 'nslab {option} up /run/hello.yaml'; on_terminal 'nslab {option} down helloworld'"
        ));
        assert_eq!(out, quick, "{setting}");
    }
    let out = succeed(&format!(
        "{HELLO}{TERMINAL}export TERM=xterm NSLAB_PROGRESS=0
         on_terminal 'nslab -q up /run/hello.yaml'; on_terminal 'nslab -q down helloworld'
         nslab up /run/hello.yaml 2>&1; nslab down helloworld 2>&1"
    ));
    assert_eq!(out, quick.replace('<', ""));
}

fn failure() {
    let out = succeed(&format!(
        "{TERMINAL}export TERM=xterm NSLAB_PROGRESS=0
         printf 'nodes: {{ a: , b: {{ routes: [ default via 10.1.0.2 src 10.1.0.9 ] }} }}\\nlinks: [ b 10.1.0.1/24 -- a ]' >/run/t.yaml
         on_terminal 'nslab up /run/t.yaml' || true"
    ));
    assert!(out.contains("%^[K<^[Knslab: adding route to b: "), "{out}");
    fail(
        "printf 'nodes: { a: , b: { routes: [ default via 10.1.0.2 src 10.1.0.9 ] } }\\nlinks: [ b 10.1.0.1/24 -- a ]' >/run/t.yaml; nslab up /run/t.yaml",
        3,
    );
}

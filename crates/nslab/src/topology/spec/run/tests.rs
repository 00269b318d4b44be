//! Processes, read as part of a file.

use super::super::tests::{help, parsed, problems};
use super::super::{Ready, Restart};

#[test]
fn processes_of_nodes_and_profiles() {
    let lab = parsed(
        "
profiles: { p: { run: [ { name: a, command: [ x ] }, { name: b, command: y z, restart: always, limit: 3 } ] } }
nodes:
  n[1-2]: { use: p, run: [ { name: a, command: [ w, 80 ], ready: { tcp: 80 }, timeout: 2min, after: b } ] }
  m: { run: [ { name: c, command: c, after: [ 'n[1-2]/a' ] } ] }
",
    );
    let shown: Vec<String> = lab.nodes.iter().flat_map(|node| &node.run).map(ToString::to_string).collect();
    assert_eq!(shown, ["a: w 80", "b: /bin/sh -c 'y z'", "a: w 80", "b: /bin/sh -c 'y z'", "c: /bin/sh -c c"]);
    let (a, b) = (&lab.nodes[1].run[0], &lab.nodes[1].run[1]);
    assert_eq!((a.timeout_ms, &a.ready, a.after[0].to_string()), (120_000, &Some(Ready::Tcp(80)), "n2/b".into()));
    assert_eq!((b.restart, b.limit, b.timeout_ms), (Restart::Always, 3, 10_000));
    let after: Vec<String> = lab.nodes[2].run[0].after.iter().map(ToString::to_string).collect();
    assert_eq!(after, ["n1/a", "n2/a"]);
}

#[test]
fn processes_that_make_no_sense() {
    for (run, expected) in [
        ("1", "1:20 `run` is a list of processes; here is the text \"1\""),
        ("[ { name: a } ]", "1:22 this process has no `command`"),
        ("[ { command: a } ]", "1:22 this process has no `name`"),
        ("[ { name: a, command: [] } ]", "1:42 this command names no program"),
        ("[ { name: a, command: a, redy: 1 } ]", "1:45 a process has no key \"redy\""),
        ("[ { name: a, command: a, ready: {} } ]", "1:52 `ready` has 0 keys"),
        ("[ { name: a, command: a, ready: { tcp: 1, udp: 1 } } ]", "1:52 `ready` has 2 keys"),
        ("[ { name: a, command: a, ready: { tcp: 0 } } ]", "1:59 \"0\" is no port"),
        ("[ { name: a, command: a, ready: { exit: no } } ]", "1:60 `exit` is \"no\""),
        ("[ { name: a, command: a, timeout: 5 } ]", "1:54 \"5\" is no time"),
        ("[ { name: a, command: a, restart: sometimes } ]", "1:54 `restart` is \"sometimes\""),
        ("[ { name: a, command: a, limit: 0 } ]", "1:52 `limit` is \"0\""),
        (
            "[ { name: a, command: a }, { name: a, command: b } ]",
            "1:55 process \"a\" is there twice; line 1 has it already",
        ),
        ("[ { name: a, command: a, after: b } ]", "1:52 node \"n\" has no process \"b\""),
        ("[ { name: a, command: a, after: m/a } ]", "1:52 node \"m\" has no process \"a\""),
        (
            "[ { name: a, command: a, after: b }, { name: b, command: b, after: a } ]",
            "1:30 these processes wait for each other: n/a after n/b after n/a",
        ),
    ] {
        assert_eq!(problems(&format!("nodes: {{ n: {{ run: {run} }} }}")), [expected], "{run}");
    }
    assert!(help("nodes: { n: { run: [ { name: a, command: a, redy: 1 } ] } }").starts_with("did you mean `ready`?"));
}

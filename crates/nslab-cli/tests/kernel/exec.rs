//! What a program started in a namespace gets, and does not get.

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("exec::no_descriptor_leaks", no_descriptor_leaks), trial("exec::signals_are_the_default", signals)]
}

const LAB: &str = "printf 'name: t\\nlinks: [ \"a:x 10.0.0.1/24 -- b:y 10.0.0.2/24\" ]\\n' >/run/t.yaml
nslab -q up /run/t.yaml
";

/// The child has the descriptors that it would have without us.
fn no_descriptor_leaks() {
    let list = "ls /proc/self/fd";
    for command in ["ip netns exec a", "nslab exec a", "ip -n b netns exec a"] {
        let out = sandbox::succeed(&[tools::ours()], &format!("{LAB}{list}; echo; {command} {list}"));
        let (without, with) = out.split_once("\n\n").unwrap();
        assert_eq!(without, with.trim_end(), "{command}");
        assert!(without.lines().count() >= 4, "{without}");
    }
}

/// No signal is blocked or ignored that was not before.
fn signals() {
    let look = "grep -E '^Sig(Blk|Ign):' /proc/self/status";
    let out = sandbox::succeed(&[tools::ours()], &format!("{LAB}{look}; nslab exec a {look}; ip netns exec a {look}"));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 6, "{out}");
    assert_eq!((lines[0], lines[1]), (lines[2], lines[3]));
    assert_eq!((lines[0], lines[1]), (lines[4], lines[5]));
}

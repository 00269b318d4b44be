//! Cases of `ip netns`, each run with the reference and with ours. A few things are better than there, and
//! are tested alone.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare, compare_help};
use crate::{sandbox, tools, trial};

/// Ways to ask for the same.
const MODES: &[&str] = &["", "-o", "-br", "-j", "-j -p", "-p", "-d", "-s", "-s -s", "-N", "-c", "-4", "-6", "-h"];

/// Name of the setup, and what it does.
static SETUPS: &[(&str, &str)] = &[
    ("no_directory", ":"),
    ("empty_directory", "ip netns add x; ip netns del x"),
    ("names", "for n in c a b; do ip netns add $n; done"),
    ("ids", "for n in c a b; do ip netns add $n; done; ip netns set a 5; ip netns set c auto"),
    ("stray_file", "ip netns add a; ip netns set a 3; touch /run/netns/stray"),
    (
        "id_without_name",
        "ip netns add a; ip netns set a 3; ip netns exec a sleep 60 & moved $!; trap \"kill $!\" EXIT; ip netns del a; touch /run/netns/s1 /run/netns/s2",
    ),
];

/// What is asked in each.
const QUESTIONS: &[&str] = &["netns", "netns list", "netns list-id", "netns list-id nsid 3"];

/// Name of the case, and its script.
static CASES: &[(&str, &str)] = &[
    ("set", "ip netns add a; r ip netns set a 5; r ip netns; r ip netns list-id"),
    ("set_auto", "ip netns add a; ip netns add b; r ip netns set a auto; r ip netns set b auto; r ip netns list-id"),
    ("set_twice", "ip netns add a; r ip netns set a 5; r ip netns set a 5; r ip netns set a 6; r ip netns set a auto"),
    ("set_taken", "ip netns add a; ip netns add b; r ip netns set a 5; r ip netns set b 5; r ip netns"),
    (
        "set_numbers",
        "ip netns add a; for n in x -1 -2 2147483648 4294967295 99999999999999999999 '' '1 ' 08 1x AUTO au; do r ip netns set a \"$n\"; done; r ip netns set a ' 0x10'; r ip netns",
    ),
    ("set_largest", "ip netns add a; r ip netns set a 2147483647; r ip netns list-id nsid 2147483647; r ip netns"),
    ("set_not_there", "r ip netns set nope 3; r ip netns set nope auto; r ip netns set nope"),
    ("set_words_missing", "r ip netns set; ip netns add a; r ip netns set a; r ip netns set a 5 6; r ip netns"),
    ("set_stray", "ip netns add a; touch /run/netns/stray; r ip netns set stray 5"),
    (
        "list_id_numbers",
        "for n in x -1 2147483648 4294967295 4294967296 '' 1x; do r ip netns list-id nsid \"$n\"; r ip netns list-id target-nsid \"$n\"; done",
    ),
    ("list_id_not_there", "r ip netns list-id nsid 7; r ip -j netns list-id nsid 7; r ip netns list-id target-nsid 7"),
    (
        "list_id_twice",
        "r ip netns list-id nsid 1 nsid 2; r ip netns list-id target-nsid 1 target-nsid 2; r ip netns list-id nsid; r ip netns list-id target-nsid",
    ),
    (
        "list_id_of_another",
        "ip netns add a; ip netns add b; ip netns set a 5; ip -n a netns set b 3; r ip netns list-id target-nsid 5; r ip netns list-id target-nsid 5 nsid 5; r ip netns list-id nsid 3 target-nsid 5; ip netns set b 9; r ip netns list-id target-nsid 5; r ip netns list-id nsid 9 target-nsid 5; r ip -n a netns list-id; r ip -n a netns",
    ),
    (
        "list_id_of_another_json",
        "ip netns add a; ip netns add b; ip netns set a 5; ip -n a netns set b 3; r ip -j netns list-id target-nsid 5; r ip -j -p netns list-id target-nsid 5; r ip -j netns list-id target-nsid 5 nsid 5; ip netns set b 9; r ip -j netns list-id target-nsid 5; r ip -j netns list-id target-nsid 5 nsid 9",
    ),
    ("list_takes_more_words", "ip netns add a; r ip netns list x y; r ip netns show x; r ip netns list a"),
    ("attach", "r ip netns attach x $$ >/run/o; r ip netns; r ip netns identify; r ip netns del x; r ip netns"),
    ("attach_taken", "ip netns attach x $$; for i in 1 2; do ip netns attach x $$; echo $?; done; r ip netns"),
    (
        "attach_numbers",
        "for n in y 0 -1 99999999 '1 ' 4294967297 99999999999 '' 2147483648; do r ip netns attach x \"$n\"; done; r ip netns",
    ),
    ("attach_words_missing", "r ip netns attach; r ip netns attach x; r ip netns attach a/b; r ip netns attach a/b 1"),
    (
        "attach_lives_on",
        "unshare -n sleep 60 & moved $!; ip netns attach x $!; r ip -n x link; kill $!; wait; r ip -n x link; r ip netns del x",
    ),
    ("attach_says_extra_nothing", "ip netns attach x $$ and more; echo $?; r ip netns"),
    (
        "identify",
        "ip netns add a; ip netns add b; r ip netns exec a ip netns identify; r ip -n b netns identify; r ip netns identify",
    ),
    (
        "identify_by_pid",
        "ip netns add a; ip netns exec a sleep 60 & moved $!; ip netns identify $!; echo $?; ip -j netns identify $!; kill $!",
    ),
    ("identify_two_names", "ip netns attach y $$; ip netns attach z $$; r ip netns identify; ip netns identify $$"),
    (
        "identify_numbers",
        "for n in x 99999999 0 -1 +1 ' 1' 0x1 '' . self 4294967297 1x; do r ip netns identify \"$n\"; done; r ip netns identify 1 2",
    ),
    ("identify_no_directory", "r ip netns identify; r ip netns identify x"),
    ("identify_unnamed", "ip netns add a; unshare -n sleep 60 & moved $!; ip netns identify $!; echo $?; kill $!"),
    (
        "pids",
        "ip netns add a; r ip netns pids a; ip netns exec a sleep 60 & moved $!; test \"$(ip netns pids a)\" = $! && echo found; kill $!",
    ),
    ("pids_errors", "r ip netns pids; r ip netns pids nope; ip netns add a; r ip netns pids a b; r ip netns pids a/b"),
    ("pids_stray", "ip netns add a; touch /run/netns/stray; r ip netns pids stray"),
    ("delete_all", "for n in a b c; do ip netns add $n; done; r ip -all netns del; r ip netns; r ip -all netns delete"),
    ("delete_all_no_directory", "r ip -all netns del; r ip -a netns d x"),
    (
        "delete_all_stops",
        "ip netns add a; umount /run/netns/a; rm /run/netns/a; mkdir /run/netns/dir; r ip -all netns del; r ip netns",
    ),
    ("delete_takes_more_words", "ip netns add a; ip netns add b; r ip netns del a b; r ip netns"),
    ("delete_folder", "ip netns add a; mkdir /run/netns/dir; r ip netns del dir; r ip netns"),
    ("directory_is_a_file", "touch /run/netns; r ip netns; r ip netns add x; r ip netns list-id; r ip netns identify"),
    (
        "directory_is_a_file_2",
        "touch /run/netns; r ip netns pids x; r ip netns del x; r ip -all netns del; r ip -all netns exec true; r ip netns set x 1; r ip netns attach x 1; r ip netns exec x true",
    ),
    ("directory_not_writable", "mount -t tmpfs -o ro none /run; r ip netns add x; r ip netns; r ip netns monitor"),
    ("exec_all", "ip netns add a; ip netns add b; r ip -all netns exec echo hello; r ip -a netns exec sh -c 'exit 3'"),
    ("exec_all_of_none", "r ip -all netns exec true; r ip -all netns exec; ip netns add a; r ip -all netns exec"),
    (
        "exec_all_of_nothing",
        "ip netns add a; ip netns add b; r ip -all netns exec nonexistent; r ip -all netns exec /; r ip -all netns exec ''",
    ),
    ("exec_all_json", "ip netns add a; r ip -all -j netns exec echo x; r ip -o -all netns exec echo x"),
    ("exec_all_links", "ip netns add a; ip netns add b; r ip -all netns exec ip link"),
    ("exec_all_stray", "ip netns add a; touch /run/netns/stray; ip netns del a; r ip -all netns exec true"),
    (
        "exec_script_without_a_program",
        "ip netns add a; echo 'echo from sh $1 $0' >/run/s; chmod +x /run/s; r ip netns exec a /run/s one; r ip -all netns exec /run/s two; PATH=/run:$PATH; r ip netns exec a s one",
    ),
    ("exec_environment", "ip netns add a; X=y r ip netns exec a sh -c 'echo $X'; r ip netns exec a pwd"),
    ("exec_stdin", "ip netns add a; echo text | r ip netns exec a cat; echo text | r ip -all netns exec cat"),
    (
        "exec_in_batch",
        "ip netns add a; printf 'netns exec a echo one\\nlink show lo\\nnetns exec a echo two\\n' | r ip -b -",
    ),
    (
        "exec_in_batch_fails",
        "ip netns add a; for c in false 'sh -c \"exit 3\"' nonexistent; do printf \"netns exec a $c\\nlink show lo\\n\" >/run/b; r ip -b /run/b; r ip -force -b /run/b; done",
    ),
    (
        "exec_in_batch_not_there",
        "printf 'netns exec nope true\\nlink show lo\\n' >/run/b; r ip -b /run/b; r ip -force -b /run/b",
    ),
    (
        "batch_stays_outside",
        "ip netns add a; printf 'netns exec a ip link set lo up\\nlink show lo\\nnetns identify\\n' | r ip -b -; r ip -n a link",
    ),
    (
        "batch_all",
        "ip netns add a; ip netns add b; printf 'netns exec echo x\\nnetns del\\nnetns list\\n' | r ip -all -b -; r ip netns",
    ),
    (
        "batch_errors",
        "ip netns add a; ip netns set a 3; for l in attach 'attach x y' 'attach x 99999999' 'pids nope' pids 'pids a b' 'identify 99999999' 'del nope' 'add a' add set 'set a' 'set nope 3' 'set a x' foo 'add /' exec 'exec a' 'set a 3' 'list-id nsid 77'; do echo \"-- $l\"; printf 'netns %s\\nnetns exec a echo went on\\n' \"$l\" | r ip -force -b -; done",
    ),
    (
        "batch_looks_again",
        "printf 'netns add a\\nnetns set a 1\\nnetns list-id\\nnetns del a\\nnetns add b\\nnetns set b 1\\nnetns list\\n' | r ip -b -",
    ),
    (
        "no_permission",
        "ip netns add a; r() { echo \"+ $*\"; setpriv --inh-caps=-all --bounding-set=-all -- \"$@\"; echo \"= $?\"; }; r ip netns; r ip netns add x; r ip netns del a; r ip netns identify; r ip netns pids a; r ip netns exec a true; r ip -n a link; r ip netns list-id; r ip netns attach x 1; r ip netns set a 4; r ip -all netns del",
    ),
    (
        "no_permission_to_look",
        "ip netns add a; chmod 0 /run/netns; r() { echo \"+ $*\"; setpriv --inh-caps=-all --bounding-set=-all -- \"$@\"; echo \"= $?\"; }; r ip netns; r ip netns add x; r ip netns del a; r ip netns identify; r ip netns pids a; r ip netns exec a true; r ip netns list-id; r ip netns attach x 1; r ip netns set a 4",
    ),
    (
        "names_checked_before_the_verb",
        "for v in list help foo monitor identify pids set attach list-id; do r ip netns $v a/b; r ip netns $v ''; r ip netns $v ..; done",
    ),
    (
        "abbreviations",
        "ip netns add a; for v in l li lis list- list-i s se sh de d at id i p pi ex e; do r ip netns $v; done; r ip netns lis-id; r ip netns -h",
    ),
    ("namespace_option_twice", "ip netns add a; ip netns add b; r ip -n a -n b netns identify; r ip -n a -n nope link"),
    (
        "namespace_option_deletes",
        "ip netns add a; ip netns add b; r ip -n a netns del b; r ip -n a netns del a; r ip netns",
    ),
    ("add_takes_more_words", "r ip netns add a b c; r ip netns add --help; r ip netns add -h; r ip netns"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    for (name, script) in CASES {
        trials.push(trial(&format!("ip_netns::{name}"), move || compare(script, Mask::Nothing)));
    }
    for (name, setup) in SETUPS {
        for mode in MODES {
            let questions: String = QUESTIONS.iter().map(|what| format!("r ip {mode} {what}\n")).collect();
            let script = format!("{setup}\n{questions}");
            let name = format!("ip_netns::{name}{}", mode.replace(' ', ""));
            trials.push(trial(&name, move || compare(&script, Mask::Nothing)));
        }
    }
    trials.push(trial("ip_netns::help", || compare_help(&["netns help", "netns list-id foo", "netns help x"])));
    trials
}

/// What iproute2 does worse; there is nothing to compare with.
pub(crate) fn alone() -> Vec<Trial> {
    let case = |name: &str, script: &'static str, expected: &'static str| {
        trial(&format!("ip_netns::{name}"), move || {
            assert_eq!(sandbox::succeed(&[tools::ours()], script), expected);
        })
    };
    vec![
        case(
            "added_under_a_namespace_is_there_for_all",
            "ip netns add a; ip -n a netns add b; ip -n a netns attach c $$; ip netns exec b ip netns identify; ip netns identify; ip netns | sort; ip netns del b",
            "b\nc\na\nb\nc\n",
        ),
        case(
            "several_first_adds_at_once",
            "count() { grep ' /run/netns ' /proc/self/mountinfo | wc -l; }; before=$(count); for n in 1 2 3 4 5 6 7 8; do ip netns add n$n & done; wait; ip netns | sort | tr '\\n' ' '; echo $(($(count) - before)); for n in 1 2 3 4 5 6 7 8; do ip -n n$n link show lo | grep -c LOOPBACK; done | sort | uniq -c | tr -s ' '",
            "n1 n2 n3 n4 n5 n6 n7 n8 1\n 8 1\n",
        ),
        case(
            "monitor_tells_at_once",
            "mkfifo /run/f; ip netns monitor >/run/f & exec 3</run/f; until [ -d /run/netns ]; do :; done; until grep -q 'inotify wd' /proc/$!/fdinfo/*; do :; done; ip netns add a; read -r x <&3; echo \"$x\"; ip netns del a; read -r x <&3; echo \"$x\"; touch '/run/netns/l s'; read -r x <&3; echo \"$x\"; kill $!",
            "add a\ndelete a\nadd l s\n",
        ),
        case(
            "killed_child_ends_no_batch",
            "ip netns add a; printf 'netns exec a sh -c \"kill -9 $$\"\\nnetns exec a echo went on\\n' | ip -force -b - 2>&1 || echo $?; printf 'netns exec a sh -c \"kill -9 $$\"\\nlink\\n' | ip -b - 2>&1 || echo $?",
            "Command failed -:1\nwent on\n1\nCommand failed -:1\n1\n",
        ),
        case(
            "killed_child_leaves_the_others_their_turn",
            "ip netns add a; ip netns add b; ip -all netns exec sh -c 'echo here; kill -9 $$' | sort | uniq -c | tr -s ' '",
            " 2 \n 2 here\n 1 netns: a\n 1 netns: b\n",
        ),
        case(
            "names_are_checked_with_all_too",
            "for n in / a/b . .. ''; do ip -all netns add \"$n\" 2>&1 || echo $?; done; ls -A /run",
            "Invalid netns name \"/\"\n1\nInvalid netns name \"a/b\"\n1\nInvalid netns name \".\"\n1\nInvalid netns name \"..\"\n1\nInvalid netns name \"\"\n1\n",
        ),
    ]
}

//! Cases of `ip addrlabel`, each run with the reference and with ours.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare, compare_help};
use crate::trial;

const MODES: &[&str] = &[
    "",
    "-o",
    "-br",
    "-j",
    "-j -p",
    "-o -j",
    "-d",
    "-s",
    "-s -s",
    "-N",
    "-N -j",
    "-c=always",
    "-c=always -j",
    "-4",
    "-4 -j",
    "-6",
    "-6 -o",
    "-0",
    "-M",
    "-B",
    "-r",
    "-r -j",
];

/// Labels of all sorts: for a link, short and long, large, of a prefix with bits behind its length.
const SOME: &str = "ip link add ifb7 type ifb
ip addrlabel add prefix 2001:db8::/32 dev ifb7 label 99
ip addrlabel add prefix 2001:db8:1::7/48 label 4294967294
ip addrlabel add prefix 2001:db8::1 dev lo label 010
ip addrlabel add prefix ::1.2.3.4/120 label 0x10
ip addrlabel add prefix ::ffff:1.2.3.4 label 17
";

/// Each is tried with every verb that changes something.
static WORDS: &[(&str, &str)] = &[
    ("nothing", ""),
    ("no_label", "prefix 2003::/16"),
    ("no_prefix", "label 5"),
    ("prefix_without_value", "prefix"),
    ("label_without_value", "prefix 2003::/16 label"),
    ("dev_without_value", "prefix 2003::/16 dev"),
    ("whole", "prefix 2003::/16 label 5"),
    ("known", "prefix ::/0 label 1"),
    ("known_other_label", "prefix ::/0 label 2"),
    ("host", "prefix 2003::1 label 5"),
    ("with_link", "prefix 2001:db8::/32 dev ifb7 label 99"),
    ("other_link", "prefix 2001:db8::/32 dev lo label 99"),
    ("no_such_link", "prefix 2003::/16 dev nope label 1"),
    ("empty_link", "prefix 2003::/16 dev '' label 1"),
    ("long_link", "prefix 2003::/16 dev a234567890123456 label 1"),
    ("inet", "prefix 10.0.0.0/8 label 1"),
    ("default", "prefix default label 1"),
    ("any", "prefix any label 1"),
    ("all", "prefix all label 1"),
    ("bad_prefix", "prefix zz label 1"),
    ("empty_prefix", "prefix '' label 1"),
    ("long_prefix", "prefix ::/129 label 1"),
    ("label_word", "prefix 2003::/16 label x"),
    ("label_empty", "prefix 2003::/16 label ''"),
    ("label_negative", "prefix 2003::/16 label -1"),
    ("label_largest", "prefix 2003::/16 label 4294967294"),
    ("label_too_large", "prefix 2003::/16 label 4294967295"),
    ("label_far_too_large", "prefix 2003::/16 label 4294967296"),
    ("label_hexadecimal", "prefix 2003::/16 label 0x1F"),
    ("label_octal", "prefix 2003::/16 label 017"),
    ("label_not_octal", "prefix 2003::/16 label 08"),
    ("unknown_word", "prefix 2003::/16 label 5 bogus"),
    ("unknown_word_first", "bogus prefix 2003::/16 label 5"),
    ("no_keyword", "2003::/16 label 5"),
    ("abbreviated", "pre 2003::/16 lab 5"),
    ("twice", "prefix 2003::/16 prefix 2004::/16 label 5 label 6 dev ifb7 dev lo"),
    ("help_word", "help"),
];

static CASES: &[(&str, &str)] = &[
    (
        "verbs",
        "for verb in a ad add d de del delete l li list ls lst s sh show f fl flush g get save restore change replace monitor '' x; do r ip addrlabel $verb; done; r ip addrl; r ip addrlabels; r ip addrlabel ''",
    ),
    (
        "show_with_words",
        "for verb in list lst show flush; do r ip addrlabel $verb x; r ip addrlabel $verb dev lo; r ip addrlabel $verb help; done; r ip addrlabel",
    ),
    ("flushed", "r ip addrlabel flush; r ip addrlabel; r ip -j addrlabel; r ip -j -p addrlabel; r ip addrlabel flush"),
    (
        "flush_modes",
        "for o in -j '-j -p' -o -s '-s -s' -4 '-4 -j' -6 -0 -M -B; do r ip $o addrlabel flush; r ip addrlabel; done",
    ),
    ("link_gone", "ip link del ifb7; r ip addrlabel; r ip -j addrlabel"),
    (
        "no_permission",
        "r setpriv --bounding-set -all --inh-caps -all --ambient-caps -all ip addrlabel; for c in 'add prefix 2003::/16 label 1' 'del prefix ::/0 label 1' flush; do r setpriv --bounding-set -all --inh-caps -all --ambient-caps -all ip addrlabel $c; done; r ip addrlabel",
    ),
    (
        "batch_force",
        "for l in 'add prefix 2003::/16 label x' add 'add prefix zz label 4' 'add prefix 2003::/16 dev nope label 1' 'list x' 'flush x' bogus 'add label 3' 'add prefix ::/0' 'add prefix' list 'add prefix ::/0 label 1' 'add prefix 10/8 label 1'; do echo \"-- $l\"; printf 'addrlabel %s\\nlink show lo\\n' \"$l\" | r ip -force -b -; done; for o in -4 -0; do for l in list flush; do printf 'addrlabel %s\\nlink show lo\\n' $l | r ip $o -force -b -; done; done",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut add = |name: &str, script: &str| {
        let script = SOME.to_owned() + script;
        trials.push(trial(&format!("ip_addrlabel::{name}"), move || compare(&script, Mask::Nothing)));
    };
    for (name, script) in CASES {
        add(name, script);
    }
    for mode in MODES {
        add(&format!("show{}", mode.replace(' ', "")), &format!("r ip {mode} addrlabel; r ip {mode} addrlabel list"));
    }
    for verb in ["add", "del"] {
        for (name, words) in WORDS {
            let tries: String = ["", "-4", "-6", "-0"]
                .iter()
                .map(|option| format!("r ip {option} addrlabel {verb} {words}\n"))
                .collect();
            add(&format!("{verb}_{name}"), &(tries + "r ip addrlabel"));
        }
    }
    trials.push(trial("ip_addrlabel::help", || compare_help(&["addrlabel help", "addrlabel h", "-6 addrlabel help"])));
    trials
}

//! Cases of what stands before the object, of `ip help`, and of batches.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare};
use crate::{sandbox, tools, trial};

/// Options, each tried alone, before commands, and before nothing.
const OPTIONS: &[&str] = &[
    "-l 5",
    "-loops 2",
    "-l x",
    "-l -1",
    "-l 5x",
    "-l",
    "-loops",
    "-lo",
    "-loopsx",
    "-f inet",
    "-f inet6",
    "-f link",
    "-f foo",
    "-f ''",
    "-f INET",
    "-f",
    "-fa",
    "-family",
    "-family inet",
    "-fam inet6",
    "-4",
    "-6",
    "-0",
    "-42",
    "-I",
    "-D",
    "-h",
    "-hu",
    "-human-readable",
    "-human",
    "-i",
    "-ie",
    "-iec",
    "-ieck",
    "-N",
    "-Num",
    "-Numeric",
    "-numeric",
    "-r",
    "-re",
    "-res",
    "-resolve",
    "-rc",
    "-rc 1000",
    "-rc x",
    "-rc ''",
    "-rc 0x10",
    "-rc 5x",
    "-rc -1",
    "-rcvbuf 4294967295",
    "-rcvbuf 4294967296",
    "-ro",
    "-o",
    "-on",
    "-oneline",
    "-t",
    "-ti",
    "-timestamp",
    "-ts",
    "-tsh",
    "-tshort",
    "-c",
    "-co",
    "-color",
    "-color=",
    "-color=always",
    "-color=auto",
    "-color=never",
    "-color=x",
    "-c=",
    "-col=always",
    "-color=neve",
    "-a",
    "-all",
    "-al",
    "-br",
    "-bri",
    "-brief",
    "-j",
    "-js",
    "-json",
    "-p",
    "-pr",
    "-pretty",
    "-j -p",
    "-fo",
    "-force",
    "-e",
    "-ech",
    "-echo",
    "-echox",
    "-x",
    "-J",
    "-O",
    "-S",
    "--4",
    "--oneline",
    "--j",
    "---4",
    "-4 -6",
    "-6 -4",
    "-4 -0",
    "-o -j",
    "-br -j",
    "-br -o",
    "-j -c",
    "-f inet -6",
    "-n nope",
    "-netns nope",
    "-n",
    "-ne",
    "-net",
    "-n ''",
    "-n a/b",
    "-n x",
    "-net x",
    "-netns x",
    "-n x -4",
    "-4 -n x",
    "-n x -n x",
    "-n x -x",
    "-n nope -x",
    "-x -n nope",
    "-b",
    "-b /nonexistent",
    "-batch /nonexistent",
    "-b ''",
    "-b /",
    "-b /dev/null",
    "-",
    "--",
    "-- --",
];

/// Without what other objects print differently with some of them.
const COMMANDS: &[&str] = &["rule show pref 0", "netns", "netns list-id", "foo", "rule foo"];

/// Batches: name, and the file (as printf(1) reads it).
static BATCHES: &[(&str, &str)] = &[
    ("one_line", r"link show lo\n"),
    ("no_line_break_at_the_end", "link show lo"),
    ("empty", ""),
    ("empty_lines", r"\nlink show lo\n\n   \t\nrule show pref 0\n"),
    ("comments", r"# comment\nlink show lo # comment\n  # x\n#\nrule show pref 0#\n"),
    ("comment_inside_a_word", r"link show l#o\n"),
    ("quotes", r#"link show "lo"\nlink show "l o"\nlink show \047lo\047\n"#),
    ("quote_without_end", r#"link show lo\nlink show "lo\nlink show lo\n"#),
    ("quote_of_the_other_kind", r#"link show "l\047o"\nlink show \047l"o\047\n"#),
    ("quote_with_a_comment_sign", r#"rule show "a # b"\nlink show lo\n"#),
    ("quote_inside_a_word", r#"rule show pref"" 0\nlink show lo\n"#),
    ("quote_and_more", r#"rule show "pref"0\nrule show pref "0"x\n"#),
    ("quote_of_nothing", r#"""\nlink show lo\n"#),
    ("quoted_object", r#""link" "show" "lo"\n"#),
    ("continued", r"rule add from \\\n1.2.3.4 \\\npref 5\nrule show pref 5\nrule del pref 5\nrule del pref 5\n"),
    ("continued_inside_a_word", r"li\\\nnk show lo\nlink sh\\\n\\\now lo\n"),
    ("continued_by_nothing", r"link show lo\nrule show pref 0 \\\n"),
    ("continued_by_the_end", r"rule show pref 0 \\"),
    ("continued_by_a_comment", r"rule show \\\n# c\npref 0\nlink show lo\n"),
    ("continued_in_a_comment", r"rule show # \\\npref 0\nlink show lo\n"),
    ("backslash_inside", r"rule show pref 0 \\ x\nlink show lo\n"),
    ("backslash_before_other_ends", r"rule show \\\r\npref 0\n"),
    ("other_line_ends", r"link show lo\r\nlink show lo\r\n"),
    ("tabs", r"   \t \n   link\tshow\tlo\t\n"),
    ("vertical_tab", r"rule show\013 pref 0\n"),
    ("zero_byte", r"link show lo\000 junk\nlink show lo\n"),
    ("zero_byte_first", r"\000\nlink show lo\n"),
    ("zero_byte_after_a_backslash", r"rule show pref 0 \\\000\n 0\nlink show lo\n"),
    ("not_utf8", r"\377\376\nlink show lo\n"),
    ("options_are_no_objects", r"-4 rule show\nlink show lo\n"),
    ("namespace_option_is_no_object", r"-n x link\nlink show lo\n"),
    ("object_unknown", r"foo\nlink show lo\nfoo\n"),
    ("verb_unknown", r"link show lo\nrule foo\nlink show lo\n"),
    ("kernel_refuses", r"rule del pref 7\nlink show lo\nrule del pref 7\n"),
    ("device_missing", r"link show nope\nlink show nope\nrule foo\nlink show lo\n"),
    ("word_wrong", r"rule add table x\nlink show lo\n"),
    ("prefix_wrong", r"rule add from x\nlink show lo\n"),
    ("words_missing", r"rule add from\nlink show lo\n"),
    ("words_missing_early", r"rule add\nlink show lo\n"),
    ("words_left_over", r"link show lo lo\nlink show lo\n"),
    ("name_wrong", r"netns add /\nlink show lo\n"),
    ("name_missing", r"netns add\nlink show lo\n"),
    ("continued_by_nothing", r"\\\n\\\n"),
    ("batch_is_no_object", r"batch\n-b /dev/null\nlink show lo\n"),
    ("objects_in_a_row", r"netns add q\nnetns list\nlink show lo\nrule show pref 0\nnetns del q\nnetns list\n"),
];

/// Name of the case, and its script.
static CASES: &[(&str, &str)] = &[
    (
        "objects_that_begin",
        "r ip ru show pref 0; r ip netn; r ip l show lo; r ip link show lo; r ip Link; r ip ''; r ip -- rule show pref 0; r ip -- -4 rule; r ip -4 -- -- link",
    ),
    (
        "loops",
        "ip link add d0 type veth peer name d1; for w in 1 ' 1' \"$(printf '\\v1')\" 01 0x1 +1 --1 '- 1' 1x x '' 0 2 -1 4294967297 -4294967295 4294967296 99999999999999999999; do ip a a 10.0.0.1/24 dev d0; r ip -s -l \"$w\" a flush dev d0; r ip -br -4 a s d0; done",
    ),
    (
        "batch_of_many_words",
        "for n in 509 510; do { printf 'link show'; printf ' x%.0s' $(seq $n); printf '\\nlink show lo\\n'; } >/run/b; r ip -force -b /run/b; done",
    ),
    (
        "family_bridge",
        "ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02; ip link add br address 02:00:00:00:00:03 type bridge; ip link set v0 master br addrgenmode none up; ip link set v1 addrgenmode none up; ip addr add 10.0.0.1/24 dev v1; for c in 'neigh show' 'neigh show dev v0' 'neigh show master br' 'neigh show nud all' 'neigh show proxy' 'neigh show br' 'neigh flush dev v0' 'neigh get 10.0.0.2 dev v1' 'route show' 'route add default dev v1' 'route add 10.0.0.0/8 dev v1' 'route del default dev v1' 'route get default' 'route get 10.0.0.2' 'address show dev v1' 'address add 10.0.0.2/24 dev v1' 'rule show' 'rule add from all table 9' 'link show br'; do r ip -f bridge $c; r ip -B -j $c; done; r ip route",
    ),
    (
        "family_mpls",
        "ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02; ip link set v0 up; for c in 'neigh show' 'neigh flush all' 'neigh show any' 'route show' 'route add default dev v0' 'route add 10.0.0.0/8 dev v0' 'route get default' 'route get 10.0.0.2' 'address show' 'address add default dev v0' 'rule show' 'rule add from 100' 'link show v0'; do r ip -f mpls $c; r ip -M -j $c; done; r ip route",
    ),
    (
        "txqlen",
        "ip link add v0 type veth peer name v1; r ip link set v0 txqlen 7; ip -br link show v0 >/dev/null; r ip link set v0 txql 8; cat /sys/class/net/v0/tx_queue_len; r ip link set v0 txqlenx 9",
    ),
    ("version_after_a_wrong_option", "r ip -x -V; r ip -n nope -V; r ip -b /nonexistent -x"),
    (
        "batch_of_a_batch",
        "printf 'rule show pref 0\\n' >/run/b; r ip -b /run/b -b /nonexistent; r ip -b /nonexistent -b /run/b; r ip -b /run/b rule foo",
    ),
    (
        "batch_with_modes",
        "printf 'rule show pref 0\\nrule show pref 99\\n' >/run/b; for m in -j '-j -p' -o -d -N -s -4 -6 -0 -br -c '-j -0'; do r ip $m -b /run/b; r ip -force $m -b /run/b; done",
    ),
    (
        "batch_in_a_namespace",
        "ip netns add x; printf 'rule add table 7 pref 7\\nnetns identify\\n' | r ip -n x -b -; r ip rule; r ip -n x rule",
    ),
    (
        "batch_not_readable",
        "r ip -b /nonexistent; r ip -force -b /nonexistent; r ip -b /; r ip -b ''; touch /run/f; chmod 0 /run/f; r setpriv --inh-caps=-all --bounding-set=-all ip -b /run/f",
    ),
    (
        "batch_of_a_long_line",
        "{ printf 'rule show pref 0 #'; head -c 100000 /dev/zero | tr '\\0' x; echo; head -c 100000 /dev/zero | tr '\\0' ' '; echo rule show pref 0; } >/run/b; r ip -b /run/b",
    ),
    (
        "batch_of_a_long_word",
        "{ head -c 5000 /dev/zero | tr '\\0' x; echo; echo link show lo; } >/run/b; r ip -b /run/b; r ip -force -b /run/b",
    ),
    (
        "batch_of_many_words",
        "{ printf 'rule show'; for i in $(seq 100); do printf ' not'; done; echo; echo rule show pref 0; } >/run/b; r ip -b /run/b",
    ),
    (
        "batch_by_pipe",
        "echo 'rule show pref 0' | r ip -b -; echo foo | r ip -b -; echo foo | r ip -force -b -; r ip -b - </dev/null",
    ),
    (
        "colors_light",
        "r ip -c link; r ip -c addr; COLORFGBG='0;15' r ip -c link; COLORFGBG='0;7' r ip -c link; COLORFGBG= r ip -c link",
    ),
    (
        "colors_dark",
        "for b in '15;0' '15;default;0' '0;8' ';1' 1 '15;6;' '15;10' '15;06' '15;6x' '15;6' '15;7' '15;-1'; do COLORFGBG=$b r ip -c link; done",
    ),
    (
        "colors_off",
        "NO_COLOR=1 r ip -c link; NO_COLOR=1 r ip -c=always link; NO_COLOR=1 r ip -c=auto link; r ip -c=never link; TERM=dumb r ip -c link; CLICOLOR=0 r ip -c link; r ip -c -j link; r ip -j -c=always rule",
    ),
    (
        "colors_of_rules",
        "ip rule add from 10.0.0.0/8 to 1.2.3.4 iif lo oif x; ip -6 rule add from 2001:db8::/32; r ip -c rule; r ip -c -6 rule; COLORFGBG='15;0' r ip -c rule; COLORFGBG='15;0' r ip -c -6 rule; r ip -c netns",
    ),
    (
        "environment",
        "IPROUTE2=1 r ip rule; LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 r ip link show nope; PROC_NET_ROUTE=x PROC_ROOT=/nonexistent r ip rule; env -i PATH=\"$PATH\" ip rule",
    ),
    (
        "output_full",
        "for s in 'ip link' 'ip rule' 'ip netns' 'ip -j rule' 'ip netns list-id' 'ip addr' 'ip -V' 'ip foo'; do $s >/dev/full; echo \"= $?\"; done",
    ),
    (
        "output_closed",
        "for s in 'ip link' 'ip rule' 'ip netns' 'ip -j rule' 'ip -V' 'ip foo'; do $s >&-; echo \"= $?\"; done; for s in 'ip rule' 'ip rule foo' 'ip foo'; do $s 2>&-; echo \"= $?\"; done; for s in 'ip rule' 'ip netns'; do $s <&-; echo \"= $?\"; done",
    ),
    (
        "no_such_namespace_first",
        "r ip -n nope foo; r ip -n nope help; r ip -n nope; ip netns add x; r ip -n x foo; r ip -n x rule foo",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    for (name, script) in CASES {
        trials.push(trial(&format!("ip_options::{name}"), move || compare(script, Mask::Nothing)));
    }
    for option in OPTIONS {
        let name = format!("ip_options::option_{}", option.replace(' ', "_"));
        trials.push(trial(&name, move || compare(&with_option(option), Mask::Nothing)));
    }
    for (name, file) in BATCHES {
        let script = format!(
            "cat >/run/format <<'END'\n{file}\nEND\nprintf \"$(cat /run/format)\" >/run/b\n\
             r ip -b /run/b; ip rule flush 2>/dev/null; r ip -force -b /run/b; r ip -b - </run/b"
        );
        trials.push(trial(&format!("ip_options::batch_{name}"), move || compare(&script, Mask::Nothing)));
    }
    trials
}

/// An option before commands: what says how the program is used is told by its status alone.
fn with_option(option: &str) -> String {
    let tried: String = COMMANDS.iter().map(|command| format!("u {option} {command}\n")).collect();
    format!(
        "ip netns add x\n\
         u() {{ echo \"+ $*\"; ip \"$@\" >/run/out 2>/run/err; echo \"= $?\"; grep -q ^Usage: /run/err || cat /run/out /run/err; }}\n\
         u {option}\n{tried}"
    )
}

/// What there is nothing to compare with.
pub(crate) fn alone() -> Vec<Trial> {
    vec![
        trial("ip_options::version", || {
            for option in ["-V", "-Version", "-4 -V", "-V -x", "-j -V", "-h -V link", "-b /nonexistent -V"] {
                let text = sandbox::succeed(&[tools::ours()], &format!("ip {option}"));
                assert_eq!(text, format!("ip utility, iproute2-6.15.0, nslab {}\n", env!("CARGO_PKG_VERSION")));
            }
        }),
        trial("ip_options::help_names_every_option_and_object", || {
            let output = sandbox::run(&[tools::ours()], "ip help; ip; ip -help; ip -4 he");
            assert!(output.stdout.is_empty());
            let text = String::from_utf8(output.stderr).unwrap();
            assert_eq!(text.matches("Usage: ip [ OPTIONS ] OBJECT").count(), 4, "{text}");
            for word in
                ["-V[ersion]", "-n[etns]", "-b[atch]", "-echo", "-iec", "-l[oops]", "mpls", "netns", "rule", "link"]
            {
                assert!(text.contains(word), "{word}: {text}");
            }
        }),
        trial("ip_options::closed_pipe_ends_quietly", || {
            let script = "for i in $(seq 3000); do echo rule add from 10.0.$((i / 250)).$((i % 250)) table 5; done | ip -b -
                { ip rule; echo $? >&2; } 2>&1 >/run/f | cat; { ip rule; echo $? >&2; } | true; ip -j rule | head -c 10; echo; ip rule | head -1";
            let output = sandbox::run(&[tools::ours()], script);
            assert_eq!(String::from_utf8(output.stdout).unwrap(), "0\n[{\"priorit\n0:\tfrom all lookup local\n");
            assert_eq!(String::from_utf8(output.stderr).unwrap(), "0\n");
        }),
    ]
}

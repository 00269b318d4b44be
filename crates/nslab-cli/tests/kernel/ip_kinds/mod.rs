//! Cases of the kinds of links and of `ip tuntap`, each run with the reference and with ours.
//!
//! Most are made: every setup shown in every mode, every option with good, bad and missing values.

mod cases;
mod options;
mod setups;
mod tunnels;

use std::collections::BTreeSet;

use libtest_mimic::Trial;

use self::cases::CASES;
use self::options::{GRAMMARS, Grammar};
use self::setups::SETUPS;
use self::tunnels::TUNNELS;
use crate::differential::{Mask, compare};
use crate::{sandbox, tools, trial};

/// - `first COMMAND…` runs a command and prints its status, the first line of standard error and whether there
///   is more: behind that line may stand a usage, which is worded otherwise.
const PRELUDE: &str = r#"
first() {
    echo "+ $*"
    "$@" >/run/out 2>/run/err
    echo "= $?"
    sed -n '1{s/^Usage:.*/usage/;p}' /run/err
    [ "$(wc -l </run/err)" -le 1 ] || echo more
    cat /run/out
}
cable() { ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02; }
bridge() { ip link add br0 address 02:00:00:00:00:10 type bridge "$@"; }
port() { cable; bridge; ip link set v0 master br0; ip link set v0 type bridge_slave "$@"; }
vxlan() { ip link add vx0 address 02:00:00:00:00:20 type vxlan "$@"; }
macvlan() { cable; ip link add link v0 mv0 address 02:00:00:00:00:30 type macvlan "$@"; }
macvtap() { cable; ip link add link v0 mt0 address 02:00:00:00:00:31 type macvtap "$@"; }
sysfs() { mount -t sysfs sysfs /sys; }
"#;

const MODES: [(&str, &str); 10] = [
    ("details", "-d link"),
    ("json", "-d -j link"),
    ("pretty", "-d -j -p link"),
    ("oneline", "-d -o link"),
    ("colour", "-d -c=always link"),
    ("numbers", "-d -N link"),
    ("statistics", "-d -s link"),
    ("plain", "link"),
    ("address", "-d address"),
    ("address_json", "-d -j address"),
];

/// Where `help` says what a kind or an object takes.
static HELPS: &[(&str, &str)] = &[
    ("of_bond", "ip link help bond"),
    ("of_bond_slave", "ip link help bond_slave"),
    ("of_erspan", "ip link help erspan"),
    ("of_geneve", "ip link help geneve"),
    ("of_gre", "ip link help gre"),
    ("of_gretap", "ip link help gretap"),
    ("of_ip6erspan", "ip link help ip6erspan"),
    ("of_ip6gre", "ip link help ip6gre"),
    ("of_ip6gretap", "ip link help ip6gretap"),
    ("of_ip6tnl", "ip link help ip6tnl"),
    ("of_ipip", "ip link help ipip"),
    ("of_macsec", "ip link help macsec"),
    ("of_sit", "ip link help sit"),
    ("of_vti", "ip link help vti"),
    ("of_vti6", "ip link help vti6"),
    ("of_vxcan", "ip link help vxcan"),
    ("of_xfrm", "ip link help xfrm"),
    ("of_bridge", "ip link help bridge"),
    ("of_bridge_slave", "ip link help bridge_slave extra"),
    ("of_dummy", "ip link help dummy"),
    ("of_ifb", "ip link help ifb"),
    ("of_macvlan", "ip link help macvlan"),
    ("of_macvtap", "ip link help macvtap"),
    ("of_team", "ip link help team"),
    ("of_tun", "ip link help tun"),
    ("of_veth", "ip link help veth"),
    ("of_vlan", "ip link help vlan"),
    ("of_vrf", "ip link help vrf"),
    ("of_vrf_slave", "ip link help vrf_slave"),
    ("of_vxlan", "ip link help vxlan"),
    ("of_no_kind", "ip link help nokind"),
    ("dummy", "ip link add x type dummy help"),
    ("bridge", "ip link add x type bridge help"),
    ("bridge_slave", "ip link set lo type bridge_slave help"),
    ("vxlan", "ip link add x type vxlan help"),
    ("macvlan", "ip link add x type macvlan help"),
    ("macvtap", "ip link add x type macvtap help"),
    ("vlan", "ip link add x type vlan help"),
    ("vrf", "ip link add x type vrf help"),
    ("veth", "ip link add x type veth help"),
    ("tuntap", "ip tuntap help"),
];

/// The same where the reference's help is mostly prose: each word that is an option.
static PROSE: &[(&str, &str, &str)] = &[
    ("of_bareudp", "ip link help bareudp", "dstport ethertype srcportmin multiproto"),
    ("of_hsr", "ip link help hsr", "slave1 slave2 interlink supervision version proto"),
    ("of_ipvlan", "ip link help ipvlan", "mode l2 l3 l3s bridge private vepa"),
    ("of_ipvtap", "ip link help ipvtap", "mode l2 l3 l3s bridge private vepa"),
    ("of_netkit", "ip link help netkit", "mode l2 l3 forward blackhole scrub default none peer"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (setup, script) in SETUPS {
        for (mode, words) in MODES {
            let (script, mask) = masked(script);
            let script = format!("{PRELUDE}{script}; r ip {words}");
            trials.push(trial(&format!("ip_kinds::show::{setup}::{mode}"), move || compare(&script, mask)));
        }
    }
    for grammar in GRAMMARS.iter().chain(TUNNELS) {
        for (word, values) in grammar.options {
            let kind = grammar.command.rsplit(' ').next().unwrap();
            let script = format!("{PRELUDE}{}", try_option(grammar, word, values));
            let name = format!("ip_kinds::{kind}::{}{word}", if grammar.needed == "id 7" { "id_" } else { "" });
            // A bridge that is told its ageing time sets its timer.
            let mask = if *word == "ageing_time" { Mask::Timers } else { Mask::Nothing };
            trials.push(trial(&name, move || compare(&script, mask)));
        }
    }
    for (name, script) in CASES {
        let (script, mask) = masked(script);
        let script = format!("{PRELUDE}{script}");
        trials.push(trial(&format!("ip_kinds::{name}"), move || compare(&script, mask)));
    }
    for (name, command) in HELPS {
        trials.push(trial(&format!("ip_kinds::help::{name}"), move || every_word_is_there(command)));
    }
    for (name, command, options) in PROSE {
        trials.push(trial(&format!("ip_kinds::help::{name}"), move || every_option_is_there(command, options)));
    }
    trials
}

fn every_option_is_there(command: &str, options: &str) {
    let said = |folder| {
        let output = sandbox::run(&[folder], command);
        let text = String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned();
        let words: BTreeSet<&str> = text.split(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).collect();
        let missing: Vec<&str> = options.split(' ').filter(|option| !words.contains(option)).collect();
        assert!(missing.is_empty(), "{command}: not in the usage: {missing:?}\n{text}");
        (output.status.code(), output.stdout.is_empty())
    };
    assert_eq!(
        said(tools::ours()),
        said(tools::reference().unwrap()),
        "{command}: status, and whether it is said on standard output"
    );
}

/// A script that begins with `TIMERS` has running timers.
fn masked(script: &str) -> (&str, Mask) {
    match script.strip_prefix("TIMERS ") {
        Some(script) => (script, Mask::Timers),
        None => (script, Mask::Nothing),
    }
}

/// An option without a value, with each value, twice, and what has become of it.
fn try_option(grammar: &Grammar, word: &str, values: &str) -> String {
    let Grammar { command, needed, .. } = grammar;
    format!(
        "cable; {setup}
        n() {{ first {command} {needed} {word} \"$@\"; {show} }}
        n
        for v in {values}; do n $v; done
        first {command} {needed} {word} foo bar
        first {command} {word}\n",
        setup = if command.contains("bridge_slave") { "bridge; ip link set v0 master br0;" } else { "" },
        show = if command.contains("_slave") {
            "ip -d link show v0;"
        } else {
            "ip -d link show x 2>/dev/null; ip link del x 2>/dev/null;"
        },
    )
}

/// A usage is worded otherwise, but scripts look for words in it.
fn every_word_is_there(command: &str) {
    let words = |folder| {
        let output = sandbox::run(&[folder], command);
        let all = [output.stdout.as_slice(), b" ", &output.stderr].concat();
        let text = String::from_utf8_lossy(&all).into_owned();
        // What is in capitals stands for something else.
        let typed = |word: &&str| !word.is_empty() && !word.contains(char::is_uppercase);
        let between = |c: char| !(c.is_alphanumeric() || "_-".contains(c));
        let words: BTreeSet<String> = text.split(between).filter(typed).map(Into::into).collect();
        (words, output.status.code(), output.stdout.is_empty())
    };
    let (expected, status, quiet) = words(tools::reference().unwrap());
    let got = words(tools::ours());
    assert_eq!((got.1, got.2), (status, quiet), "{command}: status, and whether standard output is empty");
    let missing: Vec<&String> = expected.difference(&got.0).collect();
    assert!(missing.is_empty(), "{command}: not in the usage: {missing:?}");
}

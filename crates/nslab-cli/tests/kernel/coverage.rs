//! docs/ip.md, made from the cases that passed: `NSLAB_DOCS=write cargo test -p nslab-cli --test kernel`.
//!
//! For each object of `ip`, the words that its reference help has: those of them that stand in a compared command
//! are the same in nslab; the others are not compared, or not there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Mutex;

use crate::{sandbox, tools};

static PASSED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// In the order in which `ip` tries them, so that an abbreviation finds the first.
const OBJECTS: &[&str] = &[
    "address",
    "addrlabel",
    "maddress",
    "route",
    "rule",
    "neighbor",
    "neighbour",
    "ntable",
    "link",
    "l2tp",
    "fou",
    "ila",
    "macsec",
    "tunnel",
    "tuntap",
    "token",
    "tcp_metrics",
    "monitor",
    "xfrm",
    "mroute",
    "mrule",
    "netns",
    "netconf",
    "vrf",
    "sr",
    "nexthop",
    "mptcp",
    "ioam",
    "help",
    "stats",
];

/// Notes a script whose outputs were the same.
pub(crate) fn passed(script: &str) {
    PASSED.lock().unwrap().push(script.to_owned());
}

/// Writes the page, if that was asked for.
pub(crate) fn write() {
    if std::env::var_os("NSLAB_DOCS").is_none_or(|value| value != "write") {
        return;
    }
    let scripts = PASSED.lock().unwrap();
    let mut seen: BTreeMap<&str, (usize, BTreeSet<String>)> = BTreeMap::new();
    for command in scripts.iter().flat_map(|script| commands(script)) {
        let Some((object, words)) = of_object(&command) else { continue };
        let (count, known) = seen.entry(object).or_default();
        *count += 1;
        known.extend(words.iter().cloned());
    }
    // Less than all of them, and the page would not be true.
    let commands: usize = seen.values().map(|(count, _)| count).sum();
    if commands < 5000 {
        eprintln!("docs/ip.md stays as it is: only {commands} commands were compared; run all of them");
        return;
    }
    std::fs::write(tools::repository("docs/ip.md"), page(&seen, scripts.len(), commands)).unwrap();
}

fn page(seen: &BTreeMap<&str, (usize, BTreeSet<String>)>, scripts: usize, commands: usize) -> String {
    let mut page = format!(
        "# What of `ip` is the same\n\n\
         Made from the tests, which run each command with iproute2 6.15 and with nslab and compare standard output,\n\
         standard error and exit status: {scripts} scripts with {commands} commands were the same.\n\n\
         **Compared** are the words of iproute2's own help that stand in such a command; the kernel's answer, where it\n\
         lacks something, is compared too. **Not compared** are its other words: of some the tests have no case yet, and\n\
         some are not there, which nslab then says (status 255).\n"
    );
    for object in OBJECTS.iter().filter(|object| !matches!(**object, "help" | "neighbor")) {
        let Some((count, known)) = seen.get(object) else {
            write!(page, "\n## ip {object}\n\nNot there yet.\n").unwrap();
            continue;
        };
        let words = help_words(object);
        let (compared, other): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| known.contains(*word));
        let list = |words: Vec<&String>| {
            let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            if quoted.is_empty() { "none".into() } else { quoted.join(" ") }
        };
        write!(
            page,
            "\n## ip {object}\n\n{count} commands.\n\nCompared: {}\n\nNot compared: {}\n",
            list(compared),
            list(other)
        )
        .unwrap();
    }
    page
}

/// The words of an object's help that can be typed.
fn help_words(object: &str) -> BTreeSet<String> {
    let mut text = String::new();
    let kinds: &[&str] = &["", "bridge", "bridge_slave", "vxlan", "macvlan", "macvtap", "vlan", "veth", "vrf"]
        [..if object == "link" { 9 } else { 1 }];
    for kind in kinds {
        let output = sandbox::run(&[tools::reference().unwrap()], &format!("ip {object} help {kind}"));
        text.push_str(&String::from_utf8_lossy(&output.stdout));
        text.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    let typed = |word: &&str| {
        word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
    };
    let no_words = ["ip", "usage", "where", "or", "and", "-to"];
    text.split(|c: char| !(c.is_alphanumeric() || "-_".contains(c)))
        .filter(typed)
        .filter(|word| !no_words.contains(word) && !word.starts_with(|c: char| c.is_ascii_digit()))
        .map(Into::into)
        .collect()
}

/// The commands of a script that begin with `ip`, as words.
fn commands(script: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for command in script.split(['\n', ';', '|', '&', '(', ')']) {
        let clean: String = command.chars().filter(|c| !matches!(c, '\'' | '"')).collect();
        let mut words = clean.split_whitespace().map(String::from).collect::<Vec<_>>();
        let Some(start) = words.iter().position(|word| word == "ip") else { continue };
        all.push(words.split_off(start + 1));
    }
    all
}

/// The object of a command, and the words behind it.
fn of_object(words: &[String]) -> Option<(&'static str, &[String])> {
    let mut rest = words;
    while let [option, behind @ ..] = rest {
        if !option.starts_with('-') {
            break;
        }
        let takes = ["-n", "-net", "-netns", "-f", "-family", "-b", "-batch", "-rc", "-rcvbuf", "-l", "-loops"];
        rest = if takes.contains(&option.trim_start_matches("--")) { behind.get(1..)? } else { behind };
    }
    let (object, words) = rest.split_first()?;
    let found = OBJECTS.iter().find(|known| !object.is_empty() && known.starts_with(object.as_str()))?;
    Some((if *found == "neighbor" { "neighbour" } else { found }, words))
}

//! The keys `nodes` and `profiles`.

use std::ops::Range;

use super::device::interfaces;
use super::draft::{At, DraftLab, DraftNode, Settings, address, word};
use super::keys::{Table, each_once, key, suggested};
use super::problems::Problems;
use super::range::node_names;
use super::route::routes;
use super::run::{PROCESSES, run};
use super::schema::{ADDRESS, Schema};
use super::tree::{Tree, Value};
use crate::types::{IfName, quote};

/// What a node's own mapping may say, and a profile's.
static NODE: Table<Settings> = Table {
    place: "a node",
    keys: &[
        key("forward", forward, &Schema::Switch, "whether it passes packets on, IPv4 and IPv6"),
        key("sysctl", sysctl, TEXTS, "settings of the kernel's, as net.ipv4.conf.all.rp_filter: 0"),
        key("routes", routes, ROUTES, "routes in the words of ip route add, as default via 10.0.0.254"),
        key("addresses", addresses, ADDRESSES, "addresses of its interfaces, by their names; lo is its loopback"),
        key("interfaces", interfaces, INTERFACES, "interfaces that are no ends of cables, by names"),
        key("env", env, TEXTS, "variables of the programs that are started in it"),
        key("run", run, PROCESSES, "processes that are started in it when the network is up"),
        key("use", profiles_used, &Schema::OneOrMore(&Schema::Text), "a profile, or a list of them"),
    ],
    later: &[],
};

/// What `nodes` and `profiles` look like.
pub(super) const NODES: &Schema =
    &Schema::Optional(&Schema::Names(&Schema::Optional(&Schema::Keys("node", &NODE, &[]))));

pub(super) const TEXTS: &Schema = &Schema::Optional(&Schema::Names(&Schema::Text));

const ROUTES: &Schema = &Schema::Optional(&Schema::OneOrMore(&Schema::Text));

const ADDRESSES: &Schema = &Schema::Optional(&Schema::Names(&Schema::OneOrMore(ADDRESS)));

const INTERFACES: &Schema = &Schema::Optional(&Schema::Names(&Schema::Interface));

pub(super) fn nodes(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    let entries = match &tree.value {
        Value::Null => return,
        Value::Map(entries) => entries,
        _ => {
            let message = format!("`nodes` is a mapping of names; here is {}", tree.kind());
            return problems.add(tree.span.clone(), message, "write a line for each node, as `r1: {}`");
        }
    };
    each_once(entries, problems, |key, name, value, problems| {
        let names = node_names(name, &key.span, problems);
        let settings = settings(value, "a node", problems);
        lab.nodes.extend(names.into_iter().map(|name| DraftNode { name, settings: settings.clone() }));
    });
}

pub(super) fn profiles(tree: &Tree<'_>, lab: &mut DraftLab, problems: &mut Problems<'_>) {
    let entries = match &tree.value {
        Value::Null => return,
        Value::Map(entries) => entries,
        _ => {
            let message = format!("`profiles` is a mapping of names; here is {}", tree.kind());
            return problems.add(tree.span.clone(), message, "write one as `edge: { forward: true }`");
        }
    };
    each_once(entries, problems, |key, name, value, problems| {
        let settings = settings(value, "a profile", problems);
        if let Some(nested) = settings.profiles.first() {
            problems.add(nested.span.clone(), "a profile does not use another", "name both in the node's `use`");
        }
        lab.profiles.push((At { value: name.to_owned(), span: key.span.clone() }, settings));
    });
}

fn settings(tree: &Tree<'_>, what: &str, problems: &mut Problems<'_>) -> Settings {
    let mut settings = Settings::default();
    match &tree.value {
        Value::Null => {}
        Value::Map(_) => {
            NODE.read(tree, &mut settings, problems);
        }
        _ => problems.add(
            tree.span.clone(),
            format!("{what} is a mapping; here is {}", tree.kind()),
            "write `{}`, or nothing",
        ),
    }
    settings
}

fn forward(tree: &Tree<'_>, settings: &mut Settings, problems: &mut Problems<'_>) {
    settings.forward = switch("`forward`", tree, "it is `true` or `false`", problems);
}

/// Reads `true` or `false`. `help` says what they mean.
pub(super) fn switch(what: &str, tree: &Tree<'_>, help: &str, problems: &mut Problems<'_>) -> Option<bool> {
    match tree.text(what, problems)? {
        "true" => Some(true),
        "false" => Some(false),
        other => {
            // YAML before 1.2 had more words for them.
            let word = match other.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" | "1" => "true",
                "no" | "off" | "n" | "0" => "false",
                _ => other,
            };
            let help = suggested(word, ["true", "false"].into_iter(), help);
            problems.add(tree.span.clone(), format!("{what} is {}", quote(other)), help);
            None
        }
    }
}

/// A setting of the kernel's (sysctl(8)): of the network alone, for the others are not a namespace's own.
fn sysctl(tree: &Tree<'_>, settings: &mut Settings, problems: &mut Problems<'_>) {
    if matches!(tree.value, Value::Null) {
        return;
    }
    let Value::Map(entries) = &tree.value else {
        let message = format!("`sysctl` is a mapping; here is {}", tree.kind());
        return problems.add(tree.span.clone(), message, "write it as `{ net.ipv4.conf.all.rp_filter: 0 }`");
    };
    each_once(entries, problems, |key, name, value, problems| {
        let Some(text) = value.text("a setting", problems) else { return };
        let part = |part: &str| !part.is_empty() && part != ".." && part != ".";
        let separator = if name.contains('/') { '/' } else { '.' };
        if !name.split(separator).all(part) || name.contains('\0') || name.len() > 200 {
            problems.add(key.span.clone(), format!("{} is no setting's name", quote(name)), SYSCTL);
        } else if name.split(separator).next() != Some("net") {
            let message = format!("setting {} is not the network's, so all nodes would share it", quote(name));
            problems.add(key.span.clone(), message, SYSCTL);
        } else {
            let path = if separator == '.' { name.replace('.', "/") } else { name.to_owned() };
            settings.sysctl.push((At { value: path, span: key.span.clone() }, text.to_owned()));
        }
    });
}

const SYSCTL: &str = "a name as net.ipv4.conf.all.rp_filter, or with slashes where an interface's name has dots";

/// Variables for the programs that are started in the node.
fn env(tree: &Tree<'_>, settings: &mut Settings, problems: &mut Problems<'_>) {
    variables(tree, &mut settings.env, problems);
}

/// Names and values of an `env`.
pub(super) fn variables(tree: &Tree<'_>, into: &mut Vec<(String, String)>, problems: &mut Problems<'_>) {
    if matches!(tree.value, Value::Null) {
        return;
    }
    let Value::Map(entries) = &tree.value else {
        let message = format!("`env` is a mapping; here is {}", tree.kind());
        return problems.add(tree.span.clone(), message, "write it as `{ LANG: C }`");
    };
    each_once(entries, problems, |key, name, value, problems| {
        let Some(text) = value.text("a variable's value", problems) else { return };
        if name.is_empty() || name.contains(['=', '\0']) || text.contains('\0') {
            let message = format!("{} is no variable for a program", quote(name));
            return problems.add(key.span.clone(), message, "a name is not empty and has no `=`");
        }
        into.push((name.to_owned(), text.to_owned()));
    });
}

/// Addresses on the node's interfaces, loopback too.
fn addresses(tree: &Tree<'_>, settings: &mut Settings, problems: &mut Problems<'_>) {
    if matches!(tree.value, Value::Null) {
        return;
    }
    let Value::Map(entries) = &tree.value else {
        let message = format!("`addresses` of a node is a mapping; here is {}", tree.kind());
        return problems.add(tree.span.clone(), message, "write it as `{ lo: [ 10.255.0.1/32 ] }`");
    };
    each_once(entries, problems, |key, name, value, problems| {
        let Some(ifname): Option<At<IfName>> = word(name, &key.span, problems) else { return };
        let mut list = Vec::new();
        let mut add = |text: Option<&str>, span: &Range<usize>, problems: &mut Problems<'_>| {
            list.extend(text.and_then(|text| address(text, span, problems)));
        };
        match &value.value {
            Value::List(values) => {
                for value in values {
                    add(value.text("an address", problems), &value.span, problems);
                }
            }
            _ => add(value.text("an address", problems), &value.span, problems),
        }
        settings.addresses.push((ifname, list));
    });
}

/// One name, or a list of them.
fn profiles_used(tree: &Tree<'_>, settings: &mut Settings, problems: &mut Problems<'_>) {
    let one = |tree: &Tree<'_>, problems: &mut Problems<'_>| {
        let name = tree.text("a profile's name", problems)?;
        Some(At { value: name.to_owned(), span: tree.span.clone() })
    };
    match &tree.value {
        Value::List(list) => settings.profiles.extend(list.iter().filter_map(|tree| one(tree, problems))),
        _ => settings.profiles.extend(one(tree, problems)),
    }
}

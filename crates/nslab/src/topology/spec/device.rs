//! The key `interfaces` of a node: what it has beside the ends of its cables.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::complete::settings_of;
use super::draft::{At, DraftEnd, DraftLab, Settings, address, link_ifname};
use super::keys::{each_once, suggested};
use super::link::{mac, mtu};
use super::problems::Problems;
use super::tree::{Tree, Value};
use super::wireguard::{self, DraftWireguard};
use crate::topology::kinds::{BridgeVlan, KindOption, LinkKind, OptionValue, Options, Takes};
use crate::types::{IfName, NodeName, quote};

/// An interface as the file says it.
#[derive(Debug, Clone)]
pub(super) struct DraftDevice {
    /// Its name, addresses and so on; its node where that is known.
    pub(super) end: DraftEnd,
    pub(super) kind: LinkKind,
    pub(super) options: Options,
    /// Where the options are said.
    pub(super) spans: BTreeMap<String, Range<usize>>,
    pub(super) link: Option<At<IfName>>,
    pub(super) ports: Vec<At<IfName>>,
    pub(super) vlans: Vec<At<BridgeVlan>>,
    pub(super) wireguard: DraftWireguard,
}

/// The names of all kinds, for a message.
pub(super) fn kinds() -> String {
    let names: Vec<String> = LinkKind::ALL.iter().map(|kind| format!("`{kind}`")).collect();
    names.join(", ")
}

/// Reads the word for a kind.
pub(super) fn kind(text: &str, span: &Range<usize>, problems: &mut Problems<'_>) -> Option<LinkKind> {
    let found = LinkKind::ALL.into_iter().find(|kind| kind.facts().name == text);
    if found.is_none() {
        let known = LinkKind::ALL.iter().map(|kind| kind.facts().name);
        let help = suggested(text, known, &format!("there are: {}", kinds()));
        problems.add(span.clone(), format!("{} is no kind of interface", quote(text)), help);
    }
    found
}

pub(super) fn interfaces(tree: &Tree<'_>, settings: &mut Settings, problems: &mut Problems<'_>) {
    let entries = match &tree.value {
        Value::Null => return,
        Value::Map(entries) => entries,
        _ => {
            let message = format!("`interfaces` is a mapping of names; here is {}", tree.kind());
            return problems.add(tree.span.clone(), message, "write one as `dum0: { kind: dummy }`");
        }
    };
    each_once(entries, problems, |key, name, value, problems| {
        let ifname = link_ifname(name, &key.span, problems);
        let device = device(name, key, value, problems);
        if let (Some(ifname), Some(mut device)) = (ifname, device) {
            device.end.ifname = Some(ifname);
            settings.interfaces.push(device);
        }
    });
}

fn device(name: &str, key: &Tree<'_>, tree: &Tree<'_>, problems: &mut Problems<'_>) -> Option<DraftDevice> {
    let (entries, said) = match &tree.value {
        Value::Map(entries) => {
            let is_kind = |key: &Tree<'_>| matches!(&key.value, Value::Text(key) if key == "kind");
            (entries.as_slice(), entries.iter().find(|(key, _)| is_kind(key)).map(|(_, value)| value))
        }
        Value::Text(_) => ([].as_slice(), Some(tree)),
        _ => ([].as_slice(), None),
    };
    let Some(said) = said else {
        let message = format!("interface {} has no `kind`", quote(name));
        problems.add(key.span.clone(), message, format!("say what it is, one of {}", kinds()));
        return None;
    };
    let kind = kind(said.text("`kind`", problems)?, &said.span, problems)?;
    let mut device = DraftDevice {
        end: DraftEnd::default(),
        kind,
        options: Options::new(),
        spans: BTreeMap::new(),
        link: None,
        ports: Vec::new(),
        vlans: Vec::new(),
        wireguard: DraftWireguard::default(),
    };
    each_once(entries, problems, |key, name, value, problems| read_key(&mut device, key, name, value, problems));
    let has = |name: &str| device.spans.contains_key(name);
    let facts = kind.facts();
    let link = facts.link.filter(|(_, required)| *required).map(|(name, _)| name);
    let of_wireguard = (kind == LinkKind::Wireguard).then_some("private-key");
    let required = facts.options.iter().filter(|option| option.required).map(|option| option.name);
    for missing in required.chain(link).chain(of_wireguard) {
        if !has(missing) {
            let message = format!("{} has no `{missing}`", a(kind));
            problems.add(key.span.clone(), message, format!("a key that it must have: `{missing}: …`"));
        }
    }
    for (name, number) in facts.defaults {
        device.options.entry((*name).to_owned()).or_insert(OptionValue::Number(*number));
    }
    if !device.vlans.is_empty() {
        device.options.entry("vlan_filtering".into()).or_insert(OptionValue::Switch(true));
        // Then ports are in the VLANs that they are said to be in, and in no other.
        device.options.entry("vlan_default_pvid".into()).or_insert(OptionValue::Number(0));
    }
    Some(device)
}

/// `a bond`, `an ipvlan`.
pub(super) fn a(kind: LinkKind) -> String {
    format!("{} {kind}", if kind == LinkKind::Ipvlan { "an" } else { "a" })
}

/// The keys that an interface of a kind may have.
pub(super) fn allowed(kind: LinkKind) -> Vec<&'static str> {
    let facts = kind.facts();
    let of_bridge = (kind == LinkKind::Bridge).then_some("vlans");
    let mut keys = vec!["kind"];
    keys.extend(facts.link.map(|(name, _)| name));
    keys.extend(facts.has_ports.then_some("ports"));
    keys.extend(of_bridge);
    keys.extend(wireguard::KEYS.into_iter().filter(|_| kind == LinkKind::Wireguard));
    keys.extend(facts.options.iter().map(|option| option.name));
    keys.extend(["addresses", "mtu"]);
    keys.extend(facts.has_mac.then_some("mac"));
    keys
}

fn read_key(device: &mut DraftDevice, key: &Tree<'_>, name: &str, value: &Tree<'_>, problems: &mut Problems<'_>) {
    let keys = allowed(device.kind);
    if !keys.contains(&name) {
        let shown: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let help = suggested(name, keys.into_iter(), &format!("allowed here: {}", shown.join(", ")));
        return problems.add(key.span.clone(), format!("{} has no key {}", a(device.kind), quote(name)), help);
    }
    device.spans.insert(name.to_owned(), value.span.clone());
    match name {
        "kind" => {}
        "addresses" => each(value, |tree| {
            let text = tree.text("an address", problems);
            device.end.addresses.extend(text.and_then(|text| address(text, &tree.span, problems)));
        }),
        "mtu" => mtu(value, &mut device.end, problems),
        "mac" => mac(value, &mut device.end, problems),
        "ports" => each(value, |tree| {
            let text = tree.text("a port", problems);
            device.ports.extend(text.and_then(|text| link_ifname(text, &tree.span, problems)));
        }),
        "vlans" => vlans(value, device, problems),
        _ if wireguard::KEYS.contains(&name) => wireguard::read(name, value, &mut device.wireguard, problems),
        _ => match device.kind.option(name) {
            Some(option) => {
                let Some(text) = value.text(&format!("`{name}`"), problems) else { return };
                match OptionValue::read(option, text) {
                    Ok(read) => {
                        device.options.insert(name.to_owned(), read);
                    }
                    Err(help) => bad_option(option, text, &value.span, &help, problems),
                }
            }
            // What is left is the link beneath it.
            None => {
                let text = value.text(&format!("`{name}`"), problems);
                device.link = text.and_then(|text| link_ifname(text, &value.span, problems));
            }
        },
    }
}

/// Reports a value that an option does not take.
pub(super) fn bad_option(
    option: &KindOption,
    text: &str,
    span: &Range<usize>,
    help: &str,
    problems: &mut Problems<'_>,
) {
    let words: Vec<&str> = match option.takes {
        Takes::Word(words) => words.iter().map(|(word, _)| *word).collect(),
        Takes::Switch => vec!["true", "false"],
        _ => Vec::new(),
    };
    let help = suggested(text, words.into_iter(), help);
    problems.add(span.clone(), format!("`{}` is {}", option.name, quote(text)), help);
}

/// One, or each of a list.
fn each<'t, 's>(tree: &'t Tree<'s>, mut take: impl FnMut(&'t Tree<'s>)) {
    match &tree.value {
        Value::Null => {}
        Value::List(list) => list.iter().for_each(take),
        _ => take(tree),
    }
}

fn vlans(tree: &Tree<'_>, device: &mut DraftDevice, problems: &mut Problems<'_>) {
    let Value::Map(entries) = &tree.value else {
        let message = format!("`vlans` is a mapping of ports; here is {}", tree.kind());
        return problems.add(
            tree.span.clone(),
            message,
            "write it as `{ eth0: 10 pvid untagged, eth1: [ 10, 20-29 ] }`",
        );
    };
    each_once(entries, problems, |key, name, value, problems| {
        let Some(port) = link_ifname(name, &key.span, problems) else { return };
        each(value, |tree| {
            let Some(text) = tree.text("a VLAN", problems) else { return };
            match BridgeVlan::read(&port.value, text) {
                Ok(value) => device.vlans.push(At { value, span: tree.span.clone() }),
                Err(message) => {
                    let help = "write it as `10`, `10-20` or `10 pvid untagged`, as behind `bridge vlan add … vid`";
                    problems.add(tree.span.clone(), message, help);
                }
            }
        });
    });
}

/// Gives each node the interfaces that it and its profiles say. What comes later wins.
pub(super) fn expand(draft: &mut DraftLab) {
    let mut devices: Vec<DraftDevice> = Vec::new();
    let mut places: HashMap<(NodeName, IfName), usize> = HashMap::new();
    for node in &draft.nodes {
        for device in settings_of(draft, node).flat_map(|settings| &settings.interfaces) {
            let Some(ifname) = &device.end.ifname else { continue };
            let mut device = device.clone();
            device.end.node = Some(node.name.clone());
            let next = devices.len();
            let place = *places.entry((node.name.value.clone(), ifname.value.clone())).or_insert(next);
            match devices.get_mut(place) {
                Some(earlier) => *earlier = device,
                None => devices.push(device),
            }
        }
    }
    draft.devices = devices;
}

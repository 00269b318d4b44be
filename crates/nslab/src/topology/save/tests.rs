//! What is saved of a network is a lab file that gives that network.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Wish, text};
use crate::topology::observe::network::Network;
use crate::topology::plan::Plan;
use crate::topology::spec::parse;

fn plan(text: &str) -> Plan {
    Plan::new(&parse(text, Path::new("t.yaml")).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

fn saved(network: &Network) -> String {
    let (fresh, remarks) = (BTreeMap::new(), Vec::new());
    let wish = Wish { name: network.name.parse().unwrap(), macs: false, fresh, uplink: None, remarks };
    text(network, &wish).unwrap_or_else(|error| panic!("{error}"))
}

/// The examples, saved as their plans are: what `up` makes of them is the same again.
#[test]
fn examples_are_saved_as_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // VLANs of bridges and an uplink are no part of what was seen.
        if !name.ends_with(".yaml") || name == "dual-stack-vlans.yaml" || name == "nat-home.yaml" {
            continue;
        }
        let network = Network::of_plan(&plan(&std::fs::read_to_string(&path).unwrap()));
        let first = saved(&network);
        let again = Network::of_plan(&plan(&first));
        assert_eq!(saved(&again), first, "{name}");
        assert_eq!(again.wires().len(), network.wires().len(), "{name}");
        assert!(!first.contains("Not in this file"), "{name}\n{first}");
        count += 1;
    }
    assert!(count > 8);
}

#[test]
fn a_cable_is_saved_as_one_would_write_it() {
    let network = Network::of_plan(&plan(
        "name: t\nlinks: [ 'ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0 192.0.2.2/24 { a: { delay: 20ms } }' ]",
    ));
    let expected = "\
# Saved from what was there.
name: t
nodes:
  ns1:
  ns2:
links:
  - ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0 192.0.2.2/24 { a: { delay: 20ms } }
";
    assert_eq!(saved(&network), expected);
}

/// Whatever names and addresses there are, the file is one, and says what it does not say.
#[test]
fn what_no_file_can_say_is_told() {
    let mut network = Network::of_plan(&plan("name: t\nlinks: [ a 192.0.2.1/24 -- b 192.0.2.2/24, c -- d ]"));
    for (node, name) in network.nodes.iter_mut().zip(["x y\n- z", "x-y---z", "h[1-3]", "${HOME}"]) {
        node.name = name.into();
        for link in node.seen.links.iter_mut().filter(|link| link.name != "lo") {
            link.name = "all".into();
            link.addresses.iter_mut().for_each(|address| address.prefix = "192.0.2.0/24".parse().unwrap());
        }
    }
    let text = saved(&network);
    let lab = parse(&text, Path::new("t.yaml")).unwrap();
    assert_eq!(lab.nodes.len(), 4, "{text}");
    assert_eq!(lab.links.len(), 2, "{text}");
    assert!(text.contains("# - addresses x-y---z-2:all-2 192.0.2.0/24"), "{text}");
    assert!(text.contains("# - the name \"${HOME}\" of a node: here it is "), "{text}");
}

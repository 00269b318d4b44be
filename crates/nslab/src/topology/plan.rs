//! What has to be done to make a lab: a value that can be printed, compared and kept.
//!
//! Pure: the same description always gives the same plan, down to the interface indexes.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::spec::{End, Lab};
use crate::types::{IfName, LabName, MacAddr, NodeName, Prefix};

/// Everything that a lab is made of, in the order in which it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The lab's name.
    pub lab: LabName,
    /// One namespace each.
    pub nodes: Vec<NodeName>,
    /// One virtual cable (veth) each.
    pub cables: Vec<Cable>,
}

/// A cable between two interfaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cable {
    /// One end.
    pub a: Port,
    /// The other end.
    pub b: Port,
}

/// An interface at the end of a cable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Which of the plan's nodes it is in, counted from 0.
    pub node: usize,
    /// Its index in the node's namespace. Loopback has 1.
    pub index: u32,
    /// Its name.
    pub ifname: IfName,
    /// Its hardware address.
    pub mac: MacAddr,
    /// The largest packet in bytes, where that is not the kernel's choice of 1500.
    pub mtu: Option<u32>,
    /// Its addresses.
    pub addresses: Vec<Prefix>,
}

impl Plan {
    /// The plan that makes a lab from nothing.
    #[must_use]
    pub fn new(lab: &Lab) -> Self {
        let nodes: Vec<NodeName> = lab.nodes.iter().map(|node| node.name.clone()).collect();
        let places: HashMap<&NodeName, usize> = nodes.iter().enumerate().map(|(at, name)| (name, at)).collect();
        let mut last_index: HashMap<usize, u32> = HashMap::new();
        let mut port = |end: &End| {
            // The description names every node of its links among its nodes.
            let node = places.get(&end.node).copied()?;
            let index = last_index.entry(node).or_insert(1);
            *index += 1;
            Some(Port {
                node,
                index: *index,
                ifname: end.ifname.clone(),
                mac: end.mac,
                mtu: end.mtu,
                addresses: end.addresses.clone(),
            })
        };
        let cables = lab.links.iter().filter_map(|link| Some(Cable { a: port(&link.a)?, b: port(&link.b)? })).collect();
        Self { lab: lab.name.clone(), nodes, cables }
    }

    /// `node:ifname`, as users read and type it.
    #[must_use]
    pub fn port_name(&self, port: &Port) -> String {
        let node = self.nodes.get(port.node).map_or("?", NodeName::as_str);
        format!("{node}:{}", port.ifname)
    }

    /// The addresses of each node, in the order of the file.
    #[must_use]
    pub fn addresses(&self) -> Vec<Vec<Prefix>> {
        let mut all = vec![Vec::new(); self.nodes.len()];
        for port in self.cables.iter().flat_map(|cable| [&cable.a, &cable.b]) {
            if let Some(of_node) = all.get_mut(port.node) {
                of_node.extend(&port.addresses);
            }
        }
        all
    }
}

/// The steps, one a line, as `nslab up --dry-run` shows them.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in &self.nodes {
            writeln!(f, "namespace {node}")?;
        }
        for Cable { a, b } in &self.cables {
            writeln!(f, "cable {} -- {}", self.port_name(a), self.port_name(b))?;
            for port in [a, b] {
                let name = self.port_name(port);
                writeln!(
                    f,
                    "  {name} mac {}{}",
                    port.mac,
                    port.mtu.map(|mtu| format!(" mtu {mtu}")).unwrap_or_default()
                )?;
                for address in &port.addresses {
                    writeln!(f, "  {name} address {address}")?;
                }
                writeln!(f, "  {name} up")?;
            }
        }
        Ok(())
    }
}

//! Labs of any size.

use std::net::{IpAddr, Ipv4Addr};

use crate::steps::Verify;

/// A lab file, what must be there when it is up, and the same file with one address more.
pub(crate) struct Lab {
    pub(crate) text: String,
    pub(crate) changed: String,
    /// Its nodes, switches not counted.
    pub(crate) nodes: u32,
    pub(crate) verify: Verify,
}

/// Makes a lab with that many nodes, or nearly.
pub(crate) type Shape = fn(u32) -> Lab;

/// The shapes that are measured.
pub(crate) const SHAPES: [(&str, Shape); 3] = [("ring", ring), ("segments", segments), ("fat tree", fat_tree)];

/// Routers in a ring, a /31 on each cable.
fn ring(nodes: u32) -> Lab {
    let links = format!("pools: {{ wan: 10.0.0.0/8 }}\nlinks: [ {{ ring: \"r[1-{nodes}]\", pool: wan }} ]\n");
    lab(links, nodes, 0, "r1", IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)))
}

/// Switches with 49 hosts each, and one router on all of them.
fn segments(nodes: u32) -> Lab {
    let switches = nodes.div_ceil(50);
    let mut text = String::from("segments:\n");
    for switch in 0..switches {
        let (first, last) = (switch * 50 + 1, (switch * 50 + 49).min(nodes - 1));
        let (high, low) = (switch >> 8 & 255, switch & 255);
        let prefix = format!("10.{high}.{low}.0/24");
        text.push_str(&format!("  s{switch}: {{ prefix: {prefix}, members: [ \"h[{first}-{last}]\", gw .254 ] }}\n"));
    }
    let hosts: u32 = (0..switches).map(|switch| (switch * 50 + 49).min(nodes - 1) - switch * 50).sum();
    lab(text, hosts + 1, switches, "h1", IpAddr::V4(Ipv4Addr::new(10, 0, 0, 254)))
}

/// As data centres are wired: pods of k/2 edge and k/2 aggregation switches, a core, k/2 hosts on each edge
/// switch; all of them routers here, with cables between them.
fn fat_tree(nodes: u32) -> Lab {
    // 5k²/4 switches and k³/4 hosts.
    let size = |k: u32| 5 * k * k / 4 + k * k * k / 4;
    let k = (4..).step_by(2).take_while(|k| size(*k) <= nodes.max(36)).last().unwrap_or(4);
    let half = k / 2;
    let mut text = String::from("pools: { wan: 10.0.0.0/8 }\nlinks:\n");
    for pod in 0..k {
        for edge in 0..half {
            let hosts = format!("h{pod}-{edge}-[1-{half}]");
            text.push_str(&format!("  - {{ star: \"{hosts}\", hub: e{pod}-{edge}, pool: wan }}\n"));
            let above = format!("a{pod}-[0-{}]", half - 1);
            text.push_str(&format!("  - {{ star: \"{above}\", hub: e{pod}-{edge}, pool: wan }}\n"));
        }
        for aggregation in 0..half {
            let (first, last) = (aggregation * half, aggregation * half + half - 1);
            let core = format!("c[{first}-{last}]");
            text.push_str(&format!("  - {{ star: \"{core}\", hub: a{pod}-{aggregation}, pool: wan }}\n"));
        }
    }
    lab(text, size(k), 0, "e0-0", IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)))
}

fn lab(text: String, nodes: u32, switches: u32, from: &str, reaches: IpAddr) -> Lab {
    let head = "name: grown\n";
    let changed = format!("{head}nodes: {{ {from}: {{ addresses: {{ lo: 192.0.2.1/32 }} }} }}\n{text}");
    let verify = Verify { namespaces: (nodes + switches) as usize, reaches: vec![(from.into(), reaches)] };
    Lab { text: format!("{head}{text}"), changed, nodes, verify }
}

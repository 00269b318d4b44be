//! Forwarding and other settings of the kernel's: what is against what is to be.

use super::{Change, Known};
use crate::topology::observe::seen;
use crate::topology::plan::NodePlan;
use crate::topology::spec::interface_of;
use crate::types::NodeName;

/// The switches of forwarding, under all their names; the first is the one that is used.
const FORWARD_V4: &[&str] = &["net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding"];
const FORWARD_V6: &[&str] = &["net/ipv6/conf/all/forwarding"];

/// The names of a switch of forwarding, and where what it is was noted.
type Switch = (&'static [&'static str], fn(&seen::Node) -> Option<bool>);

/// The changes of one node; `seen` is `None` of one that is new.
pub(super) fn compare(
    known: Known<'_>,
    node: &NodePlan,
    seen: Option<&seen::Node>,
    is_new: impl Fn(&str) -> bool,
    changes: &mut Vec<Change>,
) {
    let mut set = |path: &str, to: &str, from: Option<String>| {
        changes.push(Change::SetSysctl { node: node.name.clone(), path: path.into(), to: to.into(), from });
    };
    let named = |paths: &[&str]| node.sysctl.iter().any(|sysctl| paths.contains(&sysctl.path.as_str()));
    // First, for the kernel resets others with it.
    let both: [Switch; 2] = [(FORWARD_V4, |node| node.forward_v4), (FORWARD_V6, |node| node.forward_v6)];
    for (paths, of) in both {
        let default = || known.fresh.and_then(of);
        let wanted = if node.forward { Some(true) } else { default() };
        let is = match seen {
            Some(seen) => of(seen),
            None => default().or(Some(false)),
        };
        if let (Some(wanted), Some(is), Some(path)) = (wanted, is, paths.first())
            && wanted != is
            && !named(paths)
            && !node.switch
        {
            let digit = |on: bool| if on { "1" } else { "0" };
            set(path, digit(wanted), seen.map(|_| digit(is).into()));
        }
    }
    for sysctl in &node.sysctl {
        let anew = interface_of(&sysctl.path).is_some_and(&is_new);
        let is = seen.and_then(|seen| seen.sysctl.get(&sysctl.path)).filter(|_| !anew).cloned().flatten();
        if !is.as_ref().is_some_and(|is| same(is, &sysctl.value)) {
            set(&sysctl.path, &sysctl.value, is);
        }
    }
    let Some(seen) = seen else { return };
    for path in dropped(known, node) {
        if interface_of(path).is_some_and(&is_new) {
            continue;
        }
        let planned = |path: &str| node.sysctl.iter().find(|sysctl| sysctl.path == path);
        let default = match default_path(path) {
            Some(path) => {
                planned(&path).map(|sysctl| sysctl.value.clone()).or_else(|| seen.sysctl.get(&path).cloned().flatten())
            }
            None => known.fresh.and_then(|fresh| fresh.sysctl.get(path).cloned().flatten()),
        };
        let is = seen.sysctl.get(path).cloned().flatten();
        if let (Some(default), Some(is)) = (default, is)
            && !same(&default, &is)
        {
            set(path, &default, Some(is));
        }
    }
}

/// What was set before in a node and is not named any more.
fn dropped<'k>(known: Known<'k>, node: &'k NodePlan) -> impl Iterator<Item = &'k str> {
    let from = (node.name.clone(), String::new());
    let of_node = known.ours.sysctl.range(from..).take_while(|(name, _): &&(NodeName, String)| *name == node.name);
    let paths = of_node.map(|(_, path)| path.as_str());
    paths.filter(|path| {
        let forward = FORWARD_V4.contains(path) || FORWARD_V6.contains(path);
        !forward && !node.sysctl.iter().any(|sysctl| sysctl.path == *path)
    })
}

/// Where an interface's setting has the value that new interfaces get.
pub(crate) fn default_path(path: &str) -> Option<String> {
    let name = interface_of(path)?;
    let (before, after) = path.split_once(&format!("/{name}/"))?;
    Some(format!("{before}/default/{after}"))
}

/// The kernel separates numbers by tabs where people type spaces.
fn same(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

//! What the kernel puts into every new namespace besides the loopback interface: tunnels that nobody made (`gre0`,
//! `sit0` and others), where their modules are loaded. They have indexes that plans count on.

use crate::error::Result;
use crate::namespace::enter;
use crate::netlink::Connection;
use crate::ops::link::{self, DumpFilter};
use crate::topology::plan::{LOOPBACK, Plan};

/// How many indexes behind the loopback interface's are taken in a namespace that is new.
pub(super) fn indexes_taken() -> Result<u32> {
    enter::on_own_thread(|| {
        enter::into_new()?;
        let mut last = LOOPBACK;
        link::dump(&mut Connection::open()?, DumpFilter::default(), |link| {
            last = last.max(link.index());
            Ok(())
        })?;
        Ok(last.saturating_sub(LOOPBACK))
    })
}

/// A plan with the indexes of its interfaces behind those that are taken.
pub(super) fn behind(plan: &Plan, taken: u32) -> Plan {
    let mut plan = plan.clone();
    let ports = plan.cables.iter_mut().flat_map(|cable| [&mut cable.a.index, &mut cable.b.index]);
    for index in ports.chain(plan.devices.iter_mut().map(|device| &mut device.index)) {
        *index = index.saturating_add(taken);
    }
    plan
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use std::path::Path;

    use super::*;
    use crate::topology::spec::parse;

    #[test]
    fn all_indexes_are_behind_what_is_taken() {
        let text = "name: t\nnodes: { r: { interfaces: { tap0: tap } } }\nlinks: [ r -- b ]
segments: { lan: { prefix: 10.0.0.0/24, members: [ a, r ] } }\n";
        let plan = Plan::new(&parse(text, Path::new("t.yaml")).unwrap());
        let of = |plan: &Plan| -> Vec<u32> {
            let ports = plan.cables.iter().flat_map(|cable| [cable.a.index, cable.b.index]);
            ports.chain(plan.devices.iter().map(|device| device.index)).collect()
        };
        let raised: Vec<u32> = of(&plan).iter().map(|index| index + 9).collect();
        assert_eq!(of(&behind(&plan, 9)), raised);
        assert_eq!(raised.len(), 7);
    }
}

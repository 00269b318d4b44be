//! What a plan needs of the kernel beyond what every kernel has, asked for before anything is made.

use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::netlink::Connection;
use crate::ops::qdisc::{Discipline, USUAL_MTU};
use crate::topology::plan::{LOOPBACK, Plan, Port};
use crate::types::Impair;

/// Makes sure that the kernel has the queueing disciplines that a plan needs: each is tried once, on the loopback
/// interface of a namespace that is gone when this returns. The kernel loads a module for it where it can.
///
/// # Errors
/// [`ErrorKind::Unsupported`] with the kernel's option and module, and the first interface that needs it.
pub(super) fn check(plan: &Plan) -> Result<()> {
    let mut needed: Vec<(&'static str, Discipline, &Port, &Impair)> = Vec::new();
    for port in plan.cables.iter().flat_map(|cable| [&cable.a, &cable.b]) {
        let Some(impair) = &port.impair else { continue };
        let discipline = Discipline::of(impair, port.mtu.unwrap_or(USUAL_MTU));
        if needed.iter().all(|(kind, ..)| *kind != discipline.kind()) {
            needed.push((discipline.kind(), discipline, port, impair));
        }
    }
    if needed.is_empty() {
        return Ok(());
    }
    let scratch = Namespace::anonymous()?;
    let mut connection = Connection::open_in(&scratch)?;
    for (_, discipline, port, impair) in needed {
        try_out(&mut connection, &discipline, || format!("impairing {} ({impair})", plan.port_name(port)))?;
    }
    Ok(())
}

/// Tries a discipline on the loopback interface of a namespace that is of no use otherwise.
pub(crate) fn try_out(connection: &mut Connection, discipline: &Discipline, what: impl Fn() -> String) -> Result<()> {
    connection.request(discipline.replace(LOOPBACK), what).map_err(|error| explain(error, discipline.kind()))
}

/// The kernel says `ENOENT` of a discipline that it does not know.
pub(super) fn explain(error: Error, kind: &str) -> Error {
    if error.errno() != Some(libc::ENOENT) {
        return error;
    }
    let option = kind.to_uppercase();
    error.within(format_args!("this kernel has no `{kind}`")).with_kind(ErrorKind::Unsupported).with_help(format!(
        "it takes a kernel with CONFIG_NET_SCH_{option}; where that is a module, `modprobe sch_{kind}` loads it"
    ))
}

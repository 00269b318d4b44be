//! Kinds of interfaces that this kernel does not have: found out before anything of a lab is made, by asking for one
//! in a namespace that is gone when this returns.

use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind, Result};
use crate::namespace::enter;
use crate::netlink::Connection;
use crate::ops::link::{self, Data, Kind, LinkConfig, Select};
use crate::topology::kinds::{LinkKind, OptionValue};
use crate::topology::plan::{Device, Plan};
use crate::wire::Request;
use crate::wire::consts::kinds::IFLA_BR_VLAN_FILTERING;

/// Makes sure that the kernel has what a plan's interfaces are.
///
/// # Errors
/// [`ErrorKind::Unsupported`] with the kernel's option and module.
pub(super) fn check(plan: &Plan) -> Result<()> {
    let kinds: BTreeSet<LinkKind> = plan.devices.iter().map(|device| device.kind).collect();
    let filters = |device: &Device| device.options.get("vlan_filtering") == Some(&OptionValue::Switch(true));
    let filtering = plan.devices.iter().find(|device| filters(device));
    if kinds.is_empty() {
        return Ok(());
    }
    let first = |kind: LinkKind| plan.devices.iter().find(|device| device.kind == kind);
    enter::on_own_thread(|| {
        enter::into_new()?;
        let mut connection = Connection::open()?;
        for kind in kinds {
            let there = if kind.is_tuntap() {
                std::fs::exists("/dev/net/tun").unwrap_or(false)
            } else {
                has(&mut connection, kind)?
            };
            if let (false, Some(device)) = (there, first(kind)) {
                let facts = kind.facts();
                return Err(lacking(plan, device, &format!("no {kind}"), facts.config, Some(facts.module)));
            }
        }
        match filtering {
            Some(device) if !has_filtering(&mut connection)? => {
                let what = "no bridges that filter VLANs";
                Err(lacking(plan, device, what, "CONFIG_BRIDGE_VLAN_FILTERING", None))
            }
            _ => Ok(()),
        }
    })
}

fn lacking(plan: &Plan, device: &Device, what: &str, config: &str, module: Option<&str>) -> Error {
    let message = format!("{} cannot be made: this kernel has {what} ({config})", plan.device_name(device));
    let help = match module {
        Some(module) => format!("load the module: modprobe {module}; or run a kernel that has it"),
        None => "run a kernel that has it".into(),
    };
    Error::new(ErrorKind::Unsupported, message).with_help(help)
}

/// A kind that is not there is told before what is wrong with the request, which is empty.
pub(crate) fn has(connection: &mut Connection, kind: LinkKind) -> Result<bool> {
    let config = LinkConfig { name: Some(b"x"), kind: Some(Kind::Plain(kind.kernel_name())), ..LinkConfig::default() };
    match connection.request(config.create(), || format!("asking for a {kind}")) {
        Ok(()) => connection.request(Select::Name(b"x").delete(), || format!("deleting a {kind}")).map(|()| true),
        Err(error) if error.kind() == ErrorKind::Permission => Err(error),
        Err(error) => Ok(error.kind() != ErrorKind::Unsupported),
    }
}

/// A kernel without filtering refuses the option, or passes over it and tells nothing of it.
pub(crate) fn has_filtering(connection: &mut Connection) -> Result<bool> {
    let mut data = Request::attributes_alone();
    data.u8(IFLA_BR_VLAN_FILTERING, 1);
    let data = data.into_attributes();
    let kind = Some(Kind::Other { name: b"bridge", data: Data::Own(&data) });
    let config = LinkConfig { name: Some(b"x"), kind, ..LinkConfig::default() };
    match connection.request(config.create(), || "asking for a bridge that filters VLANs".into()) {
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(false),
        made => made?,
    }
    link::get(connection, Select::Name(b"x"), |link| {
        let told = link.info_data().into_iter().flat_map(|data| data.nested().filter_map(Result::ok));
        Ok(told.into_iter().any(|attribute| attribute.kind == IFLA_BR_VLAN_FILTERING && attribute.u8() == Some(1)))
    })
}

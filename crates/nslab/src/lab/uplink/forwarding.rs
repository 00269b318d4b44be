//! The machine's interfaces have to forward what a lab sends out, and the answers: of its settings, only those of the
//! interfaces that its default routes leave by are turned on, and only where they are off.
//!
//! They are put back when the last lab that needs them goes. All of this happens under the lock of
//! [`super::Prepared`].

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::lab::Store;
use crate::ops::link;
use crate::types::LabName;

/// A setting of the machine's that was turned on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarding {
    /// The interface's name.
    pub ifname: String,
    /// Its index: another interface of that name is another's business.
    pub index: u32,
    /// Whether it is the setting of IPv6.
    pub ipv6: bool,
    /// What the setting of all interfaces was: where that changes, somebody else has taken the matter over.
    all: bool,
}

/// Whether the machine forwards as a whole.
pub(super) fn of_all(ipv6: bool) -> bool {
    read(if ipv6 { "net/ipv6/conf/all/forwarding" } else { "net/ipv4/conf/all/forwarding" }) == Some(true)
}

/// Whether IPv6 can be forwarded without making the whole machine a router, which would no longer take its own routes
/// from router advertisements: Linux 6.17 has a setting for each interface.
pub(super) fn is_possible(ipv6: bool) -> bool {
    !ipv6 || of_all(true) || read("net/ipv6/conf/default/force_forwarding").is_some()
}

/// The setting by which an interface forwards.
pub(super) fn path(ipv6: bool, ifname: &str) -> String {
    if ipv6 { format!("net/ipv6/conf/{ifname}/force_forwarding") } else { format!("net/ipv4/conf/{ifname}/forwarding") }
}

impl Forwarding {
    /// What has to be turned on for interfaces; none where they forward already and no lab has seen to that.
    pub(super) fn needed(store: &Store, lab: &LabName, ipv6: bool, outputs: &[(u32, String)]) -> Result<Vec<Self>> {
        if ipv6 && of_all(true) {
            return Ok(Vec::new());
        }
        let others = of_others(store, lab)?;
        let needed = |(index, ifname): &(u32, String)| {
            let same = |other: &&Self| other.index == *index && other.ifname == *ifname && other.ipv6 == ipv6;
            if let Some(other) = others.iter().find(same) {
                return Some(other.clone());
            }
            let off = read(&path(ipv6, ifname)) == Some(false);
            off.then(|| Self { ifname: ifname.clone(), index: *index, ipv6, all: of_all(ipv6) })
        };
        Ok(outputs.iter().filter_map(needed).collect())
    }

    /// Of some interfaces, those that do not forward.
    pub(super) fn off(ipv6: bool, outputs: &[(u32, String)]) -> Vec<Self> {
        let all = of_all(ipv6);
        let is_off = |(_, ifname): &&(u32, String)| !(ipv6 && all) && read(&path(ipv6, ifname)) == Some(false);
        let off = |(index, ifname): &(u32, String)| Self { ifname: ifname.clone(), index: *index, ipv6, all };
        outputs.iter().filter(is_off).map(off).collect()
    }

    /// The setting, below /proc/sys.
    pub(super) fn path(&self) -> String {
        path(self.ipv6, &self.ifname)
    }

    /// Puts it back, unless another lab or somebody else needs it now.
    pub(super) fn put_back(&self, store: &Store, lab: &LabName) -> Result<()> {
        let taken_over = of_all(self.ipv6) != self.all || of_others(store, lab)?.contains(self);
        let path = path(self.ipv6, &self.ifname);
        if taken_over || read(&path) != Some(true) {
            return Ok(());
        }
        let index = link::index_of(&mut crate::netlink::Connection::open()?, self.ifname.as_bytes());
        if index.is_ok_and(|index| index == self.index) { write(&path, false) } else { Ok(()) }
    }
}

/// What other labs have turned on.
fn of_others(store: &Store, lab: &LabName) -> Result<Vec<Forwarding>> {
    let mut found = Vec::new();
    for (_, record) in store.labs()? {
        // One that cannot be read says nothing; whoever takes it down is told.
        if let Ok(record) = record
            && record.plan.lab != *lab
            && !record.is_of_an_earlier_boot()?
        {
            found.extend(record.uplink.into_iter().flat_map(|uplink| uplink.forwarding));
        }
    }
    Ok(found)
}

/// A setting of the calling thread's namespace; `None` where there is none.
pub(super) fn read(path: &str) -> Option<bool> {
    std::fs::read_to_string(format!("/proc/sys/{path}")).ok().map(|text| text.trim() != "0")
}

pub(super) fn write(path: &str, on: bool) -> Result<()> {
    let value = if on { "1" } else { "0" };
    std::fs::write(format!("/proc/sys/{path}"), value)
        .map_err(|error| Error::os(format_args!("setting {path} of the machine to {value}"), error))
}

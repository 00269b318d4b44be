//! Interfaces beside cables, made and taken away in a node that is up.

use super::step::may_be_done;
use super::{Changer, Undo, is_gone};
use crate::error::Result;
use crate::ops::link::{LinkConfig, Select};
use crate::topology::apply::{bad_plan, devices, wireguard};
use crate::topology::plan::Device;
use crate::types::{IfName, MacAddr, NodeName};

impl Changer {
    pub(super) fn add_device(&mut self, node: &NodeName, device: &Device, what: &str) -> Result<()> {
        let place = self.place(node)?;
        let device = Device { index: self.free_index(place, device.index), ..device.clone() };
        // It takes several steps, so it may be there after a failure. Nothing else has had its index.
        let requests = vec![Select::Index(device.index).delete()];
        self.log.push(Undo::Requests { place, requests, what: format!("undoing {what}"), missing: true });
        self.make_device(place, &device, what)?;
        self.note_link(place, device.ifname.as_str(), device.index)
    }

    /// Makes one with the index that it says.
    pub(super) fn make_device(&mut self, place: usize, device: &Device, what: &str) -> Result<()> {
        if !device.kind.is_tuntap() {
            let request = devices::request(device, |name| self.index(place, name.as_str()).ok())?;
            self.request(place, request, what)?;
            let Some(settings) = wireguard::settings(device)? else { return Ok(()) };
            let namespace = self.work(place)?.namespace.as_ref().ok_or_else(bad_plan)?;
            return wireguard::configure(namespace, device.index, settings, what);
        }
        let namespace = self.work(place)?.namespace.as_ref().ok_or_else(bad_plan)?;
        namespace.enter(|| devices::tuntap(device).add())??;
        let mac = device.mac.map(MacAddr::octets);
        let address = mac.as_ref().map(<[u8; 6]>::as_slice);
        let config = LinkConfig { address, mtu: device.mtu, up: Some(true), ..LinkConfig::default() };
        self.request(place, config.change_link(device.index), what)
    }

    pub(super) fn remove_device(
        &mut self,
        node: &NodeName,
        ifname: &IfName,
        device: Option<&Device>,
        what: &str,
    ) -> Result<()> {
        let place = self.place(node)?;
        let Some(link) = self.work(place)?.now.link(ifname.as_str()).cloned() else { return Ok(()) };
        let done = self.request(place, Select::Index(link.index).delete(), what);
        let gone = done.as_ref().is_err_and(is_gone);
        if !gone && !may_be_done(&done) {
            return done;
        }
        let work = self.work(place)?;
        work.now.links.retain(|other| other.index != link.index);
        let of = |index| LinkConfig { master: Some(index), ..LinkConfig::default() };
        let ports = work.now.links.iter().filter(|port| port.master == Some(link.index));
        let ports: Vec<_> = ports.map(|port| of(link.index).change_link(port.index)).collect();
        let what = format!("undoing {what}");
        // Undone from the end: the interface first, then what were its ports, and of what it was one.
        let requests = ports.into_iter().chain(link.master.map(|master| of(master).change_link(link.index))).collect();
        self.log.push(Undo::Requests { place, requests, what: what.clone(), missing: false });
        if let Some(device) = device {
            let device = Box::new(Device { index: link.index, ..device.clone() });
            self.log.push(Undo::Device { place, device, what });
        }
        if gone { Ok(()) } else { done }
    }
}

//! One change as requests, and what takes them back.

use std::os::fd::AsFd;

use super::{Changer, Undo, is_gone};
use crate::error::{Error, Result};
use crate::namespace::settings::Settings;
use crate::ops::address::AddressConfig;
use crate::ops::link::{Data, Kind, LinkConfig, Netns, Select};
use crate::ops::qdisc::{Discipline, USUAL_MTU};
use crate::ops::route::Change as RouteChange;
use crate::topology::apply::{bad_plan, kernel, routes};
use crate::topology::diff::{Change, End, Setting};
use crate::topology::kinds;
use crate::topology::observe::seen;
use crate::topology::plan::{BRIDGE, BRIDGE_INDEX};
use crate::topology::spec::Route;
use crate::types::{MacAddr, NodeName};
use crate::wire::Request;
use crate::wire::consts::{
    IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_SECONDARY, NLM_F_CREATE, NLM_F_EXCL, RTM_DELROUTE, RTM_NEWROUTE,
    RTNH_F_ONLINK,
};

impl Changer {
    pub(super) fn step(&mut self, change: &Change) -> Result<()> {
        let what = change.command(&self.prefix).to_string();
        let done = match change {
            // Namespaces and uplinks are made, and go, by those who keep them on record.
            Change::AddNode { .. }
            | Change::RemoveNode { .. }
            | Change::AddUplink { .. }
            | Change::RemoveUplink { .. }
            | Change::MendUplink(_)
            | Change::StartProcess { .. }
            | Change::Note { .. } => Ok(()),
            Change::AddDevice { node, device } => self.add_device(node, device, &what),
            Change::RemoveDevice { node, ifname, device, .. } => {
                self.remove_device(node, ifname, device.as_deref(), &what)
            }
            Change::AddBridge { node, mac } => self.add_bridge(node, *mac, &what),
            Change::RemoveLink { node, ifname, peer } => self.remove_link(node, ifname, peer.as_ref(), &what),
            Change::AddCable { a, b } => self.add_cable(a, b, &what),
            Change::SetLink { node, ifname, to: wanted, from } => {
                let place = self.place(node)?;
                let index = self.index(place, ifname.as_str())?;
                let mtu = self.work(place)?.now.link(ifname.as_str()).map_or(0, |link| link.mtu);
                let mtu = if mtu == 0 { USUAL_MTU } else { mtu };
                let request = |this: &Self, setting: &Setting| this.setting(place, index, mtu, setting);
                let (to, back) = (request(self, wanted)?, request(self, from)?);
                self.both(place, to, back, &what).map_err(|error| match wanted {
                    Setting::Impair(Some(impair)) => kernel::explain(error, Discipline::of(impair, mtu).kind()),
                    _ => error,
                })
            }
            Change::AddAddress { node, ifname, address } => {
                let place = self.place(node)?;
                let mut config = AddressConfig::new(self.index(place, ifname.as_str())?, *address);
                config.flags = if address.is_ipv6() { IFA_F_NODAD } else { 0 };
                self.both(place, config.add(), config.delete(), &what)
            }
            Change::RemoveAddress { node, ifname, address, .. } => {
                let place = self.place(node)?;
                self.remove_address(place, ifname.as_str(), address, &what)
            }
            Change::SetSysctl { node, path, to, from } => {
                let place = self.place(node)?;
                let set = self.write(place, path, to, &mut Settings::default());
                let undo = from.clone().map(|value| Undo::Sysctl { place, path: path.clone(), value });
                set.map(|()| self.log.extend(undo))
            }
            Change::RemoveRoute { node, route } => {
                let place = self.place(node)?;
                self.gone_or_both(place, raw(RTM_DELROUTE, 0, &route.body), again(route), &what)
            }
            Change::AddRoute { node, route } => {
                let place = self.place(node)?;
                let (add, delete) =
                    (self.route(place, route, RouteChange::Add)?, self.route(place, route, RouteChange::Delete)?);
                self.both(place, add, delete, &what)
            }
            Change::ReplaceRoute { node, from, to } => {
                let place = self.place(node)?;
                let replace = self.route(place, to, RouteChange::Replace)?;
                let back = [self.route(place, to, RouteChange::Delete)?, again(from)];
                let done = self.request(place, replace, &what);
                if may_be_done(&done) {
                    self.log.push(Undo::Requests { place, requests: back.into(), what: what.clone(), missing: true });
                }
                done
            }
        };
        // The words are those of the command that does the same.
        done.map_err(|error| if error.to_string().contains(&what) { error } else { error.within(&what) })
    }

    /// Does something that has an opposite.
    fn both(&mut self, place: usize, request: Request, back: Request, what: &str) -> Result<()> {
        let done = self.request(place, request, what);
        if may_be_done(&done) {
            let what = format!("undoing {what}");
            self.log.push(Undo::Requests { place, requests: vec![back], what, missing: true });
        }
        done
    }

    /// The same with what may have gone by itself: a route with its link, a link with its other end.
    fn gone_or_both(&mut self, place: usize, request: Request, back: Request, what: &str) -> Result<()> {
        match self.both(place, request, back, what) {
            Err(error) if is_gone(&error) => Ok(()),
            done => done,
        }
    }

    pub(super) fn index(&self, place: usize, name: &str) -> Result<u32> {
        let node = self.nodes.get(place).ok_or_else(bad_plan)?;
        let missing = || Error::invalid(format!("node {} has no link {name}", node.name));
        node.now.link(name).map(|link| link.index).ok_or_else(missing)
    }

    fn setting(&self, place: usize, index: u32, mtu: u32, setting: &Setting) -> Result<Request> {
        let (octets, data);
        let mut config = LinkConfig::default();
        match setting {
            Setting::Option(kind, name, value) => {
                let options = value.iter().map(|value| ((*name).to_owned(), value.clone())).collect();
                data = kinds::encode(*kind, &options, None, |name| self.index(place, name.as_str()).ok())?;
                config.kind = Some(Kind::Other { name: kind.kernel_name().as_bytes(), data: Data::Own(&data) });
            }
            Setting::Mac(mac) => {
                octets = mac.map(MacAddr::octets);
                config.address = octets.as_ref().map(<[u8; 6]>::as_slice);
            }
            Setting::Impair(Some(impair)) => return Ok(Discipline::of(impair, mtu).replace(index)),
            Setting::Impair(None) => return Ok(crate::ops::qdisc::delete(index)),
            Setting::Mtu(mtu) => config.mtu = Some(*mtu),
            Setting::Up(up) => config.up = Some(*up),
            Setting::Master(None) => config.master = Some(0),
            Setting::Master(Some(name)) => config.master = Some(self.index(place, name)?),
        }
        Ok(config.change_link(index))
    }

    fn route(&self, place: usize, route: &Route, change: RouteChange) -> Result<Request> {
        let request = routes::config(route, |name| self.index(place, name))?;
        Ok(request.request(change))
    }

    fn add_bridge(&mut self, node: &NodeName, mac: MacAddr, what: &str) -> Result<()> {
        let place = self.place(node)?;
        let index = self.free_index(place, BRIDGE_INDEX);
        let back = Select::Index(index).delete();
        self.both(place, super::super::bridge(mac, index), back, what)?;
        self.ready_bridge(place, index, what)?;
        self.note_link(place, BRIDGE, index)
    }

    /// Brings a bridge up and makes it listen for groups.
    pub(super) fn ready_bridge(&mut self, place: usize, index: u32, what: &str) -> Result<()> {
        self.request(place, super::super::up(index), what)?;
        self.request(place, super::super::listening(index), what)
    }

    /// The wanted index where nothing has it, else one behind all others.
    pub(super) fn free_index(&self, place: usize, wanted: u32) -> u32 {
        let links = self.nodes.get(place).map(|node| node.now.links.as_slice()).unwrap_or_default();
        if links.iter().all(|link| link.index != wanted) {
            return wanted;
        }
        links.iter().map(|link| link.index).max().unwrap_or(wanted).saturating_add(1)
    }

    /// Knows a link from now on.
    pub(super) fn note_link(&mut self, place: usize, name: &str, index: u32) -> Result<()> {
        self.work(place)?.now.links.push(seen::Link { mtu: 0, ..seen::Link::new(index, name) });
        Ok(())
    }

    fn add_cable(&mut self, a: &End, b: &End, what: &str) -> Result<()> {
        let (near, far) = (self.place(&a.node)?, self.place(&b.node)?);
        let a_index = self.free_index(near, a.index);
        self.note_link(near, a.ifname.as_str(), a_index)?;
        let b_index = self.free_index(far, b.index);
        self.note_link(far, b.ifname.as_str(), b_index)?;
        let master = if a.bridged { Some(self.index(near, BRIDGE)?) } else { None };
        let request = {
            let (a_mac, b_mac) = (a.mac.octets(), b.mac.octets());
            let namespace = self.namespace(&b.node).ok_or_else(bad_plan)?;
            let far = LinkConfig {
                name: Some(b.ifname.as_str().as_bytes()),
                index: Some(b_index),
                address: Some(&b_mac),
                mtu: b.mtu,
                queues: Some(1),
                netns: Some(Netns::Fd(namespace.as_fd())),
                ..LinkConfig::default()
            };
            LinkConfig {
                name: Some(a.ifname.as_str().as_bytes()),
                index: Some(a_index),
                address: Some(&a_mac),
                mtu: a.mtu,
                up: Some(true),
                master,
                queues: Some(1),
                kind: Some(Kind::Veth { peer: Box::new(far) }),
                ..LinkConfig::default()
            }
            .create()
        };
        self.both(near, request, Select::Index(a_index).delete(), what)?;
        let up = LinkConfig { up: Some(true), ..LinkConfig::default() }.change_link(b_index);
        let netns = self.prefix.netns_name(&b.node);
        self.request(far, up, &format!("ip -n {netns} link set {} up", b.ifname))
    }

    fn remove_link(
        &mut self,
        node: &NodeName,
        ifname: &str,
        peer: Option<&(NodeName, String)>,
        what: &str,
    ) -> Result<()> {
        let place = self.place(node)?;
        let index = self.index(place, ifname)?;
        let far = peer.and_then(|(node, ifname)| {
            let place = *self.places.get(node)?;
            Some((place, self.nodes.get(place)?.now.link(ifname)?.clone()))
        });
        let near = self.work(place)?.now.link(ifname).cloned();
        let done = self.request(place, Select::Index(index).delete(), what);
        let gone = done.as_ref().is_err_and(is_gone);
        if !gone && !may_be_done(&done) {
            return done;
        }
        self.work(place)?.now.links.retain(|link| link.index != index);
        if let Some((place, link)) = &far {
            self.work(*place)?.now.links.retain(|other| other.index != link.index);
        }
        if let (Some(near), Some((far_place, far))) = (near, far) {
            self.log_relay(place, &near, far_place, &far, what)?;
        }
        if gone { Ok(()) } else { done }
    }

    /// Notes how to lay a cable again as it was.
    fn log_relay(
        &mut self,
        place: usize,
        near: &seen::Link,
        far_place: usize,
        far: &seen::Link,
        what: &str,
    ) -> Result<()> {
        let (a_mac, b_mac) = (near.mac.map(MacAddr::octets), far.mac.map(MacAddr::octets));
        let namespace = self.nodes.get(far_place).and_then(|node| node.namespace.as_ref()).ok_or_else(bad_plan)?;
        let end = LinkConfig {
            name: Some(far.name.as_bytes()),
            index: Some(far.index),
            address: b_mac.as_ref().map(<[u8; 6]>::as_slice),
            mtu: Some(far.mtu),
            queues: Some(1),
            netns: Some(Netns::Fd(namespace.as_fd())),
            ..LinkConfig::default()
        };
        let lay = LinkConfig {
            name: Some(near.name.as_bytes()),
            index: Some(near.index),
            address: a_mac.as_ref().map(<[u8; 6]>::as_slice),
            mtu: Some(near.mtu),
            up: Some(near.up),
            master: near.master,
            queues: Some(1),
            kind: Some(Kind::Veth { peer: Box::new(end) }),
            ..LinkConfig::default()
        }
        .create();
        let rest = LinkConfig { up: Some(far.up), master: far.master, ..LinkConfig::default() }.change_link(far.index);
        let what = format!("undoing {what}");
        let impair =
            |link: &seen::Link| link.impair.as_ref().map(|impair| Discipline::of(impair, link.mtu).replace(link.index));
        // Undone from the end: the cable first, then what its far end was.
        let requests = std::iter::once(rest).chain(impair(far)).collect();
        self.log.push(Undo::Requests { place: far_place, requests, what: what.clone(), missing: false });
        let requests = std::iter::once(lay).chain(impair(near)).collect();
        self.log.push(Undo::Requests { place, requests, what, missing: false });
        Ok(())
    }

    /// With the first IPv4 address of a subnet the kernel takes the others, unless told not to: it is told in the
    /// same datagram, so that nothing can come between.
    fn remove_address(&mut self, place: usize, ifname: &str, address: &seen::Address, what: &str) -> Result<()> {
        let index = self.index(place, ifname)?;
        let link = self.work(place)?.now.link(ifname).cloned();
        let config = as_config(index, address);
        let promoted = link.is_some_and(|link| {
            let others = link.addresses.iter().any(|other| other.prefix != address.prefix && !other.prefix.is_ipv6());
            !link.promotes && !address.prefix.is_ipv6() && (others || address.flags & IFA_F_SECONDARY == 0)
        });
        if !promoted {
            return self.gone_or_both(place, config.delete(), config.add(), what);
        }
        let promote = |on| LinkConfig { promote_secondaries: Some(on), ..LinkConfig::default() }.change_link(index);
        let requests = [promote(true), config.delete(), promote(false)];
        let done = match self.connection(place)?.batch(requests, |_| what.to_owned()) {
            Err((1, error)) if is_gone(&error) => return Ok(()),
            done => done.map_err(|(_, error)| error),
        };
        // Which of the three are done is not known of some failures; to undo what was not done is no harm.
        let what = format!("undoing {what}");
        for request in [config.add(), promote(false)] {
            self.log.push(Undo::Requests { place, requests: vec![request], what: what.clone(), missing: true });
        }
        done
    }
}

/// Whether the kernel has done it, or may have: its answer was lost, for want of memory say.
pub(super) fn may_be_done(done: &Result<()>) -> bool {
    done.as_ref().err().is_none_or(|error| matches!(error.errno(), Some(libc::ENOBUFS | libc::ENOMEM | libc::EINTR)))
}

/// An address that was found, for taking it away and giving it back.
pub(super) fn as_config(index: u32, address: &seen::Address) -> AddressConfig {
    let ipv6 = address.prefix.is_ipv6();
    let mut config = AddressConfig::new(index, address.prefix);
    config.peer = address.peer;
    config.broadcast = address.broadcast;
    config.label = address.label.clone().map(String::into_bytes);
    config.metric = address.metric;
    config.scope = if ipv6 { config.scope } else { address.scope };
    config.flags = (address.flags & IFA_F_NOPREFIXROUTE) | if ipv6 { IFA_F_NODAD } else { 0 };
    config
}

/// The request that makes a route again as it was found.
pub(super) fn again(route: &seen::Route) -> Request {
    let mut body = route.body.clone();
    // Of its flags the kernel takes back no more than this.
    if let Some(flags) = body.get_mut(8..12) {
        let kept = <[u8; 4]>::try_from(&*flags).map_or(0, u32::from_ne_bytes) & RTNH_F_ONLINK;
        flags.copy_from_slice(&kept.to_ne_bytes());
    }
    raw(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &body)
}

fn raw(kind: u16, flags: u16, body: &[u8]) -> Request {
    Request::new(kind, flags, body)
}

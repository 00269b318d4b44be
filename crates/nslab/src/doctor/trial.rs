//! What is tried, in a process of its own.
//!
//! Contract: all of it is done in namespaces that end with the process. Each step is told of when it begins and when
//! it has ended, so that whoever listens knows where it hung.

use std::ffi::OsStr;
use std::path::Path;

use rustix::mount::MountFlags;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::process::{getegid, geteuid};
use serde::{Deserialize, Serialize};

use super::facts::{Refusal, Step, Tried, Way};
use crate::error::{Error, ErrorKind, Result};
use crate::lab::{self, Store};
use crate::namespace::settings::Settings;
use crate::namespace::{enter, mount_sys, own_mounts, user};
use crate::netlink::Connection;
use crate::ops::address::AddressConfig;
use crate::ops::qdisc::{Discipline, USUAL_MTU};
use crate::ops::tuntap::{Mode, Tuntap};
use crate::probe::matrix::{self, Outcome};
use crate::probe::{Family, ProbeSocket};
use crate::topology::apply::{kernel, lacking};
use crate::topology::kinds::LinkKind;
use crate::topology::plan::{LOOPBACK, Plan};
use crate::topology::spec;
use crate::types::Impair;

/// What the process that tries tells the one that asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// A step begins.
    Begins(Step),
    /// A step has ended.
    Ended(Tried),
}

/// Where everything of a trial is mounted, by whom nobody else sees it.
const RUN: &str = "/run";

/// Tries what this machine allows, in namespaces made in one of two ways, and hands each line for [`look`](super::look)
/// to `tell`.
///
/// To be called at the start of a process that has a single thread and ends afterwards. The last step takes another
/// such process, which calls [`attempt_proc`]: `proc` starts it, waits for it and gives what that handed to `tell`.
pub fn attempt(way: Way, tell: &mut dyn FnMut(&str), proc: &dyn Fn() -> std::io::Result<String>) {
    let mut trial = Attempt { tell };
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    let done = match way {
        Way::Root => true,
        Way::User => {
            trial.step(Step::UserNamespace, user::enter_new) && trial.step(Step::Ids, || user::be_root(uid, gid))
        }
    };
    let done = done
        && trial.step(Step::MountNamespace, own_mounts)
        && trial.step(Step::NetworkNamespace, enter::into_new)
        && trial.step(Step::Mount, || mount("tmpfs", RUN));
    if !done {
        return;
    }
    trial.step(Step::Lab, two_nodes);
    trial.step(Step::Sys, || mount_sys(OsStr::new("nslab")));
    trial.features();
    if trial.step(Step::ProcessNamespace, enter::children_into_new_processes) {
        (trial.tell)(&line(&Told::Begins(Step::Proc)));
        match proc() {
            Ok(said) => said.lines().for_each(|said| (trial.tell)(said)),
            Err(error) => {
                let refusal = refusal(&Error::os("starting a process in the process namespace", error));
                (trial.tell)(&line(&Told::Ended(Tried { step: Step::Proc, refusal: Some(refusal) })));
            }
        }
    }
}

/// Tries to mount /proc in a new process namespace: to be called by the first process in it.
pub fn attempt_proc(tell: &mut dyn FnMut(&str)) {
    let place = format!("{RUN}/proc");
    Attempt { tell }.step(Step::Proc, || {
        std::fs::create_dir(&place).map_err(|error| Error::os(format_args!("making {place}"), error))?;
        mount("proc", &place)
    });
}

fn mount(kind: &str, place: &str) -> Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount(kind, place, kind, flags, None)
        .map_err(|errno| Error::os(format_args!("mounting a {kind} on {place}"), errno))
}

fn line(told: &Told) -> String {
    serde_json::to_string(told).unwrap_or_default()
}

fn refusal(error: &Error) -> Refusal {
    let unsupported = error.kind() == ErrorKind::Unsupported;
    Refusal { errno: error.errno(), unsupported, text: error.to_string() }
}

struct Attempt<'t> {
    tell: &'t mut dyn FnMut(&str),
}

impl Attempt<'_> {
    fn step(&mut self, step: Step, work: impl FnOnce() -> Result<()>) -> bool {
        (self.tell)(&line(&Told::Begins(step)));
        let refusal = work().err().map(|error| refusal(&error));
        let worked = refusal.is_none();
        (self.tell)(&line(&Told::Ended(Tried { step, refusal })));
        worked
    }

    /// What labs may ask for, each on its own, in the namespace of this process.
    fn features(&mut self) {
        for kind in LinkKind::ALL {
            self.step(Step::Kind(kind), || has(kind));
        }
        self.step(Step::VlanFiltering, || {
            let there = lacking::has_filtering(&mut Connection::open()?)?;
            there.then_some(()).ok_or_else(|| lacks("no bridges that filter VLANs"))
        });
        let rate = Impair { rate: "10mbit".parse().ok(), ..Impair::default() };
        let delay = Impair { delay: "1ms".parse().ok(), ..Impair::default() };
        for (step, impair) in [(Step::Tbf, rate), (Step::Netem, delay)] {
            self.step(step, || {
                let discipline = Discipline::of(&impair, USUAL_MTU);
                kernel::try_out(&mut Connection::open()?, &discipline, || format!("impairing lo ({impair})"))
            });
        }
        self.step(Step::Nat, lab::uplink::try_nat);
        self.step(Step::Ipv6, || {
            let address = "2001:db8::1/128".parse()?;
            let config = AddressConfig::new(LOOPBACK, address);
            Connection::open()?.request(config.add(), || format!("adding address {address} to lo"))
        });
        self.step(Step::Forwarding, || {
            Settings::default()
                .set("net/ipv4/ip_forward", "1")
                .map_err(|error| Error::os("setting net.ipv4.ip_forward", error))
        });
        self.step(Step::Icmp, || ProbeSocket::open(Family::V4).map(drop));
        self.step(Step::Icmp6, || ProbeSocket::open(Family::V6).map(drop));
        self.step(Step::Packet, || {
            rustix::net::socket_with(AddressFamily::PACKET, SocketType::RAW, SocketFlags::CLOEXEC, None)
                .map(drop)
                .map_err(|errno| Error::os("opening a packet socket", errno))
        });
    }
}

fn lacks(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("this kernel has {what}"))
}

/// Whether an interface of a kind can be made.
fn has(kind: LinkKind) -> Result<()> {
    if !kind.is_tuntap() {
        let there = lacking::has(&mut Connection::open()?, kind)?;
        return there.then_some(()).ok_or_else(|| lacks(&format!("no {kind}")));
    }
    let interface = Tuntap {
        name: b"x",
        mode: if kind == LinkKind::Tun { Mode::Tun } else { Mode::Tap },
        packet_info: false,
        vnet_hdr: false,
        one_queue: false,
        multi_queue: false,
        owner: None,
        group: None,
        index: None,
    };
    interface.add()?;
    interface.delete()
}

/// The lab that is tried.
const LAB: &str = "name: doctor\nlinks: [ a 192.0.2.1/24 -- b 192.0.2.2/24 ]\n";

/// A lab of two nodes, as any other: made, asked, taken away.
fn two_nodes() -> Result<()> {
    let file = Path::new("/doctor.yaml");
    let plan = Plan::new(&spec::parse(LAB, file)?);
    let store = Store::default();
    lab::up(&store, file, &plan, false, || ())?;
    let (asked, settings) = (lab::Asked::default(), matrix::Settings::default());
    let checked = lab::check(&store, &store.read(&plan.lab)?, &asked, &settings, None)?;
    let missed = checked.iter().flat_map(|checked| &checked.pairs).find_map(|probed| match probed.outcome {
        Outcome::Reached { .. } => None,
        Outcome::NotReached(reason) => Some((probed.address?, reason)),
    });
    if let Some((address, reason)) = missed {
        let message = format!("a node does not reach another over a cable: {address}: {reason}");
        return Err(Error::new(ErrorKind::Kernel, message));
    }
    lab::down(&store, &plan.lab, || ()).map(drop)
}

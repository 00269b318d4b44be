//! A lab's way out through the machine: a cable from a node to the namespace that `up` runs in, and there, with NAT, a
//! table of the packet filter.
//!
//! Contract: before anything is made, all that will be is on record, each by what tells it from others': the link by
//! its hardware address, the table by its mark (both of the cookie of the node's namespace, which no other namespace has
//! or will have), settings by interface and index. [`remove`] takes away what is there of it, whatever [`Prepared::add`]
//! was cut off in.

mod forwarding;
mod machine;
mod parts;
pub(super) mod running;

use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, FlockOperation, Mode, OFlags};
use serde::{Deserialize, Serialize};

pub use self::forwarding::Forwarding;
use self::machine::Machine;
use self::parts::Ends;
use super::Store;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Identity, Namespace, cookie_here};
use crate::netlink::Connection;
use crate::ops::link::{self, Kind, LinkConfig, Netns, Select};
use crate::ops::nft::{self, Masquerade, NatTable, Output};
use crate::ops::route::RouteConfig;
use crate::topology::plan::Plan;
use crate::topology::plan::uplink::UplinkPlan;
use crate::types::{LabName, MacAddr, NodeName, Prefix};
use crate::wire::consts::{AF_INET, AF_INET6, RT_TABLE_MAIN, RTN_UNICAST, RTPROT_STATIC};

/// An uplink on record: what was, or will be, made of it outside the lab's own namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uplink {
    /// The node that has it.
    pub node: NodeName,
    /// The machine's namespace.
    pub machine: Identity,
    /// The name of the machine's end; its other name is that of the table.
    pub ifname: String,
    /// The hardware address of the machine's end, which no other link has.
    pub mac: MacAddr,
    /// Its networks: the machine has the first address of each, the node the second.
    pub prefixes: Vec<Prefix>,
    /// The table of the packet filter, of the family `inet`; none without NAT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The table's comment, which no other has.
    pub mark: String,
    /// Settings of the machine's that are on because of this lab (and maybe others).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forwarding: Vec<Forwarding>,
}

/// An uplink that was found to be possible. While this lives, no other lab's uplink is made or taken away.
#[derive(Debug)]
pub struct Prepared {
    _lock: OwnedFd,
    machine: Identity,
    ifname: String,
    name: String,
    prefixes: Vec<Prefix>,
    forwarding: Vec<Forwarding>,
}

/// One uplink at a time on the machine: a lock on the folder of all records.
fn lock(store: &Store) -> Result<OwnedFd> {
    let failed = |errno| Error::os(format_args!("locking {}", store.dir.display()), errno);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(CWD, &store.dir, flags, Mode::empty()).map_err(failed)?;
    rustix::io::retry_on_intr(|| rustix::fs::flock(&fd, FlockOperation::LockExclusive)).map_err(failed)?;
    Ok(fd)
}

/// The name of a lab's table, and the other name of its link: both may be read by others, so no strange letters.
fn name_of(lab: &LabName) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if lab.as_str().chars().all(plain) { format!("nslab-{lab}") } else { format!("nslab-{}", hash(lab)) }
}

/// Ten digits.
fn hash(lab: &LabName) -> String {
    let octets = MacAddr::derived(&[lab.as_str(), "uplink"]).octets();
    octets.iter().skip(1).map(|octet| format!("{octet:02x}")).collect()
}

/// Finds out whether a plan's uplink can be made, and with what; none where it has none. Makes nothing.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the kernel lacks what it takes; [`ErrorKind::Exists`] where the machine has one of
/// its names or networks; [`ErrorKind::Permission`] without root in the machine's namespace.
pub fn prepare(store: &Store, plan: &Plan) -> Result<Option<Prepared>> {
    let Some(uplink) = &plan.uplink else { return Ok(None) };
    let lock = lock(store)?;
    let (ifname, name) = (format!("nsl-{}", hash(&plan.lab)), name_of(&plan.lab));
    if uplink.nat {
        try_nat()?;
        if nft::find(&mut Connection::netfilter()?, &name).map_err(in_the_machine)?.is_some() {
            let help = format!("if nobody needs it: nft delete table inet {name}");
            return Err(taken(&format!("nftables table inet {name}"), help));
        }
    }
    let mut connection = Connection::open()?;
    for taken_name in [&ifname, &name] {
        match link::index_of(&mut connection, taken_name.as_bytes()) {
            Ok(_) => {
                let help = format!("if nobody needs it: nslab ip link delete {taken_name}");
                return Err(taken(&format!("an interface {taken_name}"), help));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let machine = Machine::look(&mut connection)?;
    let prefixes = machine.choose(plan, uplink)?;
    let mut needed = Vec::new();
    for ipv6 in [false, true].into_iter().filter(|ipv6| prefixes.iter().any(|prefix| prefix.is_ipv6() == *ipv6)) {
        if !forwarding::is_possible(ipv6) {
            let message = "this machine forwards no IPv6, which the uplink's prefix is of";
            let help = "say no IPv6 `prefix`, or make the machine a router: sysctl net.ipv6.conf.all.forwarding=1";
            return Err(Error::new(ErrorKind::Unsupported, message).with_help(help));
        }
        needed.extend(Forwarding::needed(store, &plan.lab, ipv6, &machine.outputs(ipv6))?);
    }
    Ok(Some(Prepared { _lock: lock, machine: here()?, ifname, name, prefixes, forwarding: needed }))
}

/// The namespace of the calling thread.
fn here() -> Result<Identity> {
    Namespace::current()?.identity_with(cookie_here()?)
}

/// NAT is tried out where it harms nobody.
pub(crate) fn try_nat() -> Result<()> {
    let rules = [Masquerade { source: "192.0.2.0/30".parse().ok(), output: Output::IsNot("lo") }];
    let table = NatTable { name: "nslab", comment: "nslab", rules: &rules };
    let made = Namespace::anonymous()?.enter(|| table.create(&mut netfilter()?))?;
    let made = made.map_err(|error| error.within("trying out NAT for the uplink"))?;
    if made.comment.is_none() {
        let message = "this kernel keeps no comments of nftables tables, by which the uplink's would be known again";
        return Err(
            Error::new(ErrorKind::Unsupported, message).with_help("use Linux 5.10 or later, or say `nat: false`")
        );
    }
    Ok(())
}

fn netfilter() -> Result<Connection> {
    let help = "NAT takes a kernel with CONFIG_NF_TABLES";
    Connection::netfilter()
        .map_err(|error| if error.kind() == ErrorKind::Unsupported { error.with_help(help) } else { error })
}

fn taken(what: &str, help: String) -> Error {
    let message = format!("the uplink cannot be made: the machine has {what} already");
    Error::new(ErrorKind::Exists, message).with_help(help)
}

fn in_the_machine(error: Error) -> Error {
    let error = error.within("making the uplink");
    if error.kind() != ErrorKind::Permission {
        return error;
    }
    error.with_help("an uplink is made in the network namespace that nslab runs in, which takes root there")
}

impl Prepared {
    /// What goes on record before [`add`](Self::add): the node's namespace gives it its marks.
    #[must_use]
    pub fn record(&self, plan: &Plan, node: Identity) -> Option<Uplink> {
        let uplink = plan.uplink.as_ref()?;
        let unique = node.cookie.map_or_else(|| format!("{}-{}", node.dev, node.ino), |cookie| cookie.to_string());
        Some(Uplink {
            node: plan.nodes.get(uplink.node)?.name.clone(),
            machine: self.machine,
            ifname: self.ifname.clone(),
            mac: MacAddr::derived(&[plan.lab.as_str(), "uplink", &unique]),
            prefixes: self.prefixes.clone(),
            table: uplink.nat.then(|| self.name.clone()),
            mark: format!("nslab {} {unique}", plan.lab),
            forwarding: self.forwarding.clone(),
        })
    }

    /// Makes the uplink that is on record, from the machine's namespace, in which the calling thread is. It takes no
    /// fresh lab: the node may have been up for long.
    ///
    /// # Errors
    /// What the kernel refuses, with the step. [`remove`] then takes away what there is of it.
    pub fn add(&self, plan: &Plan, record: &Uplink, node: &Namespace) -> Result<()> {
        let Some(uplink) = &plan.uplink else { return Ok(()) };
        let name = format!("{}:{}", record.node, uplink.ifname);
        let mut machine = Connection::open()?;
        machine
            .request(self.link(uplink, record, node), || format!("laying cable {name} -- {}", self.ifname))
            .map_err(in_the_machine)?;
        let index = link::index_of(&mut machine, self.ifname.as_bytes())?;
        let altname = Select::Index(index).add_altnames([self.name.as_bytes()]);
        machine.request(altname, || format!("giving {} the other name {}", self.ifname, self.name))?;
        let gone = || Error::new(ErrorKind::Busy, format!("{} was taken away at once", self.ifname));
        let mut ends = Ends::open(uplink, record, node)?.ok_or_else(gone)?;
        let parts = ends.parts(self.forwarding.iter().cloned());
        parts.iter().try_for_each(|part| ends.make(part))
    }

    fn link(&self, uplink: &UplinkPlan, record: &Uplink, node: &Namespace) -> crate::wire::Request {
        let (inner, outer) = (uplink.mac.octets(), record.mac.octets());
        let far = LinkConfig {
            name: Some(uplink.ifname.as_str().as_bytes()),
            address: Some(&inner),
            queues: Some(1),
            netns: Some(Netns::Fd(node.as_fd())),
            ..LinkConfig::default()
        };
        LinkConfig {
            name: Some(self.ifname.as_bytes()),
            address: Some(&outer),
            queues: Some(1),
            kind: Some(Kind::Veth { peer: Box::new(far) }),
            ..LinkConfig::default()
        }
        .create()
    }
}

/// A route that is made with the uplink.
fn route(to: Prefix, via: IpAddr, output: u32) -> RouteConfig {
    RouteConfig {
        family: if to.is_ipv6() { AF_INET6 } else { AF_INET },
        destination: (to.len() > 0).then_some(to),
        table: RT_TABLE_MAIN,
        protocol: RTPROT_STATIC,
        kind: RTN_UNICAST,
        gateway: Some(via),
        output: Some(output),
        ..RouteConfig::default()
    }
}

/// Takes away what there is of an uplink in the machine's namespace; what is gone already is no error. `forget` takes
/// it off the record, before another lab may look at that.
///
/// # Errors
/// What the kernel refuses; the uplink stays on record then.
pub fn remove(store: &Store, lab: &LabName, uplink: &Uplink, forget: impl FnOnce() -> Result<()>) -> Result<()> {
    let lock = lock(store)?;
    // A namespace that is gone took everything with it.
    in_the_machine_of(uplink, || remove_here(store, lab, uplink))?;
    forget()?;
    drop(lock);
    Ok(())
}

/// Does something in the namespace that an uplink leads to; nothing where that is gone.
fn in_the_machine_of<T: Send>(uplink: &Uplink, work: impl FnOnce() -> Result<T> + Send) -> Result<Option<T>> {
    if here()? == uplink.machine {
        return work().map(Some);
    }
    let machine = Namespace::find(uplink.machine)?;
    machine.map(|machine| machine.enter(work)?).transpose()
}

fn remove_here(store: &Store, lab: &LabName, uplink: &Uplink) -> Result<()> {
    let mut connection = Connection::open()?;
    let mut found = Vec::new();
    let filter = link::DumpFilter { kind: Some("veth"), ..link::DumpFilter::default() };
    link::dump(&mut connection, filter, |link| {
        found.extend((link.address() == Some(&uplink.mac.octets()[..])).then_some(link.index()));
        Ok(())
    })?;
    for index in found {
        let deleted = connection.request(Select::Index(index).delete(), || format!("deleting link {}", uplink.ifname));
        unless_gone(deleted)?;
    }
    if let Some(name) = &uplink.table {
        let mut connection = Connection::netfilter()?;
        let ours = |table: &nft::Table| table.comment.as_ref() == Some(&uplink.mark);
        if let Some(table) = nft::find(&mut connection, name)?.filter(ours) {
            unless_gone(nft::delete(&mut connection, &table))?;
        }
    }
    uplink.forwarding.iter().try_for_each(|setting| setting.put_back(store, lab))
}

fn unless_gone(done: Result<()>) -> Result<()> {
    done.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// What keeps an uplink's packets from getting any further, as far as can be seen: sentences for the user. Looks at
/// the calling thread's namespace, and changes nothing.
///
/// # Errors
/// What the kernel answers.
pub fn obstacles(uplink: &Uplink) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let machine = Machine::look(&mut Connection::open()?)?;
    if [false, true].iter().all(|ipv6| machine.outputs(*ipv6).is_empty()) {
        found.push("the machine has no default route: the uplink gets no further than to its own networks".into());
    }
    let Ok(mut connection) = Connection::netfilter() else { return Ok(found) };
    for chain in nft::obstacles(&mut connection, "nsl-")?.into_iter().filter(|chain| !chain.mentions) {
        let place = format!("{} {} {}", chain.family, chain.table, chain.chain);
        let name = &uplink.ifname;
        found.push(format!(
            "the machine's nftables chain {place} drops what it does not let pass, and nslab changes nobody's rules; \
             if the uplink gets no answers: nft insert rule {place} iifname {name} accept; \
             nft insert rule {place} oifname {name} accept"
        ));
    }
    Ok(found)
}

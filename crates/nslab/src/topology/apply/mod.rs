//! Building a plan.
//!
//! Contract: everything is made in namespaces that nothing but this process's descriptors hold. Until
//! [`Built`] is published, an error, a signal or a crash at any instruction leaves nothing: the kernel
//! takes back what nobody holds.

mod blank;
pub mod change;
mod devices;
pub(crate) mod kernel;
pub(crate) mod lacking;
pub mod progress;
mod routes;
mod wireguard;

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use self::progress::{Count, Progress, Told};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::settings::Settings;
use crate::namespace::{Identity, Namespace, cookie_of, descriptors, enter};
use crate::netlink::{Connection, KernelSocket};
use crate::ops::address::AddressConfig;
use crate::ops::link::{Data, Kind, LinkConfig, Netns};
use crate::ops::qdisc::{Discipline, USUAL_MTU};
use crate::topology::plan::{BRIDGE, BRIDGE_INDEX, Cable, LOOPBACK, NodePlan, Plan, Port, bridge_mac};
use crate::topology::spec::{Sysctl, interface_of};
use crate::types::{MacAddr, NodeName};
use crate::wire::Request;
use crate::wire::consts::IFA_F_NODAD;
use crate::wire::consts::kinds::IFLA_BR_MCAST_SNOOPING;

/// A node that is made: a connection to the kernel inside its namespace, which is the only thing that keeps that until
/// it is published. One descriptor a node is what the largest labs have room for.
#[derive(Debug)]
pub struct BuiltNode {
    /// What tells the namespace from others.
    pub identity: Identity,
    connection: Connection,
    /// The index of its bridge, if it is a switch.
    bridge: u32,
}

impl BuiltNode {
    /// Its namespace, opened.
    ///
    /// # Errors
    /// No descriptors left.
    pub fn namespace(&self) -> Result<Namespace> {
        Namespace::of_socket(self.connection.transport())
    }
}

/// A lab that is made and not published yet: dropping it takes it away.
#[derive(Debug)]
pub struct Built {
    /// The nodes in the order of the plan.
    pub nodes: Vec<BuiltNode>,
}

/// Makes everything of a plan.
///
/// # Errors
/// What the kernel refuses, with the step and the object in the message. Nothing is left then.
pub fn build(plan: &Plan) -> Result<Built> {
    build_counted(plan, &Progress::default().count(0, Told::Making))
}

/// The same, with what is done counted: [`work`] in all, without the nodes' names.
///
/// # Errors
/// As of [`build`].
pub(crate) fn build_counted(plan: &Plan, count: &Count<'_>) -> Result<Built> {
    lacking::check(plan)?;
    kernel::check(plan)?;
    descriptors::make_room(plan.nodes.len(), 1)?;
    let taken = blank::indexes_taken()?;
    let behind;
    let plan = match taken {
        0 => plan,
        _ => {
            behind = blank::behind(plan, taken);
            &behind
        }
    };
    let site = Site::of(plan, taken, count);
    std::thread::scope(|scope| {
        // Threads of their own, for they change their namespace; they end with this scope.
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).clamp(1, MAX_WORKERS) {
            std::thread::Builder::new()
                .name("nslab-netns".into())
                .spawn_scoped(scope, || site.work())
                .map_err(|error| Error::os("starting a thread", error))
                .inspect_err(|_| site.stop.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    })?;
    let mut nodes = site.finish()?;
    devices::make(plan, &mut nodes)?;
    let places = routes::Places::of(plan);
    let mut settings = Settings::default();
    for (at, (node, built)) in plan.nodes.iter().zip(&mut nodes).enumerate() {
        finish_node(at, node, built, &places, &mut settings)?;
        count.add(1);
    }
    Ok(Built { nodes })
}

/// How much work a lab is: making namespaces and cables, a little for finishing each node and for its name.
pub(crate) fn work(plan: &Plan) -> usize {
    plan.nodes.len() * (HEAVY + 2) + plan.cables.len() * HEAVY
}

/// What making a namespace or a cable is against giving one a name.
const HEAVY: usize = 8;

/// More make no more namespaces a second.
const MAX_WORKERS: usize = 4;

/// What the threads that build work on.
///
/// Making links and making namespaces mostly do not stand in each other's way in the kernel, but it makes one
/// link at a time. So cables are laid one after the other, in the order of the plan, by whichever thread has
/// just made a node that one was waiting for, while the others go on making nodes.
struct Site<'p> {
    plan: &'p Plan,
    /// Of [`blank::indexes_taken`].
    taken: u32,
    count: &'p Count<'p>,
    /// The next node to make, so that the plan's first are there first.
    next: AtomicUsize,
    nodes: Vec<OnceLock<Mutex<BuiltNode>>>,
    /// How many cables are laid; who holds it lays them.
    laid: Mutex<usize>,
    /// Something failed.
    stop: AtomicBool,
    failure: Mutex<Option<Error>>,
}

impl<'p> Site<'p> {
    fn of(plan: &'p Plan, taken: u32, count: &'p Count<'p>) -> Self {
        Self {
            plan,
            taken,
            count,
            next: AtomicUsize::new(0),
            nodes: plan.nodes.iter().map(|_| OnceLock::new()).collect(),
            laid: Mutex::new(0),
            stop: AtomicBool::new(false),
            failure: Mutex::new(None),
        }
    }

    /// Makes nodes and lays cables until all is there, or something fails here or elsewhere.
    fn work(&self) {
        let mut settings = Settings::default();
        while !self.stop.load(Ordering::Relaxed) {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let (Some(node), Some(place)) = (self.plan.nodes.get(at), self.nodes.get(at)) else { return };
            let made = make_node(self.plan, node, self.taken, &mut settings)
                .map_err(|error| error.within(format_args!("making node {}", node.name)));
            let done = made.and_then(|made| {
                // Each place is filled once: its number was given out once.
                let _ = place.set(Mutex::new(made));
                self.count.add(HEAVY);
                match self.laid.try_lock() {
                    Ok(mut laid) => self.lay(&mut laid),
                    // Somebody else is at it.
                    Err(_) => Ok(()),
                }
            });
            if let Err(error) = done {
                self.stop.store(true, Ordering::Relaxed);
                lock(&self.failure).get_or_insert(error);
            }
        }
    }

    /// Lays the next cables whose nodes are there.
    fn lay(&self, laid: &mut usize) -> Result<()> {
        while let Some(cable) = self.plan.cables.get(*laid) {
            let node = |port: &Port| self.nodes.get(port.node).ok_or_else(bad_plan).map(OnceLock::get);
            let (Some(a), Some(b)) = (node(&cable.a)?, node(&cable.b)?) else { return Ok(()) };
            if self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            lay_cable(self.plan, cable, a, b)?;
            *laid += 1;
            self.count.add(HEAVY);
        }
        Ok(())
    }

    /// What was made, when the threads have ended.
    fn finish(self) -> Result<Vec<BuiltNode>> {
        if let Some(error) = lock(&self.failure).take() {
            return Err(error);
        }
        // A thread may have made the last node while another was about to stop laying.
        self.lay(&mut lock(&self.laid))?;
        let made = self.nodes.into_iter().filter_map(OnceLock::into_inner);
        Ok(made.map(|node| node.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
    }
}

/// What a thread that panicked left is as good as before: each step is one change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does what takes all of a node's interfaces to be there.
fn finish_node(
    at: usize,
    node: &NodePlan,
    built: &mut BuiltNode,
    places: &routes::Places<'_>,
    settings: &mut Settings,
) -> Result<()> {
    let mut late = node.sysctl.iter().filter(|sysctl| is_of_an_interface(sysctl)).peekable();
    if late.peek().is_some() {
        let set = built.namespace()?.enter(|| set_all(settings, late)).and_then(|set| set);
        set.map_err(|error| error.within(format_args!("node {}", node.name)))?;
    }
    if node.switch {
        let mut batch = Batch::default();
        batch.add(up(built.bridge), || format!("bringing up {}:{BRIDGE}", node.name));
        batch.add(listening(built.bridge), || format!("making {}:{BRIDGE} listen for groups", node.name));
        return batch.send(&mut built.connection);
    }
    if node.routes.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::default();
    for route in &node.routes {
        batch.add(routes::request(route, at, places)?, move || format!("adding route to {}: {route}", node.name));
    }
    batch.send(&mut built.connection)
}

fn make_node(plan: &Plan, node: &NodePlan, taken: u32, settings: &mut Settings) -> Result<BuiltNode> {
    let mut built = make_blank(&node.name, node.switch.then(|| bridge_mac(&plan.lab, &node.name)), taken, settings)?;
    if node.switch {
        return Ok(built);
    }
    if node.forward {
        // First, for the kernel resets others with it.
        FORWARDING.iter().try_for_each(|path| set(settings, path, "1"))?;
    }
    set_all(settings, node.sysctl.iter().filter(|sysctl| !is_of_an_interface(sysctl)))?;
    for address in &node.loopback {
        let request = AddressConfig::new(LOOPBACK, *address).add();
        built.connection.request(request, || format!("adding address {address} to {}:lo", node.name))?;
    }
    Ok(built)
}

/// Moves this thread into a new namespace, and makes there what every node has; a switch, where there is the
/// hardware address of its bridge. `taken` is of [`blank::indexes_taken`].
fn make_blank(name: &NodeName, switch: Option<MacAddr>, taken: u32, settings: &mut Settings) -> Result<BuiltNode> {
    enter::into_new()?;
    let socket = KernelSocket::open()?;
    let identity = Namespace::of_socket(&socket)?.identity_with(cookie_of(&socket)?)?;
    let mut connection = Connection::new(socket);
    let index = BRIDGE_INDEX.saturating_add(taken);
    if let Some(mac) = switch {
        // It is no host: nothing in there is to speak IPv6 of its own.
        set(settings, DISABLE_IPV6, "1")?;
        connection.request(bridge(mac, index), || format!("making bridge {name}:{BRIDGE}"))?;
    } else {
        set(settings, ACCEPT_RA, "0")?;
        connection.request(up(LOOPBACK), || format!("bringing up {name}:lo"))?;
    }
    Ok(BuiltNode { identity, connection, bridge: index })
}

/// Makes a bridge listen for groups.
fn listening(index: u32) -> Request {
    let listen = snooping(true);
    LinkConfig { kind: Some(listen.kind()), ..LinkConfig::default() }.change_link(index)
}

fn bridge(mac: MacAddr, index: u32) -> Request {
    let mac = mac.octets();
    // It is brought up and listens for groups when all its ports are there. While it does, the kernel sets the
    // timers of all ports for each one that comes; and while it is up, what each new host says to all goes to
    // all that are there.
    let deaf = snooping(false);
    LinkConfig {
        name: Some(BRIDGE.as_bytes()),
        index: Some(index),
        address: Some(&mac),
        kind: Some(deaf.kind()),
        ..LinkConfig::default()
    }
    .create()
}

/// Whether a bridge sends the packets of a group only where it is listened to (`IFLA_BR_MCAST_SNOOPING`).
struct Snooping(Vec<u8>);

fn snooping(on: bool) -> Snooping {
    let mut options = Request::attributes_alone();
    options.u8(IFLA_BR_MCAST_SNOOPING, on.into());
    Snooping(options.into_attributes())
}

impl Snooping {
    fn kind(&self) -> Kind<'_> {
        Kind::Other { name: b"bridge", data: Data::Own(&self.0) }
    }
}

/// Settings of an interface can be made only once it is there.
fn is_of_an_interface(sysctl: &Sysctl) -> bool {
    interface_of(&sysctl.path).is_some()
}

/// Makes settings in the namespace of this thread.
fn set_all<'s>(settings: &mut Settings, sysctls: impl Iterator<Item = &'s Sysctl>) -> Result<()> {
    for Sysctl { path, value } in sysctls {
        settings.set(path, value).map_err(|error| {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let error = Error::os(format_args!("setting {path} to {value:?}"), error);
            if missing { error.with_help("this kernel has no such setting for a network namespace") } else { error }
        })?;
    }
    Ok(())
}

const FORWARDING: [&str; 2] = ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"];

const DISABLE_IPV6: &str = "net/ipv6/conf/default/disable_ipv6";

/// What interfaces made from now on do with router advertisements: a lab is configured by its description
/// and by nothing that it hears.
const ACCEPT_RA: &str = "net/ipv6/conf/default/accept_ra";

fn set(settings: &mut Settings, path: &str, value: &str) -> Result<()> {
    match settings.set(path, value) {
        // Without IPv6 there is nothing to switch off.
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::os(format_args!("writing {value} to /proc/sys/{path}"), error))
        }
        _ => Ok(()),
    }
}

/// Makes one cable, and gives its ends their addresses.
fn lay_cable(plan: &Plan, cable: &Cable, a_node: &Mutex<BuiltNode>, b_node: &Mutex<BuiltNode>) -> Result<()> {
    let Cable { a, b } = cable;
    let mut batch = Batch::default();
    let name = || format!("laying cable {} -- {}", plan.port_name(a), plan.port_name(b));
    let peer = lock(b_node).namespace()?;
    batch.add(cable_request(cable, lock(a_node).bridge, &peer), name);
    if a.impair.is_some() {
        finish_port(plan, a, &mut batch);
    } else {
        add_addresses(plan, a, &mut batch);
    }
    batch.send(&mut lock(a_node).connection)?;

    let mut batch = Batch::default();
    finish_port(plan, b, &mut batch);
    batch.send(&mut lock(b_node).connection)
}

/// Gives an interface that is down its queueing discipline and its addresses, and brings it up. While it is up, the
/// kernel would wait for its readers (RCU), some 20 ms, before it changes the discipline.
fn finish_port<'p>(plan: &'p Plan, port: &'p Port, batch: &mut Batch<'p>) {
    if let Some(impair) = &port.impair {
        let discipline = Discipline::of(impair, port.mtu.unwrap_or(USUAL_MTU));
        batch.add(discipline.add(port.index), move || format!("impairing {} ({impair})", plan.port_name(port)));
    }
    add_addresses(plan, port, batch);
    batch.add(up(port.index), move || format!("bringing up {}", plan.port_name(port)));
}

fn cable_request(cable: &Cable, bridge: u32, peer: &Namespace) -> Request {
    let Cable { a, b } = cable;
    let (a_mac, b_mac) = (a.mac.octets(), b.mac.octets());
    let far = LinkConfig {
        name: Some(b.ifname.as_str().as_bytes()),
        index: Some(b.index),
        address: Some(&b_mac),
        mtu: b.mtu,
        queues: Some(1),
        netns: Some(Netns::Fd(peer.as_fd())),
        ..LinkConfig::default()
    };
    LinkConfig {
        name: Some(a.ifname.as_str().as_bytes()),
        index: Some(a.index),
        address: Some(&a_mac),
        mtu: a.mtu,
        // One that is impaired is brought up last.
        up: a.impair.is_none().then_some(true),
        master: a.bridged.then_some(bridge),
        // One queue a direction: making the link is then twice as fast.
        queues: Some(1),
        kind: Some(Kind::Veth { peer: Box::new(far) }),
        ..LinkConfig::default()
    }
    .create()
}

fn up(index: u32) -> Request {
    LinkConfig { up: Some(true), ..LinkConfig::default() }.change_link(index)
}

/// A port of a node's own interface gets its addresses when it is one, for becoming one takes IPv6 addresses away.
fn add_addresses<'p>(plan: &'p Plan, port: &'p Port, batch: &mut Batch<'p>) {
    if port.master.is_none() {
        add_addresses_of(plan, port, batch);
    }
}

fn add_addresses_of<'p>(plan: &'p Plan, port: &'p Port, batch: &mut Batch<'p>) {
    for address in &port.addresses {
        let mut config = AddressConfig::new(port.index, *address);
        if address.is_ipv6() {
            config.flags = IFA_F_NODAD;
        }
        batch.add(config.add(), move || format!("adding address {address} to {}", plan.port_name(port)));
    }
}

/// Requests with the names of their steps, which are only made up when one fails.
#[derive(Default)]
struct Batch<'p> {
    requests: Vec<Request>,
    names: Vec<Box<dyn Fn() -> String + 'p>>,
}

impl<'p> Batch<'p> {
    fn add(&mut self, request: Request, name: impl Fn() -> String + 'p) {
        self.requests.push(request);
        self.names.push(Box::new(name));
    }

    fn send(self, connection: &mut Connection) -> Result<()> {
        let name = |at: usize| self.names.get(at).map_or_else(String::new, |name| name());
        connection.batch(self.requests, name).map_err(|(_, error)| error)
    }
}

fn bad_plan() -> Error {
    Error::new(ErrorKind::Invalid, "the plan names a node that it does not have")
}

//! Building a plan.
//!
//! Contract: everything is made in namespaces that nothing but this process's descriptors hold. Until
//! [`Built`] is published, an error, a signal or a crash at any instruction leaves nothing: the kernel
//! takes back what nobody holds.

pub mod change;
mod routes;

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};

use crate::error::{Error, ErrorKind, Result};
use crate::namespace::settings::Settings;
use crate::namespace::{Identity, Namespace, descriptors, enter};
use crate::netlink::{Connection, KernelSocket};
use crate::ops::address::AddressConfig;
use crate::ops::link::{Kind, LinkConfig, Netns};
use crate::topology::plan::{BRIDGE, BRIDGE_INDEX, Cable, LOOPBACK, NodePlan, Plan, Port, bridge_mac};
use crate::topology::spec::{Sysctl, interface_of};
use crate::types::{MacAddr, NodeName};
use crate::wire::Request;
use crate::wire::consts::IFA_F_NODAD;

/// A node that is made: its namespace and a connection to the kernel inside it.
#[derive(Debug)]
pub struct BuiltNode {
    /// Its namespace; the only thing that keeps it until it is published.
    pub namespace: Namespace,
    /// What tells the namespace from others.
    pub identity: Identity,
    connection: Connection,
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
    // A namespace and a connection.
    descriptors::make_room(plan.nodes.len(), 2)?;
    let (send, made) = std::sync::mpsc::channel();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Threads of their own, for they change their namespace; they end with this scope.
        let workers = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, MAX_WORKERS);
        for first in 0..workers {
            let (send, stop) = (send.clone(), &stop);
            std::thread::Builder::new()
                .name("nslab-netns".into())
                .spawn_scoped(scope, move || make_nodes(plan, first, workers, stop, &send))
                .map_err(|error| Error::os("starting a thread", error))
                .inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
        }
        drop(send);
        lay_cables(plan, &made).inspect_err(|_| stop.store(true, Ordering::Relaxed))
    })
}

/// More make no more namespaces a second.
const MAX_WORKERS: usize = 4;

type Made = (usize, Result<BuiltNode>);

/// Makes every `stride`th node from `first`, until one fails, here or elsewhere: so the plan's first nodes are there first.
fn make_nodes(plan: &Plan, first: usize, stride: usize, stop: &AtomicBool, send: &Sender<Made>) {
    let mut settings = Settings::default();
    for (at, node) in plan.nodes.iter().enumerate().skip(first).step_by(stride) {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let made = make_node(plan, node, &mut settings)
            .map_err(|error| error.within(format_args!("making node {}", node.name)))
            .inspect_err(|_| stop.store(true, Ordering::Relaxed));
        if send.send((at, made)).is_err() {
            return;
        }
    }
}

/// Lays each cable as soon as both its nodes are there: making links and making namespaces mostly do not
/// stand in each other's way in the kernel.
fn lay_cables(plan: &Plan, made: &Receiver<Made>) -> Result<Built> {
    let mut nodes: Vec<Option<BuiltNode>> = plan.nodes.iter().map(|_| None).collect();
    let take = |nodes: &mut Vec<Option<BuiltNode>>| -> Result<()> {
        let (at, node) = made.recv().map_err(|_| bad_plan())?;
        *nodes.get_mut(at).ok_or_else(bad_plan)? = Some(node?);
        Ok(())
    };
    for cable in &plan.cables {
        for port in [&cable.a, &cable.b] {
            while nodes.get(port.node).ok_or_else(bad_plan)?.is_none() {
                take(&mut nodes)?;
            }
        }
        lay_cable(plan, cable, &mut nodes)?;
    }
    // Each node comes once.
    for _ in 0..nodes.iter().filter(|node| node.is_none()).count() {
        take(&mut nodes)?;
    }
    let mut nodes: Vec<BuiltNode> = nodes.into_iter().flatten().collect();
    let places = routes::Places::of(plan);
    let mut settings = Settings::default();
    for (at, (node, built)) in plan.nodes.iter().zip(&mut nodes).enumerate() {
        finish_node(at, node, built, &places, &mut settings)?;
    }
    Ok(Built { nodes })
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
        let set = built.namespace.enter(|| set_all(settings, late)).and_then(|set| set);
        set.map_err(|error| error.within(format_args!("node {}", node.name)))?;
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

fn make_node(plan: &Plan, node: &NodePlan, settings: &mut Settings) -> Result<BuiltNode> {
    let mut built = make_blank(&node.name, node.switch.then(|| bridge_mac(&plan.lab, &node.name)), settings)?;
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
/// hardware address of its bridge.
fn make_blank(name: &NodeName, switch: Option<MacAddr>, settings: &mut Settings) -> Result<BuiltNode> {
    enter::into_new()?;
    let namespace = Namespace::current()?;
    let socket = KernelSocket::open()?;
    let identity = namespace.identity_with(crate::sys::netns_cookie(socket.as_fd()).ok())?;
    let mut connection = Connection::new(socket);
    if let Some(mac) = switch {
        // It is no host: nothing in there is to speak IPv6 of its own.
        set(settings, DISABLE_IPV6, "1")?;
        connection.request(bridge(mac, BRIDGE_INDEX), || format!("making bridge {name}:{BRIDGE}"))?;
    } else {
        set(settings, ACCEPT_RA, "0")?;
        connection.request(up(LOOPBACK), || format!("bringing up {name}:lo"))?;
    }
    Ok(BuiltNode { namespace, identity, connection })
}

fn bridge(mac: MacAddr, index: u32) -> Request {
    let mac = mac.octets();
    LinkConfig {
        name: Some(BRIDGE.as_bytes()),
        index: Some(index),
        address: Some(&mac),
        up: Some(true),
        kind: Some(Kind::Plain("bridge")),
        ..LinkConfig::default()
    }
    .create()
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
fn lay_cable(plan: &Plan, cable: &Cable, nodes: &mut [Option<BuiltNode>]) -> Result<()> {
    let Cable { a, b } = cable;
    let far = nodes.get(b.node).and_then(Option::as_ref).ok_or_else(bad_plan)?;
    let mut batch = Batch::default();
    let name = || format!("laying cable {} -- {}", plan.port_name(a), plan.port_name(b));
    batch.add(cable_request(cable, &far.namespace), name);
    add_addresses(plan, a, &mut batch);
    batch.send(&mut nodes.get_mut(a.node).and_then(Option::as_mut).ok_or_else(bad_plan)?.connection)?;

    let mut batch = Batch::default();
    add_addresses(plan, b, &mut batch);
    batch.add(up(b.index), || format!("bringing up {}", plan.port_name(b)));
    batch.send(&mut nodes.get_mut(b.node).and_then(Option::as_mut).ok_or_else(bad_plan)?.connection)
}

fn cable_request(cable: &Cable, peer: &Namespace) -> Request {
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
        up: Some(true),
        master: a.bridged.then_some(BRIDGE_INDEX),
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

fn add_addresses<'p>(plan: &'p Plan, port: &'p Port, batch: &mut Batch<'p>) {
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

//! From the destination's name to a socket that is ready to ping it: which address, from where, how.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nslab::netlink::Connection;
use nslab::probe::{Family, PathMtu, ProbeSocket, Resolved, Scoped, Way, numeric, resolve};
use nslab::wire::consts::{AF_INET, AF_INET6};
use nslab::{Error, ops};
use rustix::io::Errno;

use super::arguments::Arguments;
use super::called::{self, Called, is_of_a_link};
use super::sockets::{self, Sockets, family_name};
use super::{Fail, complain, is_root, print, say};

/// Users may ping groups and broadcast addresses once a second.
const MIN_GROUP_INTERVAL_MS: u128 = 1000;
/// What the kernel adds to 512 bytes of a packet, as iputils reckons it, behind the header of IP.
const OVERHEAD: usize = 16 + 64 + 160;
/// The kernel's default is small for floods.
const BUFFERS: usize = 256 * 1024;
const NO_SUCH_FAMILY: &str = "Address family for hostname not supported";

/// What is pinged.
pub(super) struct Aim {
    pub(super) socket: ProbeSocket,
    /// What the user calls it.
    pub(super) name: String,
    /// Whether that is a name and no address.
    pub(super) named: bool,
    pub(super) target: Scoped,
    /// Whether several may answer.
    pub(super) several: bool,
    source: Option<Scoped>,
    flow: Option<u32>,
}

/// Finds the first address that there is a way to. `None`: what `-v` tells could not be written.
pub(super) fn take(arguments: &Arguments, sockets: Sockets) -> Result<Option<Aim>, Fail> {
    let family = sockets.family(arguments);
    sockets::allow_size(arguments, family)?;
    if arguments.verbose {
        complain(&sockets.told(family));
    }
    if arguments.traffic_class != 0 {
        for socket in sockets.v4.iter().chain(&sockets.v6) {
            socket.set_traffic_class(arguments.traffic_class).map_err(|error| Fail::os("setsockopt", &error))?;
        }
    }
    let word = arguments.destination.as_os_str();
    let shown = word.to_string_lossy();
    let Resolved { addresses, canonical } =
        resolve(word, None).map_err(|error| Fail::new(format!("{shown}: {error}")))?;
    let mut canonical = canonical.map(|name| name.to_string_lossy().into_owned());
    let mut sockets = sockets;
    let mut rest = addresses.into_iter().peekable();
    while let Some(target) = rest.next() {
        let own = Family::of(target.address);
        // Only the first has one.
        let canonical = canonical.take();
        if arguments.verbose {
            let name = canonical.as_deref().unwrap_or_default();
            let text = format!("ai->ai_family: {}, ai->ai_canonname: '{name}'\n", family_name(Some(own)));
            if say(&text).is_err() {
                return Ok(None);
            }
        }
        let socket = match own {
            _ if family.is_some_and(|family| family != own) => None,
            Family::V4 => sockets.v4.take(),
            Family::V6 => sockets.v6.take(),
        };
        let last = rest.peek().is_none();
        if arguments.hops && socket.is_some() {
            return Err(hops(own));
        }
        let Some(socket) = socket else {
            if last {
                return Err(Fail::new(format!("{shown}: {NO_SUCH_FAMILY}")));
            }
            continue;
        };
        let named = match own {
            Family::V4 => !numeric(word).is_some_and(|address| address.address.is_ipv4()),
            Family::V6 => !shown.contains(':'),
        };
        let name = canonical.filter(|_| named && own == Family::V4).unwrap_or_else(|| shown.clone().into_owned());
        let aim = Aim { socket, name, named, target, several: false, source: None, flow: None };
        match aim.direct(arguments, last)? {
            Found::Way(aim) => return Ok(Some(*aim)),
            Found::None(socket) => match own {
                Family::V4 => sockets.v4 = Some(socket),
                Family::V6 => sockets.v6 = Some(socket),
            },
        }
    }
    // The resolver was asked, and gave at least one.
    Err(Fail::new(format!("{shown}: no address to ping")))
}

/// Only IPv4 can be told by which way to go.
fn hops(family: Family) -> Fail {
    match family {
        Family::V4 => Fail::new("intermediate hops are not supported"),
        Family::V6 => Fail::usage(),
    }
}

enum Found {
    Way(Box<Aim>),
    /// No way to this address, and there are others.
    None(ProbeSocket),
}

impl Aim {
    fn family(&self) -> Family {
        self.socket.family()
    }

    /// Finds the way and binds the socket to it.
    fn direct(mut self, arguments: &Arguments, last: bool) -> Result<Found, Fail> {
        let given: Option<IpAddr> = match self.family() {
            Family::V4 => arguments.source.map(Into::into),
            Family::V6 => arguments.source6.map(Into::into),
        };
        let given = given.filter(|address| !address.is_unspecified());
        let index = match arguments.interface.as_deref() {
            Some(name) if self.family() == Family::V6 => Some(interface_index(name)?),
            _ => None,
        };
        if let Some(name) = arguments.interface.as_deref() {
            let shown = String::from_utf8_lossy(name);
            self.socket.bind_interface(name).map_err(|error| Fail::os(&format!("SO_BINDTODEVICE {shown}"), &error))?;
        }
        let source = match given {
            Some(address) => {
                let scope = index.filter(|_| matches!(address, IpAddr::V6(v6) if is_of_a_link(v6)));
                Scoped { address, scope: scope.unwrap_or(0) }
            }
            None => match self.source(arguments) {
                Ok(source) => source,
                Err(Refused::Told(fail)) => return Err(fail),
                Err(Refused::Kernel(error)) => {
                    let errno = error.errno().map(Errno::from_raw_os_error);
                    if !last && matches!(errno, Some(Errno::HOSTUNREACH | Errno::NETUNREACH)) {
                        return Ok(Found::None(self.socket));
                    }
                    return Err(Fail::os("connect", &error));
                }
            },
        };
        // As iputils has it, 0.0.0.0 is this host.
        if self.target.address == IpAddr::V4(Ipv4Addr::UNSPECIFIED) {
            self.target = source;
        }
        self.socket.set_scope(self.target.scope);
        self.source = Some(source);
        let broadcast = self.family() == Family::V4 && arguments.broadcast;
        self.several = broadcast || self.target.address.is_multicast();
        self.prepare(arguments, source)?;
        Ok(Found::Way(Box::new(self)))
    }

    /// The address that the kernel would send from.
    fn source(&self, arguments: &Arguments) -> Result<Scoped, Refused> {
        let interface = arguments.interface.as_deref();
        let way = Way { interface, traffic_class: arguments.traffic_class, mark: arguments.mark, broadcast: false };
        let found = match way.source(self.target) {
            // Which link, a socket alone does not say.
            _ if matches!(self.target.address, IpAddr::V6(address) if is_of_a_link(address)) => {
                IpAddr::V6(Ipv6Addr::UNSPECIFIED).into()
            }
            Err(error) if self.family() == Family::V4 && error.errno() == Some(Errno::ACCESS.raw_os_error()) => {
                if !arguments.broadcast {
                    let advice = "Do you want to ping broadcast? Then -b. If not, check your local firewall rules";
                    return Err(Refused::Told(Fail::new(advice)));
                }
                let _ = std::io::Write::write_all(&mut std::io::stderr(), b"WARNING: pinging broadcast address\n");
                Way { broadcast: true, ..way }
                    .source(self.target)
                    .map_err(|error| Refused::Told(Fail::os("connect", &error)))?
            }
            other => other.map_err(Refused::Kernel)?,
        };
        if let Some(name) = interface {
            warn_unless_on(name, found.address);
        }
        Ok(found)
    }

    /// The options that iputils sets before its first line.
    fn prepare(&mut self, arguments: &Arguments, source: Scoped) -> Result<(), Fail> {
        let (socket, v4) = (&self.socket, self.family() == Family::V4);
        let mut path_mtu = arguments.path_mtu;
        if self.several {
            let what = if v4 { "broadcast" } else { "multicast" };
            if !is_root() && arguments.interval.as_millis() < MIN_GROUP_INTERVAL_MS {
                return Err(Fail::new(format!(
                    "minimal interval for {what} ping for user must be >= {MIN_GROUP_INTERVAL_MS} ms, use -i 1 (or higher)"
                )));
            }
            if !is_root() && path_mtu.is_some_and(|way| way != PathMtu::Do) {
                return Err(Fail::new(format!("{what} ping does not fragment")));
            }
            path_mtu.get_or_insert(PathMtu::Do);
        }
        if let Some(way) = path_mtu {
            let what = if v4 { "IP_MTU_DISCOVER" } else { "IPV6_MTU_DISCOVER" };
            socket.set_path_mtu(way).map_err(|error| Fail::os(what, &error))?;
        }
        if arguments.strict_source {
            let what = if v4 { "bind" } else { "bind icmp socket" };
            socket.bind_address(source.address, source.scope).map_err(|error| Fail::os(what, &error))?;
        }
        self.set_buffers(arguments)?;
        if v4 && arguments.broadcast {
            socket.allow_broadcast().map_err(|error| Fail::os("cannot set broadcasting", &error))?;
        }
        let cannot = if v4 { "cannot" } else { "can't" };
        if arguments.no_loop {
            let what = format!("{cannot} disable multicast loopback");
            socket.suppress_multicast_loop().map_err(|error| Fail::os(&what, &error))?;
        }
        if let Some(ttl) = arguments.ttl {
            let what = format!("{cannot} set unicast {}", if v4 { "time-to-live" } else { "hop limit" });
            socket.set_ttl(ttl).map_err(|error| Fail::os(&what, &error))?;
        }
        if let Some(label) = arguments.flow.filter(|_| !v4) {
            let taken = self.socket.take_flow_label(self.target.address, label);
            self.flow = Some(taken.map_err(|error| Fail::os("can't set flowlabel", &error))?);
        }
        Ok(())
    }

    /// Room for what is on its way at once. A buffer that the user chose is left as it is.
    fn set_buffers(&self, arguments: &Arguments) -> Result<(), Fail> {
        let failed = |error| Fail::os("setsockopt", &error);
        let header = if self.family() == Family::V4 { 20 } else { 40 };
        let packet = arguments.size + 8;
        let packet = packet + packet.div_ceil(512) * (header + OVERHEAD);
        let wanted = usize::try_from(arguments.preload).map_or(usize::MAX, |preload| packet.saturating_mul(preload));
        let most = i32::MAX.unsigned_abs() as usize;
        let got = self.socket.set_receive_buffer(wanted.clamp(65536, most)).map_err(failed)?;
        if got < wanted {
            complain("WARNING: probably, rcvbuf is not enough to hold preload");
        }
        self.socket.grow_buffers(BUFFERS.max(got / 2));
        match arguments.send_buffer {
            Some(bytes) => self.socket.set_send_buffer(bytes).map_err(failed),
            None => Ok(()),
        }
    }

    /// The first line.
    pub(super) fn beginning(&self, arguments: &Arguments, called: &Called) -> String {
        let interface = arguments.interface.as_deref().map_or_else(Default::default, String::from_utf8_lossy);
        let restricted = arguments.interface.is_some() || arguments.strict_source;
        let source = self.source.filter(|_| restricted).map(|source| match self.family() {
            Family::V6 if arguments.names => called.name(source),
            _ => called::numeric(source),
        });
        let from = source.as_deref().map(|source| (source, &*interface));
        let target = called::numeric(self.target);
        print::beginning(&self.name, &target, self.family(), self.flow, from, arguments.size)
    }

    /// The options that iputils sets behind its first line.
    pub(super) fn set_up(&self, arguments: &Arguments) {
        let socket = &self.socket;
        // Whoever may not have these goes without, as in iputils.
        if arguments.debug {
            let _ = socket.debug();
        }
        if arguments.dont_route {
            let _ = socket.bypass_routes();
        }
        if arguments.latency {
            let _ = socket.time_on_receipt();
        }
        if let Some(mark) = arguments.mark
            && let Err(error) = socket.set_mark(mark)
        {
            let Fail(_, message) = Fail::os(&format!("WARNING: failed to set mark: {mark}"), &error);
            complain(&message);
        }
    }
}

enum Refused {
    Kernel(Error),
    Told(Fail),
}

fn interface_index(name: &[u8]) -> Result<u32, Fail> {
    let index = Connection::open().and_then(|mut connection| ops::link::index_of(&mut connection, name));
    index.map_err(|_| Fail::new(format!("unknown iface: {}", String::from_utf8_lossy(name))))
}

/// The kernel may choose an address of another interface than the one that it must send through.
fn warn_unless_on(interface: &[u8], source: IpAddr) {
    if !is_on(interface, source).unwrap_or(false) {
        let shown = String::from_utf8_lossy(interface);
        complain(&format!("Warning: source address might be selected on device other than: {shown}"));
    }
}

fn is_on(interface: &[u8], source: IpAddr) -> nslab::Result<bool> {
    let mut connection = Connection::open()?;
    let index = ops::link::index_of(&mut connection, interface)?;
    let family = if source.is_ipv4() { AF_INET } else { AF_INET6 };
    let mut found = false;
    ops::address::dump(&mut connection, family, Some(index), |address| {
        found |= address.index() == index && address.local() == Some(source);
        Ok(())
    })?;
    Ok(found)
}

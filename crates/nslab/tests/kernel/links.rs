//! Links and addresses: what the kernel takes and refuses, and how it says so.

use std::collections::BTreeSet;

use nslab::namespace::Namespace;
use nslab::netlink::{Connection, KernelSocket, Transport};
use nslab::ops::address::{self, AddressConfig};
use nslab::ops::link::{self, DumpFilter, Kind, LinkConfig, Select};
use nslab::ops::nsid;
use nslab::types::{IfName, Prefix};
use nslab::wire::consts::{IFLA_MTU, NLMSG_ERROR, RTM_GETADDR};
use nslab::wire::{Messages, Request};
use nslab::{ErrorKind, Result};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, SendFlags, SocketType, sendto, socket};

use crate::{Needs, Test};

pub(crate) const TESTS: &[Test] = &[
    ("links::names_that_the_kernel_refuses", Needs::Nothing, names),
    ("links::the_kernels_words_and_offset", Needs::Nothing, refusals),
    ("links::what_is_too_long_is_not_sent", Needs::Nothing, too_long),
    ("links::batches", Needs::Nothing, batches),
    ("links::dumps_that_are_interrupted", Needs::Nothing, interrupted),
    ("links::messages_from_other_processes", Needs::Nothing, strangers),
    ("links::ids_of_namespaces", Needs::Nothing, ids),
];

fn bridge(name: &[u8]) -> LinkConfig<'_> {
    LinkConfig { name: Some(name), kind: Some(Kind::Plain("bridge")), ..LinkConfig::default() }
}

fn make(connection: &mut Connection, name: &[u8]) -> Result<()> {
    connection.request(bridge(name).create(), || "making a bridge".into())
}

fn all_names(connection: &mut Connection) -> BTreeSet<Vec<u8>> {
    let mut names = BTreeSet::new();
    let look = |link: &link::Link<'_>| {
        names.insert(link.name().to_vec());
        Ok(())
    };
    link::dump(connection, DumpFilter::default(), look).unwrap();
    names
}

/// Whatever passes for an [`IfName`], the kernel takes as it stands.
fn names() {
    let mut connection = Connection::open().unwrap();
    // Renamed from one to the next: to make two hundred takes the kernel seconds to undo.
    make(&mut connection, b"x").unwrap();
    let index = link::index_of(&mut connection, b"x").unwrap();
    let mut rename = |name: &[u8]| {
        let named = LinkConfig { name: Some(name), ..LinkConfig::default() };
        connection.request(named.change_link(index), || "renaming".into())
    };
    let refused: Vec<u8> = (1..=255).filter(|byte| rename(&[b'x', *byte]).is_err()).collect();
    assert_eq!(refused, [9, 10, 11, 12, 13, b' ', b'%', b'/', b':', 0xa0]);
    let fine = |name: &str| name.parse::<IfName>().is_ok();
    for c in '\0'..='\u{ffff}' {
        let name = format!("x{c}");
        assert!(!fine(&name) || !name.bytes().any(|byte| byte == 0 || refused.contains(&byte)), "{c:?}");
    }
    for name in ["all", "default", ".", "..", "", "sixteen-bytes-xx", "eth%s", "%"] {
        assert!(make(&mut connection, name.as_bytes()).is_err() && !fine(name), "{name}");
    }
    for name in ["All", "defaults", "fifteen-bytes-x", "-x", "..."] {
        assert!(make(&mut connection, name.as_bytes()).is_ok() && fine(name), "{name}");
    }
    // This one it takes, but as a template.
    make(&mut connection, b"eth%d").unwrap();
    assert!(all_names(&mut connection).contains(&b"eth0"[..]) && !fine("eth%d"));
}

fn refusals() {
    let mut connection = Connection::open().unwrap();
    let config = LinkConfig { name: Some(b"x"), kind: Some(Kind::Plain("nosuchkind")), ..LinkConfig::default() };
    let error = connection.request(config.create(), || "making x".into()).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Unsupported, "making x: Unknown device type"));
    // A number of the wrong length, and the place where it stands.
    let mut request = bridge(b"x").create();
    let mut before = bridge(b"x").create();
    request.u8(IFLA_MTU, 1);
    before.attribute(IFLA_MTU, &[]);
    let error = connection.request(request, || "making x".into()).unwrap_err();
    let place = before.finish(0, 0).len() - 4;
    assert_eq!(error.offset(), Some(u32::try_from(place).unwrap()), "{error:?}");
    assert!(error.kernel_text().is_some() && error.errno().is_some());
    assert_eq!(link::index_of(&mut connection, b"nope").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(make(&mut connection, b"lo").unwrap_err().kind(), ErrorKind::Exists);
    // And the connection goes on.
    make(&mut connection, b"x").unwrap();
    assert!(link::index_of(&mut connection, b"x").unwrap() > 1);
}

fn too_long() {
    let mut connection = Connection::open().unwrap();
    let long = vec![b'x'; 70_000];
    let error = make(&mut connection, &long).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::MSGSIZE.raw_os_error()));
    assert_eq!(link::index_of(&mut connection, &long).unwrap_err().errno(), error.errno());
    let half = LinkConfig { mtu: Some(1400), address: Some(&long), ..LinkConfig::default() };
    assert!(connection.request(half.change_link(1), || "changing lo".into()).is_err());
    assert_eq!(link::get(&mut connection, Select::Index(1), |link| Ok(link.mtu())).unwrap(), Some(65536));
}

fn address(at: u32) -> Prefix {
    format!("10.0.{}.{}/32", at / 256, at % 256).parse().unwrap()
}

fn count(connection: &mut Connection) -> usize {
    let mut count = 0;
    let one = |_: &address::Address<'_>| {
        count += 1;
        Ok(())
    };
    address::dump(connection, 2, None, one).unwrap();
    count
}

fn batches() {
    let mut connection = Connection::open().unwrap();
    let add = |numbers: Vec<u32>| numbers.into_iter().map(|at| AddressConfig::new(1, address(at)).add());
    connection.batch(add((0..1000).collect()), |at| format!("adding {at}")).map_err(|(_, error)| error).unwrap();
    assert_eq!(count(&mut connection), 1000);
    // Some are there already. Those after them are added all the same, and the first is told of.
    let mut numbers: Vec<u32> = (1000..2000).collect();
    [300, 301, 999].into_iter().for_each(|at: usize| numbers[at] = 5);
    let (at, error) = connection.batch(add(numbers), |at| format!("adding {at}")).unwrap_err();
    assert_eq!((at, error.kind()), (300, ErrorKind::Exists), "{error}");
    assert!(error.to_string().starts_with("adding 300: "), "{error}");
    assert_eq!(count(&mut connection), 1997);
    // All refused: more refusals than the receive buffer holds if they came at once.
    let (at, error) = connection.batch(add(vec![5; 2000]), |at| format!("adding {at}")).unwrap_err();
    assert_eq!((at, error.kind()), (0, ErrorKind::Exists), "{error}");
    assert_eq!(count(&mut connection), 1997);
}

/// A socket beside which somebody changes addresses, in so many of the dumps.
struct Restless {
    socket: KernelSocket,
    changer: Connection,
    dumps: usize,
    until: usize,
    datagrams: usize,
}

impl Transport for Restless {
    fn send(&mut self, datagram: &[u8]) -> Result<(), Errno> {
        (self.dumps, self.datagrams) = (self.dumps + 1, 0);
        self.socket.send(datagram)
    }

    fn receive(&mut self, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        self.socket.receive(buffer)?;
        self.datagrams += 1;
        if self.datagrams == 1 && self.dumps <= self.until {
            let config = AddressConfig::new(1, "192.0.2.1/32".parse().unwrap());
            self.changer.request(config.add(), || "adding".into()).unwrap();
            self.changer.request(config.delete(), || "deleting".into()).unwrap();
        }
        Ok(())
    }

    fn port(&self) -> u32 {
        self.socket.port()
    }
}

fn interrupted() {
    let mut changer = Connection::open().unwrap();
    let add = (0..5000).map(|at| AddressConfig::new(1, address(at)).add());
    changer.batch(add, |_| "adding".into()).map_err(|(_, error)| error).unwrap();
    let dump = |until, changer| {
        let socket = KernelSocket::open().unwrap();
        let mut connection = Connection::new(Restless { socket, changer, dumps: 0, until, datagrams: 0 });
        let request = Request::new(RTM_GETADDR, 0, &[2, 0, 0, 0, 0, 0, 0, 0]);
        let dumped = connection.dump(&request, || "listing addresses".into());
        assert!(connection.transport().datagrams > 3, "only {} datagrams", connection.transport().datagrams);
        (dumped, connection.transport().dumps)
    };
    let (dumped, dumps) = dump(3, Connection::open().unwrap());
    let dumped = dumped.unwrap();
    let addresses: Vec<_> = Messages::new(&dumped).map(|message| message.unwrap().body.to_vec()).collect();
    assert_eq!((addresses.len(), dumps), (5000, 4));
    assert_eq!(addresses.iter().collect::<BTreeSet<_>>().len(), 5000);
    let (dumped, dumps) = dump(usize::MAX, changer);
    assert_eq!((dumped.unwrap_err().kind(), dumps), (ErrorKind::Busy, 20));
}

/// Anybody may send to our port; only the kernel is listened to.
fn strangers() {
    let mut connection = Connection::open().unwrap();
    let port = connection.transport().port();
    assert_ne!(port, 0);
    let other = socket(AddressFamily::NETLINK, SocketType::RAW, None).unwrap();
    for sequence in 1..=3_u32 {
        let mut forged = Vec::from(36_u32.to_ne_bytes());
        forged.extend(NLMSG_ERROR.to_ne_bytes());
        forged.extend([0, 0]);
        forged.extend(sequence.to_ne_bytes());
        forged.extend(port.to_ne_bytes());
        forged.extend((-1_i32).to_ne_bytes());
        forged.extend([0; 16]);
        for datagram in [&forged[..], &forged[..7]] {
            sendto(&other, datagram, SendFlags::empty(), &SocketAddrNetlink::new(port, 0)).unwrap();
        }
    }
    make(&mut connection, b"x").unwrap();
    assert_eq!(all_names(&mut connection).len(), 2);
    make(&mut connection, b"y").unwrap();
}

fn ids() {
    let mut connection = Connection::open().unwrap();
    let namespace = Namespace::anonymous().unwrap();
    assert_eq!(nsid::get(&mut connection, &namespace).unwrap(), None);
    let file = Namespace::open("/dev/null".as_ref()).unwrap();
    assert_eq!(nsid::get(&mut connection, &file).unwrap_err().errno(), Some(Errno::INVAL.raw_os_error()));
    // A cable between them gives it one.
    let netns = Some(link::Netns::Fd(std::os::fd::AsFd::as_fd(&namespace)));
    let kind = Some(Kind::Veth { peer: Box::new(LinkConfig { netns, ..LinkConfig::default() }) });
    let cable = LinkConfig { name: Some(b"v0"), kind, ..LinkConfig::default() };
    connection.request(cable.create(), || "laying a cable".into()).unwrap();
    let id = nsid::get(&mut connection, &namespace).unwrap().unwrap();
    let seen = link::get(&mut connection, Select::Name(b"v0"), |link| Ok(link.link_netnsid())).unwrap();
    assert_eq!(seen, Some(i32::try_from(id).unwrap()));
}

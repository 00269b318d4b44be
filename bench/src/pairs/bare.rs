//! The bare system calls: the least that gives the same network, and nothing besides. No file is read, no
//! name is checked, nothing is on record, and where it fails or is killed half-way, half of it stays.
//!
//! Each namespace is one unshare(2), one open(2), one file with one mount(2) on it; each pair two
//! datagrams to the kernel: one makes the cable where it belongs and gives the near end its address, the
//! other gives the far end its own and brings it up.

use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::{self, Errno};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::pair::Pair;
use crate::failure::{Failure, Result};
use crate::sys;

/// Makes `pairs` pairs, on as many threads.
pub(crate) fn make(pairs: u32, threads: u32) -> Result<()> {
    std::fs::create_dir_all("/run/netns").map_err(Failure::of("/run/netns"))?;
    let work = |first| (first..=pairs).step_by(threads as usize).try_for_each(|number| make_pair(&Pair::new(number)));
    let all = std::thread::scope(|scope| {
        let others: Vec<_> = (2..=threads).map(|first| scope.spawn(move || work(first))).collect();
        let own = work(1);
        others.into_iter().fold(own, |so_far, other| so_far.and(other.join().unwrap_or(Err(Errno::IO))))
    });
    all.map_err(|errno| Failure::new(format!("bare system calls: {errno}")))
}

fn make_pair(pair: &Pair) -> io::Result<()> {
    let (_, near) = make_namespace(&pair.a.namespace)?;
    let (far_namespace, far) = make_namespace(&pair.b.namespace)?;
    let mut request = Bytes::default();
    // Requests without NLM_F_ACK are answered only where they fail; the last one asks.
    request.message(RTM_NEWLINK, CREATE, |m| {
        m.link_header(INDEX, IFF_UP);
        m.link(&pair.a.ifname);
        m.attribute(IFLA_LINKINFO, |info| {
            info.attribute(IFLA_INFO_KIND, |kind| kind.put(b"veth"));
            info.attribute(IFLA_INFO_DATA, |data| {
                data.attribute(VETH_INFO_PEER, |peer| {
                    peer.link_header(INDEX, 0);
                    peer.link(&pair.b.ifname);
                    peer.attribute(IFLA_NET_NS_FD, |fd| fd.put(&far_namespace.as_raw_fd().to_ne_bytes()));
                });
            });
        });
    });
    request.address(pair.a.address, ACK);
    ask(&near, &request)?;
    let mut request = Bytes::default();
    request.address(pair.b.address, 0);
    request.message(RTM_NEWLINK, ACK, |m| m.link_header(INDEX, IFF_UP));
    ask(&far, &request)
}

/// Makes a namespace with a name, moves this thread into it and opens a socket in there.
fn make_namespace(name: &str) -> io::Result<(OwnedFd, OwnedFd)> {
    sys::unshare_network()?;
    let namespace = rustix::fs::open("/proc/thread-self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let path = format!("/run/netns/{name}");
    let flags = OFlags::RDONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, &path, flags, Mode::empty())?;
    rustix::mount::mount_bind("/proc/thread-self/ns/net", &path)?;
    let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    Ok((namespace, socket))
}

/// Sends requests of which the last asks for an acknowledgement, and waits for that or an error.
fn ask(socket: &OwnedFd, request: &Bytes) -> io::Result<()> {
    rustix::net::sendto(socket.as_fd(), &request.0, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0; 1024];
    rustix::net::recv(socket.as_fd(), &mut answer, RecvFlags::empty())?;
    // The first answer is an error (struct nlmsgerr) or the acknowledgement, which is the error 0.
    match answer.get(16..).and_then(|body| body.first_chunk()).map(|error| i32::from_ne_bytes(*error)) {
        Some(0) => Ok(()),
        error => Err(Errno::from_raw_os_error(-error.unwrap_or(-5))),
    }
}

// The kernel's numbers: linux/netlink.h, linux/rtnetlink.h, linux/if_link.h, linux/veth.h, linux/if_addr.h.
const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const ACK: u16 = 4;
const CREATE: u16 = 0x600;
const IFF_UP: u32 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_NUM_TX_QUEUES: u16 = 31;
const IFLA_NUM_RX_QUEUES: u16 = 32;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const AF_INET: u8 = 2;

/// The index of the one interface of a namespace besides loopback.
const INDEX: u32 = 2;

/// Netlink messages one behind the other.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
    }

    fn message(&mut self, kind: u16, flags: u16, content: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.put(&[0; 4]);
        self.put(&kind.to_ne_bytes());
        self.put(&(flags | NLM_F_REQUEST).to_ne_bytes());
        self.put(&[0; 8]);
        content(self);
        let len = u32::try_from(self.0.len() - start).unwrap_or(u32::MAX);
        self.set(start, &len.to_ne_bytes());
    }

    fn attribute(&mut self, kind: u16, content: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.put(&[0; 2]);
        self.put(&kind.to_ne_bytes());
        content(self);
        let len = u16::try_from(self.0.len() - start).unwrap_or(u16::MAX);
        self.set(start, &len.to_ne_bytes());
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.0.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// `struct ifinfomsg`.
    fn link_header(&mut self, index: u32, flags: u32) {
        self.put(&[0; 4]);
        self.put(&index.to_ne_bytes());
        self.put(&flags.to_ne_bytes());
        self.put(&flags.to_ne_bytes());
    }

    /// What both ends of a cable have: a name, and one queue a direction, which is made in half the time.
    fn link(&mut self, name: &str) {
        self.attribute(IFLA_IFNAME, |m| m.put(format!("{name}\0").as_bytes()));
        self.attribute(IFLA_NUM_TX_QUEUES, |m| m.put(&1_u32.to_ne_bytes()));
        self.attribute(IFLA_NUM_RX_QUEUES, |m| m.put(&1_u32.to_ne_bytes()));
    }

    fn address(&mut self, address: Ipv4Addr, flags: u16) {
        self.message(RTM_NEWADDR, CREATE | flags, |m| {
            m.put(&[AF_INET, Pair::PREFIX_LEN, 0, 0]);
            m.put(&INDEX.to_ne_bytes());
            m.attribute(IFA_LOCAL, |m| m.put(&address.octets()));
            m.attribute(IFA_ADDRESS, |m| m.put(&address.octets()));
        });
    }
}

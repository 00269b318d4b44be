//! Somebody who answers echo requests in all sorts of ways. This test program is run once more for that, in the
//! sandbox: [`start`] is the script's side of it.
//!
//! It is asked at 10.9.K.N or fd09::K:N, where K says how to answer (the constants below) and N how exactly.
//! What it was asked, as it was on the wire, goes to a file, one line a request.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;

use nslab::probe::packet::checksum;
use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

const ASKED: &str = "NSLAB_TEST_ANSWERER";
/// `ETH_P_ALL` in network order; `IPPROTO_RAW`.
const ALL: u32 = 0x0300;
const RAW: u32 = 255;

/// A line of a script that starts it and waits until it listens. `$answerer` is its process then, and
/// /run/asked what it was asked.
pub(crate) fn start(namespace: &str, ip: &str) -> String {
    let own = std::env::current_exe().unwrap();
    format!(
        "mkfifo /run/listens\n\
         {ASKED}=/run/asked {ip} netns exec {namespace} {} >/run/listens </dev/null & answerer=$!\n\
         read listens </run/listens\n",
        own.display()
    )
}

/// Answers until it is killed, if this run of the program is for that.
pub(crate) fn main() -> bool {
    let Some(file) = std::env::var_os(ASKED) else { return false };
    let mut log = std::fs::File::create(file).unwrap();
    let socket = |family, kind, protocol: u32| {
        let protocol = Protocol::from_raw(protocol.try_into().unwrap());
        socket_with(family, kind, SocketFlags::CLOEXEC, Some(protocol)).unwrap()
    };
    let seen = socket(AddressFamily::PACKET, SocketType::DGRAM, ALL);
    let v4 = socket(AddressFamily::INET, SocketType::RAW, RAW);
    let v6 = socket(AddressFamily::INET6, SocketType::RAW, RAW);
    println!("listens");
    let mut buffer = vec![0; 70_000];
    loop {
        let (len, _) = recv(&seen, buffer.as_mut_slice(), RecvFlags::empty()).unwrap();
        let Some(asked) = Asked::parse(&buffer[..len]) else { continue };
        writeln!(log, "{}", asked.told()).unwrap();
        for answer in asked.answers() {
            send(if asked.from.is_ipv4() { &v4 } else { &v6 }, &answer, asked.from);
        }
    }
}

fn send(socket: &OwnedFd, packet: &[u8], to: IpAddr) {
    // What the kernel does not let through is not answered.
    let _ = sendto(socket, packet, SendFlags::empty(), &SocketAddr::new(to, 0));
}

/// An echo request.
struct Asked {
    from: IpAddr,
    to: IpAddr,
    packet: Vec<u8>,
    icmp: Vec<u8>,
}

impl Asked {
    fn parse(packet: &[u8]) -> Option<Self> {
        let (from, to, at): (IpAddr, IpAddr, usize) = match packet.first()? >> 4 {
            4 if packet.get(9) == Some(&1) => {
                let address = |at: usize| Some(Ipv4Addr::from(*packet.get(at..)?.first_chunk::<4>()?).into());
                (address(12)?, address(16)?, usize::from(packet[0] & 15) * 4)
            }
            6 if packet.get(6) == Some(&58) => {
                let address = |at: usize| Some(Ipv6Addr::from(*packet.get(at..)?.first_chunk::<16>()?).into());
                (address(8)?, address(24)?, 40)
            }
            _ => return None,
        };
        let icmp = packet.get(at..)?.to_vec();
        let ours = matches!(to, IpAddr::V4(to) if to.octets()[..2] == [10, 9])
            || matches!(to, IpAddr::V6(to) if to.segments()[0] == 0xfd09);
        let request = if from.is_ipv4() { 8 } else { 128 };
        (ours && icmp.len() >= 8 && icmp[0] == request).then(|| Self { from, to, packet: packet.to_vec(), icmp })
    }

    /// Everything but what is random: identifier, checksums, and the first 16 bytes of data.
    fn told(&self) -> String {
        let (packet, icmp) = (&self.packet, &self.icmp);
        let header = if self.from.is_ipv4() {
            format!("tos={:#x} flags={:#x} ttl={}", packet[1], packet[6] >> 5, packet[8])
        } else {
            format!("first={:02x?} hops={}", &packet[..4], packet[7])
        };
        let id = icmp[4..6].iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        let known = if id < 256 { id } else { 256 };
        let data = icmp.get(24..).unwrap_or_default();
        format!(
            "{} to {}: {header} len={} id={known} seq={:?} data={data:02x?}",
            self.from,
            self.to,
            packet.len(),
            &icmp[6..8]
        )
    }

    /// How, and how exactly.
    fn ways(&self) -> (u8, u8) {
        match self.to {
            IpAddr::V4(to) => (to.octets()[2], to.octets()[3]),
            IpAddr::V6(to) => (to.segments()[6] as u8, to.segments()[7] as u8),
        }
    }

    fn answers(&self) -> Vec<Vec<u8>> {
        let (kind, n) = self.ways();
        let (v4, sound) = (self.from.is_ipv4(), self.reply(|_| {}));
        let next: IpAddr = "10.9.0.99".parse().unwrap();
        match (kind, n) {
            (0, 1) => vec![sound],
            (0, 2) => vec![self.reply(|icmp| icmp[28] ^= 0xff)],
            (0, 3) => vec![sound.clone(), sound],
            (0, 4) => vec![self.reply(|icmp| icmp.truncate(54))],
            (0, 7) => {
                vec![self.packet_of(if v4 { next } else { "fd09::99".parse().unwrap() }, &self.reply_icmp(|_| {}))]
            }
            // What must not count; a sound answer behind it shows that it was only passed over.
            (10, 1) => vec![self.reply(|icmp| icmp[4] ^= 1)],
            (10, 2) => vec![self.reply(|icmp| icmp[7] = icmp[7].wrapping_add(100))],
            (10, 3) => vec![self.reply(|icmp| icmp[8] ^= 1)],
            (10, 4) => vec![self.reply(|icmp| icmp.truncate(12))],
            (10, 5) => vec![self.reply(|icmp| icmp.truncate(6))],
            (10, 6) => vec![self.reply(Vec::clear)],
            (10, 7) => vec![self.packet_of(self.to, &broken(self.reply_icmp(|_| {})))],
            (10, 8) => {
                vec![self.packet_of(
                    if v4 { next } else { "fd09::99".parse().unwrap() },
                    &self.reply_icmp(|icmp| icmp[9] ^= 1),
                )]
            }
            (10, 9) => vec![self.packet_of(self.to, &self.icmp)],
            (10, 10) => (0..=255).map(|noise: u8| self.packet_of(self.to, &vec![noise; usize::from(noise)])).collect(),
            (10, 11) => (0..self.icmp.len().min(24)).map(|len| self.reply(|icmp| icmp.truncate(len))).collect(),
            (10, 12) => {
                (0..self.packet.len()).map(|len| self.notice(3, 1, [0; 4], &self.packet[..len])).take(28).collect()
            }
            (10, 13) => {
                let mut other = self.packet.clone();
                let at = other.len() - self.icmp.len();
                other[at + 4] ^= 1;
                vec![self.notice(if v4 { 3 } else { 1 }, 1, [0; 4], &other)]
            }
            (10, 14) => {
                let mut other = self.packet.clone();
                let at = if v4 { 19 } else { 39 };
                other[at] ^= 1;
                vec![self.notice(if v4 { 3 } else { 1 }, 1, [0; 4], &other)]
            }
            (10, 15) => {
                let mut notice = self.notice(if v4 { 3 } else { 1 }, 1, [0; 4], &self.packet);
                let last = notice.len() - 1;
                notice[last] ^= 1;
                vec![notice]
            }
            (10, 16) => {
                let mut later = self.packet.clone();
                let at = later.len() - self.icmp.len();
                later[at + 7] = later[at + 7].wrapping_add(100);
                vec![self.notice(if v4 { 3 } else { 1 }, 1, [0; 4], &later)]
            }
            // Four bytes of IP options, that are none, in front of a sound answer.
            (10, 17) if v4 => vec![self.with_options(&[0xff; 4])],
            (10, 18) if v4 => vec![self.with_options(&[1; 40])],
            (20, code) => vec![self.notice(if v4 { 3 } else { 1 }, code, [0, 0, 5, 0xdc], &self.packet)],
            (21, code) => vec![self.notice(if v4 { 11 } else { 3 }, code, [0; 4], &self.packet)],
            (22, n) if v4 => vec![self.notice(12, 0, [n, 0, 0, 0], &self.packet)],
            (22, n) => vec![self.notice(4, n, [0, 0, 0, 6], &self.packet)],
            (23, code) if v4 => vec![self.notice(5, code, [10, 0, 0, 9], &self.packet), sound],
            (24, _) if v4 => vec![self.notice(4, 0, [0; 4], &self.packet), sound],
            (25, code) if !v4 => vec![self.notice(2, code, [0, 0, 5, 0x78], &self.packet)],
            _ => Vec::new(),
        }
    }

    fn reply_icmp(&self, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut icmp = self.icmp.clone();
        icmp[0] = if self.from.is_ipv4() { 0 } else { 129 };
        change(&mut icmp);
        icmp
    }

    fn reply(&self, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        self.packet_of(self.to, &self.reply_icmp(change))
    }

    fn notice(&self, kind: u8, code: u8, rest: [u8; 4], quote: &[u8]) -> Vec<u8> {
        let mut icmp = vec![kind, code, 0, 0];
        icmp.extend(rest);
        icmp.extend(quote);
        let from = if self.from.is_ipv4() { "10.0.0.254" } else { "fd00::fe" };
        self.packet_of(from.parse().unwrap(), &icmp)
    }

    /// The checksum is made right, but of a broken packet.
    fn packet_of(&self, from: IpAddr, icmp: &[u8]) -> Vec<u8> {
        let (broken, icmp) = match icmp.strip_prefix(&BROKEN) {
            Some(rest) => (true, rest),
            None => (false, icmp),
        };
        let mut icmp = icmp.to_vec();
        let mut packet = Vec::new();
        match (from, self.from) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                sum(&mut icmp, &[], broken);
                packet.extend([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0]);
                packet.extend(from.octets());
                packet.extend(to.octets());
                let total = ((20 + icmp.len()) as u16).to_be_bytes();
                packet[2..4].copy_from_slice(&total);
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                let mut pseudo: Vec<u8> = from.octets().into_iter().chain(to.octets()).collect();
                pseudo.extend((icmp.len() as u32).to_be_bytes());
                pseudo.extend([0, 0, 0, 58]);
                sum(&mut icmp, &pseudo, broken);
                packet.extend([0x60, 0, 0, 0]);
                packet.extend((icmp.len() as u16).to_be_bytes());
                packet.extend([58, 64]);
                packet.extend(from.octets());
                packet.extend(to.octets());
            }
            _ => unreachable!("one family"),
        }
        packet.extend(icmp);
        packet
    }

    fn with_options(&self, options: &[u8]) -> Vec<u8> {
        let mut packet = self.reply(|_| {});
        packet[0] = 0x45 + (options.len() / 4) as u8;
        packet.splice(20..20, options.iter().copied());
        let total = (packet.len() as u16).to_be_bytes();
        packet[2..4].copy_from_slice(&total);
        packet
    }
}

/// In front of what is to have a wrong checksum.
const BROKEN: [u8; 4] = *b"\xffbad";

fn broken(icmp: Vec<u8>) -> Vec<u8> {
    BROKEN.into_iter().chain(icmp).collect()
}

fn sum(icmp: &mut [u8], pseudo: &[u8], broken: bool) {
    if icmp.len() < 4 {
        return;
    }
    icmp[2..4].fill(0);
    let sum = checksum(&[pseudo, icmp].concat()) ^ u16::from(broken);
    icmp[2..4].copy_from_slice(&sum.to_be_bytes());
}

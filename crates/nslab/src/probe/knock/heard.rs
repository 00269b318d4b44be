//! What comes in at the other end, and how it is known again.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto};

use crate::error::{Error, Result};

const BEGIN: &str = "nslab check ";

/// Bytes of a header of UDP (RFC 768).
const UDP_HEADER: usize = 8;

/// What a datagram says: a line that people can read, too.
pub(super) fn line(token: u64) -> String {
    format!("{BEGIN}{token:016x}\n")
}

fn token(line: &[u8]) -> Option<u64> {
    let line = std::str::from_utf8(line).ok()?;
    let hex = line.strip_prefix(BEGIN)?.strip_suffix('\n')?;
    u64::from_str_radix(hex, 16).ok().filter(|token| self::line(*token) == line)
}

/// The token in a packet of UDP, behind an IPv4 header or bare.
fn token_of(packet: &[u8], family: AddressFamily) -> Option<u64> {
    let header = if family == AddressFamily::INET { usize::from(packet.first()? & 0xf) * 4 } else { 0 };
    token(packet.get(header..)?.get(UDP_HEADER..)?)
}

/// Raw sockets that get a copy of every datagram that the kernel of a namespace delivers, whether or not anybody is
/// there to take it: behind the packet filter's hook for what comes in (ip_local_deliver_finish() in
/// net/ipv4/ip_input.c, ip6_protocol_deliver_rcu() in net/ipv6/ip6_input.c).
pub(super) struct Ear(Vec<(AddressFamily, OwnedFd)>);

impl Ear {
    /// Opens them in the namespace of the calling thread.
    pub(super) fn open() -> Result<Self> {
        let mut sockets = Vec::new();
        for family in [AddressFamily::INET, AddressFamily::INET6] {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            match rustix::net::socket_with(family, SocketType::RAW, flags, Some(ipproto::UDP)) {
                Ok(socket) => sockets.push((family, socket)),
                Err(Errno::AFNOSUPPORT) => {}
                Err(errno) => return Err(Error::os("opening a raw socket", errno)),
            }
        }
        Ok(Self(sockets))
    }

    /// The tokens that have come in since this was called last.
    pub(super) fn heard(&mut self) -> Result<Vec<u64>> {
        let mut tokens = Vec::new();
        // Longer ones are others'.
        let mut buffer = [0_u8; 256];
        for (family, socket) in &self.0 {
            loop {
                match retry_on_intr(|| rustix::io::read(socket, &mut buffer)) {
                    Ok(len) => tokens.extend(buffer.get(..len).and_then(|packet| token_of(packet, *family))),
                    Err(Errno::AGAIN) => break,
                    Err(errno) => return Err(Error::os("receiving datagrams", errno)),
                }
            }
        }
        Ok(tokens)
    }

    pub(super) fn poll(&self) -> impl Iterator<Item = PollFd<'_>> {
        self.0.iter().map(|(_, socket)| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_line_of_ours_is_heard() {
        let line = line(0xabc);
        assert_eq!(line, "nslab check 0000000000000abc\n");
        let bare = [&[0; UDP_HEADER], line.as_bytes()].concat();
        let header = [&[0x46][..], &[0; 23]].concat();
        let v4 = [&header, bare.as_slice()].concat();
        assert_eq!(token_of(&bare, AddressFamily::INET6), Some(0xabc));
        assert_eq!(token_of(&v4, AddressFamily::INET), Some(0xabc));
        for end in 0..v4.len() {
            assert_eq!(token_of(&v4[..end], AddressFamily::INET), None, "{end}");
        }
        assert_eq!(token(b"nslab check +000000000000abc\n"), None);
        assert_eq!(token(b"nslab check 0000000000000ABC\n"), None);
        assert_eq!(token(b"nslab check 0000000000000abc\nx"), None);
        assert_eq!(token(b"\xff"), None);
    }
}

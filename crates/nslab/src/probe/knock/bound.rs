//! Which ports of UDP sockets are bound to, as the kernel shows it: /proc/net/udp and udp6 (proc(5)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::{Error, Result};

/// The addresses and ports of a namespace that sockets of UDP are bound to, but for those that are connected.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Bound(Vec<(IpAddr, u16)>);

impl Bound {
    /// Reads them in the namespace of the calling thread.
    pub(super) fn read() -> Result<Self> {
        let mut bound = Self::default();
        for name in ["udp", "udp6"] {
            let path = format!("/proc/thread-self/net/{name}");
            match std::fs::read_to_string(&path) {
                Ok(text) => bound.0.extend(text.lines().skip(1).filter_map(line)),
                // A kernel without IPv6.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::os(format_args!("reading {path}"), error)),
            }
        }
        Ok(bound)
    }

    /// Whether what comes to an address and port is taken by somebody. One that is bound to `::` is taken to take
    /// IPv4 too, which is so unless it says otherwise.
    pub(super) fn takes(&self, address: IpAddr, port: u16) -> bool {
        let takes = |own: &IpAddr| match (own, address) {
            (IpAddr::V6(any), _) if any.is_unspecified() => true,
            (IpAddr::V6(own), IpAddr::V4(address)) => own.to_ipv4_mapped() == Some(address),
            (IpAddr::V4(any), IpAddr::V4(_)) if any.is_unspecified() => true,
            _ => *own == address,
        };
        self.0.iter().any(|(own, bound)| *bound == port && takes(own))
    }
}

/// `  10: 0100007F:0035 00000000:0000 07 …`: addresses are words of 32 bits in the machine's order.
fn line(line: &str) -> Option<(IpAddr, u16)> {
    let mut words = line.split_whitespace().skip(1);
    let (own, port) = words.next()?.split_once(':')?;
    let (_, remote) = words.next()?.split_once(':')?;
    let number = |hex: &str| u16::from_str_radix(hex, 16).ok();
    let word = |at: usize| u32::from_str_radix(own.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let address = match own.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let words: Vec<[u8; 4]> = (0..4).map(word).collect::<Option<_>>()?;
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Ipv6Addr::from(bytes).into()
        }
        _ => return None,
    };
    // A connected one takes only what its other end sends.
    (number(remote)? == 0).then_some((address, number(port)?))
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;

    const V4: &str = "  10: 0200000A:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0 0 1 2 0 0";
    const V6: &str = "  11: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 07 0:0 0:0";

    #[test]
    fn lines_of_both_families() {
        assert_eq!(line(V4), Some(("10.0.0.2".parse().unwrap(), 53)));
        assert_eq!(line(V6), Some(("2001:db8::1".parse().unwrap(), 80)));
        assert_eq!(line(&V4.replace("00000000:0000 ", "0100000A:1234 ")), None);
        for text in [V4, V6] {
            (0..text.len()).for_each(|end| _ = line(&text[..end]));
        }
    }

    #[test]
    fn who_takes_what() {
        let (one, other): (IpAddr, IpAddr) = ("10.0.0.2".parse().unwrap(), "10.0.0.3".parse().unwrap());
        let six: IpAddr = "2001:db8::1".parse().unwrap();
        let takes = |own: &str, address: IpAddr| Bound(vec![(own.parse().unwrap(), 53)]).takes(address, 53);
        assert!(takes("10.0.0.2", one) && !takes("10.0.0.2", other) && !takes("10.0.0.2", six));
        assert!(takes("0.0.0.0", one) && !takes("0.0.0.0", six));
        assert!(takes("::", one) && takes("::", six) && takes("::ffff:10.0.0.2", one));
        assert!(!Bound(vec![(one, 53)]).takes(one, 54));
    }
}

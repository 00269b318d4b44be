//! The words that `nslab cidr` takes.

use std::net::{IpAddr, Ipv4Addr};

use crate::error::{Error, Result};
use crate::types::{Prefix, quote};

/// Reads an address with a length or, in IPv4, a dotted mask: `192.0.2.1/24`, `192.0.2.1/255.255.255.0`,
/// `2001:db8::1/64`. Without either, all bits are network part.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), with the word quoted and what is wrong with it:
/// not an address, a length out of range, a mask whose ones are not all in front, a zone (`%eth0`).
///
/// ```
/// use nslab::types::cidr;
/// assert_eq!(cidr::parse("192.0.2.1/255.255.255.0").unwrap().to_string(), "192.0.2.1/24");
/// assert_eq!(cidr::parse("192.0.2.1").unwrap().to_string(), "192.0.2.1/32");
/// let error = cidr::parse("192.0.2.1/255.0.255.0").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "\"192.0.2.1/255.0.255.0\": the mask \"255.0.255.0\" has ones behind zeros; a netmask is ones, then zeros"
/// );
/// ```
pub fn parse(word: &str) -> Result<Prefix> {
    let bad = |why: String| Error::invalid(format!("{}: {why}", quote(word)));
    if word.is_empty() {
        return Err(bad("an empty word is not an address".into()).with_help(FORMS));
    }
    if let Some(c) = word.chars().find(|c| c.is_whitespace() || c.is_control()) {
        return Err(
            bad(format!("contains {c:?}, which no address does")).with_help("give each address as its own word")
        );
    }
    let (text, len) = word.split_once('/').map_or((word, None), |(text, len)| (text, Some(len)));
    if let Some((_, zone)) = text.split_once('%') {
        return Err(bad(format!("the zone {} means something on one host only", quote(zone)))
            .with_help("leave out the `%` and what follows it"));
    }
    let Ok(address) = text.parse::<IpAddr>() else {
        let why = format!("{} is not an IPv4 or IPv6 address", quote(text));
        return Err(if text == word { Error::invalid(why) } else { bad(why) }.with_help(hint(text)));
    };
    match len {
        None => Prefix::new(address, if address.is_ipv4() { 32 } else { 128 }),
        Some(mask) if address.is_ipv4() && mask.contains('.') => Prefix::new(
            address,
            mask_len(mask).map_err(|(why, help)| match help {
                Some(help) => bad(why).with_help(help),
                None => bad(why),
            })?,
        ),
        Some(len) => {
            let (family, most) = if address.is_ipv4() { ("an IPv4", 32) } else { ("an IPv6", 128) };
            let digits = (1..=3).contains(&len.len()) && len.bytes().all(|b| b.is_ascii_digit());
            match len.parse() {
                Ok(bits) if digits && bits <= most => Prefix::new(address, bits),
                _ => Err(bad(format!("{family} prefix length is 0 to {most}, not {}", quote(len)))),
            }
        }
    }
}

const FORMS: &str = "write it as 192.0.2.1/24, 192.0.2.1/255.255.255.0 or 2001:db8::1/64";

fn hint(text: &str) -> &'static str {
    let octets: Vec<&str> = text.split('.').collect();
    let numbers = octets.iter().all(|octet| !octet.is_empty() && octet.bytes().all(|b| b.is_ascii_digit()));
    if octets.len() != 4 || !numbers {
        FORMS
    } else if octets.iter().any(|octet| octet.len() > 1 && octet.starts_with('0')) {
        "leave out the leading zeros: some programs take them for octal numbers"
    } else {
        "each of the four octets is 0 to 255"
    }
}

/// The length that a dotted mask stands for, or what is wrong with it and what to do.
fn mask_len(text: &str) -> Result<u8, (String, Option<String>)> {
    let Ok(mask) = text.parse::<Ipv4Addr>() else {
        return Err((
            format!("{} is not a netmask", quote(text)),
            Some("write it as 255.255.255.0, or as a length: 24".into()),
        ));
    };
    let bits = mask.to_bits();
    let ones = bits.leading_ones();
    if ones.saturating_add(bits.trailing_zeros()) >= 32 {
        return Ok(u8::try_from(ones).unwrap_or(32));
    }
    // All zeros in front: what routers of one maker write, and others call a wildcard.
    let help = ((!bits).leading_ones() + (!bits).trailing_zeros() >= 32)
        .then(|| format!("that is a wildcard mask; the netmask is {}", Ipv4Addr::from_bits(!bits)));
    Err((format!("the mask {} has ones behind zeros; a netmask is ones, then zeros", quote(text)), help))
}

//! Options as attributes.

use std::net::IpAddr;

use super::{Form, KindOption, LinkKind, OptionValue, Options};
use crate::error::{Error, Result};
use crate::types::IfName;
use crate::wire::Request;
use crate::wire::consts::kinds::{IFF_TAP, IFF_TUN, IFLA_TUN_TYPE, IFLA_VXLAN_LINK};

/// The options of a kind as they stand in `IFLA_INFO_DATA`. `link` is the index of the link beneath a vxlan, `index`
/// that of an interface of the node.
///
/// # Errors
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for an option that the kind does not have, a value that it does
/// not take, or an interface that is not there: none that comes from a lab file.
pub fn encode(
    kind: LinkKind,
    options: &Options,
    link: Option<u32>,
    index: impl Fn(&IfName) -> Option<u32>,
) -> Result<Vec<u8>> {
    let mut data = Request::attributes_alone();
    match (kind, link) {
        (LinkKind::Vxlan, Some(link)) => {
            data.u32(IFLA_VXLAN_LINK, link);
        }
        (LinkKind::Tun, _) => {
            data.attribute(IFLA_TUN_TYPE, &byte(u32::from(IFF_TUN)));
        }
        (LinkKind::Tap, _) => {
            data.attribute(IFLA_TUN_TYPE, &byte(u32::from(IFF_TAP)));
        }
        _ => {}
    }
    if let Some(unknown) = options.keys().find(|name| kind.option(name).is_none()) {
        return Err(Error::invalid(format!("kind {kind} has no option {unknown:?}")));
    }
    // In the order of the table, which is one that the kernel takes.
    for option in kind.facts().options {
        let Some(value) = options.get(option.name) else { continue };
        let (attribute, payload) = payload(option, value, &index)
            .ok_or_else(|| Error::invalid(format!("option {} of kind {kind} cannot be {value:?}", option.name)))?;
        data.attribute(attribute, &payload);
    }
    Ok(data.into_attributes())
}

fn payload(option: &KindOption, value: &OptionValue, index: &dyn Fn(&IfName) -> Option<u32>) -> Option<(u16, Vec<u8>)> {
    let number = match value {
        OptionValue::Address(address) => {
            let Form::Address(of_ipv6) = option.form else { return None };
            return Some(match address {
                IpAddr::V4(address) => (option.attribute, address.octets().to_vec()),
                IpAddr::V6(address) => (of_ipv6, address.octets().to_vec()),
            });
        }
        OptionValue::Switch(on) => u32::from(*on),
        OptionValue::Number(number) => *number,
        OptionValue::Time(milliseconds) => match option.form {
            Form::Centiseconds => milliseconds / 10,
            Form::Seconds => milliseconds / 1000,
            _ => *milliseconds,
        },
        OptionValue::Interface(name) => index(name)?,
    };
    let payload = match option.form {
        Form::U8 => byte(number),
        Form::U16 => u16::try_from(number).ok()?.to_ne_bytes().to_vec(),
        Form::Be16 => u16::try_from(number).ok()?.to_be_bytes().to_vec(),
        Form::U32 | Form::Centiseconds | Form::Seconds | Form::Index => number.to_ne_bytes().to_vec(),
        Form::Address(_) => return None,
    };
    Some((option.attribute, payload))
}

fn byte(number: u32) -> Vec<u8> {
    vec![u8::try_from(number).unwrap_or(u8::MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Attributes;

    fn options(kind: LinkKind, said: &[(&str, &str)]) -> Options {
        let value = |(name, text): &(&str, &str)| {
            ((*name).to_owned(), OptionValue::read(kind.option(name).unwrap(), text).unwrap())
        };
        said.iter().map(value).collect()
    }

    fn encoded(kind: LinkKind, said: &[(&str, &str)]) -> Vec<(u16, Vec<u8>)> {
        let bytes = encode(kind, &options(kind, said), Some(7), |name| (name.as_str() == "eth1").then_some(3)).unwrap();
        Attributes::new(&bytes).map(Result::unwrap).map(|it| (it.kind, it.payload.to_vec())).collect()
    }

    #[test]
    fn options_stand_in_their_attributes() {
        use LinkKind::{Bond, Bridge, Tap, Vlan, Vxlan};
        assert_eq!(
            encoded(Vlan, &[("id", "10"), ("protocol", "802.1ad")]),
            [(1, 10u16.to_ne_bytes().to_vec()), (5, vec![0x88, 0xa8])]
        );
        assert_eq!(
            encoded(Bond, &[("primary", "eth1"), ("miimon", "1s"), ("mode", "active-backup")]),
            [(1, vec![1]), (3, 1000u32.to_ne_bytes().to_vec()), (11, 3u32.to_ne_bytes().to_vec())]
        );
        assert_eq!(encoded(Bridge, &[("forward_delay", "2s")]), [(1, 200u32.to_ne_bytes().to_vec())]);
        assert_eq!(
            encoded(Vxlan, &[("id", "5"), ("local", "2001:db8::1"), ("group", "239.1.1.1")]),
            [
                (3, 7u32.to_ne_bytes().to_vec()),
                (1, 5u32.to_ne_bytes().to_vec()),
                (17, "2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap().octets().to_vec()),
                (2, vec![239, 1, 1, 1]),
            ]
        );
        assert_eq!(encoded(Tap, &[("owner", "5")]), [(3, vec![2]), (1, 5u32.to_ne_bytes().to_vec())]);
    }

    #[test]
    fn what_no_file_says_is_refused() {
        let mut odd = Options::new();
        odd.insert("id".into(), OptionValue::Address("192.0.2.1".parse().unwrap()));
        assert!(encode(LinkKind::Vlan, &odd, None, |_| None).is_err());
        assert!(encode(LinkKind::Dummy, &odd, None, |_| None).is_err());
        odd.insert("id".into(), OptionValue::Number(70_000));
        assert!(encode(LinkKind::Vlan, &odd, None, |_| None).is_err());
        let primary = options(LinkKind::Bond, &[("primary", "eth9")]);
        assert!(encode(LinkKind::Bond, &primary, None, |_| None).is_err());
    }
}

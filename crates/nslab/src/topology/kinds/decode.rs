//! What the kernel tells of a link's kind, as options.

use std::net::IpAddr;

use super::{Form, KindOption, LinkKind, OptionValue, Options, Takes};
use crate::types::IfName;
use crate::wire::Attributes;

/// The options of a kind by the attributes in its `IFLA_INFO_DATA`; what is malformed, or is not one that a file may
/// say, is left out. `name` gives the name of an interface of the node by its index.
#[must_use]
pub fn decode(kind: LinkKind, data: &[u8], name: impl Fn(u32) -> Option<IfName>) -> Options {
    let told: Vec<_> = Attributes::new(data).filter_map(Result::ok).collect();
    let payload = |kind: u16| told.iter().find(|attribute| attribute.kind == kind).map(|it| it.payload);
    let mut options = Options::new();
    for option in kind.facts().options {
        let of_ipv6 = match option.form {
            Form::Address(of_ipv6) => payload(of_ipv6),
            _ => None,
        };
        let Some(payload) = payload(option.attribute).or(of_ipv6) else { continue };
        let value = value(option, payload, &name);
        // By its words, so that it is one that a file may say.
        let said = value.filter(|value| OptionValue::read(option, &value.shown(option)).as_ref() == Ok(value));
        options.extend(said.map(|value| (option.name.to_owned(), value)));
    }
    options
}

fn value(option: &KindOption, payload: &[u8], name: &impl Fn(u32) -> Option<IfName>) -> Option<OptionValue> {
    if let Form::Address(_) = option.form {
        let address = match payload.len() {
            4 => IpAddr::from(<[u8; 4]>::try_from(payload).ok()?),
            _ => IpAddr::from(<[u8; 16]>::try_from(payload).ok()?),
        };
        return (!address.is_unspecified()).then_some(OptionValue::Address(address));
    }
    let number = match option.form {
        Form::U8 => payload.first().copied().map(u32::from)?,
        Form::U16 => u32::from(u16::from_ne_bytes(payload.try_into().ok()?)),
        Form::Be16 => u32::from(u16::from_be_bytes(payload.try_into().ok()?)),
        _ => u32::from_ne_bytes(payload.try_into().ok()?),
    };
    Some(match (option.takes, option.form) {
        (Takes::Switch, _) => OptionValue::Switch(number != 0),
        (Takes::Time(..), Form::Centiseconds) => OptionValue::Time(number.checked_mul(10)?),
        (Takes::Time(..), Form::Seconds) => OptionValue::Time(number.checked_mul(1000)?),
        (Takes::Time(..), _) => OptionValue::Time(number),
        (_, Form::Index) => OptionValue::Interface(name(number).filter(|_| number != 0)?),
        _ => OptionValue::Number(number),
    })
}

#[cfg(test)]
mod tests {
    use super::super::encode;
    use super::*;

    /// What is said to the kernel reads back as the same.
    #[test]
    fn what_is_encoded_is_decoded() {
        for kind in LinkKind::ALL {
            for option in kind.facts().options {
                let texts: Vec<String> = match option.takes {
                    Takes::Switch => vec!["true".into(), "false".into()],
                    Takes::Number(least, most) => vec![least.to_string(), most.to_string()],
                    Takes::Time(least, most, _) => vec![format!("{least}ms"), format!("{most}ms")],
                    Takes::Word(words) => words.iter().map(|(word, _)| (*word).into()).collect(),
                    Takes::Address => vec!["192.0.2.1".into(), "2001:db8::1".into()],
                    Takes::Group => vec!["239.0.0.1".into(), "ff05::1".into()],
                    Takes::Port => vec!["eth0".into()],
                };
                for text in texts {
                    let value = OptionValue::read(option, &text).unwrap();
                    let said = Options::from([(option.name.to_owned(), value)]);
                    let bytes = encode(kind, &said, None, |_| Some(7)).unwrap();
                    let name = |index| if index == 7 { "eth0".parse().ok() } else { None };
                    let read = decode(kind, &bytes, name);
                    assert_eq!(read.get(option.name), said.get(option.name), "{kind} {}", option.name);
                    for cut in 0..bytes.len() {
                        let _ = decode(kind, &bytes[..cut], name);
                    }
                }
            }
        }
    }
}

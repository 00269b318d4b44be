//! What the kernel tells of an interface, as options, and compared with what is wanted.

use std::net::IpAddr;

use super::{Form, KindOption, LinkKind, OptionValue, Options, Takes};
use crate::types::IfName;
use crate::wire::{Attribute, Attributes};

/// An option that is otherwise than it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Its name.
    pub option: &'static str,
    /// What is to be.
    pub wanted: OptionValue,
    /// What is; `None` where the kernel tells nothing of it.
    pub is: Option<OptionValue>,
    /// Whether the one can be made the other of an interface that is there.
    pub in_place: bool,
}

/// The options of a kind that the kernel tells (`IFLA_INFO_DATA`). `name` is that of an interface of the node by index.
#[must_use]
pub fn told(kind: LinkKind, data: &[u8], name: impl Fn(u32) -> Option<IfName>) -> Options {
    let told: Vec<Attribute<'_>> = Attributes::new(data).filter_map(Result::ok).collect();
    let value = |option: &KindOption| Some((option.name.to_owned(), value(option, &told, &name)?));
    kind.facts().options.iter().filter_map(value).collect()
}

/// Those of the wanted options that are told otherwise. What was left to the kernel is not looked at.
#[must_use]
pub fn differing(kind: LinkKind, wanted: &Options, told: &Options) -> Vec<Differing> {
    let differs = |option: &KindOption| {
        let (wanted, is) = (wanted.get(option.name)?, told.get(option.name));
        if is.is_some_and(|is| is_same(option, wanted, is)) {
            return None;
        }
        let in_place = option.in_place && is.is_some_and(|is| !is_fixed(kind, option, wanted, is));
        Some(Differing { option: option.name, wanted: wanted.clone(), is: is.cloned(), in_place })
    };
    kind.facts().options.iter().filter_map(differs).collect()
}

/// The kernel counts times of bridges in its own ticks, and tells them in hundredths of a second.
fn is_same(option: &KindOption, wanted: &OptionValue, is: &OptionValue) -> bool {
    match (option.form, wanted, is) {
        (Form::Centiseconds, OptionValue::Time(wanted), OptionValue::Time(is)) => wanted.abs_diff(*is) <= 10,
        _ => wanted == is,
    }
}

/// A macvlan stays in the mode `passthru`, and out of it.
fn is_fixed(kind: LinkKind, option: &KindOption, wanted: &OptionValue, is: &OptionValue) -> bool {
    let passthru = OptionValue::read(option, "passthru").ok();
    matches!(kind, LinkKind::Macvlan | LinkKind::Macvtap) && [wanted, is].map(Some).contains(&passthru.as_ref())
}

fn value(option: &KindOption, told: &[Attribute<'_>], name: &dyn Fn(u32) -> Option<IfName>) -> Option<OptionValue> {
    let of = |kind: u16| told.iter().find(|attribute| attribute.kind == kind);
    if let Form::Address(of_ipv6) = option.form {
        let v4 = of(option.attribute).and_then(|told| told.payload.first_chunk::<4>().copied().map(IpAddr::from));
        let v6 = || of(of_ipv6).and_then(|told| told.payload.first_chunk::<16>().copied().map(IpAddr::from));
        let address = v4.or_else(v6)?;
        let group = matches!(option.takes, Takes::Group);
        return (address.is_multicast() == group).then_some(OptionValue::Address(address));
    }
    let told = of(option.attribute)?;
    let number = match option.form {
        Form::U8 => told.u8()?.into(),
        Form::U16 => told.u16()?.into(),
        Form::Be16 => u16::from_be(told.u16()?).into(),
        _ => told.u32()?,
    };
    Some(match option.takes {
        Takes::Switch => OptionValue::Switch(number != 0),
        Takes::Time(..) => OptionValue::Time(match option.form {
            Form::Centiseconds => number.checked_mul(10)?,
            Form::Seconds => number.checked_mul(1000)?,
            _ => number,
        }),
        Takes::Port => OptionValue::Interface(name(number).filter(|_| number != 0)?),
        _ => OptionValue::Number(number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(kind: LinkKind, said: &[(&str, &str)]) -> Options {
        let value = |(name, text): &(&str, &str)| {
            ((*name).to_owned(), OptionValue::read(kind.option(name).unwrap(), text).unwrap())
        };
        said.iter().map(value).collect()
    }

    #[test]
    fn what_is_otherwise_is_found_and_whether_it_can_be_changed() {
        use LinkKind::{Bridge, Macvlan, Vlan, Vxlan};
        let differ = |kind, wanted: &[(&str, &str)], is: &[(&str, &str)]| -> Vec<(&str, bool)> {
            let found = differing(kind, &options(kind, wanted), &options(kind, is));
            found.iter().map(|it| (it.option, it.in_place)).collect()
        };
        assert_eq!(differ(Vlan, &[("id", "10")], &[("id", "11")]), [("id", false)]);
        assert_eq!(differ(Macvlan, &[("mode", "vepa")], &[("mode", "bridge")]), [("mode", true)]);
        assert_eq!(differ(Macvlan, &[("mode", "vepa")], &[("mode", "passthru")]), [("mode", false)]);
        assert_eq!(
            differ(Bridge, &[("priority", "7"), ("stp", "true")], &[("priority", "8")]),
            [("stp", false), ("priority", true)]
        );
        assert_eq!(differ(Bridge, &[("hello_time", "1.5s")], &[("hello_time", "1.49s")]), []);
        assert_eq!(
            differ(Vxlan, &[("id", "5"), ("ttl", "9")], &[("id", "5"), ("ttl", "8"), ("tos", "1")]),
            [("ttl", true)]
        );
        assert_eq!(differ(Vxlan, &[], &[("ttl", "8")]), []);
    }
}

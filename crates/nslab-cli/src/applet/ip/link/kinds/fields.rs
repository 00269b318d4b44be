//! How a kind's attributes are printed with `-details`: a table of fields, printed in order.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nslab::wire::{Attribute, Table};

use crate::applet::ip::link::print::{hex, name_or_index};
use crate::applet::ip::session::Session;

/// The attributes of a kind.
pub(super) type Details<'a> = Table<'a, 64>;

/// A value that is printed where its attribute is there.
pub(super) struct Field {
    pub(super) attribute: u16,
    /// Its name in JSON.
    pub(super) key: &'static str,
    /// Its text; `{}` stands for the value.
    pub(super) format: &'static str,
    pub(super) shape: Shape,
}

/// What a value looks like.
pub(super) enum Shape {
    /// A number, as wide as the attribute.
    Number,
    /// `on` or `off`.
    OnOff,
    /// A number that is shown, in JSON too, as text: in hexadecimal, 0 as `0`.
    Mask,
    /// The same with 0 as `0x0`.
    Hex,
    /// Hundredths of a second.
    Timer,
    /// A hardware address.
    Address,
    /// The name of a link, from its index.
    Link,
    /// Something of its own.
    By(fn(&mut Session, &Field, Attribute<'_>)),
    /// Something of its own, made of several attributes, or of one that is not there.
    All(fn(&mut Session, &Details<'_>)),
}

/// Prints what is there, in the order of the table.
pub(super) fn print(session: &mut Session, fields: &[Field], details: &Details<'_>) {
    for field in fields {
        if let Shape::All(print) = field.shape {
            print(session, details);
        } else if let Some(attribute) = details.get(field.attribute) {
            field.print(session, attribute);
        }
    }
}

impl Field {
    fn print(&self, session: &mut Session, attribute: Attribute<'_>) {
        let print = &mut session.print;
        match self.shape {
            Shape::By(show) => return show(session, self, attribute),
            Shape::All(_) => return,
            Shape::Address => {
                let address = hex(attribute.payload);
                return print.string(self.key, self.format, address);
            }
            _ => {}
        }
        let Some(number) = number(attribute) else { return };
        match self.shape {
            Shape::OnOff => print.on_off(self.key, self.format, number != 0),
            Shape::Mask => print.string(self.key, self.format, mask(number)),
            Shape::Hex => print.string(self.key, self.format, format!("{number:#x}")),
            Shape::Timer => {
                let value = format!("{}.{:02}", number / 100, number % 100);
                print.decimal(self.key, self.format, &value, format!("{value:>7}"));
            }
            Shape::Link => {
                let name = u32::try_from(number).map(|index| name_or_index(session, index)).unwrap_or_default();
                session.print.string(self.key, self.format, name);
            }
            _ => print.number(self.key, self.format, number),
        }
    }
}

/// The number in an attribute, as wide as it is.
pub(super) fn number(attribute: Attribute<'_>) -> Option<u64> {
    match attribute.payload.len() {
        0 => None,
        1 => attribute.u8().map(Into::into),
        2 | 3 => attribute.u16().map(Into::into),
        4..=7 => attribute.u32().map(Into::into),
        _ => attribute.u64(),
    }
}

/// The address in an attribute of 4 or 16 bytes.
pub(super) fn ip_address(attribute: Attribute<'_>) -> Option<IpAddr> {
    match attribute.payload.len() {
        4 => Some(Ipv4Addr::from(*attribute.payload.first_chunk::<4>()?).into()),
        16 => Some(Ipv6Addr::from(*attribute.payload.first_chunk::<16>()?).into()),
        _ => None,
    }
}

/// In hexadecimal, but for 0.
pub(super) fn mask(number: u64) -> String {
    if number == 0 { "0".into() } else { format!("{number:#x}") }
}

pub(super) const fn field(attribute: u16, key: &'static str, format: &'static str, shape: Shape) -> Field {
    Field { attribute, key, format, shape }
}

/// A field that is made of several attributes.
pub(super) const fn all(print: fn(&mut Session, &Details<'_>)) -> Field {
    Field { attribute: 0, key: "", format: "", shape: Shape::All(print) }
}

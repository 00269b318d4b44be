//! What tunnels in UDP have alike: bareudp, geneve, vxlan.

use nslab::wire::Attribute;

use super::fields::{Details, Field};
use crate::applet::ip::session::Session;

/// What the packets say of being split (`enum ifla_vxlan_df`, `enum ifla_geneve_df`).
pub(super) const DF: [&str; 3] = ["unset", "set", "inherit"];

pub(super) fn show_port(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some(port) = attribute.payload.first_chunk() {
        session.print.number(field.key, field.format, u16::from_be_bytes(*port));
    }
}

pub(super) fn show_tos(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Some(tos) = attribute.u8().filter(|tos| *tos != 0) else { return };
    if tos == 1 && !session.print.is_json() {
        session.print.text("tos inherit ");
    } else {
        session.print.string(field.key, field.format, format!("{tos:#x}"));
    }
}

/// From the attribute that says that it is inherited, and that with the number.
pub(super) fn show_ttl(session: &mut Session, details: &Details<'_>, [inherit, number]: [u16; 2]) {
    let byte = |attribute| details.get(attribute).and_then(|a| a.u8());
    if byte(inherit).is_some_and(|inherit| inherit != 0) {
        return session.print.text("ttl inherit ");
    }
    match byte(number) {
        Some(0) => session.print.number_as("ttl", "ttl {} ", 0, "auto"),
        Some(ttl) => session.print.number("ttl", "ttl {} ", ttl),
        None => {}
    }
}

pub(super) fn show_df(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Some(df) = attribute.u8() else { return };
    let word = DF.get(usize::from(df)).copied().unwrap_or("unknown");
    session.print.string(field.key, if df == 0 { "" } else { field.format }, word);
}

pub(super) fn show_label(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let label = attribute.payload.first_chunk().map(|label| u32::from_be_bytes(*label));
    if let Some(label) = label.filter(|label| *label != 0) {
        session.print.string(field.key, field.format, format!("{label:#x}"));
    }
}

//! How an address is printed.

use nslab::ops::address::{Address, FOREVER};
use nslab::wire::consts::{
    AF_INET, AF_INET6, IFA_ANYCAST, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_HOMEADDRESS, IFA_F_MANAGETEMPADDR,
    IFA_F_MCAUTOJOIN, IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_OPTIMISTIC, IFA_F_PERMANENT, IFA_F_SECONDARY,
    IFA_F_STABLE_PRIVACY, IFA_F_TENTATIVE,
};

use crate::applet::ip::session::Session;

/// In the order in which `ip` prints them; `dynamic` stands for a permanent flag that is not set.
const FLAGS: &[(u32, &str)] = &[
    (IFA_F_SECONDARY, "secondary"),
    (IFA_F_NODAD, "nodad"),
    (IFA_F_OPTIMISTIC, "optimistic"),
    (IFA_F_DADFAILED, "dadfailed"),
    (IFA_F_HOMEADDRESS, "home"),
    (IFA_F_DEPRECATED, "deprecated"),
    (IFA_F_TENTATIVE, "tentative"),
    (IFA_F_PERMANENT, "dynamic"),
    (IFA_F_MANAGETEMPADDR, "mngtmpaddr"),
    (IFA_F_NOPREFIXROUTE, "noprefixroute"),
    (IFA_F_MCAUTOJOIN, "autojoin"),
    (IFA_F_STABLE_PRIVACY, "stable-privacy"),
];

/// Prints an address of a link, with its line break.
pub(super) fn address(session: &mut Session, link_name: &[u8], address: &Address<'_>) {
    let mut line = Vec::new();
    if session.oneline() {
        line.extend(format!("{}: ", address.index()).bytes());
        line.extend_from_slice(link_name);
    }
    let family = match address.family() {
        AF_INET => "inet".into(),
        AF_INET6 => "inet6".into(),
        other => format!("family {other}"),
    };
    line.extend(format!("    {family} ").bytes());
    if let Some(local) = address.local() {
        line.extend(local.to_string().bytes());
        if let Some(peer) = address.peer() {
            line.extend(format!(" peer {peer}").bytes());
        }
        line.extend(format!("/{} ", address.prefix_len()).bytes());
    }
    if let Some(metric) = address.metric().filter(|metric| *metric != 0) {
        line.extend(format!("metric {metric} ").bytes());
    }
    if let Some(broadcast) = address.broadcast() {
        line.extend(format!("brd {broadcast} ").bytes());
    }
    if let Some(anycast) = address.ip(IFA_ANYCAST) {
        line.extend(format!("any {anycast} ").bytes());
    }
    line.extend_from_slice(b"scope ");
    line.extend(session.tables.scope(address.scope()));
    line.push(b' ');
    line.extend(flags(address).bytes());
    if let Some(protocol) = address.protocol() {
        line.extend_from_slice(b"proto ");
        line.extend(session.tables.address_protocol(protocol));
        line.push(b' ');
    }
    if let Some(label) = address.label() {
        line.extend_from_slice(label);
    }
    if let Some((preferred, valid)) = address.lifetimes() {
        line.extend(session.line_end().bytes());
        line.extend(format!("       valid_lft {} preferred_lft ", lifetime(valid)).bytes());
        // A deprecated address counts on below zero.
        if address.flags() & IFA_F_DEPRECATED != 0 && preferred != FOREVER {
            line.extend(format!("{}sec", preferred.cast_signed()).bytes());
        } else {
            line.extend(lifetime(preferred).bytes());
        }
    }
    line.push(b'\n');
    session.out.extend(line);
}

fn flags(address: &Address<'_>) -> String {
    let flags = address.flags();
    let mut text = String::new();
    let mut rest = flags;
    for (flag, word) in FLAGS {
        let shown = if *flag == IFA_F_PERMANENT { flags & flag == 0 } else { flags & flag != 0 };
        rest &= !flag;
        if shown {
            let temporary = *flag == IFA_F_SECONDARY && address.family() == AF_INET6;
            text.push_str(if temporary { "temporary" } else { word });
            text.push(' ');
        }
    }
    if rest != 0 {
        text.push_str(&format!("flags {rest:02x} "));
    }
    text
}

fn lifetime(seconds: u32) -> String {
    if seconds == FOREVER { "forever".into() } else { format!("{seconds}sec") }
}

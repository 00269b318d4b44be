//! How a rule is printed.

use std::net::IpAddr;

use nslab::ops::rule::{Ports, Rule};
use nslab::wire::consts::{
    FIB_RULE_IIF_DETACHED, FIB_RULE_INVERT, FIB_RULE_OIF_DETACHED, FIB_RULE_UNRESOLVED, FR_ACT_GOTO, FR_ACT_NAT,
    FR_ACT_NOP, FR_ACT_TO_TBL, FRA_FLOW, FRA_FWMARK, FRA_FWMASK, FRA_GOTO, FRA_IIFNAME, FRA_IP_PROTO, FRA_L3MDEV,
    FRA_OIFNAME, FRA_PROTOCOL, FRA_SUPPRESS_IFGROUP, FRA_SUPPRESS_PREFIXLEN, RTM_DELRULE,
};

use super::TYPES;
use super::selectors::protocol_name;
use crate::applet::ip::fail::bytes;
use crate::applet::ip::names::Name;
use crate::applet::ip::print::{Color, Printer};
use crate::applet::ip::session::Session;

/// `RTPROT_UNSPEC` and `RTPROT_KERNEL`, which go without saying.
const NOT_SAID: [u8; 2] = [0, 2];

pub(super) fn rule(session: &mut Session, rule: &Rule<'_>) {
    session.print.begin_object(None);
    if rule.message().header.kind == RTM_DELRULE {
        session.print.boolean("deleted", "Deleted ", true);
    }
    who(session, rule);
    ports(&mut session.print, rule);
    what(session, rule);
    session.print.text("\n");
    session.print.end_object();
}

/// The packets that it is for.
fn who(session: &mut Session, rule: &Rule<'_>) {
    let (print, names) = (&mut session.print, &session.names);
    print.number("priority", "{}:\t", rule.priority());
    if rule.flags() & FIB_RULE_INVERT != 0 {
        print.null("not", "not ");
    }
    print.text("from ");
    match rule.from() {
        Some(from) => prefix(print, "src", "srclen", from),
        None => print.string("src", "{}", "all"),
    }
    if let Some(to) = rule.to() {
        print.text(" to ");
        prefix(print, "dst", "dstlen", to);
    }
    if rule.tos() != 0 {
        print.string("tos", " tos {}", names.name(Name::DsField, rule.tos().into()));
    }
    let (mark, mask) = (rule.number(FRA_FWMARK), rule.number(FRA_FWMASK));
    if mark.is_some() || mask.is_some() {
        print.string("fwmark", " fwmark {}", hexadecimal(mark.unwrap_or(0)));
        if let Some(mask) = mask.filter(|mask| *mask != u32::MAX) {
            print.string("fwmask", "/{}", hexadecimal(mask));
        }
    }
    let interfaces = [
        (FRA_IIFNAME, " iif ", "iif", "iif_detached", FIB_RULE_IIF_DETACHED),
        (FRA_OIFNAME, " oif ", "oif", "oif_detached", FIB_RULE_OIF_DETACHED),
    ];
    for (kind, word, key, detached_key, detached) in interfaces {
        let Some(name) = rule.attribute(kind) else { continue };
        print.text(word);
        print.colored(Color::IfName, key, "{}", name.string());
        if rule.flags() & detached != 0 {
            print.null(detached_key, " [detached]");
        }
    }
    if rule.attribute(FRA_L3MDEV).is_some() {
        print.null("l3mdev", "");
    }
    if let Some(users) = rule.users() {
        print.number("uid_start", " uidrange {}", *users.start());
        print.number("uid_end", "-{}", *users.end());
    }
    if let Some(protocol) = rule.attribute(FRA_IP_PROTO).and_then(|a| a.u8()) {
        let known = if names.numeric { None } else { protocol_name(protocol) };
        let name = known.unwrap_or_else(|| format!("ipproto-{protocol}").into_bytes());
        print.string("ipproto", " ipproto {}", name);
    }
}

fn prefix(print: &mut Printer, key: &'static str, len_key: &'static str, (address, len): (IpAddr, u8)) {
    let (color, whole) = if address.is_ipv4() { (Color::Inet, 32) } else { (Color::Inet6, 128) };
    print.colored(color, key, "{}", address.to_string());
    if len != whole {
        print.number(len_key, "/{}", len);
    }
}

fn ports(print: &mut Printer, rule: &Rule<'_>) {
    let both = [
        (rule.source_ports(), "sport", "sport_mask", "sport_start", "sport_end"),
        (rule.destination_ports(), "dport", "dport_mask", "dport_start", "dport_end"),
    ];
    for (ports, key, mask_key, start_key, end_key) in both {
        match ports {
            None => {}
            Some(Ports { start, end, mask }) if start == end => {
                print.number(key, "", start);
                match mask.filter(|mask| *mask != u16::MAX) {
                    Some(mask) => print.text(format!(" {key} {start:#x}/{mask:#x}")),
                    None => print.text(format!(" {key} {start}")),
                }
                if let Some(mask) = mask {
                    print.string(mask_key, "", format!("{mask:#x}"));
                }
            }
            Some(Ports { start, end, .. }) => {
                print.text(format!(" {key} "));
                print.number(start_key, "{}", start);
                print.number(end_key, "-{}", end);
            }
        }
    }
    if let Some(id) = rule.tunnel() {
        print.number("tun_id", " tun_id {}", id);
    }
}

/// What is done with them.
fn what(session: &mut Session, rule: &Rule<'_>) {
    let details = session.options.details;
    let (print, names) = (&mut session.print, &session.names);
    let l3mdev = rule.attribute(FRA_L3MDEV).is_some();
    if l3mdev {
        print.text(" lookup [l3mdev-table]");
    } else if rule.table() != 0 {
        print.string("table", " lookup {}", names.name(Name::Table, rule.table()));
        // All bits set: nothing is suppressed.
        if let Some(len) = rule.number(FRA_SUPPRESS_PREFIXLEN).filter(|len| *len != u32::MAX) {
            print.number("suppress_prefixlen", " suppress_prefixlength {}", len);
        }
        if let Some(group) = rule.number(FRA_SUPPRESS_IFGROUP).filter(|group| *group != u32::MAX) {
            print.string("suppress_ifgroup", " suppress_ifgroup {}", names.name(Name::Group, group));
        }
    }
    if let Some(realms) = rule.number(FRA_FLOW) {
        let (from, to) = (realms >> 16, realms & 0xffff);
        print.text(" realms ");
        if from != 0 {
            print.string("flow_from", "{}/", names.name(Name::Realm, from));
        }
        print.string("flow_to", "{}", names.name(Name::Realm, to));
    }
    match rule.action() {
        FR_ACT_TO_TBL => {}
        FR_ACT_NAT => print.null("masquerade", " masquerade"),
        FR_ACT_GOTO => {
            match rule.number(FRA_GOTO) {
                Some(target) => print.number("goto", " goto {}", target),
                None => print.string("goto", " goto {}", "none"),
            }
            if rule.flags() & FIB_RULE_UNRESOLVED != 0 {
                print.null("unresolved", " [unresolved]");
            }
        }
        FR_ACT_NOP => print.null("nop", " nop"),
        other => {
            let name = TYPES.iter().find(|(kind, ..)| *kind == other && !names.numeric);
            print.string("action", " {}", name.map_or_else(|| other.to_string(), |(_, name, _)| (*name).into()));
        }
    }
    if let Some(protocol) = rule.attribute(FRA_PROTOCOL).and_then(|a| a.u8())
        && (details || !NOT_SAID.contains(&protocol))
    {
        print.string("protocol", " proto {}", names.name(Name::Protocol, protocol.into()));
    }
    if let Some(dscp) = rule.dscp() {
        let name = names.known(Name::DsField, u32::from(dscp.value) << 2);
        let name = name.unwrap_or_else(|| dscp.value.to_string().into_bytes());
        print.string("dscp", "", &name);
        match dscp.mask.filter(|mask| *mask != 0x3f) {
            Some(mask) => print.text(format!(" dscp {}/{mask:#x}", hexadecimal(dscp.value.into()))),
            None => print.text(bytes![" dscp ", name]),
        }
        if let Some(mask) = dscp.mask {
            print.string("dscp_mask", "", format!("{mask:#x}"));
        }
    }
    if let Some(label) = rule.flow_label() {
        print.string("flowlabel", " flowlabel {}", hexadecimal(label.value));
        if let Some(mask) = label.mask {
            print.string("flowlabel_mask", "", format!("{mask:#x}"));
            if mask != 0xf_ffff {
                print.text(format!("/{mask:#x}"));
            }
        }
    }
}

/// As C's `%#x`: zero has no prefix.
fn hexadecimal(number: u32) -> String {
    if number == 0 { "0".into() } else { format!("{number:#x}") }
}

//! `type bond_slave`: a link of a bond (ip-link(8), `linux/if_link.h`, IEEE 802.1AX).

use nslab::wire::Attribute;
use nslab::wire::consts::kinds::*;

use super::fields::{Field, Shape, field};
use super::reading::{Opt, Options, Reading, Takes, UNKNOWN_OPTION, opt};
use crate::applet::ip::fail::Fail;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words};

pub(super) static OPTIONS: Options = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_OPTION,
    once: false,
    begin: |_| Ok(()),
    finish: |_| Ok(()),
    usage: "Usage: ip link set NAME type bond_slave [ queue_id NUMBER ] [ prio NUMBER ]\n",
};

static TABLE: &[Opt] = &[
    opt("queue_id", IFLA_BOND_SLAVE_QUEUE_ID, Takes::U16, "{} is invalid"),
    opt("prio", IFLA_BOND_SLAVE_PRIO, Takes::By(read_priority), "{} is invalid"),
];

fn read_priority(reading: &mut Reading<'_, ()>, option: &Opt, words: &mut Words<'_>) -> Result<(), Fail> {
    let word = words.value()?;
    reading.data.u32(option.attribute, words::i32_as_u32(word).ok_or_else(|| option.wrong(word))?);
    Ok(())
}

pub(super) static FIELDS: &[Field] = {
    use Shape::{Address, By, Number};
    &[
        field(IFLA_BOND_SLAVE_STATE, "state", "state {} ", By(|s, f, a| show_word(s, f, a, &["ACTIVE", "BACKUP"]))),
        field(
            IFLA_BOND_SLAVE_MII_STATUS,
            "mii_status",
            "mii_status {} ",
            By(|s, f, a| show_word(s, f, a, &["UP", "GOING_DOWN", "DOWN", "GOING_BACK"])),
        ),
        field(IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, "link_failure_count", "link_failure_count {} ", Number),
        field(IFLA_BOND_SLAVE_PERM_HWADDR, "perm_hwaddr", "perm_hwaddr {} ", Address),
        field(IFLA_BOND_SLAVE_QUEUE_ID, "queue_id", "queue_id {} ", Number),
        field(IFLA_BOND_SLAVE_PRIO, "prio", "prio {} ", By(show_priority)),
        field(IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, "ad_aggregator_id", "ad_aggregator_id {} ", Number),
        field(
            IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE,
            "ad_actor_oper_port_state",
            "ad_actor_oper_port_state {} ",
            Number,
        ),
        field(
            IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE,
            "ad_actor_oper_port_state_str",
            "ad_actor_oper_port_state_str ",
            By(show_port_state),
        ),
        field(
            IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE,
            "ad_partner_oper_port_state",
            "ad_partner_oper_port_state {} ",
            Number,
        ),
        field(
            IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE,
            "ad_partner_oper_port_state_str",
            "ad_partner_oper_port_state_str ",
            By(show_port_state),
        ),
    ]
};

/// A word by its number, or the number.
fn show_word(session: &mut Session, field: &Field, attribute: Attribute<'_>, among: &[&str]) {
    let Some(number) = attribute.u8() else { return };
    match among.get(usize::from(number)) {
        Some(word) => session.print.string(field.key, field.format, word),
        None => session.print.number(field.key, field.format, number),
    }
}

fn show_priority(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    if let Some(priority) = attribute.u32() {
        session.print.number(field.key, field.format, priority.cast_signed());
    }
}

/// The bits of a port's state, from the lowest (`LACP_STATE_…`, IEEE 802.1AX 6.4.2.3).
fn show_port_state(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let Some(state) = super::fields::number(attribute) else { return };
    let names =
        ["active", "short_timeout", "aggregating", "in_sync", "collecting", "distributing", "defaulted", "expired"];
    let print = &mut session.print;
    print.begin_array(field.key);
    print.text(field.format);
    print.text("<");
    let set = names.iter().enumerate().filter(|(bit, _)| (state >> bit) & 1 != 0);
    for (place, (_, name)) in set.enumerate() {
        print.text(if place == 0 { "" } else { "," });
        print.string(None, "{}", name);
    }
    print.text("> ");
    print.end_array();
}

//! Links of kind tun, which `ip tuntap` makes: what rtnetlink says of them (`linux/if_link.h`).

use nslab::wire::Attribute;
use nslab::wire::consts::kinds::{
    IFLA_TUN_GROUP, IFLA_TUN_MULTI_QUEUE, IFLA_TUN_NUM_DISABLED_QUEUES, IFLA_TUN_NUM_QUEUES, IFLA_TUN_OWNER,
    IFLA_TUN_PERSIST, IFLA_TUN_PI, IFLA_TUN_TYPE, IFLA_TUN_VNET_HDR,
};

use super::fields::{Details, Field, Shape, all, field};
use crate::applet::ip::accounts::Accounts;
use crate::applet::ip::session::Session;

pub(super) static FIELDS: &[Field] = {
    use Shape::{By, OnOff};
    &[
        field(IFLA_TUN_TYPE, "type", "type {} ", By(show_type)),
        field(IFLA_TUN_PI, "pi", "pi {} ", OnOff),
        field(IFLA_TUN_VNET_HDR, "vnet_hdr", "vnet_hdr {} ", OnOff),
        all(show_queues),
        field(IFLA_TUN_PERSIST, "persist", "persist {} ", OnOff),
        field(IFLA_TUN_OWNER, "user", "user {} ", By(show_user)),
        field(IFLA_TUN_GROUP, "group", "group {} ", By(show_group)),
    ]
};

fn show_type(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let word = match attribute.u8() {
        Some(1) => "tun",
        Some(2) => "tap",
        _ => "UNKNOWN",
    };
    session.print.string(field.key, field.format, word);
}

fn show_queues(session: &mut Session, details: &Details<'_>) {
    let Some(on) = details.get(IFLA_TUN_MULTI_QUEUE).and_then(|a| a.u8()) else { return };
    let print = &mut session.print;
    print.boolean("multi_queue", if on == 0 { "" } else { "multi_queue " }, on != 0);
    if on == 0 {
        return;
    }
    for (attribute, key, format) in [
        (IFLA_TUN_NUM_QUEUES, "numqueues", "numqueues {} "),
        (IFLA_TUN_NUM_DISABLED_QUEUES, "numdisabled", "numdisabled {} "),
    ] {
        if let Some(number) = details.get(attribute).and_then(|a| a.u32()) {
            print.number(key, format, number);
        }
    }
}

fn show_user(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    show_account(session, Accounts::Users, field, attribute);
}

fn show_group(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    show_account(session, Accounts::Groups, field, attribute);
}

fn show_account(session: &mut Session, accounts: Accounts, field: &Field, attribute: Attribute<'_>) {
    let Some(id) = attribute.u32() else { return };
    match accounts.name(id) {
        Some(name) => session.print.string(field.key, field.format, name),
        None => session.print.number(field.key, field.format, id),
    }
}

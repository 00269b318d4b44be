//! `type vxlan`: Ethernet in UDP (RFC 7348; ip-link(8), `linux/if_link.h`).

mod read;
mod show;

pub(super) use read::OPTIONS;
pub(super) use show::FIELDS;

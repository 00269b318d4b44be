//! `type vxlan`: Ethernet in UDP (RFC 7348; ip-link(8), `linux/if_link.h`).

mod read;
mod show;

pub(super) use read::OPTIONS;
pub(super) use show::FIELDS;

/// What the packets say of being split (`enum ifla_vxlan_df`).
const DF: [&str; 3] = ["unset", "set", "inherit"];

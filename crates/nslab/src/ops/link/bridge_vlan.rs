//! Which VLANs a port of a bridge is in (`bridge vlan add`, bridge(8)).

use super::Link;
use super::request::header;
use crate::error::Result;
use crate::netlink::{Connection, Dumped, Transport};
use crate::wire::Request;
use crate::wire::consts::kinds::{
    BRIDGE_FLAGS_SELF, BRIDGE_VLAN_INFO_PVID, BRIDGE_VLAN_INFO_RANGE_BEGIN, BRIDGE_VLAN_INFO_RANGE_END,
    BRIDGE_VLAN_INFO_UNTAGGED, IFLA_BRIDGE_FLAGS, IFLA_BRIDGE_VLAN_INFO,
};
use crate::wire::consts::{AF_BRIDGE, IFLA_AF_SPEC, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN, RTM_GETLINK, RTM_SETLINK};

/// VLANs of a port, or of a bridge itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VlanConfig {
    /// The first: 1 to 4094.
    pub first: u16,
    /// The last; the first, where it is one.
    pub last: u16,
    /// Whether frames without a tag belong to it; only of one.
    pub pvid: bool,
    /// Whether its frames leave without a tag.
    pub untagged: bool,
}

impl VlanConfig {
    /// The request that puts the port with an index into them; or, with `itself`, the bridge with that index.
    #[must_use]
    pub fn add(&self, index: u32, itself: bool) -> Request {
        let mut request = Request::new(RTM_SETLINK, 0, &header(AF_BRIDGE, index, 0, 0));
        let flags = if self.pvid { BRIDGE_VLAN_INFO_PVID } else { 0 }
            | if self.untagged { BRIDGE_VLAN_INFO_UNTAGGED } else { 0 };
        let info = |flags: u16, id: u16| [flags.to_ne_bytes(), id.to_ne_bytes()].concat();
        request.nest(IFLA_AF_SPEC, |spec| {
            if itself {
                spec.u16(IFLA_BRIDGE_FLAGS, BRIDGE_FLAGS_SELF);
            }
            if self.first == self.last {
                spec.attribute(IFLA_BRIDGE_VLAN_INFO, &info(flags, self.first));
            } else {
                spec.attribute(IFLA_BRIDGE_VLAN_INFO, &info(flags | BRIDGE_VLAN_INFO_RANGE_BEGIN, self.first));
                spec.attribute(IFLA_BRIDGE_VLAN_INFO, &info(flags | BRIDGE_VLAN_INFO_RANGE_END, self.last));
            }
        });
        request
    }
}

/// Hands the VLANs of each port of a bridge, and of each bridge itself, to `take`, with the link's index.
///
/// # Errors
/// What the kernel answers, or what `take` returns.
pub fn dump_vlans<T: Transport>(
    connection: &mut Connection<T>,
    mut take: impl FnMut(u32, VlanConfig) -> Result<()>,
) -> Result<Dumped> {
    let mut request = Request::new(RTM_GETLINK, 0, &header(AF_BRIDGE, 0, 0, 0));
    request.u32(IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN);
    connection.dump_each(
        request,
        || "listing VLANs of bridges".into(),
        |message| {
            let link = Link::parse(message)?;
            let list = link.attribute(IFLA_AF_SPEC).into_iter().flat_map(|spec| spec.nested());
            let mut begin = None;
            for info in list.map_while(std::result::Result::ok).filter(|info| info.kind == IFLA_BRIDGE_VLAN_INFO) {
                let Some([f0, f1, v0, v1]) = info.payload.first_chunk::<4>().copied() else { continue };
                let (flags, id) = (u16::from_ne_bytes([f0, f1]), u16::from_ne_bytes([v0, v1]));
                if flags & BRIDGE_VLAN_INFO_RANGE_BEGIN != 0 {
                    begin = Some(id);
                    continue;
                }
                let first = begin.take().unwrap_or(id);
                let (pvid, untagged) = (flags & BRIDGE_VLAN_INFO_PVID != 0, flags & BRIDGE_VLAN_INFO_UNTAGGED != 0);
                take(link.index(), VlanConfig { first, last: id, pvid, untagged })?;
            }
            Ok(())
        },
    )
}

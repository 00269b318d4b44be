//! `ip address help`.

use crate::applet::ip::fail::{Fail, MISUSE};

const USAGE: &str = "\
Usage: ip address [ show [ SELECTOR ] ]
       ip address { add | change | replace } IFADDR dev IFNAME [ LIFETIME ] [ CONFFLAG-LIST ]
       ip address del IFADDR dev IFNAME [ mngtmpaddr ]
       ip address { flush | save } [ SELECTOR ]
       ip address { restore | showdump }
IFADDR := { PREFIX | ADDR peer PREFIX } [ broadcast ADDR ] [ anycast ADDR ] [ label LABEL ]
          [ scope SCOPE-ID ] [ metric METRIC ] [ proto ADDRPROTO ]
SELECTOR := [ dev IFNAME ] [ scope SCOPE-ID ] [ to PREFIX ] [ label LABEL ] [ FLAG-LIST ]
            [ { up | down } ] [ master DEVICE ] [ nomaster ] [ vrf NAME ] [ type TYPE ]
            [ proto ADDRPROTO ] [ group GROUP ]
SCOPE-ID := [ host | link | global | NUMBER ]
FLAG-LIST := [ FLAG-LIST ] FLAG
FLAG := [ [-]tentative | [-]deprecated | [-]dadfailed | permanent | dynamic |
          primary | secondary | temporary | CONFFLAG-LIST ]
CONFFLAG-LIST := [ CONFFLAG-LIST ] CONFFLAG
CONFFLAG := [ home | mngtmpaddr | nodad | noprefixroute | autojoin ]
LIFETIME := [ valid_lft LFT ] [ preferred_lft LFT ]
LFT := SECONDS | forever
ADDRPROTO := [ NUMBER | NAME ]
TYPE := { amt | bareudp | bond | bond_slave | bridge | bridge_slave | dsa | dummy | erspan |
          geneve | gre | gretap | gtp | hsr | ifb | ip6erspan | ip6gre | ip6gretap | ip6tnl |
          ipip | ipoib | ipvlan | ipvtap | macsec | macvlan | macvtap | netdevsim | netkit |
          nlmon | pfcp | rmnet | sit | team | team_slave | vcan | veth | virt_wifi | vlan |
          vrf | vti | vxcan | vxlan | wwan | xfrm }";

/// The usage, as the failure that asking for it is.
pub(super) fn usage() -> Fail {
    Fail::new(MISUSE, USAGE)
}

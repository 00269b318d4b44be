//! `ip link help`.

use super::kinds;
use crate::applet::ip::fail::{Fail, MISUSE};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

const USAGE: &str = "\
Usage: ip link add [ link DEV | parentdev NAME ] [ name ] NAME [ SETTING ]... type TYPE [ ARGS ]
       ip link delete { DEVICE | dev DEVICE | group DEVGROUP } type TYPE [ ARGS ]
       ip link { set | change } { DEVICE | dev DEVICE | group DEVGROUP } [ CHANGE ]... [ type TYPE ARGS ]
       ip link show [ DEVICE | group GROUP ] [ { up | down } ] [ master DEV ] [ vrf NAME ] [ type TYPE ]
               [ nomaster ] [ novf ]
       ip link xstats type TYPE [ ARGS ]
       ip link afstats [ dev DEVICE ]
       ip link property add dev DEVICE [ altname NAME .. ]
       ip link property del dev DEVICE [ altname NAME .. ]
       ip link help [ TYPE ]
SETTING := { address LLADDR | broadcast LLADDR | mtu MTU | txqueuelen PACKETS | index IDX |
             numtxqueues QUEUE_COUNT | numrxqueues QUEUE_COUNT | netns { PID | NETNSNAME | NETNSFILE } }
CHANGE := { up | down | name NEWNAME | address LLADDR | broadcast LLADDR | mtu MTU | txqueuelen PACKETS |
            arp { on | off } | dynamic { on | off } | multicast { on | off } | allmulticast { on | off } |
            promisc { on | off } | trailers { on | off } | carrier { on | off } | alias NAME |
            netns { PID | NETNSNAME | NETNSFILE } | link-netns NAME | link-netnsid ID |
            master DEVICE | vrf NAME | nomaster | addrgenmode { eui64 | none | stable_secret | random } |
            protodown { on | off } | protodown_reason PREASON { on | off } |
            gso_max_size BYTES | gso_ipv4_max_size BYTES | gso_max_segs PACKETS |
            gro_max_size BYTES | gro_ipv4_max_size BYTES |
            vf NUM [ VFSETTING ]... |
            { xdp | xdpgeneric | xdpdrv | xdpoffload } { off | pinned FILE |
              object FILE [ { section | program } NAME ] [ verbose ] } }
VFSETTING := { mac LLADDR | vlan VLANID [ qos VLAN-QOS ] [ proto VLAN-PROTO ] | rate TXRATE |
               max_tx_rate TXRATE | min_tx_rate TXRATE | spoofchk { on | off } | query_rss { on | off } |
               state { auto | enable | disable } | trust { on | off } | node_guid EUI64 | port_guid EUI64 }
TYPE := { amt | bareudp | bond | bond_slave | bridge | bridge_slave | dsa | dummy | erspan | geneve |
          gre | gretap | gtp | hsr | ifb | ip6erspan | ip6gre | ip6gretap | ip6tnl | ipip | ipoib |
          ipvlan | ipvtap | macsec | macvlan | macvtap | netdevsim | netkit | nlmon | pfcp | rmnet |
          sit | team | team_slave | vcan | veth | virt_wifi | vlan | vrf | vti | vxcan | vxlan |
          wwan | xfrm }";

/// The usage, as the failure that asking for it is.
pub(super) fn usage() -> Fail {
    Fail::new(MISUSE, USAGE)
}

/// `ip link help [TYPE]`: that of a kind goes to standard output, as what was asked for.
pub(super) fn help(session: &mut Session, mut words: Words<'_>) -> Result<(), Fail> {
    let usage = words.take().and_then(kinds::usage).ok_or_else(usage)?;
    session.print.text(usage);
    Ok(())
}

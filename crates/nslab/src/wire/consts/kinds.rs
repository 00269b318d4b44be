//! Attributes of the kinds of links: what stands in `IFLA_INFO_DATA` and `IFLA_INFO_SLAVE_DATA`.
//!
//! Source: `linux/if_link.h`, `linux/if_bridge.h`, `linux/if_vlan.h`, `linux/if_tun.h`, `linux/if_tunnel.h`.
#![allow(missing_docs, reason = "each is what the header of the same name says")]

// bridge
pub const IFLA_BR_FORWARD_DELAY: u16 = 1;
pub const IFLA_BR_HELLO_TIME: u16 = 2;
pub const IFLA_BR_MAX_AGE: u16 = 3;
pub const IFLA_BR_AGEING_TIME: u16 = 4;
pub const IFLA_BR_STP_STATE: u16 = 5;
pub const IFLA_BR_PRIORITY: u16 = 6;
pub const IFLA_BR_VLAN_FILTERING: u16 = 7;
pub const IFLA_BR_VLAN_PROTOCOL: u16 = 8;
pub const IFLA_BR_GROUP_FWD_MASK: u16 = 9;
pub const IFLA_BR_ROOT_ID: u16 = 10;
pub const IFLA_BR_BRIDGE_ID: u16 = 11;
pub const IFLA_BR_ROOT_PORT: u16 = 12;
pub const IFLA_BR_ROOT_PATH_COST: u16 = 13;
pub const IFLA_BR_TOPOLOGY_CHANGE: u16 = 14;
pub const IFLA_BR_TOPOLOGY_CHANGE_DETECTED: u16 = 15;
pub const IFLA_BR_HELLO_TIMER: u16 = 16;
pub const IFLA_BR_TCN_TIMER: u16 = 17;
pub const IFLA_BR_TOPOLOGY_CHANGE_TIMER: u16 = 18;
pub const IFLA_BR_GC_TIMER: u16 = 19;
pub const IFLA_BR_GROUP_ADDR: u16 = 20;
pub const IFLA_BR_FDB_FLUSH: u16 = 21;
pub const IFLA_BR_MCAST_ROUTER: u16 = 22;
pub const IFLA_BR_MCAST_SNOOPING: u16 = 23;
pub const IFLA_BR_MCAST_QUERY_USE_IFADDR: u16 = 24;
pub const IFLA_BR_MCAST_QUERIER: u16 = 25;
pub const IFLA_BR_MCAST_HASH_ELASTICITY: u16 = 26;
pub const IFLA_BR_MCAST_HASH_MAX: u16 = 27;
pub const IFLA_BR_MCAST_LAST_MEMBER_CNT: u16 = 28;
pub const IFLA_BR_MCAST_STARTUP_QUERY_CNT: u16 = 29;
pub const IFLA_BR_MCAST_LAST_MEMBER_INTVL: u16 = 30;
pub const IFLA_BR_MCAST_MEMBERSHIP_INTVL: u16 = 31;
pub const IFLA_BR_MCAST_QUERIER_INTVL: u16 = 32;
pub const IFLA_BR_MCAST_QUERY_INTVL: u16 = 33;
pub const IFLA_BR_MCAST_QUERY_RESPONSE_INTVL: u16 = 34;
pub const IFLA_BR_MCAST_STARTUP_QUERY_INTVL: u16 = 35;
pub const IFLA_BR_NF_CALL_IPTABLES: u16 = 36;
pub const IFLA_BR_NF_CALL_IP6TABLES: u16 = 37;
pub const IFLA_BR_NF_CALL_ARPTABLES: u16 = 38;
pub const IFLA_BR_VLAN_DEFAULT_PVID: u16 = 39;
pub const IFLA_BR_VLAN_STATS_ENABLED: u16 = 41;
pub const IFLA_BR_MCAST_STATS_ENABLED: u16 = 42;
pub const IFLA_BR_MCAST_IGMP_VERSION: u16 = 43;
pub const IFLA_BR_MCAST_MLD_VERSION: u16 = 44;
pub const IFLA_BR_VLAN_STATS_PER_PORT: u16 = 45;
pub const IFLA_BR_MULTI_BOOLOPT: u16 = 46;
pub const IFLA_BR_MCAST_QUERIER_STATE: u16 = 47;
pub const IFLA_BR_FDB_N_LEARNED: u16 = 48;
pub const IFLA_BR_FDB_MAX_LEARNED: u16 = 49;

// a port of a bridge
pub const IFLA_BRPORT_STATE: u16 = 1;
pub const IFLA_BRPORT_PRIORITY: u16 = 2;
pub const IFLA_BRPORT_COST: u16 = 3;
pub const IFLA_BRPORT_MODE: u16 = 4;
pub const IFLA_BRPORT_GUARD: u16 = 5;
pub const IFLA_BRPORT_PROTECT: u16 = 6;
pub const IFLA_BRPORT_FAST_LEAVE: u16 = 7;
pub const IFLA_BRPORT_LEARNING: u16 = 8;
pub const IFLA_BRPORT_UNICAST_FLOOD: u16 = 9;
pub const IFLA_BRPORT_PROXYARP: u16 = 10;
pub const IFLA_BRPORT_PROXYARP_WIFI: u16 = 12;
pub const IFLA_BRPORT_ROOT_ID: u16 = 13;
pub const IFLA_BRPORT_BRIDGE_ID: u16 = 14;
pub const IFLA_BRPORT_DESIGNATED_PORT: u16 = 15;
pub const IFLA_BRPORT_DESIGNATED_COST: u16 = 16;
pub const IFLA_BRPORT_ID: u16 = 17;
pub const IFLA_BRPORT_NO: u16 = 18;
pub const IFLA_BRPORT_TOPOLOGY_CHANGE_ACK: u16 = 19;
pub const IFLA_BRPORT_CONFIG_PENDING: u16 = 20;
pub const IFLA_BRPORT_MESSAGE_AGE_TIMER: u16 = 21;
pub const IFLA_BRPORT_FORWARD_DELAY_TIMER: u16 = 22;
pub const IFLA_BRPORT_HOLD_TIMER: u16 = 23;
pub const IFLA_BRPORT_FLUSH: u16 = 24;
pub const IFLA_BRPORT_MULTICAST_ROUTER: u16 = 25;
pub const IFLA_BRPORT_MCAST_FLOOD: u16 = 27;
pub const IFLA_BRPORT_MCAST_TO_UCAST: u16 = 28;
pub const IFLA_BRPORT_VLAN_TUNNEL: u16 = 29;
pub const IFLA_BRPORT_BCAST_FLOOD: u16 = 30;
pub const IFLA_BRPORT_GROUP_FWD_MASK: u16 = 31;
pub const IFLA_BRPORT_NEIGH_SUPPRESS: u16 = 32;
pub const IFLA_BRPORT_ISOLATED: u16 = 33;
pub const IFLA_BRPORT_BACKUP_PORT: u16 = 34;
pub const IFLA_BRPORT_LOCKED: u16 = 39;
pub const IFLA_BRPORT_MAB: u16 = 40;
pub const IFLA_BRPORT_NEIGH_VLAN_SUPPRESS: u16 = 43;
pub const IFLA_BRPORT_BACKUP_NHID: u16 = 44;

// vxlan
pub const IFLA_VXLAN_ID: u16 = 1;
pub const IFLA_VXLAN_GROUP: u16 = 2;
pub const IFLA_VXLAN_LINK: u16 = 3;
pub const IFLA_VXLAN_LOCAL: u16 = 4;
pub const IFLA_VXLAN_TTL: u16 = 5;
pub const IFLA_VXLAN_TOS: u16 = 6;
pub const IFLA_VXLAN_LEARNING: u16 = 7;
pub const IFLA_VXLAN_AGEING: u16 = 8;
pub const IFLA_VXLAN_LIMIT: u16 = 9;
pub const IFLA_VXLAN_PORT_RANGE: u16 = 10;
pub const IFLA_VXLAN_PROXY: u16 = 11;
pub const IFLA_VXLAN_RSC: u16 = 12;
pub const IFLA_VXLAN_L2MISS: u16 = 13;
pub const IFLA_VXLAN_L3MISS: u16 = 14;
pub const IFLA_VXLAN_PORT: u16 = 15;
pub const IFLA_VXLAN_GROUP6: u16 = 16;
pub const IFLA_VXLAN_LOCAL6: u16 = 17;
pub const IFLA_VXLAN_UDP_CSUM: u16 = 18;
pub const IFLA_VXLAN_UDP_ZERO_CSUM6_TX: u16 = 19;
pub const IFLA_VXLAN_UDP_ZERO_CSUM6_RX: u16 = 20;
pub const IFLA_VXLAN_REMCSUM_TX: u16 = 21;
pub const IFLA_VXLAN_REMCSUM_RX: u16 = 22;
pub const IFLA_VXLAN_GBP: u16 = 23;
pub const IFLA_VXLAN_COLLECT_METADATA: u16 = 25;
pub const IFLA_VXLAN_LABEL: u16 = 26;
pub const IFLA_VXLAN_GPE: u16 = 27;
pub const IFLA_VXLAN_TTL_INHERIT: u16 = 28;
pub const IFLA_VXLAN_DF: u16 = 29;
pub const IFLA_VXLAN_VNIFILTER: u16 = 30;
pub const IFLA_VXLAN_LOCALBYPASS: u16 = 31;
pub const IFLA_VXLAN_RESERVED_BITS: u16 = 33;

// macvlan and macvtap
pub const IFLA_MACVLAN_MODE: u16 = 1;
pub const IFLA_MACVLAN_FLAGS: u16 = 2;
pub const IFLA_MACVLAN_MACADDR_MODE: u16 = 3;
pub const IFLA_MACVLAN_MACADDR: u16 = 4;
pub const IFLA_MACVLAN_MACADDR_DATA: u16 = 5;
pub const IFLA_MACVLAN_MACADDR_COUNT: u16 = 6;
pub const IFLA_MACVLAN_BC_QUEUE_LEN: u16 = 7;
pub const IFLA_MACVLAN_BC_QUEUE_LEN_USED: u16 = 8;
pub const IFLA_MACVLAN_BC_CUTOFF: u16 = 9;

// vlan
pub const IFLA_VLAN_ID: u16 = 1;
pub const IFLA_VLAN_FLAGS: u16 = 2;
pub const IFLA_VLAN_EGRESS_QOS: u16 = 3;
pub const IFLA_VLAN_INGRESS_QOS: u16 = 4;
pub const IFLA_VLAN_PROTOCOL: u16 = 5;
pub const IFLA_VLAN_QOS_MAPPING: u16 = 1;

// ipvlan
pub const IFLA_IPVLAN_MODE: u16 = 1;
pub const IFLA_IPVLAN_FLAGS: u16 = 2;

// bond
pub const IFLA_BOND_MODE: u16 = 1;
pub const IFLA_BOND_ACTIVE_SLAVE: u16 = 2;
pub const IFLA_BOND_MIIMON: u16 = 3;
pub const IFLA_BOND_UPDELAY: u16 = 4;
pub const IFLA_BOND_DOWNDELAY: u16 = 5;
pub const IFLA_BOND_USE_CARRIER: u16 = 6;
pub const IFLA_BOND_ARP_INTERVAL: u16 = 7;
pub const IFLA_BOND_ARP_IP_TARGET: u16 = 8;
pub const IFLA_BOND_ARP_VALIDATE: u16 = 9;
pub const IFLA_BOND_ARP_ALL_TARGETS: u16 = 10;
pub const IFLA_BOND_PRIMARY: u16 = 11;
pub const IFLA_BOND_PRIMARY_RESELECT: u16 = 12;
pub const IFLA_BOND_FAIL_OVER_MAC: u16 = 13;
pub const IFLA_BOND_XMIT_HASH_POLICY: u16 = 14;
pub const IFLA_BOND_RESEND_IGMP: u16 = 15;
pub const IFLA_BOND_NUM_PEER_NOTIF: u16 = 16;
pub const IFLA_BOND_ALL_SLAVES_ACTIVE: u16 = 17;
pub const IFLA_BOND_MIN_LINKS: u16 = 18;
pub const IFLA_BOND_LP_INTERVAL: u16 = 19;
pub const IFLA_BOND_PACKETS_PER_SLAVE: u16 = 20;
pub const IFLA_BOND_AD_LACP_RATE: u16 = 21;
pub const IFLA_BOND_AD_SELECT: u16 = 22;
pub const IFLA_BOND_AD_INFO: u16 = 23;
pub const IFLA_BOND_AD_ACTOR_SYS_PRIO: u16 = 24;
pub const IFLA_BOND_AD_USER_PORT_KEY: u16 = 25;
pub const IFLA_BOND_AD_ACTOR_SYSTEM: u16 = 26;
pub const IFLA_BOND_TLB_DYNAMIC_LB: u16 = 27;
pub const IFLA_BOND_PEER_NOTIF_DELAY: u16 = 28;
pub const IFLA_BOND_AD_LACP_ACTIVE: u16 = 29;
pub const IFLA_BOND_MISSED_MAX: u16 = 30;
pub const IFLA_BOND_NS_IP6_TARGET: u16 = 31;
pub const IFLA_BOND_COUPLED_CONTROL: u16 = 32;

// what IFLA_BOND_AD_INFO holds
pub const IFLA_BOND_AD_INFO_AGGREGATOR: u16 = 1;
pub const IFLA_BOND_AD_INFO_NUM_PORTS: u16 = 2;
pub const IFLA_BOND_AD_INFO_ACTOR_KEY: u16 = 3;
pub const IFLA_BOND_AD_INFO_PARTNER_KEY: u16 = 4;
pub const IFLA_BOND_AD_INFO_PARTNER_MAC: u16 = 5;

// a link of a bond
pub const IFLA_BOND_SLAVE_STATE: u16 = 1;
pub const IFLA_BOND_SLAVE_MII_STATUS: u16 = 2;
pub const IFLA_BOND_SLAVE_LINK_FAILURE_COUNT: u16 = 3;
pub const IFLA_BOND_SLAVE_PERM_HWADDR: u16 = 4;
pub const IFLA_BOND_SLAVE_QUEUE_ID: u16 = 5;
pub const IFLA_BOND_SLAVE_AD_AGGREGATOR_ID: u16 = 6;
pub const IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE: u16 = 7;
pub const IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE: u16 = 8;
pub const IFLA_BOND_SLAVE_PRIO: u16 = 9;

// vrf
pub const IFLA_VRF_TABLE: u16 = 1;
pub const IFLA_VRF_PORT_TABLE: u16 = 1;

// tun and tap
pub const IFLA_TUN_OWNER: u16 = 1;
pub const IFLA_TUN_GROUP: u16 = 2;
pub const IFLA_TUN_TYPE: u16 = 3;
pub const IFLA_TUN_PI: u16 = 4;
pub const IFLA_TUN_VNET_HDR: u16 = 5;
pub const IFLA_TUN_PERSIST: u16 = 6;
pub const IFLA_TUN_MULTI_QUEUE: u16 = 7;
pub const IFLA_TUN_NUM_QUEUES: u16 = 8;
pub const IFLA_TUN_NUM_DISABLED_QUEUES: u16 = 9;

// gre and its like
pub const IFLA_GRE_LINK: u16 = 1;
pub const IFLA_GRE_IFLAGS: u16 = 2;
pub const IFLA_GRE_OFLAGS: u16 = 3;
pub const IFLA_GRE_IKEY: u16 = 4;
pub const IFLA_GRE_OKEY: u16 = 5;
pub const IFLA_GRE_LOCAL: u16 = 6;
pub const IFLA_GRE_REMOTE: u16 = 7;
pub const IFLA_GRE_TTL: u16 = 8;
pub const IFLA_GRE_TOS: u16 = 9;
pub const IFLA_GRE_PMTUDISC: u16 = 10;
pub const IFLA_GRE_ENCAP_LIMIT: u16 = 11;
pub const IFLA_GRE_FLOWINFO: u16 = 12;
pub const IFLA_GRE_FLAGS: u16 = 13;
pub const IFLA_GRE_ENCAP_TYPE: u16 = 14;
pub const IFLA_GRE_ENCAP_FLAGS: u16 = 15;
pub const IFLA_GRE_ENCAP_SPORT: u16 = 16;
pub const IFLA_GRE_ENCAP_DPORT: u16 = 17;
pub const IFLA_GRE_COLLECT_METADATA: u16 = 18;
pub const IFLA_GRE_IGNORE_DF: u16 = 19;
pub const IFLA_GRE_FWMARK: u16 = 20;
pub const IFLA_GRE_ERSPAN_INDEX: u16 = 21;
pub const IFLA_GRE_ERSPAN_VER: u16 = 22;
pub const IFLA_GRE_ERSPAN_DIR: u16 = 23;
pub const IFLA_GRE_ERSPAN_HWID: u16 = 24;

// ipip, sit, ip6tnl
pub const IFLA_IPTUN_LINK: u16 = 1;
pub const IFLA_IPTUN_LOCAL: u16 = 2;
pub const IFLA_IPTUN_REMOTE: u16 = 3;
pub const IFLA_IPTUN_TTL: u16 = 4;
pub const IFLA_IPTUN_TOS: u16 = 5;
pub const IFLA_IPTUN_ENCAP_LIMIT: u16 = 6;
pub const IFLA_IPTUN_FLOWINFO: u16 = 7;
pub const IFLA_IPTUN_FLAGS: u16 = 8;
pub const IFLA_IPTUN_PROTO: u16 = 9;
pub const IFLA_IPTUN_PMTUDISC: u16 = 10;
pub const IFLA_IPTUN_6RD_PREFIX: u16 = 11;
pub const IFLA_IPTUN_6RD_RELAY_PREFIX: u16 = 12;
pub const IFLA_IPTUN_6RD_PREFIXLEN: u16 = 13;
pub const IFLA_IPTUN_6RD_RELAY_PREFIXLEN: u16 = 14;
pub const IFLA_IPTUN_ENCAP_TYPE: u16 = 15;
pub const IFLA_IPTUN_ENCAP_FLAGS: u16 = 16;
pub const IFLA_IPTUN_ENCAP_SPORT: u16 = 17;
pub const IFLA_IPTUN_ENCAP_DPORT: u16 = 18;
pub const IFLA_IPTUN_COLLECT_METADATA: u16 = 19;
pub const IFLA_IPTUN_FWMARK: u16 = 20;

// vti
pub const IFLA_VTI_LINK: u16 = 1;
pub const IFLA_VTI_IKEY: u16 = 2;
pub const IFLA_VTI_OKEY: u16 = 3;
pub const IFLA_VTI_LOCAL: u16 = 4;
pub const IFLA_VTI_REMOTE: u16 = 5;
pub const IFLA_VTI_FWMARK: u16 = 6;

// xfrm
pub const IFLA_XFRM_LINK: u16 = 1;
pub const IFLA_XFRM_IF_ID: u16 = 2;
pub const IFLA_XFRM_COLLECT_METADATA: u16 = 3;

// geneve
pub const IFLA_GENEVE_ID: u16 = 1;
pub const IFLA_GENEVE_REMOTE: u16 = 2;
pub const IFLA_GENEVE_TTL: u16 = 3;
pub const IFLA_GENEVE_TOS: u16 = 4;
pub const IFLA_GENEVE_PORT: u16 = 5;
pub const IFLA_GENEVE_COLLECT_METADATA: u16 = 6;
pub const IFLA_GENEVE_REMOTE6: u16 = 7;
pub const IFLA_GENEVE_UDP_CSUM: u16 = 8;
pub const IFLA_GENEVE_UDP_ZERO_CSUM6_TX: u16 = 9;
pub const IFLA_GENEVE_UDP_ZERO_CSUM6_RX: u16 = 10;
pub const IFLA_GENEVE_LABEL: u16 = 11;
pub const IFLA_GENEVE_TTL_INHERIT: u16 = 12;
pub const IFLA_GENEVE_DF: u16 = 13;
pub const IFLA_GENEVE_INNER_PROTO_INHERIT: u16 = 14;

// bareudp
pub const IFLA_BAREUDP_PORT: u16 = 1;
pub const IFLA_BAREUDP_ETHERTYPE: u16 = 2;
pub const IFLA_BAREUDP_SRCPORT_MIN: u16 = 3;
pub const IFLA_BAREUDP_MULTIPROTO_MODE: u16 = 4;

// macsec
pub const IFLA_MACSEC_SCI: u16 = 1;
pub const IFLA_MACSEC_PORT: u16 = 2;
pub const IFLA_MACSEC_ICV_LEN: u16 = 3;
pub const IFLA_MACSEC_CIPHER_SUITE: u16 = 4;
pub const IFLA_MACSEC_WINDOW: u16 = 5;
pub const IFLA_MACSEC_ENCODING_SA: u16 = 6;
pub const IFLA_MACSEC_ENCRYPT: u16 = 7;
pub const IFLA_MACSEC_PROTECT: u16 = 8;
pub const IFLA_MACSEC_INC_SCI: u16 = 9;
pub const IFLA_MACSEC_ES: u16 = 10;
pub const IFLA_MACSEC_SCB: u16 = 11;
pub const IFLA_MACSEC_REPLAY_PROTECT: u16 = 12;
pub const IFLA_MACSEC_VALIDATION: u16 = 13;
pub const IFLA_MACSEC_OFFLOAD: u16 = 15;

// hsr
pub const IFLA_HSR_SLAVE1: u16 = 1;
pub const IFLA_HSR_SLAVE2: u16 = 2;
pub const IFLA_HSR_MULTICAST_SPEC: u16 = 3;
pub const IFLA_HSR_SUPERVISION_ADDR: u16 = 4;
pub const IFLA_HSR_SEQ_NR: u16 = 5;
pub const IFLA_HSR_VERSION: u16 = 6;
pub const IFLA_HSR_PROTOCOL: u16 = 7;
pub const IFLA_HSR_INTERLINK: u16 = 8;

// netkit
pub const IFLA_NETKIT_PEER_INFO: u16 = 1;
pub const IFLA_NETKIT_PRIMARY: u16 = 2;
pub const IFLA_NETKIT_POLICY: u16 = 3;
pub const IFLA_NETKIT_PEER_POLICY: u16 = 4;
pub const IFLA_NETKIT_MODE: u16 = 5;
pub const IFLA_NETKIT_SCRUB: u16 = 6;
pub const IFLA_NETKIT_PEER_SCRUB: u16 = 7;

// what a bridge is told of a port's VLANs, in IFLA_AF_SPEC of AF_BRIDGE
pub const IFLA_BRIDGE_FLAGS: u16 = 0;
pub const IFLA_BRIDGE_VLAN_INFO: u16 = 2;
pub const BRIDGE_FLAGS_SELF: u16 = 2;
pub const BRIDGE_VLAN_INFO_PVID: u16 = 0x2;
pub const BRIDGE_VLAN_INFO_UNTAGGED: u16 = 0x4;
pub const BRIDGE_VLAN_INFO_RANGE_BEGIN: u16 = 0x8;
pub const BRIDGE_VLAN_INFO_RANGE_END: u16 = 0x10;

pub const BRIDGE_QUERIER_IP_ADDRESS: u16 = 1;
pub const BRIDGE_QUERIER_IP_PORT: u16 = 2;
pub const BRIDGE_QUERIER_IP_OTHER_TIMER: u16 = 3;
pub const BRIDGE_QUERIER_IPV6_ADDRESS: u16 = 5;
pub const BRIDGE_QUERIER_IPV6_PORT: u16 = 6;
pub const BRIDGE_QUERIER_IPV6_OTHER_TIMER: u16 = 7;

pub const BR_BOOLOPT_NO_LL_LEARN: u32 = 0x1;
pub const BR_BOOLOPT_MCAST_VLAN_SNOOPING: u32 = 0x2;
pub const BR_BOOLOPT_MST_ENABLE: u32 = 0x4;

pub const MACVLAN_MODE_PASSTHRU: u32 = 8;
pub const MACVLAN_FLAG_NOPROMISC: u16 = 1;
pub const MACVLAN_FLAG_NODST: u16 = 2;
pub const MACVLAN_MACADDR_ADD: u32 = 0;
pub const MACVLAN_MACADDR_DEL: u32 = 1;
pub const MACVLAN_MACADDR_FLUSH: u32 = 2;
pub const MACVLAN_MACADDR_SET: u32 = 3;

pub const VLAN_FLAG_REORDER_HDR: u32 = 0x1;
pub const VLAN_FLAG_GVRP: u32 = 0x2;
pub const VLAN_FLAG_LOOSE_BINDING: u32 = 0x4;
pub const VLAN_FLAG_MVRP: u32 = 0x8;
pub const VLAN_FLAG_BRIDGE_BINDING: u32 = 0x10;

pub const IFF_TUN: u16 = 0x1;
pub const IFF_TAP: u16 = 0x2;
pub const IFF_MULTI_QUEUE: u16 = 0x100;
pub const IFF_PERSIST: u16 = 0x800;
pub const IFF_NO_PI: u16 = 0x1000;
pub const IFF_ONE_QUEUE: u16 = 0x2000;
pub const IFF_VNET_HDR: u16 = 0x4000;
pub const IFF_TUN_EXCL: u16 = 0x8000;

//! Queueing disciplines: `linux/rtnetlink.h`, `linux/pkt_sched.h`.

pub const RTM_NEWQDISC: u16 = 36;
pub const RTM_DELQDISC: u16 = 37;
pub const RTM_GETQDISC: u16 = 38;

pub const TC_H_ROOT: u32 = 0xffff_ffff;
pub const TC_LINKLAYER_ETHERNET: u8 = 1;

pub const TCA_KIND: u16 = 1;
pub const TCA_OPTIONS: u16 = 2;
pub const TCA_TABLE: usize = 3;

pub const TCA_NETEM_CORR: u16 = 1;
pub const TCA_NETEM_REORDER: u16 = 3;
pub const TCA_NETEM_CORRUPT: u16 = 4;
pub const TCA_NETEM_LOSS: u16 = 5;
pub const TCA_NETEM_RATE: u16 = 6;
pub const TCA_NETEM_ECN: u16 = 7;
pub const TCA_NETEM_RATE64: u16 = 8;
pub const TCA_NETEM_LATENCY64: u16 = 10;
pub const TCA_NETEM_JITTER64: u16 = 11;
pub const TCA_NETEM_SLOT: u16 = 12;
pub const TCA_NETEM_TABLE: usize = 13;

pub const TCA_TBF_PARMS: u16 = 1;
pub const TCA_TBF_RATE64: u16 = 4;
pub const TCA_TBF_PRATE64: u16 = 5;
pub const TCA_TBF_BURST: u16 = 6;
pub const TCA_TBF_PBURST: u16 = 7;
pub const TCA_TBF_TABLE: usize = 8;

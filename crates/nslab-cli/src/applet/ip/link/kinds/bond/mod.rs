//! `type bond`: several links as one (ip-link(8), the kernel's networking/bonding, `linux/if_bonding.h`).

mod read;
mod show;

pub(super) use read::OPTIONS;
pub(super) use show::FIELDS;

/// Words by number (`BOND_MODE_…`, `BOND_XMIT_POLICY_…`, and the like).
const MODES: &[&str] =
    &["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"];
const ARP_VALIDATE: &[&str] = &["none", "active", "backup", "all", "filter", "filter_active", "filter_backup"];
const ARP_ALL_TARGETS: &[&str] = &["any", "all"];
const PRIMARY_RESELECT: &[&str] = &["always", "better", "failure"];
const FAIL_OVER_MAC: &[&str] = &["none", "active", "follow"];
const XMIT_HASH_POLICY: &[&str] = &["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"];
const LACP_RATE: &[&str] = &["slow", "fast"];
const LACP_ACTIVE: &[&str] = &["off", "on"];
const AD_SELECT: &[&str] = &["stable", "bandwidth", "count"];

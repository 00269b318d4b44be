//! What labs may have beyond nodes and cables.

use super::{Cause, Finding, Section, Verdict};
use crate::doctor::facts::{Container, Facts, Refusal, Step, Trial};
use crate::topology::kinds::LinkKind;

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const EACCES: i32 = 13;

const OTHERS: &[(Step, &str, &str, &str)] = &[
    (
        Step::VlanFiltering,
        "vlan_filtering",
        "bridges that filter VLANs",
        "run a kernel with CONFIG_BRIDGE_VLAN_FILTERING",
    ),
    (Step::Tbf, "tbf", "rates (tbf)", "modprobe sch_tbf; or run a kernel with CONFIG_NET_SCH_TBF"),
    (
        Step::Netem,
        "netem",
        "delay and loss (netem)",
        "modprobe sch_netem (Fedora, RHEL: it is in the package kernel-modules-extra); or run a kernel with \
         CONFIG_NET_SCH_NETEM",
    ),
    (
        Step::Nat,
        "nat",
        "uplinks with NAT (nftables)",
        "modprobe nft_masq; or run a kernel, 5.10 or later, with CONFIG_NF_TABLES_INET and CONFIG_NFT_MASQ; or say \
         `nat: false`",
    ),
    (
        Step::Ipv6,
        "ipv6",
        "IPv6",
        "start the machine without ipv6.disable=1; or run a kernel with CONFIG_IPV6; or leave IPv6 out of labs",
    ),
    (Step::Forwarding, "forwarding", "settings (forwarding)", "have /proc/sys writable where nslab runs"),
    (Step::Icmp, "icmp", "ICMP", "give nslab CAP_NET_RAW"),
    (Step::Icmp6, "icmp6", "ICMPv6", "give nslab CAP_NET_RAW; or run a kernel with CONFIG_IPV6"),
    (Step::Packet, "packet", "packet sockets (captures)", "give nslab CAP_NET_RAW; or run a kernel with CONFIG_PACKET"),
];

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let trials = [&facts.root, &facts.user].map(|trial| trial.as_ref().filter(|trial| trial.works()));
    let [root, user] = trials;
    let Some(best) = root.or(user) else { return Vec::new() };
    // What only root can is told where both were tried.
    let other = root.and(user);
    let kinds = LinkKind::ALL.map(|kind| {
        let id = format!("kind.{kind}");
        (Step::Kind(kind), id, kind.to_string(), move |refusal: &Refusal| of_kind(facts, kind, refusal))
    });
    let mut findings = Vec::new();
    for (step, id, what, remedy) in kinds {
        findings.extend(of(best, other, step, (&id, &what), &remedy));
    }
    for (step, id, what, remedy) in OTHERS {
        let lifted = |refusal: &Refusal| Cause::new(refusal.text.clone(), *remedy);
        findings.extend(of(best, other, *step, (id, what), &lifted));
    }
    findings
}

fn of(
    best: &Trial,
    other: Option<&Trial>,
    step: Step,
    (id, what): (&str, &str),
    cause: &dyn Fn(&Refusal) -> Cause,
) -> Option<Finding> {
    let section = Section::Features;
    Some(match (best.of(step)?, other.and_then(|other| other.of(step))) {
        (Err(refusal), _) => Finding::of(section, id, what, Verdict::DoesNot, cause(refusal)),
        (Ok(()), Some(Err(refusal))) => {
            let Cause { why, remedy } = cause(refusal);
            Finding::of(section, id, what, Verdict::Limited, Cause::new(format!("only with root: {why}"), remedy))
        }
        (Ok(()), _) => Finding::works(section, id, what),
    })
}

fn of_kind(facts: &Facts, kind: LinkKind, refusal: &Refusal) -> Cause {
    if kind.is_tuntap() {
        return Cause::new(format!("/dev/net/tun: {}", refusal.text), tun_remedy(facts, refusal));
    }
    let known = kind.facts();
    let remedy = if refusal.unsupported {
        format!("load the module: modprobe {}; or run a kernel with {}", known.module, known.config)
    } else {
        "make labs that have it as root".into()
    };
    Cause::new(refusal.text.clone(), remedy)
}

/// The least that opens /dev/net/tun.
pub(super) fn tun_remedy(facts: &Facts, refusal: &Refusal) -> &'static str {
    match (refusal.errno, &facts.caller.container) {
        (Some(ENOENT | EPERM), Some(Container::Docker | Container::Podman)) => {
            "start the container with --device /dev/net/tun"
        }
        (Some(ENOENT), _) => {
            "load the module, as root of the machine: modprobe tun; in a container, have it pass the device in"
        }
        (Some(EPERM | EACCES), _) => {
            "as root of the machine: chmod 0666 /dev/net/tun, as udev has it; what may be done with an interface takes \
             the privilege over its namespace all the same"
        }
        _ => "load the module, as root of the machine: modprobe tun; or run a kernel with CONFIG_TUN",
    }
}

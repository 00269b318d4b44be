//! How large labs may be.

use super::{Cause, Finding, Section, Verdict};
use crate::doctor::facts::{Facts, NODES, Trial};

/// What the kernel keeps of a node with a cable: 160 MB for 600 nodes (slab and per-CPU memory, Linux 6.18).
const BYTES_OF_A_NODE: u64 = 270_000;

/// The kernel's own limit (`BR_MAX_PORTS` of net/bridge/br_private.h, without port 0).
const PORTS: u64 = 1023;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![namespaces(facts), files(facts), mounts(facts)];
    findings.extend(processes(facts));
    findings.extend(memory(facts));
    findings.extend(["ipv4", "ipv6"].into_iter().filter_map(|family| neighbours(facts, family)));
    let what = format!("members of one segment: {PORTS}, the kernel's own limit");
    findings.push(Finding::works(Section::Limits, "bridge_ports", what));
    findings
}

/// Whether there is as much as the lab takes.
fn against(id: &str, what: String, there: u64, needed: u64, remedy: impl FnOnce() -> String) -> Finding {
    if there >= needed {
        return Finding::works(Section::Limits, id, what);
    }
    let verdict = if there == 0 { Verdict::DoesNot } else { Verdict::Limited };
    let why = format!("a lab of {NODES} nodes takes {needed}");
    Finding::of(Section::Limits, id, what, verdict, Cause::new(why, remedy()))
}

fn sysctl(name: &str, value: u64) -> String {
    format!("as root of the machine: sysctl -w {name}={value}")
}

fn namespaces(facts: &Facts) -> Finding {
    let name = "user.max_net_namespaces";
    let limit = facts.setting(name);
    let shown = limit.map_or_else(|| "no limit".into(), |limit| limit.to_string());
    let there = limit.unwrap_or(u64::MAX);
    against("namespaces", format!("nodes: {shown} ({name})"), there, NODES, || sysctl(name, NODES * 10))
}

fn files(facts: &Facts) -> Finding {
    let most = facts.setting("fs.nr_open").unwrap_or(u64::MAX);
    // Root raises its own limit.
    let own = if facts.root.is_some() && !facts.caller.nested { most } else { facts.limits.files.unwrap_or(most) };
    let (there, needed) = (own.min(most), facts.limits.files_needed);
    against("open_files", format!("open files: {there}"), there, needed, || {
        if most < needed {
            return sysctl("fs.nr_open", needed);
        }
        format!(
            "raise the hard limit: prlimit --nofile={needed} --pid $$ as root; to keep it, a line in \
             /etc/security/limits.conf, or LimitNOFILE= of the service"
        )
    })
}

fn mounts(facts: &Facts) -> Finding {
    let name = "fs.mount-max";
    let limit = facts.setting(name).unwrap_or(u64::MAX);
    let left = limit.saturating_sub(facts.limits.mounts);
    let what = if limit == u64::MAX { "mounts: no limit".into() } else { format!("mounts: {left} more ({name})") };
    against("mounts", what, left, NODES, || sysctl(name, facts.limits.mounts.saturating_add(NODES * 10)))
}

/// Each node may have a process.
fn processes(facts: &Facts) -> Option<Finding> {
    let group = facts.limits.group_processes.map(|(limit, used)| limit.saturating_sub(used));
    let own = facts.limits.processes.filter(|_| facts.caller.uid != 0);
    let all = [facts.setting("kernel.pid_max"), facts.setting("kernel.threads-max")].into_iter().flatten().min();
    let candidates = [
        (
            group,
            "pids.max of the control group",
            "raise pids.max of the control group (systemd: TasksMax=; docker: --pids-limit)".to_owned(),
        ),
        (own, "ulimit -u", format!("raise the limit as root: prlimit --nproc={} --pid $$", NODES * 4)),
        (all, "kernel.pid_max, kernel.threads-max", sysctl("kernel.pid_max", 4_194_304)),
    ];
    let (there, by, remedy) =
        candidates.into_iter().filter_map(|(n, by, to)| Some((n?, by, to))).min_by_key(|it| it.0)?;
    Some(against("processes", format!("processes: {there} ({by})"), there, NODES, || remedy))
}

fn memory(facts: &Facts) -> Option<Finding> {
    const MEGA: u64 = 1_000_000;
    let there = facts.limits.memory? / MEGA;
    let needed = NODES * BYTES_OF_A_NODE / MEGA;
    let mut finding = against("memory", format!("memory: {there} MB free"), there, needed, || {
        "make smaller labs, or give the machine (or its control group: memory.max) more".into()
    });
    finding.why = finding.why.map(|why| format!("{why} MB in the kernel alone"));
    Some(finding)
}

fn neighbours(facts: &Facts, family: &str) -> Option<Finding> {
    let name = format!("net.{family}.neigh.default.gc_thresh3");
    let shown = if family == "ipv4" { "IPv4" } else { "IPv6" };
    let Some(limit) = facts.setting(&name) else {
        // Only the machine's first namespace shows it.
        let asked = family == "ipv4" && facts.root.as_ref().or(facts.user.as_ref()).is_some_and(Trial::works);
        let what = "neighbours: out of sight here; 1024 of a family for all namespaces is usual".to_owned();
        return asked.then(|| Finding::works(Section::Limits, "neighbours", what));
    };
    let what = format!("neighbours of {shown}: {limit} for all namespaces together");
    Some(against(&format!("neighbours.{family}"), what, limit, NODES, || sysctl(&name, NODES * 8)))
}

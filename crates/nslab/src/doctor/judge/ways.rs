//! Whether labs can be made, with root and without.

use super::{Cause, Finding, Section, Verdict, cause};
use crate::doctor::facts::{Facts, Step, Trial, Way};

const MADE: &str = "labs: one of two nodes was made, asked who reaches whom, and taken away";

pub(super) fn root(facts: &Facts) -> Vec<Finding> {
    if let Some(trial) = &facts.root {
        return of(facts, trial, Way::Root);
    }
    if facts.caller.uid != 0 {
        return Vec::new();
    }
    let why = "this is root without CAP_SYS_ADMIN and CAP_NET_ADMIN, as in a container";
    let remedy = if facts.user.as_ref().is_some_and(Trial::works) {
        "none is needed: nslab makes labs without root here, as told below"
    } else {
        "start the container with --cap-add SYS_ADMIN --cap-add NET_ADMIN; or have labs without root work, as told below"
    };
    vec![Finding::of(Section::Root, "root.labs", "labs", Verdict::DoesNot, Cause::new(why, remedy))]
}

pub(super) fn user(facts: &Facts) -> Vec<Finding> {
    match &facts.user {
        Some(trial) => of(facts, trial, Way::User),
        None => {
            let cause = Cause::new("there is no ordinary user here to try it as", "run nslab doctor as that user");
            vec![Finding::of(Section::User, "user.labs", "labs: not tried", Verdict::Limited, cause)]
        }
    }
}

fn of(facts: &Facts, trial: &Trial, way: Way) -> Vec<Finding> {
    let (section, name) = match way {
        Way::Root => (Section::Root, "root"),
        Way::User => (Section::User, "user"),
    };
    let whose = if way == Way::User && facts.caller.privileged {
        format!(" (tried as user {}: root is not held back)", trial.uid)
    } else {
        String::new()
    };
    let id = |last: &str| format!("{name}.{last}");
    let mut findings = Vec::new();
    if let Some((step, refusal)) = trial.obstacle() {
        let (last, what) = match step {
            Step::UserNamespace | Step::Ids => ("user_namespaces", "user namespaces"),
            Step::MountNamespace | Step::Mount => ("mounts", "mounts of its own"),
            Step::NetworkNamespace => ("network_namespaces", "network namespaces"),
            _ => ("labs", "labs"),
        };
        let cause = cause::of(facts, way, step, refusal);
        findings.push(Finding::of(section, &id(last), format!("{what}{whose}"), Verdict::DoesNot, cause));
        return findings;
    }
    if !trial.works() {
        let cause = Cause::new("what was to try it told nothing", "run nslab doctor again; if it stays, report it");
        findings.push(Finding::of(section, &id("labs"), format!("labs{whose}"), Verdict::DoesNot, cause));
        return findings;
    }
    findings.push(Finding::works(section, &id("labs"), format!("{MADE}{whose}")));
    if let Some(Err(refusal)) = trial.of(Step::Sys) {
        let why = format!("{}: programs in a node see the interfaces of all in /sys/class/net", refusal.text);
        let remedy = "in a container: let it have an unmasked /sys (podman: --security-opt unmask=ALL; docker: \
                      --security-opt systempaths=unconfined)";
        findings.push(Finding::of(section, &id("sys"), "a node's own /sys", Verdict::Limited, Cause::new(why, remedy)));
    }
    findings.extend(processes(facts, trial, way, section, &id("processes")));
    findings
}

/// `nslab shell` has processes of its own.
fn processes(facts: &Facts, trial: &Trial, way: Way, section: Section, id: &str) -> Option<Finding> {
    let what = "processes of its own, for nslab shell";
    let made = trial.of(Step::ProcessNamespace)?;
    let cause = match (made, trial.of(Step::Proc)) {
        (Err(refusal), _) => cause::of(facts, way, Step::ProcessNamespace, refusal),
        (Ok(()), Some(Err(refusal))) => Cause::new(
            format!("{}: where parts of /proc are covered, as in containers, no other may be mounted", refusal.text),
            "start the container with an uncovered /proc (podman: --security-opt unmask=ALL; docker: --security-opt \
             systempaths=unconfined)",
        ),
        _ => return Some(Finding::works(section, id, what)),
    };
    Some(Finding::of(section, id, what, Verdict::Limited, cause))
}

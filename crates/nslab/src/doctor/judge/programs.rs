//! Programs of others that make more of labs without root.

use super::features::tun_remedy;
use super::{Cause, Finding, Section, Verdict};
use crate::doctor::facts::{Facts, Helper, Step, Trial};
use crate::topology::kinds::LinkKind;

/// As many ids as users and groups usually have numbers.
const USUAL: u64 = 65_536;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    // Root needs none of them.
    if facts.caller.privileged || !facts.user.as_ref().is_some_and(Trial::works) {
        return Vec::new();
    }
    vec![ids(facts), uplink(facts)]
}

/// A range of ids in place of one.
fn ids(facts: &Facts) -> Finding {
    let (id, what) = ("subordinate_ids", "more users than root in a lab");
    let limited = |why: String, remedy: String| {
        let why = format!("{why}; with one id, programs that change their user (su, many daemons) fail in labs");
        Finding::of(Section::Programs, id, what, Verdict::Limited, Cause::new(why, remedy))
    };
    let helpers = [("newuidmap", &facts.helpers.newuidmap), ("newgidmap", &facts.helpers.newgidmap)];
    let missing: Vec<&str> = helpers.iter().filter(|(_, helper)| helper.is_none()).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        let why = format!("not installed: {}", missing.join(", "));
        return limited(why, "install them: apt-get install uidmap (Fedora: dnf install shadow-utils)".into());
    }
    let plain = |helper: &&Option<Helper>| helper.as_ref().is_some_and(|helper| !helper.privileged);
    if let Some(helper) =
        helpers.map(|(_, helper)| helper).iter().find(|helper| plain(helper)).and_then(|it| it.as_ref())
    {
        let path = helper.path.display();
        return limited(
            format!("{path} is not set-uid root, and has no capability"),
            "install its package anew: apt-get install --reinstall uidmap".into(),
        );
    }
    if facts.caller.no_new_privs {
        let why = "this process may gain no privileges (no_new_privs), so newuidmap does nothing for it".into();
        return limited(
            why,
            "start it without (systemd: NoNewPrivileges=no; docker: without no-new-privileges)".into(),
        );
    }
    let user = facts.caller.name.clone().unwrap_or_else(|| facts.caller.uid.to_string());
    if facts.subids.uids == 0 || facts.subids.gids == 0 {
        let why = format!("/etc/subuid and /etc/subgid have no ids for {user}");
        let remedy =
            format!("as root of the machine: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}");
        return limited(why, format!("{remedy} (take a range that nobody else has there)"));
    }
    let count = facts.subids.uids.min(facts.subids.gids);
    let what = format!("{what}: {count} ids");
    if count + 1 < USUAL {
        let why = format!("ids of {count} and above are not there in labs");
        let remedy = format!("as root of the machine: a range of {USUAL} for {user} in /etc/subuid and /etc/subgid");
        return Finding::of(Section::Programs, id, what, Verdict::Limited, Cause::new(why, remedy));
    }
    Finding::works(Section::Programs, id, what)
}

/// The way out without root.
fn uplink(facts: &Facts) -> Finding {
    let (id, what) = ("uplink", "uplinks without root");
    let found = [&facts.helpers.pasta, &facts.helpers.slirp4netns].into_iter().flatten();
    let paths: Vec<String> = found.map(|helper| helper.path.display().to_string()).collect();
    if paths.is_empty() {
        let cause = Cause::new(
            "neither pasta nor slirp4netns is installed",
            "install one: apt-get install passt, or slirp4netns (Fedora: dnf install passt)",
        );
        return Finding::of(Section::Programs, id, what, Verdict::DoesNot, cause);
    }
    match facts.user.as_ref().and_then(|trial| trial.of(Step::Kind(LinkKind::Tap))) {
        Some(Err(refusal)) => {
            let need = if paths.len() == 1 { "needs" } else { "need" };
            let why = format!("{} {need} /dev/net/tun: {}", paths.join(" and "), refusal.text);
            let cause = Cause::new(why, tun_remedy(facts, refusal));
            Finding::of(Section::Programs, id, what, Verdict::DoesNot, cause)
        }
        _ => Finding::works(Section::Programs, id, format!("{what}: {}", paths.join(", "))),
    }
}

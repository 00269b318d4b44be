use std::path::PathBuf;

use super::*;
use crate::doctor::facts::{
    Caller, Container, Facts, Helper, Helpers, Limits, Refusal, Step, SubIds, Trial, Tried, Way,
};
use crate::topology::kinds::LinkKind;

const EPERM: i32 = libc::EPERM;
const EACCES: i32 = libc::EACCES;

/// All steps of a trial, the last of them refused.
fn until(step: Step, errno: i32) -> Trial {
    let mut tried = worked().tried;
    tried.retain(|tried| tried.step < step);
    let text = format!("trying {step:?}: {}", crate::errno::strerror(errno));
    tried.push(Tried { step, refusal: Some(Refusal { errno: Some(errno), unsupported: false, text }) });
    Trial { uid: 1000, tried }
}

/// Everything works.
fn worked() -> Trial {
    use Step::*;
    let mut steps = vec![UserNamespace, Ids, MountNamespace, NetworkNamespace, Mount, Lab, Sys];
    steps.extend(LinkKind::ALL.map(Kind));
    steps.extend([VlanFiltering, Tbf, Netem, Nat, Ipv6, Forwarding, Icmp, Icmp6, Packet, ProcessNamespace, Proc]);
    Trial { uid: 1000, tried: steps.into_iter().map(|step| Tried { step, refusal: None }).collect() }
}

/// The same, but for one step.
fn but(step: Step, errno: i32) -> Trial {
    let mut trial = worked();
    let refused = until(step, errno).tried.pop().unwrap();
    *trial.tried.iter_mut().find(|tried| tried.step == step).unwrap() = refused;
    trial
}

/// A machine with everything, and an ordinary user.
fn facts(user: Trial) -> Facts {
    let helper = |name: &str| Some(Helper { path: format!("/usr/bin/{name}").into(), privileged: true });
    let settings = [
        ("user.max_user_namespaces", 63_000),
        ("user.max_net_namespaces", 63_000),
        ("fs.nr_open", 1_048_576),
        ("fs.mount-max", 100_000),
        ("kernel.pid_max", 4_194_304),
        ("net.ipv4.neigh.default.gc_thresh3", 1024),
    ];
    Facts {
        kernel: "6.12.0".into(),
        caller: Caller { uid: 1000, name: Some("you".into()), ..Caller::default() },
        settings: settings.map(|(name, value)| (name.to_owned(), value)).into(),
        user: Some(user),
        limits: Limits { files: Some(1_048_576), files_needed: 4064, memory: Some(8 << 30), ..Limits::default() },
        subids: SubIds { uids: 65_536, gids: 65_536 },
        helpers: Helpers {
            newuidmap: helper("newuidmap"),
            newgidmap: helper("newgidmap"),
            pasta: helper("pasta"),
            slirp4netns: None,
        },
        program: Some(PathBuf::from("/opt/nslab")),
        ..Facts::default()
    }
}

/// The one finding of an id.
fn finding(facts: &Facts, id: &str) -> Finding {
    let found: Vec<Finding> = judge(facts).findings.into_iter().filter(|finding| finding.id == id).collect();
    let [only] = found.as_slice() else { panic!("{id}: {found:?}") };
    only.clone()
}

/// What does not work and keeps labs from being made: why, and what to do.
fn refused(facts: &Facts, id: &str) -> (String, String) {
    let found = finding(facts, id);
    assert_eq!(found.verdict, Verdict::DoesNot, "{found:?}");
    assert!(!judge(facts).labs);
    (found.why.unwrap(), found.remedy.unwrap())
}

#[test]
fn a_machine_with_everything_has_no_complaint() {
    let report = judge(&facts(worked()));
    assert!(report.labs && report.user == Some(true) && report.root.is_none());
    let complaints: Vec<&Finding> = report.findings.iter().filter(|it| it.verdict != Verdict::Works).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    // Every finding has an id of its own.
    let mut ids: Vec<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn whatever_does_not_work_has_a_reason_and_a_remedy() {
    for step in worked().tried.iter().map(|tried| tried.step) {
        for errno in [EPERM, EACCES, libc::ENOSPC, libc::ENOENT, libc::EINVAL, libc::ENOSYS, 9999] {
            let trials =
                if step > Step::Lab { vec![until(step, errno), but(step, errno)] } else { vec![until(step, errno)] };
            for trial in trials {
                let facts = facts(trial);
                let report = judge(&facts);
                let complaints: Vec<&Finding> =
                    report.findings.iter().filter(|it| it.verdict != Verdict::Works).collect();
                assert!(!complaints.is_empty(), "{step:?} {errno}");
                for finding in complaints {
                    let said = [&finding.why, &finding.remedy].map(|text| text.as_ref().map_or(0, String::len));
                    assert!(said.iter().all(|len| *len > 10), "{finding:?}");
                }
                assert_eq!(report.labs, step > Step::Lab, "{step:?}");
            }
        }
    }
}

#[test]
fn apparmor_of_ubuntu_is_told_by_its_profile_never_by_turning_it_off() {
    // 24.04: the namespace is made, and everything in it is refused.
    for (step, id) in [
        (Step::Ids, "user.user_namespaces"),
        (Step::Mount, "user.mounts"),
        (Step::UserNamespace, "user.user_namespaces"),
    ] {
        let mut facts = facts(until(step, EPERM));
        facts.settings.insert("kernel.apparmor_restrict_unprivileged_userns".into(), 1);
        facts.caller.apparmor = Some("unconfined".into());
        let (why, remedy) = refused(&facts, id);
        assert!(why.contains("AppArmor"), "{why}");
        assert!(remedy.contains("/opt/nslab doctor --apparmor") && remedy.contains("apparmor_parser"), "{remedy}");
        assert!(!remedy.contains("sysctl"), "{remedy}");
    }
}

#[test]
fn limits_of_namespaces_are_told_by_their_names() {
    let mut facts_0 = facts(until(Step::UserNamespace, libc::ENOSPC));
    facts_0.settings.insert("user.max_user_namespaces".into(), 0);
    let (why, remedy) = refused(&facts_0, "user.user_namespaces");
    assert!(why.contains("user.max_user_namespaces is 0"), "{why}");
    assert!(remedy.contains("sysctl -w user.max_user_namespaces="), "{remedy}");

    let mut few = facts(until(Step::NetworkNamespace, libc::ENOSPC));
    few.settings.insert("user.max_net_namespaces".into(), 3);
    let (why, remedy) = refused(&few, "user.network_namespaces");
    assert!(why.contains("user.max_net_namespaces is 3") && remedy.contains("user.max_net_namespaces="), "{why}");

    // The limit of a namespace around this one is out of sight.
    let (why, _) = refused(&facts(until(Step::UserNamespace, libc::ENOSPC)), "user.user_namespaces");
    assert!(why.contains("maybe one around this"), "{why}");
}

#[test]
fn debian_of_old_has_a_switch() {
    let mut facts = facts(until(Step::UserNamespace, EPERM));
    facts.settings.insert("kernel.unprivileged_userns_clone".into(), 0);
    let (why, remedy) = refused(&facts, "user.user_namespaces");
    assert!(why.contains("kernel.unprivileged_userns_clone is 0") && remedy.contains("unprivileged_userns_clone=1"));
}

#[test]
fn containers_are_told_what_to_let_through() {
    let mut facts = facts(until(Step::UserNamespace, EPERM));
    facts.caller.seccomp = true;
    let (why, remedy) = refused(&facts, "user.user_namespaces");
    assert!(why.contains("a seccomp filter on this process") && remedy.contains("SystemCallFilter="), "{remedy}");

    facts.caller.container = Some(Container::Docker);
    let (why, remedy) = refused(&facts, "user.user_namespaces");
    assert!(why.contains("Docker's seccomp filter"), "{why}");
    assert!(
        remedy.contains("seccomp=FILE") && remedy.contains("unshare") && !remedy.contains("unconfined"),
        "{remedy}"
    );

    // The namespace is made, and the profile of the container forbids to mount.
    facts.user = Some(until(Step::Mount, EACCES));
    facts.caller.apparmor = Some("docker-default (enforce)".into());
    let (why, remedy) = refused(&facts, "user.mounts");
    assert!(why.contains("(docker-default)") && remedy.contains("apparmor=PROFILE"), "{why} {remedy}");

    // Root of a container, which is none to the kernel.
    facts.caller.uid = 0;
    let root = finding(&facts, "root.labs");
    assert!(root.why.unwrap().contains("without CAP_SYS_ADMIN") && root.remedy.unwrap().contains("--cap-add"));
    facts.user = Some(worked());
    assert!(finding(&facts, "root.labs").remedy.unwrap().contains("without root here"));
    assert!(judge(&facts).labs);
}

#[test]
fn other_reasons_are_told_apart() {
    let mut chroot = facts(until(Step::UserNamespace, EPERM));
    chroot.caller.chroot = true;
    assert!(refused(&chroot, "user.user_namespaces").0.contains("chroot"));

    let mut selinux = facts(until(Step::UserNamespace, EACCES));
    selinux.caller.modules = ["capability", "yama", "selinux"].map(String::from).to_vec();
    let (why, remedy) = refused(&selinux, "user.user_namespaces");
    assert!(why.contains("(selinux)") && remedy.contains("ausearch"), "{why} {remedy}");

    let (why, remedy) = refused(&facts(until(Step::UserNamespace, libc::EINVAL)), "user.user_namespaces");
    assert!(why.contains("the kernel has none") && remedy.contains("CONFIG_USER_NS"), "{why}");

    let mut nested = facts(until(Step::UserNamespace, EPERM));
    nested.caller.nested = true;
    assert!(refused(&nested, "user.user_namespaces").0.contains("this user namespace"));

    let (why, remedy) = refused(&facts(until(Step::Lab, libc::EROFS)), "user.labs");
    assert!(why.contains("settings") && remedy.contains("unmask=ALL"), "{why}");

    let (why, remedy) = refused(&facts(until(Step::Lab, 9999)), "user.labs");
    assert!(why.contains("trying Lab") && remedy.contains("report"), "{why}");
}

#[test]
fn what_only_root_can_is_told() {
    let mut facts = facts(but(Step::Kind(LinkKind::Tap), EACCES));
    assert_eq!(finding(&facts, "kind.tap").verdict, Verdict::DoesNot);
    let uplink = finding(&facts, "uplink");
    assert_eq!(uplink.verdict, Verdict::DoesNot);
    assert!(uplink.remedy.unwrap().contains("chmod 0666 /dev/net/tun"));

    facts.caller = Caller { privileged: true, ..Caller::default() };
    facts.root = Some(Trial { uid: 0, ..worked() });
    let tap = finding(&facts, "kind.tap");
    assert_eq!(tap.verdict, Verdict::Limited);
    assert!(tap.why.unwrap().starts_with("only with root: "));
    assert!(finding(&facts, "user.labs").what.contains("tried as user 1000"));
    // Root has no need of others' programs.
    assert!(judge(&facts).findings.iter().all(|finding| finding.section != Section::Programs));

    // A machine where only root can: labs can be made by who asks, and the other way is told all the same.
    facts.user = Some(until(Step::UserNamespace, libc::ENOSPC));
    let report = judge(&facts);
    assert_eq!((report.labs, report.root, report.user), (true, Some(true), Some(false)));
    facts.user = None;
    assert_eq!(finding(&facts, "user.labs").verdict, Verdict::Limited);
}

#[test]
fn kinds_that_the_kernel_lacks_are_told_by_module_and_option() {
    let mut trial = worked();
    let vlan = trial.tried.iter_mut().find(|tried| tried.step == Step::Kind(LinkKind::Vlan)).unwrap();
    vlan.refusal = Some(Refusal { errno: Some(95), unsupported: true, text: "this kernel has no vlan".into() });
    let found = finding(&facts(trial), "kind.vlan");
    assert_eq!(found.verdict, Verdict::DoesNot);
    assert_eq!(found.remedy.unwrap(), "load the module: modprobe 8021q; or run a kernel with CONFIG_VLAN_8021Q");
}

#[test]
fn limits_are_held_against_a_large_lab() {
    let mut facts = facts(worked());
    facts.limits.files = Some(1024);
    let files = finding(&facts, "open_files");
    assert_eq!(files.verdict, Verdict::Limited);
    assert!(files.why.unwrap().contains("takes 4064") && files.remedy.unwrap().contains("prlimit --nofile=4064"));
    facts.settings.insert("fs.nr_open".into(), 1000);
    assert!(finding(&facts, "open_files").remedy.unwrap().contains("fs.nr_open=4064"));

    facts.settings.insert("user.max_net_namespaces".into(), 999);
    facts.settings.insert("net.ipv4.neigh.default.gc_thresh3".into(), 512);
    facts.settings.insert("fs.mount-max".into(), 100);
    facts.limits.mounts = 200;
    facts.limits.group_processes = Some((100, 90));
    facts.limits.memory = Some(100_000_000);
    for id in ["namespaces", "neighbours.ipv4", "processes", "memory"] {
        assert_eq!(finding(&facts, id).verdict, Verdict::Limited, "{id}");
    }
    assert_eq!(finding(&facts, "mounts").verdict, Verdict::DoesNot);
    assert!(finding(&facts, "processes").what.contains("processes: 10 (pids.max"));
    // Large labs are no condition for labs.
    assert!(judge(&facts).labs);
}

#[test]
fn ids_are_a_range_where_all_is_there_for_it() {
    let mut facts = facts(worked());
    let why = |facts: &Facts| {
        let found = finding(facts, "subordinate_ids");
        assert_eq!(found.verdict, Verdict::Limited);
        (found.why.unwrap(), found.remedy.unwrap())
    };
    facts.subids.gids = 100;
    assert!(why(&facts).0.contains("ids of 100 and above"));
    facts.subids.uids = 0;
    let (reason, remedy) = why(&facts);
    assert!(reason.contains("no ids for you") && remedy.contains("usermod") && remedy.contains(" you "), "{remedy}");
    facts.caller.no_new_privs = true;
    assert!(why(&facts).0.contains("no_new_privs"));
    facts.helpers.newgidmap = Some(Helper { path: "/usr/bin/newgidmap".into(), privileged: false });
    assert!(why(&facts).0.contains("/usr/bin/newgidmap is not set-uid"));
    facts.helpers.newuidmap = None;
    assert!(why(&facts).1.contains("uidmap"));
    facts.helpers.pasta = None;
    let uplink = finding(&facts, "uplink");
    assert!(uplink.why.unwrap().contains("neither pasta nor slirp4netns") && uplink.remedy.unwrap().contains("passt"));
}

#[test]
fn the_way_is_in_the_words() {
    let refusal = Refusal { errno: Some(EPERM), unsupported: false, text: "mounting".into() };
    let mut facts = facts(worked());
    facts.settings.insert("kernel.apparmor_restrict_unprivileged_userns".into(), 1);
    // What holds ordinary users does not hold root.
    let cause = cause::of(&facts, Way::Root, Step::Mount, &refusal);
    assert!(!cause.why.contains("AppArmor"), "{cause:?}");
}

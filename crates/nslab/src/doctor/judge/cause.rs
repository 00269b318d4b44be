//! Why namespaces are refused.

use std::path::Path;

use super::Cause;
use crate::doctor::facts::{Container, Facts, Refusal, Step, Way};

const EPERM: i32 = 1;
const EACCES: i32 = 13;
const EINVAL: i32 = 22;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const ENOSYS: i32 = 38;
const EUSERS: i32 = 87;

/// How many namespaces are enough for anybody who asks.
const MANY: u64 = 10_000;

/// What must be allowed for labs in a container that filters system calls.
const CALLS: &str = "clone, clone3, fsconfig, fsmount, fsopen, mount, mount_setattr, move_mount, open_tree, sethostname, \
                     setns, umount2, unshare";

/// Why one of the steps that labs cannot do without was refused, and the least that lets it through.
pub(super) fn of(facts: &Facts, way: Way, step: Step, refusal: &Refusal) -> Cause {
    let why = |why: &str| format!("{}: {why}", refusal.text);
    match refusal.errno {
        Some(ENOSPC | EUSERS) => return limit(facts, step, refusal),
        Some(ENOSYS | EINVAL) if made(step).is_some() => {
            let config = made(step).map_or("", |(_, config)| config);
            return Cause::new(why("the kernel has none"), format!("run a kernel with {config}"));
        }
        Some(EROFS) => {
            let remedy = "start the container with a /proc/sys that may be written to (podman: --security-opt unmask=ALL; \
                          docker: --security-opt systempaths=unconfined); of it only what is of the lab's own network can \
                          be written without root";
            return Cause::new(why("settings of a node's network cannot be made, as in containers"), remedy);
        }
        Some(EPERM | EACCES) => {}
        _ => {
            let remedy = "if it is not the machine's doing, it is a fault of nslab's: please report it with the output of \
                          nslab doctor --json";
            return Cause::new(refusal.text.clone(), remedy);
        }
    }
    let caller = &facts.caller;
    if way == Way::User && step == Step::UserNamespace && facts.setting("kernel.unprivileged_userns_clone") == Some(0) {
        return Cause::new(
            why("kernel.unprivileged_userns_clone is 0: only root may make user namespaces"),
            "as root of the machine: sysctl -w kernel.unprivileged_userns_clone=1; or make labs as root",
        );
    }
    if way == Way::User && facts.setting("kernel.apparmor_restrict_unprivileged_userns").is_some_and(|on| on > 0) {
        let what = if step == Step::UserNamespace {
            "AppArmor lets only programs with a profile for it make user namespaces"
        } else {
            "AppArmor lets a program without a profile for it make a user namespace, and takes all privilege in it"
        };
        return Cause::new(why(what), profile(facts.program.as_deref()));
    }
    if way == Way::User && step == Step::Ids && caller.uid == 0 {
        return Cause::new(
            why("the kernel lets root be root of a user namespace only with CAP_SETFCAP (since Linux 5.12)"),
            "run nslab as an ordinary user; or start the container with --cap-add SETFCAP, as is usual",
        );
    }
    if step == Step::UserNamespace && caller.chroot {
        return Cause::new(
            why("the kernel makes no user namespaces in a changed root folder (chroot)"),
            "run nslab outside, or enter the folder by pivot_root in place of chroot, as containers do",
        );
    }
    if let Some(name) = confined(caller.apparmor.as_deref()) {
        let whose = format!("the AppArmor profile of this process ({name}) may forbid it");
        let remedy = match caller.container {
            Some(Container::Docker) => docker("--security-opt apparmor=PROFILE, with a copy of docker-default that allows mount, umount and userns"),
            Some(Container::Podman) => "start the container with --security-opt apparmor=PROFILE, with a profile that allows mount, umount and userns".into(),
            _ => format!("allow mount, umount and userns in that profile: /etc/apparmor.d/local/{name}"),
        };
        return Cause::new(why(&whose), remedy);
    }
    if caller.seccomp {
        let whose = match &caller.container {
            Some(container) => format!("{}'s seccomp filter forbids it", name(container)),
            None => "a seccomp filter on this process forbids it".into(),
        };
        let remedy = match caller.container {
            Some(Container::Docker) => docker(&format!(
                "--security-opt seccomp=FILE, with a copy of Docker's default profile that also allows {CALLS}"
            )),
            Some(_) => format!("start the container with a seccomp profile that also allows {CALLS}"),
            None => format!("have who started it (systemd: RestrictNamespaces=, SystemCallFilter=) allow {CALLS}"),
        };
        return Cause::new(why(&whose), remedy);
    }
    let others: Vec<&str> = caller.modules.iter().map(String::as_str).filter(|name| rules(name)).collect();
    if refusal.errno == Some(EACCES) && !others.is_empty() {
        let whose = format!("a security module forbids it ({})", others.join(", "));
        return Cause::new(
            why(&whose),
            "look for what was denied in the kernel's log (journalctl --dmesg; with SELinux: ausearch -m avc) and allow that",
        );
    }
    if caller.nested {
        return Cause::new(
            why("this user namespace, or who made it, does not allow it"),
            "run nslab outside of it, or give this process CAP_SYS_ADMIN and an id in it",
        );
    }
    Cause::new(refusal.text.clone(), "make labs as root; the kernel's log may say who refused (journalctl --dmesg)")
}

fn name(container: &Container) -> &str {
    match container {
        Container::Docker => "Docker",
        Container::Podman => "Podman",
        Container::Other(name) => name,
    }
}

fn docker(option: &str) -> String {
    format!("start the container with {option}")
}

/// The profile that holds a process, if it does.
fn confined(label: Option<&str>) -> Option<&str> {
    let label = label?;
    let held = ["(enforce)", "(kill)", "(prompt)"].iter().find_map(|mode| label.strip_suffix(mode))?;
    Some(held.trim())
}

/// Whether a module keeps processes from things by rules of its own.
fn rules(module: &str) -> bool {
    ["selinux", "smack", "tomoyo", "apparmor", "bpf"].contains(&module)
}

/// What a step makes, with the kernel's option for it.
fn made(step: Step) -> Option<(&'static str, &'static str)> {
    match step {
        Step::UserNamespace => Some(("user", "CONFIG_USER_NS")),
        Step::NetworkNamespace => Some(("net", "CONFIG_NET_NS")),
        Step::ProcessNamespace => Some(("pid", "CONFIG_PID_NS")),
        Step::MountNamespace => Some(("mnt", "CONFIG_NAMESPACES")),
        _ => None,
    }
}

fn limit(facts: &Facts, step: Step, refusal: &Refusal) -> Cause {
    let sysctl = format!("user.max_{}_namespaces", made(step).map_or("net", |(kind, _)| kind));
    let raise = format!("as root of the machine: sysctl -w {sysctl}={MANY}, and a line in /etc/sysctl.d to keep it");
    match facts.setting(&sysctl) {
        Some(0) => Cause::new(format!("{}: {sysctl} is 0: nobody may make any", refusal.text), raise),
        Some(limit) if limit < MANY => {
            Cause::new(format!("{}: {sysctl} is {limit}, and so many are there", refusal.text), raise)
        }
        _ => {
            let why = format!("{}: a limit of namespaces is reached, maybe one around this", refusal.text);
            Cause::new(why, format!("end what holds them, or {raise}"))
        }
    }
}

/// How the profile is put in place.
fn profile(program: Option<&Path>) -> String {
    let own = program.map_or_else(|| "nslab".into(), |path| path.display().to_string());
    format!(
        "give nslab its profile, which allows this to it and to nobody else: {own} doctor --apparmor | sudo tee \
         /etc/apparmor.d/nslab && sudo apparmor_parser --replace /etc/apparmor.d/nslab"
    )
}

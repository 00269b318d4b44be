//! `nslab doctor`: what it finds where something is taken away from it, and that trying leaves nothing.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::{sandbox, tools, trial};

/// Without privilege, whoever runs the tests: root as containers have it, at its least. Without this one capability
/// the kernel lets root not even be root of a user namespace.
const DROP: &str = "setpriv --bounding-set=-all,+setfcap --inh-caps=-all";

pub(crate) fn trials() -> Vec<Trial> {
    let trials = vec![
        trial("doctor::root_can_make_labs_here", root),
        trial("doctor::without_root_too", without_root),
        trial("doctor::no_user_namespaces", no_user_namespaces),
        trial("doctor::root_without_any_capability", no_capability_at_all),
        trial("doctor::no_network_namespaces", no_network_namespaces),
        trial("doctor::a_changed_root_folder", changed_root),
        trial("doctor::no_tun_device", no_tun),
        trial("doctor::few_open_files", few_files),
        trial("doctor::a_covered_proc", covered_proc),
        trial("doctor::a_read_only_proc_sys", read_only_settings),
        trial("doctor::programs_are_looked_for_on_the_path", programs),
        trial("doctor::trying_leaves_nothing", leaves_nothing),
        trial("doctor::the_profile_names_this_program", profile),
    ];
    let able = able();
    trials.into_iter().map(|trial| trial.with_ignored_flag(!able)).collect()
}

/// Most of it is about user namespaces, which this machine may have none of.
fn able() -> bool {
    let output = sandbox::run(&[], &format!("{DROP} unshare --map-root-user --net true"));
    if !output.status.success() {
        eprintln!("skipped: doctor::*, for this machine allows no user namespaces");
    }
    output.status.success()
}

struct Answer {
    status: i32,
    report: Value,
}

impl Answer {
    fn finding(&self, id: &str) -> &Value {
        let findings = self.report["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["id"] == id).unwrap_or_else(|| panic!("no {id}: {:#}", self.report))
    }

    /// What is said of something that does not work.
    fn complaint(&self, id: &str, verdict: &str) -> (&str, &str) {
        let finding = self.finding(id);
        assert_eq!(finding["verdict"], verdict, "{finding:#}");
        (finding["why"].as_str().unwrap(), finding["remedy"].as_str().unwrap())
    }
}

/// Runs a script in a sandbox in which `$DOCTOR` is the command.
fn doctor(script: &str) -> Answer {
    let script = format!("DOCTOR='{} doctor --json'\n{script}", tools::NSLAB);
    let output = sandbox::run(&[], &script);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {script}\n{out}{err}"));
    Answer { status: output.status.code().unwrap(), report }
}

fn root() {
    let answer = doctor("$DOCTOR");
    assert_eq!((answer.status, &answer.report["labs"], &answer.report["root"]), (0, &true.into(), &true.into()));
    for id in ["root.labs", "kind.bridge", "icmp"] {
        assert_eq!(answer.finding(id)["verdict"], "works", "{id}");
    }
}

fn without_root() {
    let answer = doctor(&format!("{DROP} $DOCTOR"));
    assert_eq!((answer.status, &answer.report["labs"], &answer.report["user"]), (0, &true.into(), &true.into()));
    assert_eq!(answer.report["root"], Value::Null);
    assert_eq!(answer.finding("user.labs")["verdict"], "works");
    // The user is root here, and has nothing of it.
    assert!(answer.complaint("root.labs", "does_not").0.contains("without CAP_SYS_ADMIN"));
}

/// Settings of a user namespace of its own, which hold for what is made in it.
fn limited(setting: &str) -> Answer {
    doctor(&format!(
        "export DOCTOR; unshare --map-root-user sh -c 'echo 0 >/proc/sys/user/{setting} && {DROP} $DOCTOR'"
    ))
}

fn no_user_namespaces() {
    let answer = limited("max_user_namespaces");
    assert_eq!((answer.status, &answer.report["labs"]), (1, &false.into()));
    let (why, remedy) = answer.complaint("user.user_namespaces", "does_not");
    assert!(why.contains("user.max_user_namespaces is 0"), "{why}");
    assert!(remedy.contains("sysctl -w user.max_user_namespaces="), "{remedy}");
    // Nothing else could be tried, and nothing is said of it.
    let findings = answer.report["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["section"] != "features"), "{:#}", answer.report);
}

fn no_capability_at_all() {
    let answer = doctor("setpriv --bounding-set=-all --inh-caps=-all $DOCTOR");
    assert_eq!(answer.status, 1);
    let (why, remedy) = answer.complaint("user.user_namespaces", "does_not");
    assert!(why.contains("CAP_SETFCAP") && remedy.contains("ordinary user"), "{why}");
}

fn no_network_namespaces() {
    let answer = limited("max_net_namespaces");
    assert_eq!(answer.status, 1);
    let (why, remedy) = answer.complaint("user.network_namespaces", "does_not");
    assert!(why.contains("user.max_net_namespaces is 0"), "{why}");
    assert!(remedy.contains("sysctl -w user.max_net_namespaces="), "{remedy}");
    assert_eq!(answer.complaint("namespaces", "does_not").0, "a lab of 1000 nodes takes 1000");
}

fn changed_root() {
    let answer = doctor(&format!(
        "mkdir -p /run/root/usr /run/root/proc /run/root/dev /run/root/run && cd /run/root && mount --rbind /usr usr &&
         mount --rbind /proc proc && mount --rbind /dev dev && cp '{}' nslab || exit 9
         for link in lib lib64 bin; do if [ -L /$link ]; then ln -s usr/$link; else mkdir -p $link; mount --rbind /$link $link; fi; done
         chroot /run/root {DROP} /nslab doctor --json",
        tools::NSLAB
    ));
    assert_eq!(answer.status, 1);
    let (why, _) = answer.complaint("user.user_namespaces", "does_not");
    assert!(why.contains("(chroot)"), "{why}");
}

fn no_tun() {
    let hidden = "mkdir -p /run/empty; [ ! -d /dev/net ] || mount --bind /run/empty /dev/net || exit 9";
    let answer = doctor(&format!("{hidden}\n{DROP} $DOCTOR"));
    // Labs do without.
    assert_eq!(answer.status, 0);
    for id in ["kind.tun", "kind.tap"] {
        let (why, remedy) = answer.complaint(id, "does_not");
        assert!(why.contains("/dev/net/tun: open: No such file"), "{why}");
        assert!(remedy.contains("/dev/net/tun") || remedy.contains("modprobe tun"), "{remedy}");
    }
}

fn few_files() {
    let answer = doctor(&format!("ulimit -n 300; {DROP} $DOCTOR"));
    assert_eq!(answer.status, 0);
    assert_eq!(answer.finding("open_files")["what"], "open files: 300");
    let (why, remedy) = answer.complaint("open_files", "limited");
    // What `nslab check` takes of a lab of as many nodes: that is said by the same arithmetic.
    assert_eq!(why, "a lab of 1000 nodes takes 4064");
    assert!(remedy.contains("prlimit --nofile=4064"), "{remedy}");
}

/// As containers have it: then the kernel lets nobody without privilege mount another.
fn covered_proc() {
    let answer = doctor(&format!("mount -t tmpfs tmpfs /proc/irq || exit 9\n{DROP} $DOCTOR"));
    assert_eq!(answer.status, 0);
    let (why, remedy) = answer.complaint("user.processes", "limited");
    assert!(why.contains("Operation not permitted") && why.contains("covered"), "{why}");
    assert!(remedy.contains("systempaths=unconfined"), "{remedy}");
}

/// The same.
fn read_only_settings() {
    let cover = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys || exit 9";
    let answer = doctor(&format!("{cover}\n{DROP} $DOCTOR"));
    // Without it a node would be configured by what others tell it, so there are no labs.
    assert_eq!(answer.status, 1);
    let (why, remedy) = answer.complaint("user.labs", "does_not");
    assert!(why.contains("Read-only file system") && remedy.contains("systempaths=unconfined"), "{why}");
}

fn programs() {
    let script = |setup: &str| {
        format!(
            "mkdir /run/bin; for p in pasta newuidmap newgidmap; do : >/run/bin/$p; done; {setup}
             PATH=/run/bin:/usr/bin:/bin; for p in setpriv; do ln -s $(command -v $p) /run/bin; done; PATH=/run/bin
             export PATH; {DROP} $DOCTOR"
        )
    };
    // Files that nobody may run are no programs.
    let answer = doctor(&script(""));
    assert!(answer.complaint("uplink", "does_not").0.contains("neither pasta nor slirp4netns"));
    assert_eq!(
        answer.complaint("subordinate_ids", "limited").0.split(';').next(),
        Some("not installed: newuidmap, newgidmap")
    );
    let answer = doctor(&script("chmod 755 /run/bin/*"));
    let (why, _) = answer.complaint("subordinate_ids", "limited");
    assert!(why.starts_with("/run/bin/newuidmap is not set-uid root"), "{why}");
    let uplink = answer.finding("uplink");
    let told =
        [&uplink["what"], &uplink["why"]].map(|text| text.as_str().unwrap_or_default().contains("/run/bin/pasta"));
    assert!(told.contains(&true), "{uplink:#}");
}

fn leaves_nothing() {
    let nslab = tools::NSLAB;
    let look = format!(
        "{{ ls -lR /run; cat /proc/self/mountinfo; {nslab} ip -details link; {nslab} ip address; {nslab} ip rule; cat /proc/sys/net/ipv4/ip_forward; }}"
    );
    let out = sandbox::succeed(
        &[],
        &format!(
            "mkdir /run/netns; {look} >/tmp/$$.before 2>&1
             {nslab} doctor >/dev/null; {DROP} {nslab} doctor >/dev/null
             {look} >/tmp/$$.after 2>&1
             diff /tmp/$$.before /tmp/$$.after && echo same; wc -l </tmp/$$.before; rm /tmp/$$.before /tmp/$$.after"
        ),
    );
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("same"), "{out}");
    assert!(lines.next().unwrap().trim().parse::<u32>().unwrap() > 5);
}

fn profile() {
    let out = sandbox::succeed(&[], &format!("{} doctor --apparmor", tools::NSLAB));
    assert!(out.contains(&format!("profile nslab \"{}\" flags=(unconfined) {{\n  userns,\n", tools::NSLAB)), "{out}");
}

//! The tests of labs once more, as a user with no privileges at all: no id but one, no capability, none to be had.
//!
//! The same scripts run. Where they look at the lab's namespaces from outside with `ip`, they find one on PATH that goes
//! into the holder of the only lab first, by nsenter(1).

use std::cell::Cell;
use std::sync::OnceLock;

use libtest_mimic::Trial;

use crate::sandbox::{self, AsUser};
use crate::tools;

thread_local! {
    /// Whether the trials that are being made are those of a user.
    static MAKING: Cell<bool> = const { Cell::new(false) };
}

/// Makes trials that run as a user, by making them as they are made for root.
pub(crate) fn trials_of(make: impl Fn() -> Vec<Vec<Trial>>) -> Vec<Vec<Trial>> {
    MAKING.set(true);
    let mut trials = make();
    MAKING.set(false);
    let is_roots = |trial: &Trial| ROOTS.iter().any(|(name, _)| trial.name().strip_prefix("user::") == Some(name));
    trials.iter_mut().for_each(|trials| trials.retain(|trial| !is_roots(trial)));
    trials
}

/// What is only root's to test, and why.
const ROOTS: &[(&str, &str)] = &[
    ("refusals::without_privilege", "it is about what these all have none of"),
    ("capture::a_full_disk_leaves_a_whole_file", "it mounts a small disk"),
    ("capture::down_does_not_wait_for_it", "what is inside, a capture as well, ends with the lab"),
    ("capture::what_is_lost_is_counted", "it stops the capture, which is inside"),
    ("capture::namespaces_of_no_lab", NAMES),
    ("example::leaves_alone_namespaces_of_its_names", NAMES),
    (
        "lab::a_stray_entry_among_the_records",
        "a user's records are elsewhere, and rootless::* has what is strange there",
    ),
    ("lab::an_earlier_boot_is_recognised", NAMES),
    ("lab::iproute2_lists_the_nodes_and_may_delete_one", "iproute2 sees no names of a user's labs"),
    ("lab::settings_reach_every_node", "it makes sandboxes of its own, in which it is root"),
    ("lab::what_is_not_ours_is_left_alone", "whatever has the names in a user's lab ends with the lab"),
    ("lab_kinds::what_this_kernel_has", "it gives an interface to another user"),
    ("prefix::names_that_are_taken", NAMES),
    ("prefix::two_labs_of_one_file", "the names of two labs of a user are never seen at once"),
    ("processes::down_ends_all_inside_and_none_outside", NAMES),
    ("refusals::a_full_disk_and_a_closed_pipe", "it mounts a small disk"),
    ("refusals::a_limit_in_the_middle_of_a_build", "it makes a sandbox of its own, in which it is root"),
    ("refusals::names_that_are_taken", NAMES),
];

const NAMES: &str = "outside of labs, namespaces with names are root's";

/// A trial's name, and what is done on its thread before it.
pub(crate) fn mode(name: &str) -> (String, impl FnOnce() + Send + 'static) {
    let user = MAKING.get();
    let name = if user { format!("user::{name}") } else { name.to_owned() };
    (name, move || sandbox::AS_USER.set(user.then(as_user)))
}

/// Whether this machine can have such tests: only root becomes another user.
pub(crate) fn is_possible() -> bool {
    sandbox::AS_USER.set(Some(as_user()));
    let look = format!(
        "test -r {} && nslab --version && unshare --user --map-root-user --net true",
        tools::repository("README.md").display()
    );
    let output = sandbox::run(&[tools::ours()], &look);
    sandbox::AS_USER.set(None);
    output.status.success()
}

fn as_user() -> AsUser {
    AsUser { setup: setup(), script, printed: |text| text.replace("/srv", "/run") }
}

/// A lab's /run is its own, so files for inside and outside are not in the machine's; what of it is the lab's is seen
/// through the lab's holder.
fn script(text: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("/run") {
        let (before, after) = (&rest[..at], &rest[at + 4..]);
        made.push_str(before);
        made.push_str(match after {
            _ if ["/netns", "/nslab"].iter().any(|own| after.starts_with(own)) => "$(held)/run",
            _ if after.starts_with(char::is_alphanumeric) => "/run",
            _ => "/srv",
        });
        rest = after;
    }
    made + rest
}

/// A sandbox in which a user has a home, a folder for what runs and /run itself, and can read this repository
/// and the reference programs, whoever may look into the folders that they are in.
fn setup() -> &'static str {
    static SETUP: OnceLock<String> = OnceLock::new();
    SETUP.get_or_init(|| {
        let repository = tools::repository(".").canonicalize().unwrap();
        let reference = tools::reference().map(|folder| folder.canonicalize().unwrap());
        let folders = std::iter::once(&repository).chain(&reference).map(|folder| folder.to_str().unwrap());
        SCRIPT.replace("FOLDERS", &folders.collect::<Vec<_>>().join(" "))
    })
}

const SCRIPT: &str = r#"
set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs -o uid=54320,gid=54320,mode=755 tmpfs /srv
mount -t tmpfs -o mode=755 tmpfs /media
mkdir -m 700 /media/home /media/run; chown 54320:54320 /media/home /media/run; mkdir /media/bin /run/netns
mknod -m 666 /media/tun c 10 200 && [ -e /dev/net/tun ] && mount --bind /media/tun /dev/net/tun
# The root of what the only lab has for a machine; nothing where there is no lab.
cat >/media/bin/held <<'END'
#!/bin/sh
for record in "$XDG_RUNTIME_DIR"/nslab/labs/*/holder.json; do
    pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$record" 2>/dev/null) || continue
    [ ! -e /proc/$pid/ns/net ] || exec echo /proc/$pid/root
done
END
cat >/media/bin/ip <<'END'
#!/bin/sh
pid=$(held); pid=${pid%/root}
[ "$pid" ] || exec nslab ip "$@"
exec nsenter -t ${pid#/proc/} -U -m -n -p --preserve-credentials --wdns="$PWD" nslab ip "$@"
END
cat >/media/bin/umount <<'END'
#!/bin/sh
root=$(held); pid=${root%/root}; PATH=${PATH#/media/bin:}
exec nsenter -t ${pid#/proc/} -U -m -p --preserve-credentials umount "${1#"$root"}"
END
# A process of the lab's by the number that it has in the lab: its number here.
cat >/media/bin/outside <<'END'
#!/bin/sh
root=$(held); space=$(readlink ${root%/root}/ns/pid)
for process in /proc/[0-9]*; do
    [ "$(readlink $process/ns/pid)" = "$space" ] || continue
    [ "$(sed -n 's/^NSpid:.*[^0-9]//p' $process/status)" != $1 ] || exec echo ${process#/proc/}
done
exit 1
END
chmod +x /media/bin/*
hidden=
for folder in FOLDERS; do
    mkdir -p /media/kept$folder; mount --rbind $folder /media/kept$folder
    above=$folder outermost=
    until [ "$above" = / ]; do
        above=$(dirname "$above")
        case $(stat -c %A "$above") in *x | *t) ;; *) outermost=$above ;; esac
    done
    case " $hidden " in *" $outermost "*) ;; *) hidden="$hidden $outermost" ;; esac
done
for folder in $hidden; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
for folder in FOLDERS; do
    [ -e $folder ] || { mkdir -p $folder; mount --rbind /media/kept$folder $folder; }
done
export HOME=/media/home XDG_RUNTIME_DIR=/media/run PATH="/media/bin:$PATH"
# What is left running ends with this.
exec unshare --pid --fork --kill-child --mount-proc sh -c '"$@"; exit $?' first \
    timeout 100 setpriv --reuid 54320 --regid 54320 --clear-groups --bounding-set -all --inh-caps=-all --no-new-privs "$@"
"#;

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
    ("capture::namespaces_of_no_lab", "namespaces with names are root's"),
    ("change::a_new_node_disturbs_no_other", "it looks at the lab from outside"),
    ("change::drift_by_hand_is_put_right", "it looks at the lab from outside"),
    ("change::one_address_is_one_event_in_one_node", "it looks at the lab from outside"),
    ("example::leaves_alone_what_has_its_names", "it looks at the lab from outside"),
    ("example::leaves_nothing_when_a_step_fails", "it looks at the lab from outside"),
    ("example::leaves_nothing_when_it_is_stopped", "it looks at the lab from outside"),
    ("example::shows_the_lab_with_no_other_program", "it looks at the lab from outside"),
    ("lab::a_stray_entry_among_the_records", "it looks at the lab from outside"),
    ("lab::an_earlier_boot_is_recognised", "it looks at the lab from outside"),
    ("lab::down_leaves_nothing", "it looks at the lab from outside"),
    ("lab::iproute2_lists_the_nodes_and_may_delete_one", "it looks at the lab from outside"),
    ("lab::settings_reach_every_node", "it looks at the lab from outside"),
    ("lab::what_is_not_ours_is_left_alone", "it looks at the lab from outside"),
    ("lab_kinds::what_it_lacks_is_told_and_nothing_made", "it looks at the lab from outside"),
    ("lab_kinds::what_this_kernel_has", "it looks at the lab from outside"),
    ("prefix::names_that_are_taken", "it looks at the lab from outside"),
    ("prefix::two_labs_of_one_file", "it looks at the lab from outside"),
    ("processes::a_supervisor_with_nothing_to_do_gives_memory_back", "it looks at the lab from outside"),
    ("processes::down_ends_all_inside_and_none_outside", "it looks at the lab from outside"),
    ("processes::one_that_does_not_get_ready_leaves_nothing", "it looks at the lab from outside"),
    ("processes::supervisor_killed", "it looks at the lab from outside"),
    ("processes::what_others_wait_for_is_there_or_told", "it looks at the lab from outside"),
    ("refusals::a_full_disk_and_a_closed_pipe", "it looks at the lab from outside"),
    ("refusals::a_limit_in_the_middle_of_a_build", "it looks at the lab from outside"),
    ("refusals::names_that_are_taken", "it looks at the lab from outside"),
];

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

/// A sandbox in which a user has a home, a folder for what runs and /run itself, and can read this repository, whoever may
/// look into the folders that it is in.
fn setup() -> &'static str {
    static SETUP: OnceLock<String> = OnceLock::new();
    SETUP.get_or_init(|| {
        let repository = tools::repository(".").canonicalize().unwrap();
        SCRIPT.replace("REPOSITORY", repository.to_str().unwrap())
    })
}

const SCRIPT: &str = r#"
set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs -o uid=54320,gid=54320,mode=755 tmpfs /srv
mount -t tmpfs -o mode=755 tmpfs /media
mkdir -m 700 /media/home /media/run; chown 54320:54320 /media/home /media/run; mkdir /media/bin /media/repository /run/netns
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
chmod +x /media/bin/*
folder=REPOSITORY
until [ "$folder" = / ]; do
    folder=$(dirname "$folder")
    case $(stat -c %A "$folder") in *x | *t) ;; *) hidden=$folder ;; esac
done
if [ "$hidden" ]; then
    mount --rbind REPOSITORY /media/repository
    mount -t tmpfs -o mode=755 tmpfs "$hidden"
    mkdir -p REPOSITORY; mount --rbind /media/repository REPOSITORY
fi
export HOME=/media/home XDG_RUNTIME_DIR=/media/run PATH="/media/bin:$PATH"
# What is left running ends with this.
exec unshare --pid --fork --kill-child --mount-proc sh -c '"$@"; exit $?' first \
    timeout 100 setpriv --reuid 54320 --regid 54320 --clear-groups --bounding-set -all --inh-caps=-all --no-new-privs "$@"
"#;

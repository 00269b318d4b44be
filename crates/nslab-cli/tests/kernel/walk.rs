//! The acceptance story: two namespaces, a cable, a ping.

use std::path::Path;

use libtest_mimic::Trial;

use crate::differential::{Mask, compare};
use crate::{sandbox, tools, trial};

/// Step 1: a namespace comes and goes.
pub(crate) const COMES_AND_GOES: &str = "
r ip netns list
r ip netns add helloworld
r ip netns list
r ip netns exec helloworld ip address show
r ip netns exec helloworld sh -c 'exit 7'
r ip netns delete helloworld
r ip netns list
";

/// Steps 2 to 4: two namespaces, one cable, addresses, up, and they talk.
pub(crate) const THE_WALK: &str = "
r ip netns add ns1
r ip netns add ns2
r ip netns list
r ip link add ns1-veth0 type veth peer name ns2-veth0
r ip link show
r ip link set ns1-veth0 netns ns1
r ip link set ns2-veth0 netns ns2
r ip netns exec ns1 ip link show
r ip netns exec ns2 ip link show
r ip netns exec ns1 ip address add 192.0.2.1/24 dev ns1-veth0
r ip netns exec ns2 ip address add 192.0.2.2/24 dev ns2-veth0
r ip netns exec ns1 ip link show ns1-veth0
r ip netns exec ns1 ping -c 1 -W 1 192.0.2.2
r ip netns exec ns1 ip link set ns1-veth0 up
r ip netns exec ns2 ip link set ns2-veth0 up
r ip netns exec ns1 ping -c 3 -i 0.1 192.0.2.2
r ip netns exec ns2 ping -q -c 2 -i 0.1 192.0.2.1
r ip netns exec ns1 ip -4 address show ns1-veth0
";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("walk::a_namespace_comes_and_goes", || compare(COMES_AND_GOES, Mask::Hardware)),
        trial("walk::two_namespaces_talk", || compare(THE_WALK, Mask::Hardware)),
        trial("walk::abbreviated", || {
            compare(&THE_WALK.replace("address", "a").replace("netns exec", "netns e"), Mask::Hardware);
        }),
        trial("walk::with_nslab_before_each_word", with_nslab_before_each_word),
        trial("walk::with_no_other_program", with_no_other_program).with_ignored_flag(tools::find("strace").is_none()),
        trial("walk::either_program_sees_what_the_other_made", either_sees_the_other),
    ]
}

/// `nslab ip` and `nslab ping` are the same commands.
fn with_nslab_before_each_word() {
    let script = "r() { \"$@\"; echo \"= $?\"; }\n".to_owned() + THE_WALK;
    let as_links = sandbox::run(&[tools::ours()], &script);
    let nslab = tools::NSLAB;
    let words = script.replace("ip ", &format!("{nslab} ip ")).replace("ping ", &format!("{nslab} ping "));
    let as_words = sandbox::run(&[Path::new("/nonexistent")], &words);
    let statuses = |output: &std::process::Output| {
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().filter(|line| line.starts_with("= ")).map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&as_links), statuses(&as_words));
    assert_eq!(statuses(&as_links).len(), 18);
}

/// Nothing on PATH but a shell and ours, and nothing else is executed.
fn with_no_other_program() {
    let folder = tools::ours_and(&["sh"]);
    let path = folder.path().display();
    let strace = tools::find("strace").unwrap();
    let script = format!(
        "PATH={path}\nexport PATH\n{} -f -qq -e trace=execve -e signal=none -o /run/trace sh -c '
        r() {{ \"$@\" || exit 9; }}
        {}{}'
        while read -r line; do printf '%s\\n' \"$line\"; done </run/trace",
        strace.display(),
        COMES_AND_GOES.replace("sh -c 'exit 7'", "ip netns list"),
        THE_WALK.replace("r ip netns exec ns1 ping -c 1 -W 1 192.0.2.2\n", ""),
    );
    let out = sandbox::succeed(&[], &script);
    let executed: Vec<&str> = out.lines().filter(|line| line.contains("execve(") && line.ends_with("= 0")).collect();
    // One for the shell, one for each command, one more for each that runs inside.
    assert_eq!(executed.len(), 1 + 7 + 17 + 2 + 10, "{out}");
    for line in executed {
        let program = line.split('"').nth(1).unwrap();
        assert!(program.starts_with(&folder.path().display().to_string()), "{line}");
    }
}

/// What `ip` made, ours lists, enters and deletes; and the other way round.
fn either_sees_the_other() {
    let (reference, ours) = (tools::reference().unwrap(), tools::ours());
    for (maker, user) in [(reference, ours), (ours, reference)] {
        let (maker, user) = (maker.join("ip"), user.join("ip"));
        let (maker, user) = (maker.display(), user.display());
        let out = sandbox::succeed(
            &[],
            &format!(
                "before=$(grep -c /run/netns /proc/self/mountinfo || true)
                 {maker} netns add one; {maker} netns add two; {user} netns list
                 {user} netns exec one {maker} link show lo >/dev/null
                 {maker} link add v0 type veth peer name v1; {user} link set v0 netns one; {maker} -n one link show v0 >/dev/null
                 {user} netns delete one; {maker} netns delete two; {user} netns list; {maker} netns list
                 echo $(($(grep -c /run/netns /proc/self/mountinfo) - before))"
            ),
        );
        // Directory order; at the end the directory's own mount is what is left. The machine's own may be out of
        // sight beneath this /run.
        assert_eq!(out, "two\none\n1\n", "made by {maker}");
    }
}

//! Labs whose links are impaired: what is shown of them, and what a kernel without `netem` makes of them.

use libtest_mimic::Trial;

use crate::lab::{SEEN, fail, succeed};
use crate::{sandbox, tools, trial};

/// The example that needs `netem`.
pub(crate) const EXAMPLE: &str = "lossy-long-distance.yaml";

pub(crate) fn trials() -> Vec<Trial> {
    let here = netem();
    if !here {
        eprintln!("skipped: a lab with delays, for this kernel has no netem");
    }
    vec![
        trial("impair::shown_before_it_is_made_and_kept_on_record", shown),
        trial("impair::a_rate_alone_needs_no_netem", rate_alone),
        trial("impair::a_missing_netem_is_told_and_nothing_made", missing).with_ignored_flag(here),
        trial("impair::the_example", example).with_ignored_flag(!here),
    ]
}

/// Whether this kernel has `netem`.
fn netem() -> bool {
    let script = "echo 'links: [ \"a -- b { delay: 1ms }\" ]' >/run/t.yaml; nslab -q up /run/t.yaml";
    sandbox::run(&[tools::ours()], script).status.success()
}

fn shown() {
    let out = succeed(
        "printf '%s\\n' 'links:' '  - a -- b { a: { delay: 20.0ms, loss: 0.10% }, b: { rate: 1500kbit } }' >/run/t.yaml
         nslab up --dry-run /run/t.yaml | grep impair",
    );
    assert_eq!(out, "  a:eth0 impair delay 20ms loss 0.1%\n  b:eth0 impair rate 1500kbit\n");
}

fn rate_alone() {
    let out = succeed(
        "printf '%s\\n' 'links:' '  - a 192.0.2.1/24 -- b 192.0.2.2/24 { rate: 1mbit }' >/run/t.yaml
         nslab -q up /run/t.yaml; nslab -q up /run/t.yaml; ip -n a link show eth0 | grep -o 'qdisc [a-z]*'
         grep -o '\"rate\": *\"1mbit\"' /run/nslab/t/record.json | tr -d ' ' | sort -u; nslab -q check t; nslab -q down t",
    );
    assert!(out.starts_with("qdisc tbf\n\"rate\":\"1mbit\"\n"), "{out}");
}

fn missing() {
    let err = fail(
        &format!(
            "{SEEN}printf '%s\\n' 'links:' '  - a -- b {{ a: {{ rate: 1mbit }}, b: {{ delay: 1ms }} }}' >/run/t.yaml
             touch /run/before; seen >/run/before; nslab up /run/t.yaml; status=$?
             seen | diff /run/before - >&2; exit $status"
        ),
        3,
    );
    assert!(err.starts_with("nslab: this kernel has no `netem`: impairing b:eth0 (delay 1ms): "), "{err}");
    assert!(err.contains("CONFIG_NET_SCH_NETEM") && err.contains("`modprobe sch_netem`"), "{err}");
}

/// It comes up and goes; that all reach each other on the first try is not to be expected of it.
fn example() {
    let path = tools::repository("examples").join(EXAMPLE);
    let path = path.display();
    succeed(&format!("nslab up {path}; nslab check {path} || test $? = 1; nslab down {path}; test ! -e /run/nslab"));
}

//! What came with which kernel.

use super::{Cause, Finding, Section, Verdict};

/// Since which release there is what nslab makes use of.
const SINCE: &[(u32, u32, &str)] = &[
    (5, 3, "processes are ended by a number that may be another's by then (no pidfd)"),
    (5, 8, "labs without root cannot be joined (no setns by pidfd)"),
    (5, 9, "the small processes of a lab may keep files open that are not theirs (no close_range)"),
    (5, 10, "no uplink with NAT (no comments of nftables tables)"),
    (5, 12, "names of namespaces may be mounted twice where systemd shares /run (no mount_setattr)"),
    (5, 14, "a namespace is known by its inode alone, which is used again (no cookie)"),
];

/// The number in front of the first dot, and the one behind it.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

pub(super) fn judge(release: &str) -> Finding {
    let what = format!("Linux {release}");
    let lacks = |(major, minor): (u32, u32)| {
        let missing = SINCE.iter().filter(move |(a, b, _)| (major, minor) < (*a, *b));
        missing.map(|(.., text)| *text).collect::<Vec<_>>()
    };
    match version(release).map(lacks) {
        Some(missing) if !missing.is_empty() => {
            let cause = Cause::new(missing.join("; "), "run Linux 5.14 or later");
            Finding::of(Section::Kernel, "kernel", what, Verdict::Limited, cause)
        }
        _ => Finding::works(Section::Kernel, "kernel", what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_kernels_are_told_what_they_lack() {
        assert_eq!(version("6.1.0-32-amd64"), Some((6, 1)));
        assert_eq!((version("5.10.0"), version("unknown"), version("")), (Some((5, 10)), None, None));
        assert_eq!(judge("6.18.5").verdict, Verdict::Works);
        assert_eq!(judge("5.14.0-427.el9").verdict, Verdict::Works);
        let old = judge("5.10.0-32-amd64");
        assert_eq!((old.verdict, old.why.unwrap().matches(';').count()), (Verdict::Limited, 1));
        assert!(judge("4.19.0").why.unwrap().contains("setns by pidfd"));
    }
}

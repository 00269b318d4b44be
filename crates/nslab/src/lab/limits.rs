//! The machine's limits that a large lab meets, looked at before anything is made.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::topology::plan::{Cable, Plan, Port};

const NAMESPACES: &str = "user.max_net_namespaces";
const MOUNTS: &str = "fs.mount-max";

/// As many neighbours of a family are kept where the machine does not say.
const USUAL_NEIGHBOURS: usize = 1024;

/// Counting the mounts takes as long as making some nodes; smaller labs leave it to the kernel.
const LARGE: usize = 1000;

/// An address family's table of neighbours (arp(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    pub(super) const ALL: [Self; 2] = [Self::V4, Self::V6];

    fn sysctl(self) -> &'static str {
        match self {
            Self::V4 => "net.ipv4.neigh.default.gc_thresh3",
            Self::V6 => "net.ipv6.neigh.default.gc_thresh3",
        }
    }

    /// How many neighbours the kernel keeps for all namespaces of the machine together. Only the machine's first
    /// namespace shows that.
    pub(super) fn neighbours(self) -> usize {
        read(self.sysctl()).unwrap_or(USUAL_NEIGHBOURS)
    }

    fn is_of(self, port: &Port) -> bool {
        port.addresses.iter().any(|address| address.is_ipv6() == (self == Self::V6))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// The value of a setting of the kernel's that is a number.
fn read(sysctl: &str) -> Option<usize> {
    let path = format!("/proc/sys/{}", sysctl.replace('.', "/"));
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// What cannot be made on this machine.
///
/// # Errors
/// [`ErrorKind::Kernel`] with the limit and how to raise it.
pub(super) fn check(plan: &Plan) -> Result<()> {
    let nodes = plan.nodes.len();
    within(nodes, 0, read(NAMESPACES), NAMESPACES, "network namespaces")?;
    if nodes <= LARGE {
        return Ok(());
    }
    let mounted = std::fs::read_to_string("/proc/self/mountinfo").map_or(0, |text| text.lines().count());
    within(nodes, mounted, read(MOUNTS), MOUNTS, "mounts")
}

/// So many more of something may be made, beside those that are there.
fn within(needed: usize, there: usize, limit: Option<usize>, sysctl: &str, what: &str) -> Result<()> {
    let Some(limit) = limit.filter(|limit| needed.saturating_add(there) > *limit) else { return Ok(()) };
    let beside = if there > 0 { format!(" beside {there} that are there") } else { String::new() };
    let message = format!("the lab takes {needed} {what}{beside}, and this machine allows {limit}");
    Err(Error::new(ErrorKind::Kernel, message).with_help(raise(sysctl, needed.saturating_add(there))))
}

/// With room for others.
fn raise(sysctl: &str, needed: usize) -> String {
    let enough = needed.saturating_add(needed / 2).checked_next_power_of_two().unwrap_or(needed);
    format!("raise the limit, as root of the machine: sysctl -w {sysctl}={enough}")
}

/// What of a plan the machine can make, but will not serve as it may be expected to, in sentences with what to do.
///
/// Each cable makes a neighbour at both of its ends, once both have spoken; a member of a segment has at least one.
#[must_use]
pub fn tight(plan: &Plan) -> Vec<String> {
    Family::ALL.into_iter().filter_map(|family| neighbours(plan, family, family.neighbours())).collect()
}

fn neighbours(plan: &Plan, family: Family, limit: usize) -> Option<String> {
    let likely = |Cable { a, b }: &Cable| match (family.is_of(a), family.is_of(b)) {
        (true, true) => 2,
        _ if a.bridged && family.is_of(b) => 1,
        _ => 0,
    };
    let likely: usize = plan.cables.iter().map(likely).sum();
    (likely > limit).then(|| {
        format!(
            "the lab makes {likely} {family} neighbours or more, and the machine keeps {limit} for all namespaces; \
             packets to others are lost\n  help: {}",
            raise(family.sysctl(), likely)
        )
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::topology::spec;

    #[test]
    fn a_limit_holds_for_what_is_there_and_what_comes() {
        assert!(within(10, 0, Some(10), NAMESPACES, "network namespaces").is_ok());
        assert!(within(usize::MAX, 1, None, MOUNTS, "mounts").is_ok());
        let error = within(11, 0, Some(10), NAMESPACES, "network namespaces").unwrap_err();
        assert_eq!(error.to_string(), "the lab takes 11 network namespaces, and this machine allows 10");
        assert_eq!(error.help(), Some("raise the limit, as root of the machine: sysctl -w user.max_net_namespaces=16"));
        let error = within(2000, 99_000, Some(100_000), MOUNTS, "mounts").unwrap_err();
        assert!(error.to_string().contains("2000 mounts beside 99000 that are there"), "{error}");
        assert!(error.help().unwrap().contains("fs.mount-max=262144"));
    }

    #[test]
    fn neighbours_are_counted_by_family() {
        let text = "segments: { lan: { prefix: 10.0.0.0/24, members: [ 'h[1-5]' ] } }\n\
                    links: [ h1 10.1.0.1/30 2001:db8::1/64 -- h2 10.1.0.2/30 2001:db8::2/64, h1 10.2.0.1/30 -- h3 ]";
        let plan = Plan::new(&spec::parse(text, Path::new("t.yaml")).unwrap());
        assert_eq!((neighbours(&plan, Family::V4, 7), neighbours(&plan, Family::V6, 2)), (None, None));
        let remark = neighbours(&plan, Family::V4, 6).unwrap();
        assert!(remark.starts_with("the lab makes 7 IPv4 neighbours or more, and the machine keeps 6"), "{remark}");
        assert!(remark.ends_with("sysctl -w net.ipv4.neigh.default.gc_thresh3=16"), "{remark}");
        assert!(neighbours(&plan, Family::V6, 1).unwrap().contains("makes 2 IPv6"));
    }
}

//! `ip neigh help`.

use crate::applet::ip::fail::{Fail, MISUSE};

const USAGE: &str = "\
Usage: ip neigh { add | del | change | replace } { ADDR [ lladdr LLADDR ] [ nud STATE ] | proxy ADDR }
                [ dev DEV ] [ router ] [ use ] [ managed ] [ extern_learn ] [ protocol PROTO ]
       ip neigh { show | flush } [ proxy ] [ to PREFIX ] [ dev DEV ] [ nud STATE ] [ unused ]
                [ master DEV ] [ nomaster ] [ vrf NAME ] [ protocol PROTO ]
       ip neigh get { ADDR | proxy ADDR } dev DEV
STATE := { none | incomplete | reachable | stale | delay | probe | failed | noarp | permanent }";

/// The usage, as the failure that asking for it is.
pub(super) fn usage() -> Fail {
    Fail::new(MISUSE, USAGE)
}

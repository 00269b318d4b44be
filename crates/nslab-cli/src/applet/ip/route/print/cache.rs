//! What the kernel remembers of a route's use.

use nslab::ops::route::CacheInfo;
use nslab::wire::consts::{
    RTCF_BROADCAST, RTCF_DIRECTDST, RTCF_DIRECTSRC, RTCF_DNAT, RTCF_DOREDIRECT, RTCF_FAST, RTCF_LOCAL, RTCF_MASQ,
    RTCF_MULTICAST, RTCF_NOTIFY, RTCF_REDIRECTED, RTCF_REJECT, RTCF_SNAT, RTCF_TPROXY,
};

use crate::applet::ip::print::Printer;
use crate::applet::ip::session::Session;

/// In the order in which they are printed.
static FLAGS: &[(u32, &str)] = &[
    (RTCF_LOCAL, "local"),
    (RTCF_REJECT, "reject"),
    (RTCF_MULTICAST, "mc"),
    (RTCF_BROADCAST, "brd"),
    (RTCF_DNAT, "dst-nat"),
    (RTCF_SNAT, "src-nat"),
    (RTCF_MASQ, "masq"),
    (RTCF_DIRECTDST, "dst-direct"),
    (RTCF_DIRECTSRC, "src-direct"),
    (RTCF_REDIRECTED, "redirected"),
    (RTCF_DOREDIRECT, "redirect"),
    (RTCF_FAST, "fastroute"),
    (RTCF_NOTIFY, "notify"),
    (RTCF_TPROXY, "proxy"),
];

/// Ticks a second of the times that the kernel tells: 100 on every Linux that is not ancient.
const TICKS: u32 = 100;

/// The line of an IPv4 route that was asked for.
pub(super) fn flags(print: &mut Printer, flags: u32) {
    print.line_end();
    print.text("    cache ");
    print.begin_array("cache");
    let mut before = "<";
    for (flag, name) in FLAGS {
        if flags & flag != 0 {
            print.text(before);
            print.string(None, "{}", name);
            before = ",";
        }
    }
    print.end_array();
    if before == "," {
        print.text("> ");
    }
}

/// When it ends, and how it is used.
pub(super) fn info(session: &mut Session, info: CacheInfo) {
    let print = &mut session.print;
    if info.expires != 0 {
        print.number("expires", "expires {}sec ", info.expires / TICKS.cast_signed());
    }
    if info.error != 0 {
        print.number("error", "error {} ", info.error);
    }
    if session.options.statistics == 0 {
        return;
    }
    if info.users != 0 {
        print.number("users", "users {} ", info.users);
    }
    if info.used != 0 {
        print.number("used", "used {} ", info.used);
    }
    if info.last_use != 0 {
        print.number("age", "age {}sec ", info.last_use / TICKS);
    }
}

//! The flags of a link, between angle brackets.

use nslab::wire::consts::{
    IFF_ALLMULTI, IFF_AUTOMEDIA, IFF_BROADCAST, IFF_DEBUG, IFF_DORMANT, IFF_DYNAMIC, IFF_ECHO, IFF_LOOPBACK,
    IFF_LOWER_UP, IFF_MASTER, IFF_MULTICAST, IFF_NOARP, IFF_NOTRAILERS, IFF_POINTOPOINT, IFF_PORTSEL, IFF_PROMISC,
    IFF_RUNNING, IFF_SLAVE, IFF_UP,
};

use crate::applet::ip::print::Printer;

/// In the order in which `ip` prints them.
const FLAGS: &[(u32, &str)] = &[
    (IFF_LOOPBACK, "LOOPBACK"),
    (IFF_BROADCAST, "BROADCAST"),
    (IFF_POINTOPOINT, "POINTOPOINT"),
    (IFF_MULTICAST, "MULTICAST"),
    (IFF_NOARP, "NOARP"),
    (IFF_ALLMULTI, "ALLMULTI"),
    (IFF_PROMISC, "PROMISC"),
    (IFF_MASTER, "MASTER"),
    (IFF_SLAVE, "SLAVE"),
    (IFF_DEBUG, "DEBUG"),
    (IFF_DYNAMIC, "DYNAMIC"),
    (IFF_AUTOMEDIA, "AUTOMEDIA"),
    (IFF_PORTSEL, "PORTSEL"),
    (IFF_NOTRAILERS, "NOTRAILERS"),
    (IFF_UP, "UP"),
    (IFF_LOWER_UP, "LOWER_UP"),
    (IFF_DORMANT, "DORMANT"),
    (IFF_ECHO, "ECHO"),
];

/// Prints the flags; `lower_down` says that the link beneath is down.
pub(super) fn print(print: &mut Printer, flags: u32, lower_down: bool) {
    print.begin_array("flags");
    print.text("<");
    let mut between = "";
    each(flags, lower_down, &mut |word| {
        print.text(between);
        print.string(None, "{}", word);
        between = ",";
    });
    print.text(">");
    print.end_array();
}

fn each(flags: u32, lower_down: bool, take: &mut dyn FnMut(&str)) {
    if flags & IFF_UP != 0 && flags & IFF_RUNNING == 0 {
        take("NO-CARRIER");
    }
    let mut rest = flags & !IFF_RUNNING;
    for (flag, word) in FLAGS {
        if rest & flag != 0 {
            take(word);
            rest &= !flag;
        }
    }
    if rest != 0 {
        take(&format!("{rest:x}"));
    }
    if lower_down {
        take("M-DOWN");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(flags: u32, lower_down: bool) -> String {
        let mut all = Vec::new();
        each(flags, lower_down, &mut |word| all.push(word.to_owned()));
        all.join(",")
    }

    #[test]
    fn flags_in_the_order_of_ip() {
        assert_eq!(words(IFF_UP | IFF_BROADCAST | IFF_MULTICAST, true), "NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN");
        assert_eq!(words(IFF_LOOPBACK | IFF_UP | IFF_RUNNING | IFF_LOWER_UP, false), "LOOPBACK,UP,LOWER_UP");
        assert_eq!(words(0x8000_0000, false), "80000000");
    }
}

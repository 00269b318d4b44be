//! What was done by hand beside the nodes' links and addresses, or came about by itself: uplinks that lost a part,
//! processes that have ended, commands that are still at it, records that are damaged.

use libtest_mimic::Trial;

use crate::lab::{HELLO, SEEN, succeed};
use crate::uplink::machine;
use crate::{tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let nft = || tools::find("nft").is_none();
    vec![
        trial("drift::each_part_of_an_uplink_is_put_back", uplink).with_ignored_flag(nft()),
        trial("drift::an_uplink_without_nat", plain_uplink),
        trial("drift::what_was_put_back_goes_again_if_the_change_fails", uplink_fails).with_ignored_flag(nft()),
        trial("drift::options_of_interfaces", options),
        trial("drift::processes_that_have_ended", processes),
        trial("drift::a_stopped_supervisor_is_told", stopped),
        trial("drift::a_lab_that_is_being_made_is_not_cut_off", at_work),
        trial("drift::a_damaged_record", damaged),
        trial("drift::messages_name_namespaces_with_their_prefix", prefix),
    ]
}

/// Each damage is seen by `diff` and `status`, one `up` mends it without making the cable anew, and then all is well.
const DAMAGE: &str = "
cd /run; seen >before; nslab -q up t.yaml; reaches pc 8.8.8.8; end=$(ip -o link show nslab-t | cut -d: -f1)
clean() { sed \"s/nsl-[0-9a-f]*/nsl/g\"; }
damage() {
    \"$@\"; ! nslab diff t.yaml >diff; ! nslab status t >status
    grep '^[-+@]' diff | grep -v '^---\\|^+++' | clean; grep -c '^missing' status
    nslab up t.yaml | cut -d: -f2; nslab diff t.yaml; nslab status t >status; reaches pc 203.0.113.2
    [ $end = \"$(ip -o link show nslab-t | cut -d: -f1)\" ]
}
off() { echo 0 >/proc/sys/net/ipv4/conf/wan/forwarding; }
";

fn uplink() {
    let out = machine(&format!(
        "{DAMAGE}
         ends() {{ for it in /proc/sys/net/ipv4/conf/nsl-*/forwarding; do echo 0 >$it; done; }}
         damage off; damage ends
         damage nft delete table inet nslab-t; damage nft flush table inet nslab-t
         damage ip netns exec isp nft delete chain inet nslab postrouting
         damage ip -n isp route delete default; damage ip link set nslab-t down; damage ip -n isp link set uplink down
         damage ip address flush dev nslab-t >flushed; cut -c1-17 flushed
         reaches pc 8.8.8.8; nslab down t; rm *.yaml diff status flushed; mv before /run/was; seen >/run/after; diff was after"
    ));
    let expected = "\
@@ (machine):wan @@
-sysctl net/ipv4/conf/wan/forwarding=0
+sysctl net/ipv4/conf/wan/forwarding=1
1
 1 change
@@ (machine):nsl @@
-sysctl net/ipv4/conf/nsl/forwarding=0
+sysctl net/ipv4/conf/nsl/forwarding=1
1
 1 change
@@ (machine):nsl @@
+nftables table inet nslab-t with masquerade
1
 1 change
@@ (machine):nsl @@
+nftables table inet nslab-t with masquerade
1
 1 change
@@ isp:uplink @@
+nftables table inet nslab with masquerade
1
 1 change
@@ isp:uplink @@
+route default via 198.18.189.53
1
 1 change
@@ (machine):nsl @@
-down
+up
1
 1 change
@@ isp:uplink @@
-down
+up
+route default via 198.18.189.53
2
 2 changes
@@ (machine):nsl 
+address 198.18.1
1
 1 change
lab t is down: 3 nodes, 1 segment removed
";
    assert_eq!(out, expected);
}

fn plain_uplink() {
    let out = machine(&format!(
        "sed -i 's/node: isp/node: isp, nat: false, prefix: 192.0.2.0\\/30/' /run/t.yaml
         sed -i s/8.8.8.8/203.0.113.2/ /run/t.yaml; reaches() {{ ip netns exec $1 ping -q -c 1 -W 3 203.0.113.2 >/dev/null; }}
         {DAMAGE} damage ip route delete 10.0.0.0/24; damage ip link set nslab-t down
         # Another way out of the machine is to forward too, and gets back what it had.
         ip link add wan2 type veth peer name x; ip address add 192.0.2.9/30 dev wan2; ip link set x up; ip link set wan2 up
         damage ip route add default via 192.0.2.10 metric 7; nslab -q down t; cat /proc/sys/net/ipv4/conf/wan*/forwarding"
    ));
    let expected = "\
@@ (machine):nsl @@
+route 10.0.0.0/24 via 192.0.2.2
1
 1 change
@@ (machine):nsl @@
-down
+up
+route 10.0.0.0/24 via 192.0.2.2
+route 10.9.0.0/30 via 192.0.2.2
3
 3 changes
@@ (machine):wan2 @@
-sysctl net/ipv4/conf/wan2/forwarding=0
+sysctl net/ipv4/conf/wan2/forwarding=1
1
 1 change
0
0
";
    assert_eq!(out, expected);
}

fn uplink_fails() {
    let out = machine(
        "cd /run; nslab -q up t.yaml; nft delete table inet nslab-t; ip link set nslab-t down
         echo 0 >/proc/sys/net/ipv4/conf/wan/forwarding
         lab() { { seen; ip -n isp address | steady; ip -n isp route; ip netns exec isp nft list ruleset; } | grep -v inet6 | sed 's/ linkdown//'; }
         lab >was; sed 's/r: {/a: { run: [ { name: p, command: exit 1, ready: { exit: true } } ] }, r: {/' t.yaml >bad.yaml
         nslab -q up bad.yaml 2>&1 || echo status $?; rm bad.yaml; lab | diff was -; nslab down t; rm was",
    );
    let expected = "\
nslab: process a/p has ended with status 1 before it was ready
  help: lab \"t\" is as it was before
status 3
lab t is down: 3 nodes, 1 segment removed
";
    assert_eq!(out, expected);
}

/// Changed in place where the kernel can, else made anew; and put back as it was found if that fails.
fn options() {
    let out = succeed(
        "cd /run; cat >a.yaml <<END
name: a
nodes:
  sw: { interfaces: { br0: { kind: bridge, ports: [ p1, p2 ], priority: 100, ageing_time: 10s, addresses: 10.0.0.9/24 } } }
  r1:
    interfaces:
      mv0: { kind: macvlan, link: eth0, mode: vepa, mac: 02:00:00:00:00:07, addresses: 10.0.0.20/24 }
      vx9: { kind: vxlan, id: 9, dev: eth0, group: 239.1.1.1, ttl: 5, addresses: 10.9.0.1/24 }
      tun0: { kind: tun, owner: 4321, addresses: 10.8.0.1/24 }
links:
  - sw:p1 -- h1 10.0.0.1/24
  - sw:p2 -- r1:eth0 10.0.0.2/24
  - r1:eth1 -- h1:eth1
END
         nslab -q up a.yaml; nslab diff a.yaml
         damage() { \"$@\"; ! nslab diff a.yaml >diff; grep '^[-+@]' diff | grep -v '^---\\|^+++'; nslab up a.yaml; nslab diff a.yaml; }
         damage ip -n sw link set br0 type bridge priority 7 ageing_time 3000
         damage ip -n r1 link set mv0 address 02:00:00:00:00:55 type macvlan mode private
         damage ip -n r1 link set vx9 type vxlan ttl 9
         vxlan() { ip -n r1 link delete vx9; ip -n r1 link add vx9 up type vxlan id 10 dev eth0 group 239.1.1.1 ttl 5 dstport 4789; }
         macvlan() { ip -n r1 link delete mv0; ip -n r1 link add mv0 address 02:00:00:00:00:07 up link eth1 type macvlan mode vepa; }
         tun() { ip -n r1 tuntap delete tun0 mode tun; ip -n r1 tuntap add tun0 mode tun user 5; }
         damage vxlan; damage macvlan; damage tun
         sed -i 's/mode: vepa/mode: bridge/; s/priority: 100/priority: 200/; s/ttl: 5/ttl: 6/' a.yaml
         nslab up --dry-run a.yaml; nslab -q up a.yaml; nslab diff a.yaml
         vxlan; ip -n sw link set br0 type bridge priority 7; ip -n r1 -d link show vx9 >was; ip -n sw -d link show br0 | grep -o 'priority 7 ' >>was
         sed 's/r1:$/r1:\\n    routes: [ 10.44.0.0\\/16 via 10.0.0.9 src 10.66.0.1 ]/' a.yaml >bad.yaml; nslab up bad.yaml 2>&1 | tail -1
         ip -n r1 -d link show vx9 >is; ip -n sw -d link show br0 | grep -o 'priority 7 ' >>is; grep -v link/ was >w; grep -v link/ is | diff w -
         nslab -q up a.yaml; nslab diff a.yaml; nslab down a",
    );
    let expected = "\
@@ sw:br0 @@
-type bridge priority 7
+type bridge priority 100
-type bridge ageing_time 30s
+type bridge ageing_time 10s
lab a is up: 2 changes
@@ r1:mv0 @@
-type macvlan mode private
+type macvlan mode vepa
-address 02:00:00:00:00:55
+address 02:00:00:00:00:07
lab a is up: 2 changes
@@ r1:vx9 @@
-type vxlan ttl 9
+type vxlan ttl 5
lab a is up: 1 change
@@ r1:vx9 @@
-link vxlan group 239.1.1.1 id 10 port 4789 ttl 5 dev eth0
+link vxlan group 239.1.1.1 id 9 port 4789 ttl 5 dev eth0
+address 10.9.0.1/24
lab a is up: 3 changes
@@ r1:mv0 @@
-link macvlan mode vepa link eth1
+link macvlan mode vepa link eth0
+address 10.0.0.20/24
lab a is up: 3 changes
@@ r1:tun0 @@
-link tun owner 5
+link tun owner 4321
+address 10.8.0.1/24
lab a is up: 3 changes
ip -n sw link set br0 type bridge priority 200
ip -n r1 link set mv0 type macvlan mode bridge
ip -n r1 link set vx9 type vxlan ttl 6
  help: lab \"a\" is as it was before
lab a is down: 3 nodes removed
";
    assert_eq!(out, expected);
}

fn processes() {
    let out = succeed(
        "mkfifo /run/fifo; cd /run
         echo 'nodes: { a: { run: [ { name: p, command: [ sleep, \"1000\" ] }, { name: q, command: read line <fifo; exit 3 } ] } }' >t.yaml
         nslab -q up t.yaml; nslab diff t; nslab ls; nslab status t | sed 's/  *[0-9][0-9]*  0$/  PID/'
         echo >fifo; until nslab ls | grep -q '1 of 2'; do :; done
         ! nslab diff t.yaml; ! nslab status t >status; tail -1 status; nslab up --dry-run t.yaml; nslab up t.yaml; nslab diff t
         nslab down t",
    );
    let expected = "\
LAB  STATE  NODES  SEGMENTS  LINKS  PROCESSES  FILE
t    up     1      0         0      2          /run/t.yaml
lab t: up
INTERFACE  STATE  PEER  ADDRESSES
a          up     -     -
PROCESS  STATE    PID   RESTARTS
a/p      running  PID
a/q      running  PID
--- lab t
+++ t.yaml
@@ a @@
-process q exited 3
+process q running
a/q      exited 3  -     0
a: start process q again (exited 3)
lab t is up already; started again: 1 process: 1 node, 2 processes
lab t is down: 1 node removed, 2 processes ended
";
    let squeezed = |text: &str| {
        text.replace("PID   RESTARTS", "PID RESTARTS")
            .split(' ')
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(squeezed(&out), squeezed(expected), "{out}");
}

fn stopped() {
    let out = succeed(
        "cd /run; echo 'nodes: { a: { run: [ { name: p, command: [ sleep, \"1000\" ] } ] } }' >t.yaml; nslab -q up t.yaml
         pid=$(sed 's/.*supervisor\":{\"pid\":\\([0-9]*\\).*/\\1/' /run/nslab/t/processes.json); kill -STOP $pid
         sed -i s/1000/1001/ t.yaml; nslab up t.yaml 2>&1 | sed s/$pid/PID/g; kill -CONT $pid; nslab up t.yaml; nslab diff t
         kill -STOP $pid; nslab down t; nslab supervise t </dev/null 2>&1 || echo status $?",
    );
    let expected = "\
nslab: the supervisor of the lab's processes, process PID, is stopped and answers nobody
  help: kill -CONT PID lets it go on; lab \"t\" is as it was before
lab t is up: 1 change
lab t is down: 1 node removed, 1 process ended
nslab: the supervisor of a lab's processes is started by `nslab up`, and takes its socket as standard input
status 2
";
    assert_eq!(out, expected);
}

fn at_work() {
    let out = succeed(
        "mkfifo /run/on /run/go; cd /run; echo 'nodes: { a: { run: [ { name: p, ready: { exit: true }, command: echo >on; read x <go } ] } }' >t.yaml
         nslab -q up t.yaml & pid=$!; read x <on
         nslab ls | cut -c1-18; nslab ls --json | grep -c 'being made'; nslab exec a true 2>&1 | sed s/$pid/PID/
         nslab check t 2>&1 | sed s/$pid/PID/; nslab status t | head -1
         kill -9 $pid; wait $pid || true; until nslab ls 2>&1 | grep -q 'cut off half-way'; do :; done
         nslab exec a true 2>&1 || nslab -q down t; ls /run/nslab 2>&1 | wc -l",
    );
    let expected = "\
LAB  STATE       N
t    being made  1
1
nslab: lab \"t\" is being made by process PID
  help: wait until that is done
nslab: lab \"t\" is being made by process PID
  help: wait until that is done
lab t: being made
nslab: lab \"t\" is not whole: it was cut off
  help: nslab up with the lab's file makes it whole; nslab down t clears it away
1
";
    assert_eq!(out, expected);
}

fn damaged() {
    let out = succeed(&format!(
        "{SEEN}{HELLO}cd /run; ip netns add other; touch before after; seen >before; record=nslab/helloworld/record.json
         nslab -q up hello.yaml; sed -i 's/\"cables\":/\"cabels\":/' $record; nslab up hello.yaml 2>&1 | tail -1 | cut -c3-60
         nslab down helloworld 2>&1 | sed 's/ at line .*;/;/'; seen >after; diff before after
         nslab -q up hello.yaml; cp $record good; cut -c1-200 good >$record; nslab down helloworld 2>&1 | tail -1
         ip netns list | wc -l; sed 's/\"version\":2/\"version\":1/' good >$record; nslab down helloworld 2>&1 | head -1
         ip netns list | wc -l; cp good $record; nslab down helloworld"
    ));
    let expected = "\
help: take the lab down with the version that made it; or 
/run/nslab/helloworld/record.json: not a record of this version of nslab: missing field `cables`; taken away by what it says of the lab's nodes
lab helloworld is down: 2 nodes removed
  help: take the lab down with the version that made it; or remove the network namespaces that are its nodes (nslab ip netns list, nslab ip netns delete NAME), and then the folder /run/nslab/helloworld
3
nslab: /run/nslab/helloworld/record.json: not a record of this version of nslab: it has version 1, this is 2
3
lab helloworld is down: 2 nodes removed
";
    assert_eq!(out, expected);
}

fn prefix() {
    let out = succeed(&format!(
        "{HELLO}cd /run; nslab -q up --prefix x- hello.yaml
         sed 's/^links/nodes: {{ ns1: {{ routes: [ 10.0.0.0\\/8 via 192.0.2.2 src 192.0.2.77 ] }} }}\\nlinks/' hello.yaml >bad.yaml
         nslab up --prefix x- bad.yaml 2>&1 || nslab -q down --prefix x- hello.yaml"
    ));
    let expected = "\
nslab: ip -n x-ns1 route add 10.0.0.0/8 via 192.0.2.2 src 192.0.2.77: Invalid prefsrc address
  help: lab \"x-helloworld\" is as it was before
";
    assert_eq!(out, expected);
}

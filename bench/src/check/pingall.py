"""Hosts on one Linux bridge with mininet. The argument is their number; prints the seconds of one pingall."""
import sys
import time

from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo

setLogLevel("error")
net = Mininet(topo=SingleSwitchTopo(int(sys.argv[1])), switch=LinuxBridge, controller=None, waitConnected=False)
net.start()
begin = time.monotonic()
lost = net.pingAll()
took = time.monotonic() - begin
net.stop()
if lost:
    sys.exit(f"pingall: {lost} % not answered")
print(f"{took:.6f}")

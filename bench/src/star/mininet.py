"""Hosts on one Linux bridge with mininet. The argument is their number; prints the seconds to build and to stop."""
import sys
import time

from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo

setLogLevel("error")
begin = time.monotonic()
net = Mininet(topo=SingleSwitchTopo(int(sys.argv[1])), switch=LinuxBridge, controller=None, waitConnected=False)
net.start()
built = time.monotonic()
net.stop()
print(f"{built - begin:.6f} {time.monotonic() - built:.6f}")

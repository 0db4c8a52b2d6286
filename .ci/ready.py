"""Waits for a daemon to say READY=1 on a systemd notify socket: ready.py SOCKET SECONDS.

The socket exists before anything is waited for; start the daemon with NOTIFY_SOCKET=SOCKET once it is there.
"""

import socket
import sys
import time

path, seconds = sys.argv[1], float(sys.argv[2])
deadline = time.monotonic() + seconds
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
    inbox.bind(path)
    while (left := deadline - time.monotonic()) > 0:
        inbox.settimeout(left)
        try:
            said = inbox.recv(4096).decode()
        except TimeoutError:
            break
        if "READY=1" in said.splitlines():
            sys.exit()
sys.exit(f"not ready within {seconds:g} s")

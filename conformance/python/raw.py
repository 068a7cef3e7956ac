"""Sends what is on stdin as it is and prints all that comes back until the server closes. Arguments: host port [end].

With `end` the sending side is closed after the last byte.
"""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20) as s:
    s.sendall(sys.stdin.buffer.read())
    if sys.argv[3:] == ["end"]:
        s.shutdown(socket.SHUT_WR)
    while data := s.recv(65536):
        sys.stdout.buffer.write(data)

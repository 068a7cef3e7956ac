"""Seed 000's echo client, and then some. Arguments: host port, or a path."""

import socket
import sys
from threading import Thread


def connect():
    if len(sys.argv) == 2:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(20)
        s.connect(sys.argv[1])
        return s
    return socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)


def receive(s, size):
    data = b""
    while len(data) < size:
        piece = s.recv(65536)
        assert piece, f"ended after {len(data)} of {size} bytes"
        data += piece
    return data


with connect() as s:
    for message in (b"Hello", bytes(range(256)), b"\0", b"x" * 100_000):
        s.sendall(message)
        assert receive(s, len(message)) == message

# Half-closed: what is on its way still comes back, then the end.
with connect() as s:
    s.sendall(b"last words")
    s.shutdown(socket.SHUT_WR)
    assert receive(s, 10) == b"last words"
    assert s.recv(1) == b""

# A client that writes and does not read yet: the server has to hold back, and lose nothing.
with connect() as s:
    big = bytes(i * 7 % 256 for i in range(4_000_000))
    writer = Thread(target=s.sendall, args=(big,), daemon=True)
    writer.start()
    assert receive(s, len(big)) == big
    writer.join()

# Many at a time, each with its own answers.
clients = [connect() for _ in range(50)]
for number, s in enumerate(clients):
    s.sendall(b"client %d" % number)
for number, s in reversed(list(enumerate(clients))):
    message = b"client %d" % number
    assert receive(s, len(message)) == message
    s.close()

print("ok")

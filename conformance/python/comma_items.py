"""Seed 004's client of the server with a data structure, with items in pieces. Arguments: host port."""

import socket
import sys


class Items:
    """Seed 004's try_read: what stands behind the last comma waits for the rest of it."""

    def __init__(self):
        self.socket = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def next(self):
        while b"," not in self.buffer:
            data = self.socket.recv(128)
            if not data:
                return None
            self.buffer += data
        item, self.buffer = self.buffer.split(b",", 1)
        return item


items = Items()
assert [items.next() for _ in range(3)] == [b"Hello", b"World", b"Bye"]

for byte in b"one,two,":
    items.socket.sendall(bytes([byte]))
assert [items.next(), items.next()] == [b"one", b"two"]

# Nothing comes for half an item: what comes next is the answer to the whole.
items.socket.sendall(b"half ")
items.socket.sendall(b"and half,,stuck")
assert [items.next(), items.next()] == [b"half and half", b""]

items.socket.sendall(b"," + b"many," * 5000)
assert items.next() == b"stuck"
assert {items.next() for _ in range(5000)} == {b"many"}

items.socket.sendall(b"rest")
items.socket.shutdown(socket.SHUT_WR)
assert [items.next(), items.next()] == [b"rest", None]
assert items.buffer == b""
print("ok")

"""Seed 000's UDP client: an empty packet, and the time comes back. Arguments: host port."""

import sys
import time
from socket import AF_INET, SOCK_DGRAM, socket

server = (sys.argv[1], int(sys.argv[2]))
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(20)
for message in (b"", b"what time is it?", b"x" * 60_000):
    before = int(time.time())
    s.sendto(message, server)
    content, address = s.recvfrom(8192)
    after = int(time.time())
    told = time.mktime(time.strptime(content.decode("ascii")))
    assert address == server, address
    assert before <= told <= after, (before, content, after)
    assert content.decode("ascii") == time.ctime(told), content
s.close()
print("ok")

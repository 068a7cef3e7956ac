"""Writes an XML-RPC answer as xmlrpc.client does, or times xmlrpc.client with it: `document.py write`, `document.py time ROUNDS`."""

import datetime
import json
import sys
import time
import xmlrpc.client


def structs():
    return [
        {
            "id": 100000 + i,
            "name": f"customer number {i} of the north",
            "price": i * 1.25 + 0.5,
            "active": i % 2 == 0,
            "created": datetime.datetime(2024, 1 + i % 12, 1 + i % 28, i % 24, i % 60, 7),
            "notes": "with an ampersand & a <tag>, Grüße, " + "x" * (i % 21),
        }
        for i in range(1000)
    ]


def best(work, rounds):
    """CPU milliseconds of each round."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1000)
    return times


values = (structs(),)
text = xmlrpc.client.dumps(values, methodresponse=True)
if sys.argv[1] == "write":
    sys.stdout.buffer.write(text.encode())
else:
    rounds = int(sys.argv[2])
    data = text.encode()
    print(
        json.dumps(
            {
                "decode": best(lambda: xmlrpc.client.loads(data), rounds),
                "encode": best(lambda: xmlrpc.client.dumps(values, methodresponse=True).encode(), rounds),
            }
        )
    )

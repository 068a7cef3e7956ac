"""http.client where it is not asked for pages only. Arguments: what host port."""

import hashlib
import http.client
import sys

what, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = http.client.HTTPConnection(host, port, timeout=30)


def tunnel():
    connection.set_tunnel("far.test", 80)
    connection.request("GET", "/behind")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"far.test:80 /behind\n")


def http10():
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
    connection.request("GET", "/trailers")
    response = connection.getresponse()
    assert response.headers["Transfer-Encoding"] is None, response.headers
    assert response.read() == b"with trailers\n"
    assert response.will_close


def large():
    connection.request("GET", "/download?20000000")
    response = connection.getresponse()
    count, digest = 0, hashlib.sha256()
    # Pieces that fit neither the chunks nor the packets.
    while piece := response.read(99_991):
        count += len(piece)
        digest.update(piece)
    assert count == 20_000_000, count
    body = bytes(1_000_003) + b"end"
    connection.request("POST", "/upload", body=iter([body[:1], body[1:700_001], body[700_001:]]), encode_chunked=True)
    answer = connection.getresponse().read().decode()
    assert hashlib.sha256(body).hexdigest() in answer and "chunked" in answer, answer


def refused_upload():
    # Refused by its head: the answer is read although the body was never taken.
    connection.putrequest("POST", "/refuse")
    connection.putheader("Content-Length", "100000000")
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.headers["Connection"]) == (413, "close"), vars(response)
    response.read()
    # The next one has a connection of its own.
    connection.request("GET", "/after")
    assert connection.getresponse().read() == b"GET /after\n"


globals()[what]()
connection.close()
print("ok")

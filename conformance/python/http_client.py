"""http.client: many requests on one connection, and a body in chunks. Arguments: host port."""

import http.client
import sys

connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=20)
connection.connect()
socket = connection.sock


def exchange(method, path, **options):
    connection.request(method, path, **options)
    response = connection.getresponse()
    body = response.read()
    # None once http.client has closed it, as it does where the server says so.
    assert connection.sock is socket, f"{method} {path}: the connection was not kept"
    return response, body


response, body = exchange("GET", "/hello")
assert (response.status, response.reason, response.version) == (200, "OK", 11), vars(response)
assert body == b"<h1>Hello, web!</h1>", body

response, body = exchange("HEAD", "/static/mark.png")
assert body == b"" and int(response.headers["Content-Length"]) > 1000, response.headers

response, body = exchange("GET", "/static/mark.png")
assert body[:8] == b"\x89PNG\r\n\x1a\n" and len(body) == int(response.headers["Content-Length"])

response, body = exchange("GET", "/static/mark.png", headers={"If-None-Match": response.headers["ETag"]})
assert (response.status, body) == (304, b""), (response.status, body)

response, body = exchange("GET", "/missing/%3Cb%3E%C3%A9")
assert response.status == 404 and "/missing/&lt;b&gt;é".encode() in body, body

response, body = exchange("GET", "/stream")
assert response.headers["Transfer-Encoding"] == "chunked" and b"part 10 of 10" in body, body

pieces = (b"first", b"name=", b"in ", b"pieces".replace(b"p", b"%70"))
form = {"Content-Type": "application/x-www-form-urlencoded"}
response, body = exchange("POST", "/", body=iter(pieces), headers=form, encode_chunked=True)
assert response.status == 200 and b"<strong>in pieces</strong>" in body, body

response, body = exchange("POST", "/", body=b"firstname=whole", headers=form)
assert b"<strong>whole</strong>" in body, body

for number in range(200):
    response, body = exchange("GET", f"/environ?{number}")
    assert f"QUERY_STRING = {number}\n".encode() in body, body

connection.close()
print("ok")

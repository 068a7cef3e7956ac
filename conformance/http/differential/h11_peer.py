"""h11 as a server's or a client's end of a connection.

stdin: cases, each a role (1 byte: S or C), for C the method of the request (8 bytes, padded with spaces), a count of pieces (u32), and
the pieces (u32 of length, the bytes). stdout: for each, a line of JSON.
"""

import json
import struct
import sys

import h11

source = sys.stdin.buffer
# So that "need more data" is told apart from "too much of it" at no other size than ours.
LIMIT = 16384


def text(data):
    return bytes(data).decode("latin-1")


def requests(pieces):
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LIMIT)
    messages = []
    request, body = None, b""
    pieces = [*pieces, b""]
    for piece in pieces:
        if piece or piece is pieces[-1]:
            connection.receive_data(piece)
        while True:
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError as error:
                return messages, {"kind": "error", "code": str(error)[:60]}
            if event is h11.NEED_DATA:
                break
            if event is h11.PAUSED:
                return messages, {"kind": "switched" if request.method == b"CONNECT" else "paused"}
            if isinstance(event, h11.ConnectionClosed):
                return messages, {"kind": "idle"}
            if isinstance(event, h11.Request):
                request, body = event, b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                message = {
                    "method": text(request.method),
                    "target": text(request.target),
                    "version": text(request.http_version),
                    "body": text(body),
                    "keepAlive": True,
                }
                messages.append(message)
                if request.method == b"CONNECT":
                    connection.send(h11.Response(status_code=200, headers=[]))
                    return messages, {"kind": "switched"}
                connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                message["keepAlive"] = connection.our_state is h11.DONE
                if not message["keepAlive"]:
                    return messages, {"kind": "closed"}
                connection.start_next_cycle()
    raise AssertionError("the end was not noticed")


def responses(method, pieces):
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=LIMIT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    messages = []
    head, body = None, b""
    for piece in [*[piece for piece in pieces if piece], b""]:
        connection.receive_data(piece)
        while True:
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError as error:
                return messages, {"kind": "error", "code": str(error)[:60]}
            if event is h11.NEED_DATA or event is h11.PAUSED:
                break
            if isinstance(event, h11.ConnectionClosed):
                return messages, {"kind": "error", "code": "closed"}
            if isinstance(event, h11.InformationalResponse):
                messages.append(response(event, b"", True))
            elif isinstance(event, h11.Response):
                head, body = event, b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                # What ends with the connection leaves h11 where it could go on.
                keep_alive = connection.our_state is h11.DONE and piece != b""
                messages.append(response(head, body, keep_alive))
                return messages, {"kind": "idle" if keep_alive else "closed"}
    raise AssertionError("the end was not noticed")


def response(head, body, keep_alive):
    return {
        "method": str(head.status_code),
        "target": text(head.reason),
        "version": text(head.http_version),
        "body": text(body),
        "keepAlive": keep_alive,
    }


def exactly(count):
    data = source.read(count)
    if len(data) < count:
        sys.exit(0)
    return data


def pieces_of_case():
    (count,) = struct.unpack(">I", exactly(4))
    return [exactly(struct.unpack(">I", exactly(4))[0]) for _ in range(count)]


while True:
    role = exactly(1)
    if role == b"C":
        method = exactly(8).strip()
        messages, ending = responses(method, pieces_of_case())
    else:
        messages, ending = requests(pieces_of_case())
    print(json.dumps({"messages": messages, "ending": ending}), flush=True)

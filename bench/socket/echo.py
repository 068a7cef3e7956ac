"""The echo in Python: `echo.py socketserver` or `echo.py asyncio`. Asked as `answer` of bench/child.js is, by lines of JSON."""
import asyncio
import json
import os
import socket
import socketserver
import sys
import threading
import time


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        while chunk := self.request.recv(65536):
            self.request.sendall(chunk)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 511

    def handle_error(self, request, client_address):
        pass  # The client resets its connections when it is done.


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


def serve_threads():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address


def serve_asyncio():
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(Echo, "127.0.0.1", 0, backlog=511))
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return server.sockets[0].getsockname()


def answer(question):
    if question == "cpu":
        return time.process_time() * 1e6
    host, port = serve_threads() if sys.argv[1] == "socketserver" else serve_asyncio()
    return {"host": host, "port": port}


channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
channel.sendall(b'"ready"\n')
for line in channel.makefile():
    channel.sendall(json.dumps({"answer": answer(json.loads(line)["question"])}).encode() + b"\n")
os._exit(0)

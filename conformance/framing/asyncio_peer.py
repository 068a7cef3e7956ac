"""Messages over asyncio streams. Arguments: a format, then host and port to ask, or nothing to serve one connection.

Every message is answered with its bytes in reverse, or its characters where it is text. What is sent goes in pieces of any size.
"""

import asyncio
import random
import struct
import sys


def counted(header):
    """Behind a header that is its length."""

    async def read(reader):
        (size,) = header.unpack(await reader.readexactly(header.size))
        return await reader.readexactly(size)

    return read, lambda message: header.pack(len(message)) + message


def recorded(header):
    """Behind a header of several fields, the last its length. They come back as they are, and are sent as 1, 2."""

    async def read(reader):
        kind, flags, size = header.unpack(await reader.readexactly(header.size))
        assert (kind, flags) == (1, 2), (kind, flags)
        return await reader.readexactly(size)

    return read, lambda message: header.pack(1, 2, len(message)) + message


def ended(mark):
    """In front of a mark."""

    async def read(reader):
        message = await reader.readuntil(mark)
        return message[: -len(mark)]

    return read, lambda message: message + mark


async def read_netstring(reader):
    size = int((await reader.readuntil(b":"))[:-1])
    message = await reader.readexactly(size + 1)
    assert message.endswith(b","), message[-1:]
    return message[:-1]


async def read_varint(reader):
    size = shift = 0
    while True:
        (byte,) = await reader.readexactly(1)
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return await reader.readexactly(size)


def with_varint(message):
    size, header = len(message), b""
    while size > 0x7F:
        header += bytes([size & 0x7F | 0x80])
        size >>= 7
    return header + bytes([size]) + message


TEXT = ("lines", "crlf")
FORMATS = {
    "byte": counted(struct.Struct("B")),
    "u16-little": counted(struct.Struct("<H")),
    "u32": counted(struct.Struct("!I")),
    "native-int": counted(struct.Struct("i")),
    "u64": counted(struct.Struct("!Q")),
    "varint": (read_varint, with_varint),
    "record": recorded(struct.Struct("<BHI")),
    "lines": ended(b"\n"),
    "crlf": ended(b"\r\n"),
    "mark": ended(b"--end--"),
    "netstring": (read_netstring, lambda message: b"%d:%s," % (len(message), message)),
}
FORMAT = sys.argv[1]
read, framed = FORMATS[FORMAT]


def answer_to(message):
    return message.decode()[::-1].encode() if FORMAT in TEXT else message[::-1]


def random_message(number):
    size = random.choice((number % 4, 100, 255, 255 if FORMAT == "byte" else 50_000))
    if FORMAT in TEXT:
        return "".join(random.choice("aZ ,\t\0é日🙂") for _ in range(size // 4)).encode()
    if FORMAT == "mark":
        return bytes(random.choices(b"-en\0\xff", k=size))
    return random.randbytes(size)


async def send(writer, data):
    at = 0
    while at < len(data):
        size = random.choice((1, 2, 7, 1000, 70_000))
        writer.write(data[at : at + size])
        await writer.drain()
        at += size


async def serve(reader, writer):
    try:
        while True:
            await send(writer, framed(answer_to(await read(reader))))
    except asyncio.IncompleteReadError as error:
        assert error.partial == b"", error.partial
    writer.close()
    await writer.wait_closed()


async def ask(host, port):
    messages = [random_message(number) for number in range(150)]
    reader, writer = await asyncio.open_connection(host, port)
    sending = asyncio.create_task(send(writer, b"".join(map(framed, messages))))
    for number, message in enumerate(messages):
        answer = await read(reader)
        assert answer == answer_to(message), f"the answer to message {number}"
    await sending
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    print("ok")


async def main():
    random.seed(FORMAT)
    if len(sys.argv) > 2:
        await ask(sys.argv[2], int(sys.argv[3]))
        return
    done = asyncio.Event()

    async def serve_one(reader, writer):
        await serve(reader, writer)
        done.set()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    print("listening on %s:%d" % server.sockets[0].getsockname()[:2], flush=True)
    await done.wait()
    print("ok")


asyncio.run(asyncio.wait_for(main(), 60))

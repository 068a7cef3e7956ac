import type { Address } from '../address.ts';
import type { ByteStream } from '../byte-stream.ts';
import type { Datagram } from '../datagrams/datagram-socket.ts';
import type { SocketStream } from '../socket-stream.ts';
import { StreamReader } from '../streams/stream-reader.ts';

/** What a handler sees of its server. */
export interface HandlerServer {
  readonly address: Address;
}

/**
 * One object a request, as in `socketserver` (seed 003): `setup()`, `handle()`, `finish()` are called in this order, each awaited. `finish` is called
 * where `handle` failed, too, but not where `setup` did.
 */
export abstract class RequestHandler<Request, Server extends HandlerServer = HandlerServer> {
  readonly request: Request;
  readonly clientAddress: Address;
  readonly server: Server;

  constructor(request: Request, clientAddress: Address, server: Server) {
    this.request = request;
    this.clientAddress = clientAddress;
    this.server = server;
  }

  setup(): void | Promise<void> {
    return undefined;
  }

  abstract handle(): void | Promise<void>;

  finish(): void | Promise<void> {
    return undefined;
  }
}

/** A connection: `reader` is Python's `rfile`, `writer` its `wfile`, unbuffered. The server closes the stream afterwards. */
export abstract class StreamRequestHandler<
  Server extends HandlerServer = HandlerServer,
> extends RequestHandler<SocketStream, Server> {
  /** Reads from `request`, and from nobody else's hands: whoever uses it leaves `request.read()` alone. Lines of up to 65,536 bytes. */
  readonly reader: StreamReader = new StreamReader(this.request);

  get writer(): Pick<ByteStream, 'write'> {
    return this.request;
  }
}

/** A packet: what `writer` was given is sent back to where it came from, as one packet, by `finish()`. */
export abstract class DatagramRequestHandler<
  Server extends HandlerServer = HandlerServer,
> extends RequestHandler<DatagramRequest, Server> {
  readonly writer: PacketWriter = new PacketWriter();

  get packet(): Uint8Array {
    return this.request.data;
  }

  override async finish(): Promise<void> {
    if (this.writer.isUsed) await this.request.reply(this.writer.bytes());
  }
}

/** A packet and the way back. */
export interface DatagramRequest extends Datagram {
  /** Sends one packet to where this one came from. Rejects as `DatagramSocket.send` does. */
  reply(data: Uint8Array | string): Promise<void>;
}

/** Gathers the answer to a packet. */
export class PacketWriter {
  readonly #parts: Uint8Array[] = [];

  /** True after the first write, an empty one included: an empty packet is an answer. */
  get isUsed(): boolean {
    return this.#parts.length > 0;
  }

  write(data: Uint8Array | string): void {
    this.#parts.push(typeof data === 'string' ? new TextEncoder().encode(data) : data);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

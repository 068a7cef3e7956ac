import { framed, lengthPrefix } from '@wirestack/framing';
import {
  bind,
  listen,
  SocketError,
  type Address,
  type ByteStream,
  type DatagramSocket,
} from '@wirestack/socket';
import { onTestFinished } from 'vitest';
import { decode, encode, Name, respond, type Message, type ResourceRecord } from '../../src/message/index.ts';
import { parseRecord } from '../../src/zone/index.ts';

/** One query as it arrived. */
export interface Asked {
  readonly query: Message;
  readonly via: 'udp' | 'tcp';
  readonly from: Address & { readonly port: number };
  /** How many came before it. */
  readonly index: number;
}

/** What to send back, in order; nothing keeps silent. */
export type Script = (
  asked: Asked,
) => Iterable<Message | Uint8Array> | Promise<Iterable<Message | Uint8Array>>;

export interface ScriptedServer {
  readonly address: { readonly host: string; readonly port: number };
  readonly asked: readonly Asked[];
  /** The connections that were accepted. */
  readonly streams: readonly ByteStream[];
}

/** A DNS server on loopback, UDP and TCP on one port, that answers as the script says and goes with the test. */
export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const { listener, socket, port } = await pairOfSockets();
  const asked: Asked[] = [];
  const streams: ByteStream[] = [];
  const note = (query: Message, via: 'udp' | 'tcp', from: Address): Asked => {
    const entry: Asked = { query, via, from: from as Asked['from'], index: asked.length };
    asked.push(entry);
    return entry;
  };
  const udp = (async () => {
    for await (const { data, from } of socket) {
      for (const reply of await script(note(decode(data), 'udp', from)))
        await socket.send(bytesOf(reply), from);
    }
  })();
  const tcp = (async () => {
    for await (const stream of listener) {
      streams.push(stream);
      const messages = framed(stream, lengthPrefix({ bytes: 2 }));
      void (async () => {
        for await (const bytes of messages) {
          for (const reply of await script(note(decode(bytes), 'tcp', stream.remoteAddress))) {
            await messages.send(bytesOf(reply));
          }
        }
        await stream.close();
      })().catch((error: unknown) => {
        if (!(error instanceof SocketError)) throw error;
      });
    }
  })();
  onTestFinished(async () => {
    await Promise.all([socket.close(), listener.close()]);
    for (const stream of streams) stream.abort();
    await Promise.all([udp, tcp]);
  });
  return { address: { host: '127.0.0.1', port }, asked, streams };
}

/** `answer(query, 'www 60 IN A 192.0.2.1')`: a recursive server's answer, names relative to the root. */
export function answer(query: Message, ...lines: readonly string[]): Message {
  return respond(query, { recursionAvailable: true, answers: records(...lines) });
}

export function records(...lines: readonly string[]): ResourceRecord[] {
  return lines.map((line) => parseRecord(line, { origin: Name.root }));
}

function bytesOf(reply: Message | Uint8Array): Uint8Array {
  return reply instanceof Uint8Array ? reply : encode(reply);
}

/** The kernel's choice for TCP may be taken for UDP: then it chooses again. */
async function pairOfSockets(): Promise<{
  listener: Awaited<ReturnType<typeof listen>>;
  socket: DatagramSocket;
  port: number;
}> {
  for (;;) {
    const listener = await listen('127.0.0.1:0');
    const { port } = listener.address as { port: number };
    try {
      return { listener, socket: await bind({ host: '127.0.0.1', port }), port };
    } catch (error) {
      await listener.close();
      if (!(error instanceof SocketError && error.code === 'IN_USE')) throw error;
    }
  }
}

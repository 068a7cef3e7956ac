// @ts-check
/** Servers of one zone: ours, dns-packet on node:dgram, and the limit of node:dgram. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encode, query, respond } from '@wirestack/dns/message';
import { authoritative, serveDns } from '@wirestack/dns/server';
import { Zone } from '@wirestack/dns/zone';
import dnsPacket from 'dns-packet';

/** A thousand hosts, so that nobody answers from what the last query left behind. */
export const hosts = Array.from({ length: 1000 }, (_, i) => `h${String(i).padStart(3, '0')}.example.com`);

/** @param {string} host */
const addressOf = (host) => `192.0.2.${String(Number(host.slice(1, 4)) % 256)}`;

const zone = Zone.fromText(
  [
    '$TTL 300',
    '@ SOA ns1 hostmaster 1 3600 600 86400 300',
    '@ NS ns1',
    'ns1 A 192.0.2.53',
    ...hosts.map((host) => `${host}. A ${addressOf(host)}`),
  ].join('\n'),
  { origin: 'example.com.' },
);

/**
 * Each resolves with a port.
 *
 * @type {ReadonlyMap<string, () => Promise<number>>}
 */
export const servers = new Map([
  ['raw-dgram', raw],
  ['wirestack', wirestack],
  ['dns-packet', packets],
]);

/** UDP and TCP, with its defaults and every limit. */
async function wirestack() {
  const { address } = await serveDns('127.0.0.1:0', authoritative([zone]));
  return /** @type {{ port: number }} */ (address).port;
}

/** The limit of node:dgram: a constant answer with the id of the query. It reads nothing else of it. */
function raw() {
  const [host] = hosts;
  const question = query(host, 'A', { id: 0 });
  const answers = authoritative([zone])(question)?.answers ?? [];
  const constant = encode(respond(question, { answers, isAuthoritative: true }));
  return listen((message) => {
    const answer = Buffer.from(constant);
    answer[0] = message[0];
    answer[1] = message[1];
    return answer;
  });
}

/** As its README suggests: decode, look up, encode. */
function packets() {
  const { decode, encode, AUTHORITATIVE_ANSWER, RECURSION_DESIRED } = dnsPacket;
  const records = new Map(
    hosts.map((name) => [`${name} A`, { type: 'A', name, ttl: 300, data: addressOf(name) }]),
  );
  return listen((message) => {
    const { id, flags = 0, questions = [] } = decode(message);
    const [{ name, type }] = questions;
    const found = records.get(`${name.toLowerCase()} ${type}`);
    return encode({
      type: 'response',
      id,
      flags: AUTHORITATIVE_ANSWER | (flags & RECURSION_DESIRED) | (found === undefined ? 3 : 0),
      questions,
      answers: found === undefined ? [] : [/** @type {dnsPacket.StringAnswer} */ (found)],
    });
  });
}

/** @param {(message: Buffer) => Uint8Array} answer */
async function listen(answer) {
  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => socket.send(answer(message), port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

// @ts-check
/** Messages a CPU second, in a process of its own: decoded, decoded and read throughout, encoded with what compression each has. */
import * as leichtgewicht from '@leichtgewicht/dns-packet';
import { decode, encode } from '@wirestack/dns/message';
import { parseRecord } from '@wirestack/dns/zone';
import dnsPacket from 'dns-packet';
import { answer, cpuMicros } from '../child.js';

/**
 * @typedef {object} Sample
 * @property {string} message
 * @property {string} task
 * @property {string} name
 * @property {number} rate
 */

const one = response(['www.example.com. 300 IN A 192.0.2.1'], [], []);
const ten = response(
  ['www.example.com. 300 IN A 192.0.2.1', 'www.example.com. 300 IN A 192.0.2.2'],
  ['a', 'b', 'c', 'd'].map((host) => `example.com. 3600 IN NS ${host}.ns.example.com.`),
  ['a', 'b', 'c', 'd'].map((host, i) => `${host}.ns.example.com. 3600 IN A 192.0.2.${String(50 + i)}`),
);
const tasks = [...tasksOf('one A', one), ...tasksOf('ten records', ten)];

/** Results are kept for a while, as they would be: nothing may be optimised away. */
const kept = new Array(256);
answer({
  /** @returns {Sample[]} */
  round: ({ number, seconds }) =>
    tasks.map((_, i) => {
      const { work, ...task } = tasks[(i + number) % tasks.length];
      return { ...task, rate: rateOf(work, seconds) };
    }),
});

/**
 * @param {string} message
 * @param {import('@wirestack/dns/message').Message} parsed
 */
function tasksOf(message, parsed) {
  const bytes = Buffer.from(encode(parsed));
  const theirs = dnsPacket.decode(bytes);
  const forked = leichtgewicht.decode(bytes);
  /** @type {[string, string, () => unknown][]} */
  const list = [
    ['decode', 'wirestack', () => decode(bytes)],
    ['decode', 'dns-packet', () => dnsPacket.decode(bytes)],
    ['decode', '@leichtgewicht/dns-packet', () => leichtgewicht.decode(bytes)],
    ['decode and read', 'wirestack', () => readOurs(decode(bytes))],
    ['decode and read', 'dns-packet', () => readTheirs(dnsPacket.decode(bytes))],
    ['decode and read', '@leichtgewicht/dns-packet', () => readTheirs(leichtgewicht.decode(bytes))],
    ['encode', 'wirestack', () => encode(parsed)],
    ['encode', 'dns-packet', () => dnsPacket.encode(theirs)],
    ['encode', '@leichtgewicht/dns-packet', () => leichtgewicht.encode(forked)],
  ];
  return list.map(([task, name, work]) => ({ message, task, name, work }));
}

/**
 * @param {() => unknown} work
 * @param {number} seconds
 */
function rateOf(work, seconds) {
  const start = cpuMicros();
  let count = 0;
  let used = 0;
  while (used < seconds * 1e6) {
    for (let i = 0; i < 500; i++) kept[i & 255] = work();
    count += 500;
    used = cpuMicros() - start;
  }
  return (count / used) * 1e6;
}

/**
 * Every name as text, and every field of the data.
 *
 * @param {import('@wirestack/dns/message').Message} message
 */
function readOurs(message) {
  let sum = 0;
  for (const { name, type } of message.questions) sum += name.toString().length + type.length;
  for (const section of [message.answers, message.authorities, message.additionals]) {
    for (const record of section) {
      sum += record.name.toString().length + record.ttl + record.type.length + record.class.length;
      if (record.type === 'A') sum += record.data.address.length;
      else if (record.type === 'NS') sum += record.data.target.toString().length;
      else throw new Error(`no ${record.type} was sent`);
    }
  }
  return sum;
}

/** @param {any} message */
function readTheirs(message) {
  let sum = 0;
  for (const { name, type } of message.questions) sum += name.length + type.length;
  for (const section of [message.answers, message.authorities, message.additionals]) {
    for (const { name, type, ttl, data, class: recordClass } of section) {
      sum += name.length + ttl + type.length + recordClass.length + data.length;
    }
  }
  return sum;
}

/**
 * @param {string[]} answers  as lines of a master file
 * @param {string[]} authorities
 * @param {string[]} additionals
 */
function response(answers, authorities, additionals) {
  const [first] = answers.map((line) => parseRecord(line));
  /** @type {import('@wirestack/dns/message').Message} */
  const message = {
    id: 0x1234,
    isResponse: true,
    opcode: 'QUERY',
    isAuthoritative: true,
    isTruncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    isAuthenticData: false,
    checkingDisabled: false,
    rcode: 'NOERROR',
    questions: [{ name: first.name, type: 'A', class: 'IN' }],
    answers: answers.map((line) => parseRecord(line)),
    authorities: authorities.map((line) => parseRecord(line)),
    additionals: additionals.map((line) => parseRecord(line)),
    edns: undefined,
  };
  return message;
}

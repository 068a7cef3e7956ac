import type { ProxyHeader } from '@wirestack/socket';

/** Headers as bytes, and what they say: from the text of the specification, and with each of its families. */
export interface Vector {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly header: ProxyHeader;
}

export const signature = '0d0a0d0a000d0a515549540a';

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A header of version 2: the byte of version and command, that of family and transport, then the block as it is. */
export function binary(command: number, family: number, block: Uint8Array): Uint8Array {
  const head = hex(`${signature} 0000 0000`);
  head.set([command, family, block.length >> 8, block.length & 0xff], 12);
  return Uint8Array.of(...head, ...block);
}

/** An extension. */
export function extension(type: number, value: Uint8Array): Uint8Array {
  return Uint8Array.of(type, value.length >> 8, value.length & 0xff, ...value);
}

export const unspecified = {
  transport: 'unspecified',
  source: undefined,
  destination: undefined,
  extensions: [],
} as const;

const ipv4 = {
  source: { family: 'ipv4', host: '192.168.0.1', port: 56_324 },
  destination: { family: 'ipv4', host: '192.168.0.11', port: 443 },
} as const;

const ipv6 = {
  source: { family: 'ipv6', host: '2001:db8::1', port: 1 },
  destination: { family: 'ipv6', host: '::', port: 65_535 },
} as const;

const ipv4Block = hex('c0a80001 c0a8000b dc04 01bb');
const ipv6Block = hex('20010db8 00000000 00000000 00000001  00000000 00000000 00000000 00000000  0001 ffff');

export function unixBlock(source: string, destination: string): Uint8Array {
  const block = new Uint8Array(216);
  block.set(ascii(source));
  block.set(ascii(destination), 108);
  return block;
}

const lines: readonly Vector[] = [
  {
    name: 'the example of section 2.1',
    bytes: ascii('PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n'),
    header: { version: 1, command: 'PROXY', transport: 'stream', ...ipv4, extensions: [] },
  },
  {
    name: 'the longest line of TCP4',
    bytes: ascii('PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n'),
    header: {
      version: 1,
      command: 'PROXY',
      transport: 'stream',
      source: { family: 'ipv4', host: '255.255.255.255', port: 65_535 },
      destination: { family: 'ipv4', host: '255.255.255.255', port: 65_535 },
      extensions: [],
    },
  },
  {
    name: 'TCP6',
    bytes: ascii('PROXY TCP6 2001:db8::1 :: 1 65535\r\n'),
    header: { version: 1, command: 'PROXY', transport: 'stream', ...ipv6, extensions: [] },
  },
  {
    name: 'the longest line of TCP6',
    bytes: ascii(`PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}fffe 0 0\r\n`),
    header: {
      version: 1,
      command: 'PROXY',
      transport: 'stream',
      source: { family: 'ipv6', host: `${'ffff:'.repeat(7)}ffff`, port: 0 },
      destination: { family: 'ipv6', host: `${'ffff:'.repeat(7)}fffe`, port: 0 },
      extensions: [],
    },
  },
  {
    name: 'UNKNOWN, the short form',
    bytes: ascii('PROXY UNKNOWN\r\n'),
    header: { version: 1, command: 'PROXY', ...unspecified },
  },
];

const blocks: readonly Vector[] = [
  {
    name: 'LOCAL',
    bytes: binary(0x20, 0x00, hex('')),
    header: { version: 2, command: 'LOCAL', ...unspecified },
  },
  {
    name: 'an unspecified family',
    bytes: binary(0x21, 0x00, hex('')),
    header: { version: 2, command: 'PROXY', ...unspecified },
  },
  {
    name: 'TCP over IPv4',
    bytes: binary(0x21, 0x11, ipv4Block),
    header: { version: 2, command: 'PROXY', transport: 'stream', ...ipv4, extensions: [] },
  },
  {
    name: 'UDP over IPv4',
    bytes: binary(0x21, 0x12, ipv4Block),
    header: { version: 2, command: 'PROXY', transport: 'datagram', ...ipv4, extensions: [] },
  },
  {
    name: 'TCP over IPv6',
    bytes: binary(0x21, 0x21, ipv6Block),
    header: { version: 2, command: 'PROXY', transport: 'stream', ...ipv6, extensions: [] },
  },
  {
    name: 'UDP over IPv6',
    bytes: binary(0x21, 0x22, ipv6Block),
    header: { version: 2, command: 'PROXY', transport: 'datagram', ...ipv6, extensions: [] },
  },
  {
    name: 'a Unix stream, one end without a path',
    bytes: binary(0x21, 0x31, unixBlock('', '/run/x.sock')),
    header: {
      version: 2,
      command: 'PROXY',
      transport: 'stream',
      source: { family: 'unix', path: '' },
      destination: { family: 'unix', path: '/run/x.sock' },
      extensions: [],
    },
  },
  {
    name: 'Unix datagrams, a path that fills its field and an abstract name',
    bytes: binary(0x21, 0x32, unixBlock(`/${'x'.repeat(107)}`, '\0abstract')),
    header: {
      version: 2,
      command: 'PROXY',
      transport: 'datagram',
      source: { family: 'unix', path: `/${'x'.repeat(107)}` },
      destination: { family: 'unix', path: '\0abstract' },
      extensions: [],
    },
  },
  {
    name: 'extensions',
    bytes: binary(
      0x21,
      0x11,
      Uint8Array.of(
        ...ipv4Block,
        ...extension(0x01, ascii('h2')),
        ...extension(0x02, ascii('example.test')),
        ...extension(0x04, hex('')),
        ...extension(0xe0, new Uint8Array(300).fill(7)),
      ),
    ),
    header: {
      version: 2,
      command: 'PROXY',
      transport: 'stream',
      ...ipv4,
      extensions: [
        { type: 0x01, value: ascii('h2') },
        { type: 0x02, value: ascii('example.test') },
        { type: 0x04, value: hex('') },
        { type: 0xe0, value: new Uint8Array(300).fill(7) },
      ],
    },
  },
];

export const vectors: readonly Vector[] = [...lines, ...blocks];

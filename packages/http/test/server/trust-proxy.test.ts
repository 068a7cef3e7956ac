import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Handler, ServerOptions, TrustProxyOptions } from '@wirestack/http';
import { serving } from './harness.ts';
import { get } from './raw-client.ts';

/** Where a request comes from: `scheme authority client`. */
const origin: Handler = ({ scheme, authority, clientAddress }) => ({
  status: 200,
  body: [scheme, authority, clientAddress].join(' '),
});

async function originOf(fields: string, options: ServerOptions, target = '/'): Promise<string> {
  const { client } = await serving(origin, options);
  const peer = await client();
  await peer.send(get(target, fields));
  return (await peer.answer()).body;
}

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');
const one: TrustProxyOptions = { from: ['127.0.0.1'] };
const three: TrustProxyOptions = { from: ['127.0.0.0/8', '10.0.0.0/8', 'fd00::/8'] };

describe('trustProxy with X-Forwarded-*', () => {
  // prettier-ignore
  test.each([
    // Name, what is trusted, fields, what is believed.
    ['nobody is trusted', undefined, lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: b'), 'http a 127.0.0.1'],
    ['others are trusted', { from: ['10.0.0.1'] }, lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: https'), 'http a 127.0.0.1'],
    ['no field', one, '', 'http a 127.0.0.1'],
    ['one hop', one, lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: b'), 'https b 192.0.2.1'],
    ['one hop, and no word of scheme and host', one, lines('X-Forwarded-For: 192.0.2.1'), 'http a 192.0.2.1'],
    ['the left part made up', one, lines('X-Forwarded-For: 198.51.100.7, 10.0.0.1, 192.0.2.1'), 'http a 192.0.2.1'],
    ['the left part made up, in a line of its own', one, lines('X-Forwarded-For: 198.51.100.7', 'X-Forwarded-For: 192.0.2.1'), 'http a 192.0.2.1'],
    ['three hops', three, lines('X-Forwarded-For: 192.0.2.1, 10.0.0.1, 10.0.0.2', 'X-Forwarded-Proto: https'), 'https a 192.0.2.1'],
    ['three hops, the one in the middle is not trusted', three, lines('X-Forwarded-For: 192.0.2.1, 198.51.100.7, 10.0.0.2'), 'http a 198.51.100.7'],
    ['all of them are trusted: the first', three, lines('X-Forwarded-For: 10.0.0.3, 10.0.0.1'), 'http a 10.0.0.3'],
    ['each hop tells its scheme and host: those of the last one believed', three, lines('X-Forwarded-For: 198.51.100.7, 192.0.2.1, 10.0.0.2', 'X-Forwarded-Proto: ftp, https, http', 'X-Forwarded-Host: evil, b, c'), 'https b 192.0.2.1'],
    ['more schemes and hosts than addresses: the proxies added theirs behind', one, lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: https, http', 'X-Forwarded-Host: evil, b'), 'http b 192.0.2.1'],
    ['fewer, but several: counted from the proxy, too', one, lines('X-Forwarded-For: 1.1.1.1, 2.2.2.2, 192.0.2.1', 'X-Forwarded-Proto: https, http', 'X-Forwarded-Host: evil, b'), 'http b 192.0.2.1'],
    ['scheme and host, and no word of the client', one, lines('X-Forwarded-Proto: https', 'X-Forwarded-Host: b'), 'https b 127.0.0.1'],
    ['several of them: those of the proxy', one, lines('X-Forwarded-Proto: http, https', 'X-Forwarded-Host: evil, b'), 'https b 127.0.0.1'],
    ['scheme and host of who is not trusted', { from: ['10.0.0.1'] }, lines('X-Forwarded-Proto: https', 'X-Forwarded-Host: evil'), 'http a 127.0.0.1'],
    ['a malformed element', one, lines('X-Forwarded-For: 192.0.2.1, nonsense'), 'http a '],
    ['a malformed element further left than anybody is believed', one, lines('X-Forwarded-For: nonsense, 192.0.2.1'), 'http a 192.0.2.1'],
    ['a malformed element behind a trusted one', three, lines('X-Forwarded-For: 192.0.2.1, 999.0.0.1, 10.0.0.1'), 'http a '],
    ['an element that is empty', one, lines('X-Forwarded-For: 192.0.2.1,'), 'http a '],
    ['a field that is empty', one, lines('X-Forwarded-For:'), 'http a 127.0.0.1'],
    ['unknown', one, lines('X-Forwarded-For: unknown', 'X-Forwarded-Proto: https'), 'https a '],
    ['unknown behind one that is trusted: nobody further left is asked', three, lines('X-Forwarded-For: 10.0.0.3, unknown, 10.0.0.1'), 'http a '],
    ['a port', one, lines('X-Forwarded-For: 192.0.2.1:4711'), 'http a 192.0.2.1'],
    ['IPv6', one, lines('X-Forwarded-For: 2001:db8::1'), 'http a 2001:db8::1'],
    ['IPv6 in brackets', one, lines('X-Forwarded-For: [2001:db8::1]'), 'http a 2001:db8::1'],
    ['IPv6 in brackets with a port', one, lines('X-Forwarded-For: [2001:db8::1]:4711'), 'http a 2001:db8::1'],
    ['a trusted hop of IPv6', three, lines('X-Forwarded-For: 192.0.2.1, fd00::1'), 'http a 192.0.2.1'],
    ['a trusted hop of IPv4 within IPv6', three, lines('X-Forwarded-For: 192.0.2.1, ::ffff:10.0.0.1'), 'http a 192.0.2.1'],
    ['a scheme in capitals', one, lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: HTTPS'), 'https a 192.0.2.1'],
    ['a scheme that is neither', one, lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: javascript'), 'http a 192.0.2.1'],
    ['a host that is none', one, lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Host: <script>'), 'http a 192.0.2.1'],
    ['a host with its port', one, lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Host: [::1]:8080'), 'http [::1]:8080 192.0.2.1'],
    ['an open quote in the scheme and host of the client', one, lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: "https', 'X-Forwarded-Host: "evil', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: b'), 'https b 192.0.2.1'],
    ['Forwarded, which is not asked for', one, lines('Forwarded: for=192.0.2.9;proto=https;host=evil'), 'http a 127.0.0.1'],
  ] as [string, TrustProxyOptions | undefined, string, string][])(
    '%s',
    async (_name, trustProxy, fields, told) => {
      expect(await originOf(fields, trustProxy === undefined ? {} : { trustProxy })).toBe(told);
    },
  );
});

const standard: TrustProxyOptions = { ...one, field: 'forwarded' };
const standards: TrustProxyOptions = { ...three, field: 'forwarded' };

describe('trustProxy with Forwarded', () => {
  // prettier-ignore
  test.each([
    ['nobody is trusted', undefined, lines('Forwarded: for=192.0.2.1;proto=https;host=b'), 'http a 127.0.0.1'],
    ['one hop', standard, lines('Forwarded: for=192.0.2.1;proto=https;host=b'), 'https b 192.0.2.1'],
    ['names in capitals, a quoted value', standard, lines('Forwarded: For="192.0.2.1";PROTO=HTTPS;Host="b:80"'), 'https b:80 192.0.2.1'],
    ['one hop, and no word of scheme and host', standard, lines('Forwarded: for=192.0.2.1'), 'http a 192.0.2.1'],
    ['the left part made up', standard, lines('Forwarded: for=198.51.100.7;proto=https;host=evil, for=192.0.2.1'), 'http a 192.0.2.1'],
    ['three hops', standards, lines('Forwarded: for=192.0.2.1;proto=https;host=b, for=10.0.0.1, for=10.0.0.2;proto=http;host=c'), 'https b 192.0.2.1'],
    ['three hops, the one in the middle is not trusted', standards, lines('Forwarded: for=192.0.2.1;proto=https, for=198.51.100.7, for=10.0.0.2'), 'http a 198.51.100.7'],
    ['several lines', standards, lines('Forwarded: for=192.0.2.1;proto=https', 'Forwarded: for=10.0.0.1'), 'https a 192.0.2.1'],
    ['an open quote in the line of the client', standard, lines('Forwarded: for="', 'Forwarded: for=192.0.2.1;proto=https;host=b'), 'https b 192.0.2.1'],
    ['an open quote in the line of the client, which then is a trusted one', standards, lines('Forwarded: for="', 'Forwarded: for=10.0.0.1'), 'http a '],
    ['an open quote that swallows what the proxy adds to the line', standard, lines('Forwarded: for="198.51.100.7, for=192.0.2.1'), 'http a '],
    ['a malformed element', standard, lines('Forwarded: for=192.0.2.1;proto=https, for=nonsense'), 'http a '],
    ['no for', standard, lines('Forwarded: proto=https'), 'https a '],
    ['unknown', standard, lines('Forwarded: for=unknown;proto=https'), 'https a '],
    ['a pseudonym', standards, lines('Forwarded: for=10.0.0.1, for=_hidden'), 'http a '],
    ['IPv6', standard, lines('Forwarded: for="[2001:db8::1]"'), 'http a 2001:db8::1'],
    ['IPv6 with a port', standard, lines('Forwarded: for="[2001:db8::1]:4711"'), 'http a 2001:db8::1'],
    ['IPv6 without brackets, which is malformed', standard, lines('Forwarded: for="2001:db8::1"'), 'http a '],
    ['a port', standard, lines('Forwarded: for="192.0.2.1:4711"'), 'http a 192.0.2.1'],
    ['X-Forwarded-For, which is not asked for', standard, lines('X-Forwarded-For: 192.0.2.9', 'X-Forwarded-Proto: https'), 'http a 127.0.0.1'],
  ] as [string, TrustProxyOptions | undefined, string, string][])(
    '%s',
    async (_name, trustProxy, fields, told) => {
      expect(await originOf(fields, trustProxy === undefined ? {} : { trustProxy })).toBe(told);
    },
  );
});

test('who is trusted has to be addresses and blocks', async () => {
  for (const from of [['localhost'], ['10.0.0.0/33'], ['10.1.0.0/8'], ['']]) {
    await expect(serving(origin, { trustProxy: { from } })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  }
});

test('a Unix socket: no address, unless a proxy on it is trusted', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const fields = lines('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: https');
  const told = [];
  for (const from of [undefined, ['127.0.0.1', '::/0', '0.0.0.0/0'], ['unix']]) {
    const path = join(directory, String(told.length));
    const { client } = await serving(
      origin,
      from === undefined ? {} : { trustProxy: { from } },
      `unix:${path}`,
    );
    const peer = await client();
    await peer.send(get('/', fields));
    told.push((await peer.answer()).body);
  }
  expect(told).toEqual(['http a ', 'http a ', 'https a 192.0.2.1']);
});

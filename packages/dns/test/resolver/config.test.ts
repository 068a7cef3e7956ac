import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseResolvConf, readResolvConf } from '../../src/resolver/index.ts';

const defaults = {
  servers: [{ host: '127.0.0.1', port: 53 }],
  search: [],
  ndots: 1,
  timeoutMs: 5000,
  attempts: 2,
  rotate: false,
  useTcp: false,
  edns0: false,
};

describe('parseResolvConf', () => {
  it('asks this machine where nothing is said', () => {
    expect(parseResolvConf('')).toEqual(defaults);
  });

  it('reads all that it knows', () => {
    const text = [
      '# made by hand',
      '; the old way to say so',
      'nameserver 192.0.2.1',
      'nameserver\t2001:db8::1   # the other one',
      'nameserver fe80::1%eth0',
      'search example.com \t lab.example.com ; and no more.example',
      'options ndots:3 timeout:2 attempts:4',
      'options rotate use-vc edns0 no-such-thing trust-ad:7',
      'sortlist 192.0.2.0/24',
    ];
    const config = {
      servers: [
        { host: '192.0.2.1', port: 53 },
        { host: '2001:db8::1', port: 53 },
        { host: 'fe80::1%eth0', port: 53 },
      ],
      search: ['example.com', 'lab.example.com'],
      ndots: 3,
      timeoutMs: 2000,
      attempts: 4,
      rotate: true,
      useTcp: true,
      edns0: true,
    };
    expect(parseResolvConf(text.join('\n'))).toEqual(config);
    expect(parseResolvConf(`${text.join('\r\n')}\r\n`)).toEqual(config);
  });

  it('keeps the first three servers that are addresses', () => {
    const text =
      'nameserver dns.example\nnameserver 192.0.2.256\nnameserver 192.0.2.1\nnameserver ::1\n'.concat(
        'nameserver 192.0.2.3\nnameserver 192.0.2.4\n',
      );
    expect(parseResolvConf(text).servers.map(({ host }) => host)).toEqual(['192.0.2.1', '::1', '192.0.2.3']);
  });

  it.each([
    ['search a.example b.example\ndomain c.example', ['c.example']],
    ['domain c.example\nsearch a.example b.example', ['a.example', 'b.example']],
    ['domain c.example d.example', ['c.example']],
    ['search a..example b.example', ['b.example']],
  ])('takes the last of search and domain: %j', (text, search) => {
    expect(parseResolvConf(text, 'host.own.example').search).toEqual(search);
  });

  it.each([
    ['host.own.example', ['own.example']],
    ['host', []],
    ['host.', []],
  ])('has the domain of the machine %j where neither stands', (hostName, search) => {
    expect(parseResolvConf('', hostName).search).toEqual(search);
  });

  it.each([
    ['ndots:99 timeout:99 attempts:99', { ndots: 15, timeoutMs: 30_000, attempts: 5 }],
    ['ndots:0 timeout:0 attempts:0', { ndots: 0, timeoutMs: 1000, attempts: 1 }],
    ['ndots:-1 timeout:x attempts:', { ndots: 1, timeoutMs: 5000, attempts: 2 }],
    ['ndots timeout attempts', { ndots: 1, timeoutMs: 5000, attempts: 2 }],
  ])('has the limits of glibc: options %s', (options, config) => {
    expect(parseResolvConf(`options ${options}`)).toMatchObject(config);
  });

  it('knows no keyword that does not begin its line', () => {
    expect(
      parseResolvConf(' nameserver 192.0.2.1\nnameserver192.0.2.2\nNAMESERVER 192.0.2.3\nnameserver'),
    ).toEqual(defaults);
  });

  it('throws for no text', () => {
    const word = fc.constantFrom(
      'nameserver',
      'search',
      'options',
      'ndots:',
      ':',
      ' ',
      '\n',
      '\r\n',
      '\t',
      '#',
      '%',
      '::',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string())), (words) => {
        expect(parseResolvConf(words.join('')).servers.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('readResolvConf', () => {
  it('reads a file', () => {
    const path = scratchFile('nameserver 192.0.2.7\nsearch example.com\n');
    expect(readResolvConf(path)).toEqual({
      ...defaults,
      servers: [{ host: '192.0.2.7', port: 53 }],
      search: ['example.com'],
    });
  });

  it('has the defaults where there is no file', () => {
    expect(readResolvConf(`${scratchFile('')}.not`)).toEqual(parseResolvConf('', hostname()));
  });

  it('throws for what is no file', () => {
    expect(() => readResolvConf(tmpdir())).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });
});

function scratchFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const path = join(directory, 'resolv.conf');
  writeFileSync(path, text);
  return path;
}

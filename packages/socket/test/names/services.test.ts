import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { getServiceByName, getServiceByPort } from '../../src/names/services.ts';
import { wellKnownServices } from '../../src/names/well-known-services.ts';
import { scratchPath } from '../scratch.ts';
import { answerOf, askPython } from './python-socket.ts';

const text = `
# a comment
http    80/tcp    www  # WorldWideWeb HTTP
http    80/udp
alias   90/tcp    http
broken
broken  x/tcp
quoted  17/tcp`;

const builtIn = { path: '/nowhere/services' };

describe('services', () => {
  test('are found by name and by alias, the first entry first', () => {
    expect(getServiceByName('http', undefined, { text })).toBe(80);
    expect(getServiceByName('www', 'tcp', { text })).toBe(80);
    expect(getServiceByName('quoted', 'tcp', { text })).toBe(17);
  });

  test('are found by port, with the official name', () => {
    expect(getServiceByPort(80, undefined, { text })).toBe('http');
    expect(getServiceByPort(90, 'tcp', { text })).toBe('alias');
  });

  test.each([
    ['www', 'udp'],
    ['HTTP', undefined],
    ['broken', undefined],
    ['comment', undefined],
    ['WorldWideWeb', undefined],
    ['', undefined],
  ])('unknown are refused with NOT_FOUND: %s over %s', (name, protocol) => {
    expect(() => getServiceByName(name, protocol, { text })).toThrow(
      expect.objectContaining({ name: 'SocketError', code: 'NOT_FOUND' }),
    );
  });

  test('a port without a service is NOT_FOUND, and no port at all BAD_ARGUMENT', () => {
    expect(() => getServiceByPort(81, undefined, { text })).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
    expect(() => getServiceByPort(90, 'udp', { text })).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
    for (const port of [-1, 65_536, 1.5, NaN]) {
      expect(() => getServiceByPort(port)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
  });

  test('a file is read once', () => {
    const path = scratchPath('services');
    writeFileSync(path, 'mine 4711/tcp\n');
    expect(getServiceByName('mine', undefined, { path })).toBe(4711);
    writeFileSync(path, 'mine 4712/tcp\n');
    expect(getServiceByName('mine', undefined, { path })).toBe(4711);
  });

  test('where there is no file, the usual ones are known', () => {
    expect(getServiceByName('https', 'tcp', builtIn)).toBe(443);
    expect(getServiceByName('www', 'tcp', builtIn)).toBe(80);
    expect(getServiceByPort(53, 'udp', builtIn)).toBe('domain');
    expect(getServiceByPort(25, 'tcp', builtIn)).toBe('smtp');
    expect(() => getServiceByPort(4, 'tcp', builtIn)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  test('the built-in table has nothing that Python calls otherwise, and reads as a whole', async () => {
    const entries = wellKnownServices
      .trim()
      .split('\n')
      .map((line) => /^(\S+)\s+(\d+)\/(\w+)/.exec(line)!.slice(1, 4) as [string, string, string]);
    expect(entries.length).toBeGreaterThan(90);
    expect(new Set(entries.map(([name, , protocol]) => `${name}/${protocol}`)).size).toBe(entries.length);
    for (const [name, port, protocol] of entries) {
      expect(getServiceByName(name, protocol, builtIn)).toBe(Number(port));
      expect(getServiceByPort(Number(port), protocol, builtIn)).toBe(name);
    }
    const known = await askPython('socket.getservbyname(x[0], x[2])', entries);
    for (const [at, [, port]] of entries.entries()) {
      if (known[at] !== null) expect([entries[at], known[at]]).toEqual([entries[at], Number(port)]);
    }
  });

  test('the system is asked as Python asks it, for ports and for names', async () => {
    // Where there is no file, the built-in table knows more than Python does.
    const ports = [...Array.from({ length: 1_100 }, (_, port) => port), 3306, 5222, 5432, 6379, 8080, 65_535];
    for (const protocol of ['tcp', 'udp']) {
      const expected = await askPython(`socket.getservbyport(x, '${protocol}')`, ports);
      const names = expected.filter((name) => name !== null);
      const actual = ports.map((port) => answerOf(() => getServiceByPort(port, protocol)));
      if (names.length > 0) expect(actual).toEqual(expected);
      const found = await askPython(`socket.getservbyname(x, '${protocol}')`, names);
      expect(names.map((name) => answerOf(() => getServiceByName(name as string, protocol)))).toEqual(found);
    }
  });
});

import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { LookupFunction } from '@wirestack/socket';
import {
  getFullyQualifiedName,
  getHostByAddress,
  getHostByName,
  getHostByNameEx,
  getHostName,
} from '../../src/names/hosts.ts';
import { scratchPath } from '../scratch.ts';
import { askPython } from './python-socket.ts';

describe('getHostByName', () => {
  test('answers the first IPv4 address, the first IPv6 one where asked', async () => {
    const lookup = lookupOf({ 'www.example': ['2001:db8::1', '192.0.2.1', '192.0.2.2'] });
    expect(await getHostByName('www.example', { lookup })).toBe('192.0.2.1');
    expect(await getHostByName('www.example', { lookup, family: 'ipv6' })).toBe('2001:db8::1');
  });

  test('asks for the family it wants only', async () => {
    const asked: unknown[] = [];
    const lookup: LookupFunction = (name, options, callback) => {
      asked.push([name, options]);
      queueMicrotask(() => callback(null, '192.0.2.1', 4));
    };
    expect(await getHostByName('www.example', { lookup })).toBe('192.0.2.1');
    expect(asked).toEqual([['www.example', { all: true, family: 4 }]]);
  });

  test('knows localhost as Python does', async () => {
    const [expected] = await askPython('socket.gethostbyname(x)', ['localhost']);
    expect(await getHostByName('localhost')).toBe(expected);
    const [short] = await askPython('socket.gethostbyname(x)', ['127.1']);
    expect(await getHostByName('127.1')).toBe(short);
  });

  test('an address is its own', async () => {
    expect(await getHostByName('192.0.2.1', { lookup: neverAsked })).toBe('192.0.2.1');
    expect(await getHostByName('::1', { family: 'ipv6', lookup: neverAsked })).toBe('::1');
    await expect(getHostByName('::1', { lookup: neverAsked })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('rejects NOT_FOUND with the cause, whatever it is', async () => {
    for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ESERVFAIL']) {
      const cause = Object.assign(new Error('not this time'), { code });
      const lookup: LookupFunction = (_name, _options, callback) => queueMicrotask(() => callback(cause, ''));
      await expect(getHostByName('www.example', { lookup })).rejects.toMatchObject({
        name: 'SocketError',
        code: 'NOT_FOUND',
        address: 'www.example',
        cause,
      });
    }
    await expect(getHostByName('none.example', { lookup: lookupOf({}) })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      getHostByName('six.example', { lookup: lookupOf({ 'six.example': ['2001:db8::1'] }) }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'six.example has no ipv4 address' });
  });

  test('a name that is empty or has a NUL is refused', async () => {
    for (const name of ['', 'a\0b']) {
      await expect(getHostByName(name)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
  });

  test('stops waiting at its deadline', async () => {
    const controller = new AbortController();
    const options = { lookup: () => undefined, signal: controller.signal };
    const waiting = getHostByName('www.example', options);
    controller.abort('never mind');
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    await expect(
      getHostByName('www.example', { ...options, signal: undefined, timeoutMs: 1 }),
    ).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });
});

describe('getHostByNameEx', () => {
  const lookup = lookupOf({
    'web.example': ['192.0.2.1', '192.0.2.2', '192.0.2.1'],
    'a.example': ['192.0.2.3'],
  });

  test('knows the official name and the aliases of the hosts file', async () => {
    const hostsFile = fileOf('192.0.2.1 www.example web.example w # comment\n192.0.2.2 WEB.example other');
    expect(await getHostByNameEx('web.example', { lookup, hostsFile, resolveCname: neverAsked })).toEqual({
      name: 'www.example',
      aliases: ['web.example', 'w', 'WEB.example', 'other'],
      addresses: ['192.0.2.1', '192.0.2.2'],
    });
  });

  test('follows aliases of the DNS to their end, and through no loop', async () => {
    const cnames: Record<string, string> = { 'a.example': 'b.example', 'b.example': 'c.example' };
    const resolveCname = (name: string): Promise<string[]> => {
      const next = cnames[name];
      return next === undefined ? Promise.reject(new Error('ENODATA')) : Promise.resolve([next]);
    };
    const options = { lookup, hostsFile: '/nowhere/hosts', resolveCname };
    expect(await getHostByNameEx('a.example', options)).toEqual({
      name: 'c.example',
      aliases: ['a.example', 'b.example'],
      addresses: ['192.0.2.3'],
    });
    cnames['c.example'] = 'a.example';
    expect(await getHostByNameEx('a.example', options)).toMatchObject({ name: 'c.example' });
    const endless = (name: string): Promise<string[]> => Promise.resolve([`${name}.x`]);
    const { aliases } = await getHostByNameEx('a.example', { ...options, resolveCname: endless });
    expect(aliases).toHaveLength(16);
  });

  test('of an address it says nothing but the address', async () => {
    expect(await getHostByNameEx('192.0.2.9', { lookup: neverAsked, resolveCname: neverAsked })).toEqual({
      name: '192.0.2.9',
      aliases: [],
      addresses: ['192.0.2.9'],
    });
  });

  test('knows the addresses of localhost as Python does', async () => {
    const [expected] = (await askPython('socket.gethostbyname_ex(x)', ['localhost'])) as [
      [string, string[], string[]],
    ];
    const entry = await getHostByNameEx('localhost');
    expect([entry.name, entry.addresses]).toEqual([expected[0], expected[2]]);
  });
});

describe('getHostByAddress', () => {
  test('answers the name, and the aliases of the hosts file', async () => {
    const hostsFile = fileOf('192.0.2.1 other\n192.0.2.1 www.example web w\n192.0.2.2 www.example x');
    const entry = await getHostByAddress('192.0.2.1', { hostsFile, reverse: async () => 'www.example' });
    expect(entry).toEqual({ name: 'www.example', aliases: ['web', 'w'], addresses: ['192.0.2.1'] });
  });

  test('knows 127.0.0.1 as Python does', async () => {
    const [expected] = (await askPython('socket.gethostbyaddr(x)', ['127.0.0.1'])) as [[string]];
    expect((await getHostByAddress('127.0.0.1')).name).toBe(expected[0]);
  });

  test('without a name it is NOT_FOUND', async () => {
    const cause = new Error('ENOTFOUND');
    await expect(
      getHostByAddress('192.0.2.1', { reverse: () => Promise.reject(cause) }),
    ).rejects.toMatchObject({ name: 'SocketError', code: 'NOT_FOUND', address: '192.0.2.1', cause });
    await expect(
      getHostByAddress('192.0.2.1', { reverse: async (address) => address }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('takes addresses only', async () => {
    for (const text of ['localhost', '', '127.1']) {
      await expect(getHostByAddress(text)).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    }
  });

  test('stops waiting when it is aborted', async () => {
    const controller = new AbortController();
    const reverse = (): Promise<string> => new Promise(() => undefined);
    const waiting = getHostByAddress('192.0.2.1', { reverse, signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('the name of this machine', () => {
  test('is the one the system says', async () => {
    expect([getHostName()]).toEqual(await askPython('socket.gethostname()', [0]));
    expect(getHostName()).toBe(hostname());
  });

  test('with its domain is what Python finds', async () => {
    expect([await getFullyQualifiedName()]).toEqual(await askPython('socket.getfqdn()', [0]));
  });
});

describe('getFullyQualifiedName', () => {
  const lookup = lookupOf({ web: ['192.0.2.1'], [hostname()]: ['192.0.2.2'] });
  const reverse = async (address: string): Promise<string> => {
    const name = { '192.0.2.1': 'www', '192.0.2.2': 'this.example' }[address];
    if (name === undefined) throw new Error('ENOTFOUND');
    return name;
  };
  const hostsFile = (): string => fileOf('192.0.2.1 www alias web.example web2.example');

  test('is the first name with a dot', async () => {
    expect(await getFullyQualifiedName('web', { lookup, reverse, hostsFile: hostsFile() })).toBe(
      'web.example',
    );
    expect(await getFullyQualifiedName('192.0.2.1', { reverse, hostsFile: hostsFile() })).toBe('web.example');
  });

  test('is the official name where none has a dot', async () => {
    expect(await getFullyQualifiedName(' web ', { lookup, reverse, hostsFile: '/nowhere/hosts' })).toBe(
      'www',
    );
  });

  test('is this machine for no name and for every interface', async () => {
    for (const name of ['', ' ', '0.0.0.0', '::']) {
      expect(await getFullyQualifiedName(name, { lookup, reverse })).toBe('this.example');
    }
  });

  test('is the name as given where nothing is known of it', async () => {
    expect(await getFullyQualifiedName('unknown', { lookup, reverse })).toBe('unknown');
    expect(await getFullyQualifiedName('192.0.2.3', { lookup, reverse })).toBe('192.0.2.3');
  });

  test('tells a deadline that passed', async () => {
    const signal = AbortSignal.abort();
    await expect(getFullyQualifiedName('web', { lookup, reverse, signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

function lookupOf(table: Record<string, string[]>): LookupFunction {
  return (name, _options, callback) => {
    queueMicrotask(() => {
      const addresses = table[name];
      if (addresses === undefined) callback(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }), '');
      else
        callback(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
    });
  };
}

function neverAsked(): never {
  throw new Error('asked');
}

function fileOf(text: string): string {
  const path = scratchPath('hosts');
  writeFileSync(path, text);
  return path;
}

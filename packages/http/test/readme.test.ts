import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import * as all from '@wirestack/http';
import * as fields from '@wirestack/http/fields';
import * as protocol from '@wirestack/http/protocol';
import * as server from '@wirestack/http/server';
import { connect } from '@wirestack/socket';
import { settingsFrom } from '../src/server/options.ts';
import { ask } from './readme-client.ts';
import { talk } from './readme-protocol.ts';

const readme = read('../README.md');

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

/** What stands under a heading. */
function section(title: string): string {
  const start = readme.indexOf(`\n## ${title}\n`);
  expect(start).toBeGreaterThan(0);
  const end = readme.indexOf('\n## ', start + 1);
  return readme.slice(start, end < 0 ? undefined : end);
}

/** The rows of the tables of a section whose header begins with `first`, cells trimmed, without backticks. */
function rows(title: string, first: string): string[][] {
  const lines = section(title).split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${first} `));
  expect(start).toBeGreaterThan(0);
  const found = [];
  for (let at = start + 2; lines[at]?.startsWith('|') === true; at++) {
    found.push(
      lines[at]!.split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
    );
  }
  return found;
}

function numberOf(cell: string): number {
  return Number(cell.replaceAll(',', ''));
}

test('the example of the README is the one in readme-example.ts, and says what it says it does', async () => {
  const example = read('./readme-example.ts');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import('./readme-example.ts');
    expect(printed.mock.calls).toEqual([['you asked for /a\n'], ['HI']]);
  } finally {
    printed.mockRestore();
  }
});

test('the example without I/O is the one in readme-protocol.ts, and answers requests and garbage', () => {
  expect(section('Without I/O')).toContain(`\`\`\`ts\n${read('./readme-protocol.ts')}\`\`\``);
  const connection = new protocol.ServerConnection();
  const input = Buffer.from(
    'GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi',
  );
  const out = Array.from(input, (byte) => talk(connection, Uint8Array.of(byte))).join('');
  expect(out).toBe(
    'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nGET /a\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nPOST /b\n',
  );
  expect(connection.mustClose).toBe(false);
  expect(talk(connection, Buffer.from('?\r\n'))).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(connection.mustClose).toBe(true);
});

test('the example of proxies and observers is the one in readme-observer.ts, and tells what it should', async () => {
  const { counter, lines, server: observed } = await import('./readme-observer.ts');
  await using running = await observed.listen('127.0.0.1:0');
  const { port } = running.address as { port: number };
  const answer = await fetch(`http://127.0.0.1:${String(port)}/`, {
    headers: {
      'X-Forwarded-For': '192.0.2.7',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'a.example',
    },
  });
  expect(await answer.text()).toBe('https://a.example for 192.0.2.7\n');
  expect(counter).toEqual({ requests: 1, bytes: 32 });
  expect(JSON.parse(lines.join(''))).toMatchObject({ client: '192.0.2.7', status: 200, isComplete: true });
  expect(readme).toContain(`\`\`\`ts\n${read('./readme-observer.ts')}\`\`\``);
});

test('the example of a client is the one in readme-client.ts, and reads an answer', () => {
  expect(section('Without I/O')).toContain(`\`\`\`ts\n${read('./readme-client.ts')}\`\`\``);
  const said = ask((request) => {
    expect(request).toBe('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    return [Buffer.from('HTTP/1.1 200 OK\r\nContent-Len'), Buffer.from('gth: 2\r\n\r\nhi')];
  });
  expect(said).toEqual(['head', 'data', 'end']);
});

test('the functions of `@wirestack/http/fields` stand in the README, and no others', () => {
  const listed = rows('Exports', 'from `@wirestack/http/fields`').flatMap(([names = '']) =>
    names.split(/[ `]+/).filter((name) => name !== ''),
  );
  const exported = Object.keys(fields).filter((name) => name !== 'HttpUsageError');
  expect(listed.toSorted()).toEqual(exported.toSorted());
});

test('the example of an upgrade is the one in readme-upgrade.ts, and echoes', async () => {
  expect(readme).toContain(`\`\`\`ts\n${read('./readme-upgrade.ts')}\`\`\``);
  const { server: upgrading } = await import('./readme-upgrade.ts');
  await using running = await upgrading.listen('127.0.0.1:0');
  await using stream = await connect(running.address);
  await stream.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello');
  await stream.shutdown('write');
  let text = '';
  for await (const chunk of stream) text += Buffer.from(chunk).toString('latin1');
  expect(text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n[^]*\r\n\r\nhello$/);
});

test.each([
  ['@wirestack/http/protocol', protocol],
  ['@wirestack/http/server', server],
])('every value that %s exports stands in its table, and no other', (name, exported) => {
  const listed = rows('Exports', `from \`${name}\``)
    .filter(([what]) => what !== 'types')
    .flatMap(([what = '']) => what.replace(/\(.*\)/, '').split(','))
    .map((what) => /\w+/.exec(what)?.[0]);
  expect(listed.toSorted()).toEqual(Object.keys(exported).toSorted());
});

test('`@wirestack/http` has all of both', () => {
  expect(Object.keys(all).toSorted()).toEqual(
    Array.from(new Set([...Object.keys(protocol), ...Object.keys(server)])).toSorted(),
  );
});

test('every message limit stands in the README, with its default', () => {
  const listed = rows('Limits and timeouts', 'message limit').map(([name, value = '']) => [
    name,
    numberOf(value),
  ]);
  expect(Object.fromEntries(listed)).toEqual(all.defaultLimits);
});

test('every option of the server with a default stands in the README, with it', () => {
  const listed: unknown[] = rows('Limits and timeouts', 'server option').map(([name, value = '']) => [
    name,
    numberOf(value),
  ]);
  const numbers = Object.entries(settingsFrom({})).filter(([, value]) => typeof value === 'number');
  expect(listed).toEqual(expect.arrayContaining([...numbers, ['maxConnections', NaN], ['backlog', 511]]));
  expect(listed).toHaveLength(numbers.length + 2);
});

test('every code stands in the README with its status, and the table has no other', () => {
  const source = read('../src/errors.ts');
  const codes = Array.from(
    /statusOfCode = \{(.*?)\}/s.exec(source)![1]!.matchAll(/^ +([A-Z_]+):/gm),
    ([, code]) => code,
  );
  const listed = rows('Errors', 'code').map(([code, status]) => [code, Number(status)]);
  expect(listed.map(([code]) => code)).toEqual(codes);
  for (const [code, status] of listed) {
    expect([code, new all.HttpProtocolError(code as all.HttpErrorCode, '').status]).toEqual([code, status]);
  }
});

test.each(rows('Strictness', 'refused'))('%s: %s is refused as %s', (_what, request, code) => {
  const text = request.replaceAll('\\r', '\r').replaceAll('\\n', '\n').replaceAll('\\0', '\0');
  const connection = new protocol.ServerConnection();
  connection.receive(Buffer.from(text, 'latin1'));
  const drive = (): void => {
    while (connection.nextEvent() !== undefined);
  };
  expect(drive).toThrow(expect.objectContaining({ name: 'HttpProtocolError', code }));
});

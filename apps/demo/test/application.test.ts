import { makeServer, setupTestingDefaults, validator, type GatewayServer } from '@wirestack/gateway';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { application, makeApplication } from '../src/application.ts';

let server: GatewayServer;
let root = '';

beforeAll(async () => {
  server = await makeServer('127.0.0.1:0', validator(makeApplication()));
  root = `http://127.0.0.1:${String((server.address as { port: number }).port)}`;
});

afterAll(async () => {
  await server.drain({ timeoutMs: 1000 });
});

function send(method: string, path: string, value?: unknown): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(
    root + path,
    value === undefined ? { method } : { method, headers, body: JSON.stringify(value) },
  );
}

describe('its notes', () => {
  test('are created, read, replaced, listed and removed', async () => {
    const created = await send('POST', '/notes', { text: 'new', tags: ['mine'] });
    expect([created.status, await created.json()]).toEqual([201, { id: 5, text: 'new', tags: ['mine'] }]);
    const location = created.headers.get('location') ?? '';
    expect(location).toBe(`${root}/notes/5`);
    expect(await (await fetch(location)).json()).toEqual({ id: 5, text: 'new', tags: ['mine'] });

    expect((await send('PUT', '/notes/5', { text: 'newer', tags: ['mine'] })).status).toBe(200);
    expect(await (await fetch(`${root}/notes?tag=mine`)).json()).toEqual({
      notes: [{ id: 5, text: 'newer', tags: ['mine'] }],
    });

    expect((await send('DELETE', '/notes/5')).status).toBe(204);
    for (const method of ['GET', 'DELETE']) expect((await send(method, '/notes/5')).status).toBe(404);
    expect((await send('PUT', '/notes/5', { text: 'again' })).status).toBe(404);
  });

  test.each([null, 'text', [], {}, { text: 1 }, { text: '', tags: '' }, { text: '', tags: [1] }])(
    '%j is none',
    async (value) => {
      expect((await send('POST', '/notes', value)).status).toBe(422);
    },
  );

  test('are no longer than a few pages, and no more than a hundred', async () => {
    expect((await send('POST', '/notes', { text: 'x'.repeat(10_000) })).status).toBe(413);
    for (let note = 0; note < 100; note++) await send('POST', '/notes', { text: '' });
    const { notes } = (await (await fetch(`${root}/notes`)).json()) as { notes: unknown[] };
    expect(notes).toHaveLength(100);
  });
});

test('tells of each part of an upload, and shows a form as text', async () => {
  const form = new FormData();
  form.append('a', 'b');
  form.append('file', new Blob(['hello'], { type: 'text/x' }), 'ü.txt');
  const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
  const { parts } = (await (await fetch(`${root}/upload`, { method: 'POST', body: form })).json()) as {
    parts: unknown[];
  };
  expect(parts[1]).toEqual({ name: 'file', filename: 'ü.txt', type: 'text/x', size: 5, sha256 });
  const body = new URLSearchParams({ '<script>': `"&'` });
  const page = await (await fetch(`${root}/form`, { method: 'POST', body })).text();
  expect(page).toContain('<dt>&#60;script&#62;<dd>&#34;&#38;&#39;');
});

test('is one object for programs that load it by name', () => {
  const environ = setupTestingDefaults({ PATH_INFO: '/json' });
  const statuses: string[] = [];
  const start = (status: string): (() => Promise<void>) => {
    statuses.push(status);
    return () => Promise.resolve();
  };
  void application(environ, start);
  expect(statuses).toEqual(['200 OK']);
});

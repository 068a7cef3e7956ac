import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type HttpRequest, type HttpResponse, type HttpServer } from '@wirestack/http';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { acceptKey, echoFrames } from './websocket-echo.ts';

const executablePath = '/usr/bin/chromium';
const quiet = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

/** What Chromium asks for beside each other of one host. */
const parallel = 6;

describe.skipIf(!existsSync(executablePath))('Chromium', () => {
  let server: HttpServer;
  let profile: string;
  let browser: BrowserContext;
  let page: Page;
  const errors: unknown[] = [];
  /** Requests that wait until as many are there as may be. */
  let waiting: { readonly port: number; answer(response: HttpResponse): void }[] = [];
  let left: Promise<void>;
  let hasLeft: () => void;

  beforeAll(async () => {
    const options = { onError: (error: unknown) => void errors.push(error) };
    server = await createServer(handle, options).listen('127.0.0.1:0');
    profile = await mkdtemp(join(tmpdir(), 'wirestack-chromium-'));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: quiet,
      timeout: 30_000,
    });
    browser.setDefaultTimeout(20_000);
    page = await browser.newPage();
    await page.goto(site());
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
    expect(errors).toEqual([]);
  });

  beforeEach(() => {
    left = new Promise((resolve) => {
      hasLeft = resolve;
    });
  });

  function site(): string {
    return `http://127.0.0.1:${String('port' in server.address ? server.address.port : 0)}/`;
  }

  async function handle(request: HttpRequest): Promise<HttpResponse> {
    switch (request.path) {
      case '/upload': {
        const hash = createHash('sha256');
        for await (const chunk of request.body) hash.update(chunk);
        return { status: 200, body: hash.digest('hex') };
      }
      case '/events':
        return { status: 200, headers: [['Content-Type', 'text/event-stream']], body: events(request) };
      case '/together':
        return new Promise((answer) => {
          const { remoteAddress } = request;
          waiting.push({ port: 'port' in remoteAddress ? remoteAddress.port : 0, answer });
          if (waiting.length < parallel) return;
          for (const one of waiting) one.answer({ status: 200, body: String(waiting.length) });
        });
      case '/endless':
        return { status: 200, body: endless() };
      case '/socket':
        return {
          status: 101,
          headers: [
            ['Upgrade', 'websocket'],
            ['Sec-WebSocket-Accept', acceptKey(request.headers.get('sec-websocket-key') ?? '')],
          ],
          upgrade: echoFrames,
        };
      default:
        return {
          status: 200,
          headers: [['Content-Type', 'text/html']],
          body: '<!doctype html><title>here</title>',
        };
    }
  }

  /** Two, and an end: the page comes again, and says what it has. */
  async function* events({ headers }: HttpRequest): AsyncGenerator<string> {
    const from = Number(headers.get('last-event-id') ?? 0);
    yield 'retry: 1\n\n';
    for (let id = from + 1; id <= from + 2; id++) yield `id: ${String(id)}\ndata: event ${String(id)}\n\n`;
  }

  async function* endless(): AsyncGenerator<Uint8Array> {
    const piece = new Uint8Array(65_536);
    try {
      for (;;) yield piece;
    } finally {
      hasLeft();
    }
  }

  test('uploads 10 MB, which arrive byte for byte', async () => {
    const hash = await page.evaluate<string>(`(async () => {
      const bytes = new Uint8Array(10_000_000).map((_, i) => i * 7);
      const response = await fetch('/upload', { method: 'POST', body: new Blob([bytes]) });
      return response.text();
    })()`);
    const bytes = Uint8Array.from({ length: 10_000_000 }, (_, i) => i * 7);
    expect(hash).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('hears events, and comes again with the id of the last one', async () => {
    const heard = await page.evaluate<string[]>(`new Promise((resolve) => {
      const source = new EventSource('/events');
      const heard = [];
      source.onmessage = ({ data, lastEventId }) => {
        heard.push(data + ' ' + lastEventId);
        if (heard.length < 5) return;
        source.close();
        resolve(heard);
      };
    })`);
    expect(heard).toEqual(['event 1 1', 'event 2 2', 'event 3 3', 'event 4 4', 'event 5 5']);
  });

  test('has six requests under way at the same time, a connection for each', async () => {
    waiting = [];
    const answers = await page.evaluate<string[]>(`Promise.all(
      Array.from({ length: ${String(parallel)} }, async (_, i) => (await fetch('/together?' + i)).text()),
    )`);
    expect(answers).toEqual(Array.from({ length: parallel }, () => String(parallel)));
    expect(new Set(waiting.map(({ port }) => port)).size).toBe(parallel);
  });

  test('leaves a download that has no end, and the server knows', async () => {
    const bytes = await page.evaluate<number>(`(async () => {
      const leaving = new AbortController();
      const reader = (await fetch('/endless', { signal: leaving.signal })).body.getReader();
      const { value } = await reader.read();
      leaving.abort();
      return value.length;
    })()`);
    expect(bytes).toBeGreaterThan(0);
    await left;
    expect(await page.evaluate(`fetch('/').then((response) => response.status)`)).toBe(200);
  });

  test('opens a WebSocket, and hears what it said', async () => {
    const heard = await page.evaluate<unknown[]>(`new Promise((resolve, reject) => {
      const socket = new WebSocket('${site().replace('http', 'ws')}socket');
      const said = ['hello', 'ü'.repeat(50), 'x'.repeat(30_000)];
      const heard = [];
      socket.onopen = () => said.forEach((message) => socket.send(message));
      socket.onerror = () => reject(new Error('the WebSocket failed'));
      socket.onmessage = ({ data }) => {
        heard.push(data === said[heard.length]);
        if (heard.length === said.length) socket.close(1000);
      };
      socket.onclose = ({ code, wasClean }) => resolve([...heard, code, wasClean]);
    })`);
    expect(heard).toEqual([true, true, true, 1000, true]);
  });
});

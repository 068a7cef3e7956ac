import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type HttpRequest, type HttpResponse, type HttpServer } from '@wirestack/http';
import { staticFiles } from '@wirestack/http/static';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled, output, run, type Ended } from '../support/program.ts';

let scratch: string;
let root: string;
let server: HttpServer;
const errors: unknown[] = [];
const answered: [path: string, status: number][] = [];

const size = 5_000_000;
/** No two stretches of it are the same for long. */
const content = Buffer.alloc(size);
for (let at = 0; at < size; at += 4) content.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
const text = 'A line that comes again and again.\n'.repeat(500);

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'wirestack-static-'));
  root = join(scratch, 'root');
  mkdirSync(join(root, 'names'), { recursive: true });
  writeFileSync(join(root, 'large.bin'), content);
  writeFileSync(join(root, 'text.txt'), text);
  for (const name of [
    'a b.txt',
    '<script>document.title = 1<',
    '"quoted".txt',
    'العربية.txt',
    '🎉.txt',
    '#?%41.txt',
  ]) {
    writeFileSync(join(root, 'names', name), name);
  }
  const files = staticFiles(root, { listing: true });
  const handler = async (request: HttpRequest): Promise<HttpResponse> => {
    const response = await files(request);
    answered.push([request.path, response.status]);
    return response;
  };
  server = createServer(handler, { onError: (error) => errors.push(error) });
  await server.listen('127.0.0.1:0');
  // Files that were just written are neither dated nor compressed: their clock has to tick first.
  while (!(await fetch(`${site()}/text.txt`, { method: 'HEAD' })).headers.has('last-modified'));
});

afterAll(async () => {
  await server.close();
  await rm(scratch, { recursive: true });
  expect(errors).toEqual([]);
});

const site = (): string => `http://127.0.0.1:${String('port' in server.address ? server.address.port : 0)}`;

describe.skipIf(!isInstalled('curl'))('curl', () => {
  const curl = (...args: string[]): Promise<Ended> =>
    run('curl', ['--disable', '--silent', '--show-error', '--max-time', '60', ...args], {
      timeoutMs: 70_000,
    });
  const into = (name: string): [string, string] => ['--output', join(scratch, name)];
  const read = (name: string): Buffer => readFileSync(join(scratch, name));

  test('goes on with a download where it was cut off', async () => {
    writeFileSync(join(scratch, 'continued'), content.subarray(0, 1_234_567));
    const { code, stdout } = await curl(
      ...[
        '--continue-at',
        '-',
        ...into('continued'),
        '--write-out',
        '%{http_code} %{size_download}',
        `${site()}/large.bin`,
      ],
    );
    expect([code, stdout]).toEqual([0, `206 ${String(size - 1_234_567)}`]);
    expect(read('continued').equals(content)).toBe(true);
  });

  test('that has all of it already is told so', async () => {
    writeFileSync(join(scratch, 'complete'), content);
    const { stdout } = await curl(
      ...['--continue-at', '-', ...into('complete'), '--write-out', '%{http_code}', `${site()}/large.bin`],
    );
    expect(stdout).toBe('416');
  });

  test.each([
    ['0-99', 0, 100],
    ['-100', size - 100, size],
    ['4999999-', size - 1, size],
  ])('fetches the range %s', async (range, start, end) => {
    const { stdout } = await curl(
      '--range',
      range,
      '--write-out',
      '%{http_code}',
      ...into('range'),
      `${site()}/large.bin`,
    );
    expect(stdout).toBe('206');
    expect(read('range').equals(content.subarray(start, end))).toBe(true);
  });

  test('fetches several ranges in one answer', async () => {
    const { stdout } = await curl('--range', '0-2,200-203', '--dump-header', '-', `${site()}/text.txt`);
    const [, boundary] = /\r\nContent-Type: multipart\/byteranges; boundary=(\S+)\r\n/.exec(stdout) ?? [];
    const body = stdout.slice(stdout.indexOf('\r\n\r\n') + 4);
    expect(body).toBe(
      `--${boundary!}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-2/17500\r\n\r\nA l\r\n` +
        `--${boundary!}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 200-203/17500\r\n\r\n${text.slice(200, 204)}\r\n` +
        `--${boundary!}--\r\n`,
    );
    expect(stdout).toContain(`\r\nContent-Length: ${String(body.length)}\r\n`);
  });

  test('that asks for the head alone gets it, with the length', async () => {
    const { code, stdout } = await curl('--head', `${site()}/large.bin`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(stdout).toContain(`\r\nContent-Length: ${String(size)}\r\n`);
    expect(stdout.endsWith('\r\n\r\n')).toBe(true);
  });

  test('that takes compressed text gets it, and it is the same text', async () => {
    const write = ['--write-out', '%{size_download} %header{content-encoding}'];
    const { stdout } = await curl('--compressed', ...write, ...into('text'), `${site()}/text.txt`);
    expect(read('text').toString()).toBe(text);
    const [bytes, coding] = stdout.split(' ');
    expect(Number(bytes)).toBeLessThan(1000);
    expect(['br', 'gzip']).toContain(coding);
  });

  test('that has the file from before is told that it has not changed, by date and by ETag', async () => {
    const first = [
      '--etag-save',
      join(scratch, 'etag'),
      '--remote-time',
      ...into('dated'),
      `${site()}/large.bin`,
    ];
    expect((await curl(...first)).code).toBe(0);
    const status = ['--write-out', '%{http_code} %{size_download}'];
    const byTag = await curl(
      '--etag-compare',
      join(scratch, 'etag'),
      ...status,
      ...into('again'),
      `${site()}/large.bin`,
    );
    expect(byTag.stdout).toBe('304 0');
    const byDate = await curl(
      '--time-cond',
      join(scratch, 'dated'),
      ...status,
      ...into('again'),
      `${site()}/large.bin`,
    );
    expect(byDate.stdout).toBe('304 0');
    const older = await curl(
      '--time-cond',
      '-Sat, 01 Jan 2000 00:00:00 GMT',
      ...status,
      ...into('again'),
      `${site()}/text.txt`,
    );
    expect(older.stdout).toBe('412 24');
  });

  test('that follows redirects finds the directory', async () => {
    const { stdout } = await curl(
      '--location',
      '--write-out',
      ' %{num_redirects}',
      '--header',
      'Accept: application/json',
      `${site()}/names?sort=size`,
    );
    expect(stdout).toMatch(/^\{"path":"\/names\/"[^]* 1$/);
  });

  test.each([
    '/../../../../etc/passwd',
    '/..%2f..%2f..%2fetc/passwd',
    '/names/../../x',
    '//etc/passwd',
    '/%00',
  ])('that climbs with %s finds nothing', async (path) => {
    const { stdout } = await curl('--path-as-is', '--write-out', '%{http_code}', `${site()}${path}`);
    expect(stdout).toBe('404 Not Found\n404');
  });
});

describe.skipIf(!isInstalled('python3'))("Python's urllib", () => {
  test('fetches a file, a range, what has not changed, and what is not there', async () => {
    const script = `
import hashlib, json, sys, urllib.error, urllib.request
base = sys.argv[1]
def get(path, **fields):
    try:
        with urllib.request.urlopen(urllib.request.Request(base + path, headers=fields)) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers
status, whole, headers = get('/large.bin')
part = get('/large.bin', Range='bytes=10-19')
listing = json.loads(get('/names/', Accept='application/json')[1])
print(json.dumps({
    'whole': [status, hashlib.sha256(whole).hexdigest()],
    'part': [part[0], part[1] == whole[10:20], part[2]['Content-Range']],
    'same': get('/large.bin', **{'If-None-Match': headers['ETag']})[0],
    'missing': get('/missing')[0],
    'names': [get('/names/' + entry['href'])[1].decode() == entry['name'] for entry in listing['entries']],
}))
`;
    const said = JSON.parse(
      await output('python3', ['-I', '-c', script, site()], { timeoutMs: 60_000 }),
    ) as unknown;
    expect(said).toEqual({
      whole: [200, createHash('sha256').update(content).digest('hex')],
      part: [206, true, `bytes 10-19/${String(size)}`],
      same: 304,
      missing: 404,
      names: Array(6).fill(true),
    });
  });
});

const executablePath = '/usr/bin/chromium';
const quiet = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

describe.skipIf(!existsSync(executablePath))('Chromium', () => {
  let browser: BrowserContext;
  let page: Page;
  /** What the console complained of, but for the icon that every browser asks for. */
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launchPersistentContext(join(scratch, 'profile'), {
      executablePath,
      args: quiet,
      timeout: 30_000,
    });
    browser.setDefaultTimeout(20_000);
    page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    expect(complaints).toEqual([]);
  });

  test('shows a listing in which every link leads to its file, and no name is markup', async () => {
    await page.goto(`${site()}/names/`);
    expect(await page.title()).toBe('/names/');
    const found = await page.evaluate<[string, string][]>(
      'Array.from(document.querySelectorAll("tbody .f a"), (link) => [link.textContent, link.href])',
    );
    expect(found.length).toBe(6);
    for (const [name, href] of found) expect(await (await fetch(href)).text()).toBe(name);
    expect(await page.evaluate('document.querySelectorAll("script, img, iframe").length')).toBe(0);
  });

  test('can be led through it by the keyboard', async () => {
    await page.goto(`${site()}/names/`);
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the names');
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).not.toBe('none');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toMatch(/^Size/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/sort=size/);
    expect(await page.evaluate('document.querySelector("[aria-sort]").textContent')).toBe('Size');
  });

  test('shows it in the colours that the reader likes, and fits a phone', async () => {
    const brightness = async (colorScheme: 'dark' | 'light'): Promise<number> => {
      await page.emulateMedia({ colorScheme });
      const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      return Math.max(...(colour.match(/\d+/g) ?? []).map(Number));
    };
    expect(await brightness('light')).toBeGreaterThan(200);
    expect(await brightness('dark')).toBeLessThan(60);
    await page.setViewportSize({ width: 360, height: 700 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const png = await page.screenshot();
    expect(png.subarray(1, 4).toString()).toBe('PNG');
  });

  test('seeks in a long file by ranges, as for a film', async () => {
    // Not from the listing: its page may ask for nothing.
    await page.goto(`${site()}/text.txt`);
    const heard = await page.evaluate<
      unknown[]
    >(`Promise.all(['bytes=0-', 'bytes=4000000-4000003', 'bytes=-4'].map(async (range) => {
      const response = await fetch('/large.bin', { headers: { Range: range } });
      const bytes = new Uint8Array(await response.arrayBuffer());
      return [response.status, response.headers.get('content-range'), bytes.length, bytes.at(-1)];
    }))`);
    expect(heard).toEqual([
      [206, `bytes 0-${String(size - 1)}/${String(size)}`, size, content.at(-1)],
      [206, `bytes 4000000-4000003/${String(size)}`, 4, content[4_000_003]],
      [206, `bytes ${String(size - 4)}-${String(size - 1)}/${String(size)}`, 4, content.at(-1)],
    ]);
  });

  test('keeps text and asks whether it has changed, and takes it compressed', async () => {
    answered.length = 0;
    await page.goto('about:blank');
    await page.goto(`${site()}/text.txt`);
    const first = await page.evaluate<{ encodedBodySize: number; decodedBodySize: number }>(
      'performance.getEntriesByType("navigation")[0].toJSON()',
    );
    expect(first.decodedBodySize).toBe(text.length);
    expect(first.encodedBodySize).toBeLessThan(1000);
    await page.reload();
    expect(await page.evaluate('document.body.textContent.length')).toBe(text.length);
    const statuses = answered.filter(([path]) => path === '/text.txt').map(([, status]) => status);
    expect(statuses.at(-1)).toBe(304);
  });
});

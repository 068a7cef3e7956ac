import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpServer } from '@wirestack/http';
import { build } from 'esbuild';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled, run } from '../support/program.ts';
import { formServer, siteOf, type Told } from './forms-server.ts';

describe.skipIf(!isInstalled('curl'))('curl', () => {
  let server: HttpServer;
  let scratch: string;
  beforeAll(async () => {
    server = await formServer('');
    scratch = await mkdtemp(join(tmpdir(), 'wirestack-forms-'));
  });
  afterAll(async () => {
    await server.close();
    await rm(scratch, { recursive: true });
  });

  /** `env` has it take its arguments for UTF-8. */
  async function curl(...args: string[]): Promise<Told> {
    const { stdout } = await run(
      'curl',
      ['--disable', '--silent', '--show-error', '--max-time', '60', ...args, siteOf(server)],
      {
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      },
    );
    return JSON.parse(Buffer.from(stdout, 'latin1').toString()) as Told;
  }

  test('sends text', async () => {
    const told = await curl('--form', 'a=1', '--form', 'ü=ö €', '--form', 'a=2', '--form', 'e=');
    expect(told).toEqual({
      type: 'multipart/form-data',
      fields: [
        ['a', '1'],
        ['ü', 'ö €'],
        ['a', '2'],
        ['e', ''],
      ],
      files: [],
    });
  });

  test('sends a file, several files, files as text, and types', async () => {
    await writeFile(join(scratch, 'a.bin'), '\r\n--\0content');
    await writeFile(join(scratch, 'b.html'), '<p>');
    const [a, b] = [join(scratch, 'a.bin'), join(scratch, 'b.html')];
    const told = await curl(
      '--form',
      `f=@${a}`,
      '--form',
      `g=@${a},${b}`,
      '--form',
      `t=<${b}`,
      '--form',
      `h=@${a};type=image/png;filename=x.png`,
      '--form',
      'j={};type=application/json',
    );
    expect(told.fields.slice(1)).toEqual([
      ['t', '<p>'],
      ['j', '{}'],
    ]);
    const content = '\r\n--\0content';
    expect(told.files[0]).toEqual(['f', 'a.bin', 'application/octet-stream', content]);
    expect(told.files.at(-1)).toEqual(['h', 'x.png', 'image/png', content]);
    expect(told.files.map(([name]) => name)).toEqual(['f', 'h']);
    // Several files behind one name come as a field that is multipart itself (RFC 7578 4.3 has done away with that): it is given as it is.
    expect(told.fields[0]?.[1]).toMatch(
      /^--.*\r\nContent-Disposition: attachment; filename="a.bin"\r\n[^]*<p>\r\n--.*--\r\n$/,
    );
  });

  test.each([
    ['a "quoted" name.txt', []],
    ['a "quoted" name.txt', ['--form-escape']],
    ['back\\slash.txt', []],
    ['ü€😀.txt', []],
    ['semi;colon.txt', []],
  ])('sends the filename %s %j', async (filename, options) => {
    await writeFile(join(scratch, 'f'), 'x');
    const quoted = filename.replace(/["\\]/g, '\\$&');
    const told = await curl(...options, '--form', `"n"=@${join(scratch, 'f')};filename="${quoted}"`);
    expect(told.files.map(([, name]) => name)).toEqual([filename]);
  });

  test('sends a file of 10 MB', async () => {
    const content = Buffer.alloc(10_000_000, 'line\r\n--x\r\n');
    await writeFile(join(scratch, 'large'), content);
    const told = await curl('--form', `f=@${join(scratch, 'large')}`);
    expect(told.files[0]?.[3] === content.toString('latin1')).toBe(true);
  });

  test('sends pairs', async () => {
    const told = await curl(
      '--data-urlencode',
      'a=1 2&3=4+5%',
      '--data-urlencode',
      'b=ü €\n',
      '--data',
      'c=d+e&f',
    );
    expect(told).toEqual({
      type: 'application/x-www-form-urlencoded',
      fields: [
        ['a', '1 2&3=4+5%'],
        ['b', 'ü €\n'],
        ['c', 'd e'],
        ['f', ''],
      ],
      files: [],
    });
  });

  test('is told what is wrong', async () => {
    const refused = async (...args: string[]): Promise<string> =>
      (await run('curl', ['--disable', '--silent', '--write-out', ' %{http_code}', ...args, siteOf(server)]))
        .stdout;
    expect(await refused('--json', '{}')).toBe('UNSUPPORTED_TYPE 415');
    expect(
      await refused('--header', 'Content-Type: multipart/form-data; boundary=x', '--data', '--x\r\n'),
    ).toBe('TRUNCATED 400');
    await writeFile(join(scratch, 'huge'), Buffer.alloc(34_000_000));
    expect(await refused('--form', `f=@${join(scratch, 'huge')}`)).toBe('FORM_TOO_LARGE 413');
  });
});

const executablePath = '/usr/bin/chromium';
const quiet = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

describe.skipIf(!existsSync(executablePath))('Chromium', () => {
  let server: HttpServer;
  let profile: string;
  let browser: BrowserContext;
  let page: Page;

  const html = `<!doctype html><meta charset=utf-8><title>here</title>
    <form id=m method=post enctype=multipart/form-data>
      <input name='n"&#10;\\' value='v"ü'><textarea name=t>one
two</textarea><input type=file name=none><input type=hidden name=_charset_>
    </form>
    <form id=l method=post enctype=multipart/form-data accept-charset=windows-1252>
      <input type=hidden name=_charset_><input name=a value='ü€ő'>
    </form>
    <form id=u method=post><input name='a b' value='c&d=ü+'><input name='a b' value=''><input type=hidden name=_charset_></form>
    <form id=k method=post accept-charset=windows-1252><input type=hidden name=_charset_><input name=a value='ü€'></form>`;

  beforeAll(async () => {
    server = await formServer(html);
    profile = await mkdtemp(join(tmpdir(), 'wirestack-chromium-'));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: quiet,
      timeout: 30_000,
    });
    browser.setDefaultTimeout(20_000);
    page = await browser.newPage();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  });

  async function submit(id: string): Promise<Told> {
    await page.goto(siteOf(server));
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.evaluate(`document.getElementById('${id}').submit()`);
    return (await (await answered).json()) as Told;
  }

  test('submits a form of fields, lines and no file chosen', async () => {
    expect(await submit('m')).toEqual({
      type: 'multipart/form-data',
      fields: [
        ['n"\r\n\\', 'v"ü'],
        ['t', 'one\r\ntwo'],
        ['_charset_', 'UTF-8'],
      ],
      files: [['none', '', 'application/octet-stream', '']],
    });
  });

  test('submits a form in the charset that _charset_ says', async () => {
    expect((await submit('l')).fields).toEqual([
      ['_charset_', 'windows-1252'],
      ['a', 'ü€&#337;'],
    ]);
    expect((await submit('k')).fields).toEqual([
      ['_charset_', 'windows-1252'],
      ['a', 'ü€'],
    ]);
  });

  test('submits pairs', async () => {
    expect(await submit('u')).toEqual({
      type: 'application/x-www-form-urlencoded',
      fields: [
        ['a b', 'c&d=ü+'],
        ['a b', ''],
        ['_charset_', 'UTF-8'],
      ],
      files: [],
    });
  });

  test('uploads files of awkward names, byte for byte', async () => {
    await page.goto(siteOf(server));
    const told = await page.evaluate<Told>(`(async () => {
      const data = new FormData();
      for (const name of ['plain.txt', 'ü€😀.txt', 'a"b.txt', 'a\\\\b.txt', 'end\\\\', 'two\\r\\nlines', 'a;b=c']) data.append('f', new File([name], name, { type: 'text/x-y' }));
      data.append('big', new Blob([Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7)]));
      return (await fetch('/', { method: 'POST', body: data })).json();
    })()`);
    const names = ['plain.txt', 'ü€😀.txt', 'a"b.txt', 'a\\b.txt', 'end\\', 'two\r\nlines', 'a;b=c'];
    expect(told.files.slice(0, -1)).toEqual(
      names.map((name) => ['f', name, 'text/x-y', Buffer.from(name).toString('latin1')]),
    );
    const big = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7)).toString('latin1');
    const [name, filename, , content] = told.files.at(-1) ?? [];
    expect([name, filename, content === big]).toEqual(['big', 'blob', true]);
  });

  test('runs all of it but saveTo, without a module of node', async () => {
    const { outputFiles, warnings } = await build({
      stdin: {
        contents: "export * from '@wirestack/http/forms'",
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      },
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      globalName: 'forms',
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    await page.goto(siteOf(server));
    await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
    const seen = await page.evaluate<unknown>(`(async () => {
      const data = new FormData();
      data.append('a b', 'ü');
      data.append('f', new File(['content'], 'f.txt', { type: 'text/plain' }));
      const form = await forms.readForm(new Response(data));
      const again = forms.multipartBody(data);
      const chunks = [];
      for await (const chunk of again.body) chunks.push(chunk);
      const answer = await fetch('/', { method: 'POST', headers: { 'content-type': again.contentType }, body: new Blob(chunks) });
      const read = await new Response(new Blob(chunks), { headers: { 'content-type': again.contentType } }).formData();
      return [
        [...form.fields],
        form.files.values().map(({ filename, stored }) => [filename, new TextDecoder().decode(stored)]),
        (await answer.json()).files,
        [...read.keys()],
        again.contentLength === new Blob(chunks).size,
        [...forms.parseQuery(location.search + '?x=%C3%BC')],
      ];
    })()`);
    expect(seen).toEqual([
      [['a b', 'ü']],
      [['f.txt', 'content']],
      [['f', 'f.txt', 'text/plain', 'content']],
      ['a b', 'f'],
      true,
      [['x', 'ü']],
    ]);
  });
});

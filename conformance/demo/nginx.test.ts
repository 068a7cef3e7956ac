import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CountingProxy } from '../support/counting-proxy.ts';
import { DemoProcess } from '../support/demo.ts';
import { Nginx } from '../support/nginx.ts';
import { isInstalled, output, Program } from '../support/program.ts';

const picture = fileURLToPath(new URL('../../apps/demo/public/mark.png', import.meta.url));

describe.skipIf(!isInstalled('nginx') || !isInstalled('curl'))('nginx in front', () => {
  let demo: DemoProcess;
  let counted: CountingProxy;
  let nginx: Nginx;

  beforeAll(async () => {
    demo = await DemoProcess.start();
    const [host, port] = demo.port('http');
    counted = await CountingProxy.start({ host, port: Number(port) });
    nginx = await Nginx.start(
      `upstream tcp { server ${counted.address}; keepalive 4; }
       upstream path { server unix:${demo.path('proxy')}; keepalive 4; }`,
      `proxy_http_version 1.1;
       proxy_set_header Connection "";
       proxy_set_header Host $host;
       proxy_set_header X-Forwarded-For $remote_addr;
       proxy_buffering off;
       proxy_request_buffering off;
       location /tcp/ { proxy_pass http://tcp/; }
       location /path/ { proxy_pass http://path/; }
       location /old/ { proxy_http_version 1.0; proxy_pass http://tcp/; }`,
    );
  });

  afterAll(async () => {
    await nginx.stop();
    await counted.stop();
    await demo.stop();
  });

  function curl(...args: string[]): Promise<string> {
    return output('curl', [
      '--disable',
      '--silent',
      '--show-error',
      '--max-time',
      '20',
      '--unix-socket',
      nginx.socketPath,
      ...args,
    ]);
  }

  describe.each(['tcp', 'path', 'old'])('over %s', (way) => {
    const url = (path: string): string => `http://demo.test/${way}/${path}`;

    test('passes the page, the picture and a posted form', async () => {
      expect(await curl(url(''))).toContain('<h1>wirestack</h1>');
      expect(await curl(url('static/mark.png'))).toBe(await readFile(picture, 'latin1'));
      expect(await curl('--data', 'firstname=%3Cnginx%3E', url(''))).toContain(
        '<strong>&lt;nginx&gt;</strong>',
      );
    });

    test('passes a body in chunks on as it comes', async () => {
      const form = ['--header', 'Transfer-Encoding: chunked', '--data', `firstname=${'x'.repeat(3000)}`];
      expect(await curl(...form, url(''))).toContain(`<strong>${'x'.repeat(3000)}</strong>`);
    });

    test('passes on what is not there, not modified, or only a head', async () => {
      const status = ['--output', '/dev/null', '--write-out', '%{http_code} %{size_download}'];
      expect(await curl(...status, url('static/missing'))).toBe('404 14');
      const etag = /^etag: (.*?)\r$/im.exec(await curl('--head', url('static/mark.png')))?.[1] ?? '';
      expect(await curl(...status, '--header', `If-None-Match: ${etag}`, url('static/mark.png'))).toBe(
        '304 0',
      );
      expect(await curl('--head', url('hello'))).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    });

    test('passes the stream on as it arrives', async () => {
      const { socketPath } = nginx;
      const streaming = new Program('curl', [
        '--disable',
        '--silent',
        '--no-buffer',
        '--unix-socket',
        socketPath,
        url('stream'),
      ]);
      await streaming.says(/part 2 of 10/);
      expect(streaming.stdout).not.toContain('part 10 of 10');
      const { code, stdout } = await streaming.ended();
      expect(code).toBe(0);
      expect(stdout).toMatch(/part 10 of 10[^]*<\/html>\s*$/);
    });

    test('says who asked', async () => {
      const environ = await curl(url('environ'));
      expect(environ).toContain('HTTP_HOST = demo.test\n');
      expect(environ).toContain('HTTP_X_FORWARDED_FOR = unix:\n');
      expect(environ).toContain(`SERVER_PROTOCOL = HTTP/${way === 'old' ? '1.0' : '1.1'}\n`);
    });
  });

  test('keeps its connection for request after request', async () => {
    const before = counted.connections;
    const paths = Array.from(
      { length: 20 },
      (_, i) => ['hello', 'missing', 'static/mark.png', ''][i % 4] ?? '',
    );
    await curl(...paths.flatMap((path) => ['--output', '/dev/null', `http://demo.test/tcp/${path}`]));
    expect(counted.connections - before).toBeLessThanOrEqual(1);
  });

  test('has nothing to complain of', () => {
    expect(nginx.complaints).toEqual([]);
  });
});

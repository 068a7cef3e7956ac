import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runAsCgi, validator, withLifespan, type Application, type Environ } from '@wirestack/gateway';

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an application as a web server would, and answers what it said. */
async function ran(
  app: Application,
  env: Readonly<Record<string, string>> = {},
  stdin: Iterable<Uint8Array | string> = [],
): Promise<Ran> {
  const stdout = new PassThrough();
  const errors: string[] = [];
  await runAsCgi(app, {
    env: { ...minimal, ...env },
    stdin: Readable.from(stdin, { objectMode: false }),
    stdout,
    stderr: { write: (text) => errors.push(text) },
  });
  stdout.end();
  return { stdout: Buffer.concat(await stdout.toArray()).toString('latin1'), stderr: errors.join('') };
}

const minimal = {
  GATEWAY_INTERFACE: 'CGI/1.1',
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '/cgi-bin/app',
  SERVER_NAME: 'www.example',
  SERVER_PORT: '8080',
  SERVER_PROTOCOL: 'HTTP/1.1',
  REMOTE_ADDR: '192.0.2.7',
};

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return ['hello'];
};

async function environOf(
  env: Readonly<Record<string, string>>,
  stdin: Iterable<string> = [],
): Promise<{ environ: Environ; body: string }> {
  let environ: Environ | undefined;
  let body = '';
  const app: Application = async (given, startResponse) => {
    environ = given;
    body = Buffer.from(await given['wsgi.input'].read()).toString();
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return ['ok'];
  };
  await ran(validator(app), env, stdin);
  return { environ: environ!, body };
}

describe('the request', () => {
  it('is what the variables say (RFC 3875 4.1)', async () => {
    const { environ } = await environOf({
      PATH_INFO: '/caf\u00e9',
      QUERY_STRING: 'a=1',
      HTTP_ACCEPT: '*/*',
      HTTPS: 'on',
      HTTP_PROXY: 'http://evil',
    });
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '/cgi-bin/app',
      PATH_INFO: '/café',
      QUERY_STRING: 'a=1',
      // There is none in CGI: it is made of the others.
      REQUEST_URI: '/cgi-bin/app/caf%C3%A9?a=1',
      SERVER_NAME: 'www.example',
      SERVER_PORT: '8080',
      REMOTE_ADDR: '192.0.2.7',
      HTTP_ACCEPT: '*/*',
      'wsgi.url_scheme': 'https',
      'wsgi.run_once': true,
      'wsgi.multiprocess': true,
    });
    expect(environ).not.toHaveProperty('HTTP_PROXY');
  });

  it('without PATH_INFO is for the program itself', async () => {
    for (const env of [{}, { PATH_INFO: '' }] as Record<string, string>[]) {
      const { environ } = await environOf(env);
      expect(environ).toMatchObject({
        SCRIPT_NAME: '/cgi-bin/app',
        PATH_INFO: '',
        REQUEST_URI: '/cgi-bin/app',
      });
    }
  });

  it('has CONTENT_LENGTH bytes of the standard input for its body, and no more', async () => {
    const post = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '5', CONTENT_TYPE: 'text/plain' };
    const { environ, body } = await environOf(post, ['he', 'llo and', ' more']);
    expect(body).toBe('hello');
    expect(environ.CONTENT_TYPE).toBe('text/plain');
    expect((await environOf({ REQUEST_METHOD: 'POST' }, ['unasked'])).body).toBe('');
  });

  it('in chunks, which Apache passes on without a length, goes to the end of the input', async () => {
    const variables = { REQUEST_METHOD: 'POST', HTTP_TRANSFER_ENCODING: 'chunked' };
    expect((await environOf(variables, ['he', 'llo'])).body).toBe('hello');
    expect((await environOf({ ...variables, CONTENT_LENGTH: '2' }, ['he', 'llo'])).body).toBe('he');
  });

  it('is read to its end, and no further, where the application did not read it', async () => {
    const input = Readable.from(['un', 'read', 'behind'], { highWaterMark: 1 });
    const read: unknown[] = [];
    const stdin = (async function* () {
      for await (const chunk of input) {
        read.push(chunk);
        yield chunk as string;
      }
    })();
    const env = { ...minimal, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '6' };
    await runAsCgi(hello, { env, stdin, stdout: new PassThrough() });
    expect(read).toEqual(['un', 'read']);
  });

  it('is read beside a whole answer, which the server may not take before', async () => {
    let passedOn = (): void => undefined;
    const isPassedOn = new Promise<void>((resolve) => {
      passedOn = resolve;
    });
    const stdin = (async function* () {
      yield 'un';
      yield 'read';
      passedOn();
    })();
    const stdout = {
      write: (_bytes: unknown, callback: () => void) => {
        void isPassedOn.then(callback);
      },
    };
    const env = { ...minimal, REQUEST_METHOD: 'POST', HTTP_TRANSFER_ENCODING: 'chunked' };
    await expect(runAsCgi(hello, { env, stdin, stdout })).resolves.toBeUndefined();
  });

  it('that ends early, and that nobody reads, is nobody’s fault', async () => {
    const { stdout, stderr } = await ran(hello, { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '9' }, ['short']);
    expect([stdout.slice(-5), stderr]).toEqual(['hello', '']);
  });

  it('that ends early is an error, not a short body', async () => {
    const app: Application = async (environ, startResponse) => {
      await environ['wsgi.input'].read();
      startResponse('200 OK', []);
      return [];
    };
    const { stdout, stderr } = await ran(app, { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '9' }, ['short']);
    expect(stdout).toMatch(/^Status: 500 /);
    expect(stderr).toContain('FrontServerError');
  });
});

describe('the answer', () => {
  it('has its status in a field, and a length where the body is there', async () => {
    const { stdout } = await ran((_environ, startResponse) => {
      startResponse('404 Nowhere', [['Content-Type', 'text/plain']]);
      return ['gone'];
    });
    expect(stdout).toBe('Status: 404 Nowhere\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ngone');
  });

  it('streams, and closes the body', async () => {
    let closes = 0;
    const { stdout } = await ran((_environ, startResponse) => {
      startResponse('200 OK', []);
      return Object.assign(Readable.from(['a', 'b']), { close: () => void closes++ });
    });
    expect(stdout).toBe('Status: 200 OK\r\n\r\nab');
    expect(closes).toBe(1);
  });

  it('to HEAD has no body', async () => {
    const { stdout } = await ran(
      (_environ, startResponse) => {
        startResponse('200 OK', [['Content-Length', '4']]);
        return ['body'];
      },
      { REQUEST_METHOD: 'HEAD' },
    );
    expect(stdout).toBe('Status: 200 OK\r\nContent-Length: 4\r\n\r\n');
  });

  it('is 500 where the application throws; only the log says why', async () => {
    const { stdout, stderr } = await ran(() => {
      throw new Error('secret');
    });
    expect(stdout).toMatch(/^Status: 500 Internal Server Error\r\n/);
    expect(stdout).not.toContain('secret');
    expect(stderr).toContain('secret');
  });

  it('to HEAD has no body where the application throws, either', async () => {
    const fail: Application = () => {
      throw new Error('no');
    };
    const { stdout } = await ran(fail, { REQUEST_METHOD: 'HEAD' });
    expect(stdout).toBe(
      'Status: 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\n\r\n',
    );
  });

  it('that breaks in the middle rejects', async () => {
    const fault = new Error('half-way');
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return (function* () {
        yield 'begun';
        throw fault;
      })();
    };
    await expect(ran(app)).rejects.toBe(fault);
  });

  it('that nobody takes aborts the signal, and closes the body', async () => {
    const fault = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    let signal: AbortSignal | undefined;
    let closes = 0;
    const app: Application = (environ, startResponse) => {
      signal = environ['wirestack.signal'];
      startResponse('200 OK', []);
      return Object.assign(Readable.from(['a', 'b', 'c']), { close: () => void closes++ });
    };
    const stdout = {
      write: (_bytes: unknown, callback: (error?: Error) => void) => {
        callback(fault);
      },
    };
    await expect(runAsCgi(app, { env: minimal, stdin: Readable.from([]), stdout })).rejects.toBe(fault);
    expect(signal?.reason).toBe(fault);
    expect(closes).toBe(1);
  });
});

it('the lifespan is that of the request', async () => {
  const log: string[] = [];
  const app = withLifespan(
    (_environ, startResponse) => {
      log.push('request');
      startResponse('200 OK', []);
      return [''];
    },
    { start: () => void log.push('start'), stop: () => void log.push('stop') },
  );
  await ran(app);
  expect(log).toEqual(['start', 'request', 'stop']);
});

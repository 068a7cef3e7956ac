import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  connect,
  formatAddress,
  listen,
  readAll,
  serve,
  StreamReader,
  type Address,
  type SocketError,
  type SocketStream,
  type TlsServerOptions,
} from '@wirestack/socket';
import { startTls } from '@wirestack/socket/tls';
import { isInstalled, output, Program, run } from '../support/program.ts';
import { Authority, type Identity } from './certificates.ts';

let authority: Authority;
let stranger: Authority;
let server: Identity;
let other: Identity;
let client: Identity;

beforeAll(async () => {
  authority = await Authority.named('conformance');
  stranger = await Authority.named('stranger');
  server = await authority.signs('localhost');
  other = await authority.signs('other.test');
  client = await authority.signs('client.test');
});

afterAll(async () => {
  await authority[Symbol.asyncDispose]();
  await stranger[Symbol.asyncDispose]();
});

const versions = [
  ['TLSv1.2', '-tls1_2'],
  ['TLSv1.3', '-tls1_3'],
] as const;

describe.skipIf(!isInstalled('openssl'))('openssl s_client', () => {
  test.each(versions)('speaks %s with listen()', async (protocol, flag) => {
    const { address } = await telling({});
    expect(await told(address, flag)).toMatchObject({ protocol, heard: 'hello' });
  });

  test('agrees on a protocol, by the preference of the server (ALPN)', async () => {
    const { address, refused } = await telling({ alpn: ['two', 'one'] });
    expect(await told(address, '-alpn', 'one,two')).toMatchObject({ alpn: 'two' });
    expect(await told(address)).not.toHaveProperty('alpn');
    const { code, stderr } = await sClient(address, '-alpn', 'three');
    expect(code).not.toBe(0);
    expect(stderr).toContain('no application protocol');
    expect(refused).toEqual(['TLS']);
  });

  test('gets the certificate of the name it asks for (SNI)', async () => {
    const { address } = await telling({ sni: (name) => (name === 'other.test' ? other : undefined) });
    for (const name of ['localhost', 'other.test']) {
      const answer = await told(address, '-servername', name, '-verify_hostname', name);
      expect(answer).toMatchObject({ servername: name });
    }
    const { code, stderr } = await sClient(
      address,
      '-servername',
      'localhost',
      '-verify_hostname',
      'other.test',
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain('ostname mismatch');
  });

  test.each(versions)('shows its certificate where one is required, over %s', async (_protocol, flag) => {
    const { address, refused } = await telling({ ca: authority.cert, requestCert: true });
    const shown = ['-cert', client.certFile, '-key', client.keyFile];
    expect(await told(address, flag, ...shown)).toMatchObject({ isAuthorized: true, peer: 'client.test' });
    expect(await sClient(address, flag)).not.toMatchObject({
      code: 0,
      stdout: expect.stringContaining('{') as string,
    });
    const foreign = await stranger.signs('client.test');
    const theirs = ['-cert', foreign.certFile, '-key', foreign.keyFile];
    expect(await sClient(address, flag, ...theirs)).not.toMatchObject({
      stdout: expect.stringContaining('{') as string,
    });
    expect(refused).toHaveLength(2);
  });

  test('is let in without a certificate where one is asked for only', async () => {
    const { address } = await telling({ ca: authority.cert, requestCert: true, rejectUnauthorized: false });
    expect(await told(address)).toMatchObject({ isAuthorized: false });
  });

  test('changes to TLS in the middle of SMTP (STARTTLS)', async () => {
    const listening = await serve('tcp://127.0.0.1:0', speakSmtp);
    onTestFinished(() => listening.drain({ timeoutMs: 0 }));
    const { code, stdout } = await sClient(listening.address, '-starttls', 'smtp', '-name', 'me.test');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('secured hello') as string,
    });
  });

  test('ends with close_notify, which is an end; killed, it is none', async () => {
    const listener = await listen('tcp://127.0.0.1:0', { tls: { ...server, requireCloseNotify: true } });
    onTestFinished(() => listener.close());
    // Without -ign_eof the end of its input is the end of the connection.
    void run('openssl', [...connectTo(listener.address), '-no_ign_eof'], { input: 'all of it' });
    const whole = await listener.accept();
    expect(text(await readAll(whole, 100))).toBe('all of it');
    await whole.close();
    const killed = new Program('openssl', connectTo(listener.address), { input: 'a part of it' });
    const part = await listener.accept();
    expect(text(await part.read())).toBe('a part of it');
    await killed.stop('SIGKILL');
    // With what it had not read it is a reset.
    const code = expect.stringMatching(/^(TRUNCATED|RESET)$/) as string;
    await expect(part.read()).rejects.toMatchObject({ code });
  });

  /** A server that reads a word and answers with what it knows of the connection. */
  async function telling(tls: Partial<TlsServerOptions>): Promise<{ address: Address; refused: string[] }> {
    const refused: string[] = [];
    const listening = await serve('tcp://127.0.0.1:0', tellOf, {
      tls: { ...server, ...tls },
      onRefused: (error: SocketError) => void refused.push(error.code),
    });
    onTestFinished(() => listening.drain({ timeoutMs: 0 }));
    return { address: listening.address, refused };
  }

  async function told(address: Address, ...flags: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await sClient(address, ...flags);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  function sClient(address: Address, ...flags: string[]): ReturnType<typeof run> {
    return run('openssl', [...connectTo(address), ...flags], { input: 'hello\n' });
  }

  function connectTo(address: Address): string[] {
    const fixed = ['s_client', '-quiet', '-CAfile', authority.file, '-verify_return_error'];
    return [...fixed, '-connect', formatAddress(address)];
  }
});

describe.skipIf(!isInstalled('openssl'))('openssl s_server', () => {
  test.each(versions)('speaks %s with connect()', async (protocol, flag) => {
    const stream = await connect(await sServer(flag), { tls: trusting() });
    expect(stream.tls).toMatchObject({ protocol, isAuthorized: true });
    expect(await reversed(stream, 'hello')).toBe('olleh');
    await stream.close();
  });

  test('agrees on a protocol (ALPN), and has a certificate for each name (SNI)', async () => {
    const byName = ['-servername', 'other.test', '-cert2', other.certFile, '-key2', other.keyFile];
    const address = await sServer('-alpn', 'two,one', ...byName);
    const first = await connect(address, { tls: { ...trusting(), alpn: ['one', 'two'] } });
    expect(first.tls?.alpn).toBe('two');
    expect(first.tls?.peerCertificate?.subject.CN).toBe('localhost');
    await first.close();
    const second = await connect(address, { tls: { ...trusting(), servername: 'other.test' } });
    expect(second.tls?.alpn).toBeUndefined();
    expect(second.tls?.peerCertificate?.subject.CN).toBe('other.test');
    await second.close();
  });

  test.each(versions)('asks for a certificate, over %s', async (_protocol, flag) => {
    const address = await sServer(flag, '-Verify', '1', '-CAfile', authority.file, '-verify_return_error');
    const { cert, key } = client;
    const stream = await connect(address, { tls: { ...trusting(), cert, key } });
    expect(await reversed(stream, 'me')).toBe('em');
    await stream.close();
    // Over TLS 1.3 the client is done before the server has looked.
    const refused = connect(address, { tls: trusting() }).then((anonymous) => anonymous.read());
    await expect(refused).rejects.toMatchObject({ name: 'SocketError', code: 'TLS' });
  });

  test('of an unknown authority, of another name, or expired, is refused', async () => {
    const address = await sServer();
    await expect(connect(address, { tls: { ca: stranger.cert } })).rejects.toMatchObject({
      code: 'TLS',
      cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    });
    const misnamed = connect(address, { tls: { ...trusting(), servername: 'other.test' } });
    await expect(misnamed).rejects.toMatchObject({
      code: 'TLS',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    const { certFile, keyFile } = await authority.signs('localhost', -1);
    const late = await sServer('-cert', certFile, '-key', keyFile);
    await expect(connect(late, { tls: trusting() })).rejects.toMatchObject({
      code: 'TLS',
      cause: { code: 'CERT_HAS_EXPIRED' },
    });
  });

  test('of another version of TLS only, is refused', async () => {
    const address = await sServer('-tls1_2');
    const newest = connect(address, { tls: { ...trusting(), minVersion: 'TLSv1.3' } });
    await expect(newest).rejects.toMatchObject({ name: 'SocketError', code: 'TLS' });
  });

  function trusting(): { ca: string } {
    return { ca: authority.cert };
  }

  /** Where it listens. It sends each line back, reversed. */
  async function sServer(...flags: string[]): Promise<string> {
    const identity = flags.includes('-cert') ? [] : ['-cert', server.certFile, '-key', server.keyFile];
    const program = new Program('openssl', [
      's_server',
      '-accept',
      '127.0.0.1:0',
      '-rev',
      ...identity,
      ...flags,
    ]);
    onTestFinished(async () => void (await program.stop()));
    const [, port] = await program.says(/^ACCEPT 127\.0\.0\.1:(\d+)$/m);
    return `tcp://127.0.0.1:${String(port)}`;
  }

  async function reversed(stream: SocketStream, word: string): Promise<string> {
    await stream.write(`${word}\n`);
    const reader = new StreamReader(stream);
    const line = await reader.readLine();
    reader.release();
    return line ?? '';
  }
});

/** What Python's clients have in common: a context that trusts the authority, and the address. */
const prelude = `
import socket, ssl, struct, sys
context = ssl.create_default_context(cafile=sys.argv[1])
address = ('127.0.0.1', int(sys.argv[2]))
def dial():
    # An end that is not announced raises SSLEOFError, instead of looking like one that is.
    return context.wrap_socket(socket.create_connection(address), server_hostname='localhost', suppress_ragged_eofs=False)
`;

describe.skipIf(!isInstalled('python3'))('ssl of Python', () => {
  test.each([false, true])(
    'an unwrap() is an end, requireCloseNotify or not: %j',
    async (requireCloseNotify) => {
      const heard: string[] = [];
      const { port } = await serving({ requireCloseNotify }, async (stream) => {
        for await (const chunk of stream) {
          heard.push(text(chunk));
          await stream.write(chunk);
        }
        heard.push('end');
      });
      const script = `
tls = dial()
tls.sendall(b'all of it')
assert tls.recv(100) == b'all of it'
plain = tls.unwrap()
assert plain.recv(1) == b'', 'an end of TCP behind the end of TLS'
print('in order')
`;
      expect(await python(script, port)).toBe('in order\n');
      expect(heard).toEqual(['all of it', 'end']);
    },
  );

  test('an end without close_notify is TRUNCATED where one is required', async () => {
    const ends: unknown[] = [];
    const { port } = await serving({ requireCloseNotify: true }, async (stream) => {
      expect(text(await stream.read())).toBe('a part of it');
      ends.push(await stream.read().catch((error: unknown) => (error as SocketError).code));
    });
    await python(cut, port);
    expect(ends).toEqual(['TRUNCATED']);
  });

  test('and an end where none is required', async () => {
    const ends: unknown[] = [];
    const { port } = await serving({}, async (stream) => void ends.push(text(await readAll(stream, 100))));
    await python(cut, port);
    expect(ends).toEqual(['a part of it']);
  });

  /** SSLSocket.shutdown() leaves TLS out: a bare FIN. */
  const cut = `
tls = dial()
tls.sendall(b'a part of it')
tls.shutdown(socket.SHUT_WR)
tls.recv(1)
`;

  test('hears our end announced by close() and shutdown(), and not by abort()', async () => {
    const { port } = await serving({}, async (stream) => {
      const how = text(await stream.read());
      await stream.write('bye');
      if (how === 'abort') stream.abort();
      if (how === 'shutdown') {
        await stream.shutdown('write');
        await stream.read();
      }
    });
    const script = `
for how in (b'close', b'shutdown', b'abort'):
    tls = dial()
    tls.sendall(how)
    try:
        while data := tls.recv(100):
            assert data == b'bye'
        print(how.decode(), 'announced')
        tls.unwrap()
    except (ssl.SSLEOFError, ConnectionResetError):
        print(how.decode(), 'cut')
    except OSError as error:
        print(how.decode(), error)
`;
    expect(await python(script, port)).toBe('close announced\nshutdown announced\nabort cut\n');
  });

  test('a server of Python that cuts is told from one that ends', async () => {
    const script = `
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
for how in ('unwrap', 'cut'):
    tls = context.wrap_socket(listener.accept()[0], server_side=True)
    tls.sendall(b'bytes')
    tls.unwrap() if how == 'unwrap' else tls.shutdown(socket.SHUT_WR)
    tls.close()
`;
    const program = new Program('python3', ['-I', '-c', script, server.certFile, server.keyFile]);
    const [port] = await program.says(/^\d+$/m);
    const tls = { ca: authority.cert, requireCloseNotify: true };
    const whole = await connect(`127.0.0.1:${port}`, { tls });
    expect(text(await readAll(whole, 100))).toBe('bytes');
    await whole.close();
    const part = await connect(`127.0.0.1:${port}`, { tls });
    await expect(readAll(part, 100)).rejects.toMatchObject({ code: 'TRUNCATED' });
    expect(await program.ended()).toMatchObject({ code: 0, stderr: '' });
  });

  test('smtplib changes to TLS (STARTTLS), and what it said before the handshake is forgotten', async () => {
    const { port } = await serving(undefined, speakSmtp);
    const script = `
import smtplib
smtp = smtplib.SMTP(*address)
smtp.starttls(context=context)
print(smtp.docmd('NOOP')[1].decode())
smtp.close()
`;
    expect(await python(script, port)).toBe('secured NOOP\n');
  });

  test('commands sent in clear behind STARTTLS are refused (CVE-2011-0411)', async () => {
    const errors: unknown[] = [];
    const { port } = await serving(undefined, (stream) =>
      speakSmtp(stream).catch((error: unknown) => void errors.push(error)),
    );
    const script = `
plain = socket.create_connection(address)
plain.sendall(b'EHLO me\\r\\nSTARTTLS\\r\\nRCPT TO:<mallory>\\r\\n')
answers = b''
try:
    while data := plain.recv(1000):
        answers += data
except ConnectionResetError:
    pass
print(b'secured' in answers, b'220 go ahead' in answers)
`;
    expect(await python(script, port)).toBe('False False\n');
    expect(errors).toEqual([expect.objectContaining({ name: 'SocketError', code: 'TLS' })]);
  });

  test('answers sent in clear in front of the handshake are refused by a client, too', async () => {
    const script = `
import socket, sys
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
peer = listener.accept()[0]
assert peer.recv(100) == b'STARTTLS\\r\\n'
peer.sendall(b'220 go ahead\\r\\n250 injected\\r\\n')
try:
    print(len(peer.recv(100)))
except ConnectionResetError:
    print('reset')
`;
    const program = new Program('python3', ['-I', '-c', script]);
    const [port] = await program.says(/^\d+$/m);
    const stream = await connect(`127.0.0.1:${port}`);
    const reader = new StreamReader(stream);
    await stream.write('STARTTLS\r\n');
    expect(await reader.readLine()).toBe('220 go ahead');
    await expect(startTls(reader.release(), { client: { ca: authority.cert } })).rejects.toMatchObject({
      code: 'TLS',
    });
    expect(await program.ended()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\n(reset|0)\n$/) as string,
    });
  });

  async function serving(
    tls: Partial<TlsServerOptions> | undefined,
    handler: (stream: SocketStream) => Promise<unknown>,
  ): Promise<{ port: string }> {
    const options = tls === undefined ? {} : { tls: { ...server, ...tls } };
    const listening = await serve('tcp://127.0.0.1:0', handler, options);
    onTestFinished(() => listening.drain({ timeoutMs: 0 }));
    return { port: String((listening.address as { port: number }).port) };
  }

  function python(script: string, port: string): Promise<string> {
    return output('python3', ['-I', '-c', prelude + script, authority.file, port]);
  }
});

async function tellOf(stream: SocketStream): Promise<void> {
  const heard = text(await stream.read()).trim();
  const { peerCertificate, ...tls } = stream.tls ?? {};
  await stream.write(JSON.stringify({ ...tls, peer: peerCertificate?.subject.CN, heard }));
}

/** As much of SMTP as a client needs for STARTTLS (RFC 3207), and an answer to whatever it says then. */
async function speakSmtp(stream: SocketStream): Promise<void> {
  await stream.write('220 mail.test ESMTP\r\n');
  const reader = new StreamReader(stream);
  for await (const line of reader.lines()) {
    if (line !== 'STARTTLS') {
      await stream.write('250-mail.test\r\n250 STARTTLS\r\n');
      continue;
    }
    const secure = await startTls(reader.release(), { server, announce: '220 go ahead\r\n' });
    for await (const said of new StreamReader(secure).lines()) {
      await secure.write(`250 secured ${said}\r\n`);
      break;
    }
    return secure.close();
  }
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

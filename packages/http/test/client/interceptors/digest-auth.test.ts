import { describe, expect, it } from 'vitest';
import { compose, digestAuth, parseChallenges, redirects } from '../../../src/client/interceptors/index.ts';
import { digestAuthorization, digestChallenge } from '../../../src/client/interceptors/digest-response.ts';
import { MockTransport, type MockCall, type ReplyParts } from '../../../src/testing/index.ts';
import { DigestServer, type DigestServerOptions } from './digest-server.ts';
import { answerOf, requestOf, through } from './scripted.ts';

const all = ['MD5', 'SHA-256', 'SHA-512-256'] as const;

/** The fields of an Authorization that answers the first challenge there is. */
function authorization(
  challenges: string,
  input: Parameters<typeof digestAuthorization>[1],
): ReadonlyMap<string, string> {
  for (const challenge of parseChallenges(challenges)!) {
    const digest = digestChallenge(challenge, all);
    if (digest !== undefined) return parseChallenges(digestAuthorization(digest, input))![0]!.parameters;
  }
  throw new Error('no challenge that can be answered');
}

describe('a proof', () => {
  /** RFC 7616 3.9.1. */
  const challenge = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const input = {
    user: 'Mufasa',
    password: 'Circle of Life',
    method: 'GET',
    uri: '/dir/index.html',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    count: 1,
  };

  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('is that of RFC 7616 3.9.1 with %s', (algorithm, response) => {
    expect(Object.fromEntries(authorization(challenge(algorithm), input))).toEqual({
      username: 'Mufasa',
      realm: 'http-auth@example.org',
      uri: '/dir/index.html',
      algorithm,
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      nc: '00000001',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      qop: 'auth',
      response,
      opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
    });
  });

  it('is that of RFC 7616 3.9.2, as its erratum 4897 corrects it', () => {
    const challenges =
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", ' +
      'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true';
    const given = authorization(challenges, {
      user: 'J\u00e4s\u00f8n Doe',
      password: 'Secret, or not?',
      method: 'GET',
      uri: '/doe.json',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
      count: 1,
    });
    expect(given.get('username')).toBe('793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b');
    expect(given.get('response')).toBe('3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
    expect(given.get('userhash')).toBe('true');
  });

  it('is that of RFC 2617 3.5 and, without qop, of RFC 2069', () => {
    const old = {
      ...input,
      password: 'Circle Of Life',
      cnonce: '0a4f113b',
    };
    const fields = 'realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
    expect(authorization(`Digest ${fields}, qop="auth,auth-int"`, old).get('response')).toBe(
      '6629fae49393a05397450978507c4ef1',
    );
    const without = authorization(`Digest ${fields}`, old);
    expect(without.get('response')).toBe('670fd8c2df070c60b045671b8b24ff02');
    expect(without.has('nc') || without.has('cnonce') || without.has('qop')).toBe(false);
  });

  it('escapes what stands in quotes, and says names beyond ASCII as RFC 8187 does', () => {
    const given = authorization('Digest realm="a\\"\\\\b", nonce="x\\"y"', { ...input, user: 'a"b\\c' });
    expect([given.get('realm'), given.get('nonce'), given.get('username')]).toEqual([
      'a"\\b',
      'x"y',
      'a"b\\c',
    ]);
    const named = authorization('Digest realm="a", nonce="x"', { ...input, user: "J\u00e4s'n" });
    expect([named.get('username'), named.get('username*')]).toEqual([undefined, "UTF-8''J%C3%A4s%27n"]);
  });

  it.each([
    'Basic realm="x"',
    'Digest realm="x"',
    'Digest nonce="x"',
    'Digest realm="x", nonce="y", qop="auth-int"',
    'Digest realm="x", nonce="y", algorithm=SHA-1',
    'Digest realm="x", nonce="y", algorithm=MD5-session',
  ])('cannot be given to %s', (challenges) => {
    expect(digestChallenge(parseChallenges(challenges)![0]!, all)).toBeUndefined();
  });
});

/** A server, and a client that may enter. */
function vault(options: DigestServerOptions = {}, user = 'Mufasa', password = 'Circle of Life') {
  const server = new DigestServer(options);
  const mock = new MockTransport().on('*', /^http:\/\/a\//, server.reply);
  return { server, mock, send: through(digestAuth(user, password), mock.send) };
}

describe('digestAuth', () => {
  it.each([
    undefined,
    'MD5',
    'md5',
    'MD5-sess',
    'SHA-256',
    'SHA-256-sess',
    'SHA-512-256',
    'SHA-512-256-sess',
  ])('proves who it is with %s, at once from the second request on', async (algorithm) => {
    const { server, send } = vault(algorithm === undefined ? {} : { algorithm });
    for (let i = 0; i < 3; i++) {
      expect((await send(requestOf(`http://a/x?n=${String(i)}`))).status).toBe(200);
    }
    expect([server.admitted.length, server.challenged]).toEqual([3, 1]);
  });

  it('speaks as RFC 2069, with hashed names, and in UTF-8', async () => {
    for (const options of [
      { isOld: true },
      { userhash: true },
      { userhash: true, user: 'J\u00e4s\u00f8n', password: '\u20ac' },
    ]) {
      const { send } = vault(options, options.user, options.password);
      expect((await send(requestOf('http://a/'))).status).toBe(200);
    }
  });

  it('sends the body again with the proof', async () => {
    const { send } = vault();
    for (const body of ['data', Buffer.from('data'), () => ['da', 'ta']]) {
      const response = await send(requestOf('http://a/', { method: 'PUT', body }));
      expect(await response.text()).toBe('welcome: data');
    }
  });

  it('answers with the 401 where the body cannot be sent again', async () => {
    const { send, mock } = vault();
    const response = await send(requestOf('http://a/', { method: 'PUT', body: ['da', 'ta'] }));
    expect([response.status, await response.text()]).toEqual([401, 'who?']);
    expect(mock.calls).toHaveLength(1);
  });

  it('gives up where the proof is refused', async () => {
    const { send, server, mock } = vault({}, 'Mufasa', 'wrong');
    expect((await send(requestOf('http://a/'))).status).toBe(401);
    expect(mock.calls).toHaveLength(2);
    expect(server.admitted).toEqual([]);
  });

  it.each([true, false])(
    'takes a new nonce where the old one is stale, and the server says so: %s',
    async (saysStale) => {
      const { send, server } = vault({ uses: 2, saysStale });
      for (let i = 0; i < 5; i++) expect((await send(requestOf('http://a/'))).status).toBe(200);
      expect([server.admitted.length, server.challenged]).toEqual([5, 3]);
    },
  );

  it('takes a second nonce where the first is stale at once, and no third', async () => {
    const { send, mock } = vault({ uses: 0 });
    expect((await send(requestOf('http://a/'))).status).toBe(401);
    expect(mock.calls).toHaveLength(3);
  });

  it('finds a server that was started again', async () => {
    const { send, server } = vault({ saysStale: false });
    await send(requestOf('http://a/'));
    server.restart();
    expect((await send(requestOf('http://a/'))).status).toBe(200);
  });

  it('counts for requests at the same time', async () => {
    const { send, server } = vault();
    await send(requestOf('http://a/'));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => send(requestOf(`http://a/${String(i)}`))),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(server.challenged).toBe(1);
  });

  it('proves at once only where the nonce is for', async () => {
    const { send, mock } = vault({ domain: '/private /more http://b/' });
    const urls = ['/private/x', '/private/y', '/public', '/more/z'];
    for (const path of urls) await send(requestOf(`http://a${path}`));
    const proofs = mock.calls.map(
      ({ url, headers }) => `${new URL(url).pathname} ${String(headers.has('authorization'))}`,
    );
    expect(proofs).toEqual([
      '/private/x false',
      '/private/x true',
      '/private/y true',
      '/public false',
      '/public true',
      '/more/z true',
    ]);
  });

  it.each(['qop=auth, rspauth="x,y"', 'nextnonce="n1"', 'nonsense', 'nextnonce='])(
    'keeps its nonce where Authentication-Info says %s',
    async (info) => {
      const server = new DigestServer();
      const reply = server.reply as (call: MockCall) => ReplyParts;
      const mock = new MockTransport().on('GET', /./, (call) => ({
        ...reply(call),
        ...(call.headers.has('authorization') && { headers: { 'Authentication-Info': info } }),
      }));
      const send = through(digestAuth('Mufasa', 'Circle of Life'), mock.send);
      for (let i = 0; i < 3; i++) expect((await send(requestOf('http://a/'))).status).toBe(200);
    },
  );

  it('takes the next nonce that the server gives', async () => {
    const seen: (string | undefined)[] = [];
    const send = through(digestAuth('u', 'p', { cnonce: () => 'c' }), async ({ url, headers }) => {
      const proof = headers.find(([name]) => name === 'Authorization')?.[1];
      if (proof === undefined)
        return answerOf(url, 401, [['WWW-Authenticate', 'Digest realm="r", nonce="1", qop="auth"']]);
      const given = parseChallenges(proof)![0]!.parameters;
      seen.push(`${given.get('nonce')!} ${given.get('nc')!}`);
      return answerOf(url, 200, [['Authentication-Info', 'qop=auth, nextnonce="2", rspauth="x,y"']]);
    });
    for (let i = 0; i < 3; i++) await send(requestOf('http://a/'));
    expect(seen).toEqual(['1 00000001', '2 00000001', '2 00000002']);
  });

  it('chooses the first challenge that it may answer, wherever it stands', async () => {
    const seen: (string | undefined)[] = [];
    const challenge = (algorithm: string) =>
      `Digest realm="r", nonce="n", qop="auth", algorithm=${algorithm}`;
    const asked = (algorithms: readonly ('MD5' | 'SHA-256')[] | undefined) =>
      through(digestAuth('u', 'p', { algorithms }), async ({ url, headers }) => {
        const proof = headers.find(([name]) => name === 'Authorization')?.[1];
        if (proof !== undefined) {
          seen.push(parseChallenges(proof)![0]!.parameters.get('algorithm'));
          return answerOf(url, 200);
        }
        return answerOf(url, 401, [
          ['WWW-Authenticate', `Negotiate, ${challenge('SHA-3')}, ${challenge('SHA-256')}`],
          ['WWW-Authenticate', 'broken "'],
          ['WWW-Authenticate', challenge('MD5')],
        ]);
      })(requestOf('http://a/'));
    await asked(undefined);
    await asked(['MD5']);
    expect(seen).toEqual(['SHA-256', 'MD5']);
    expect((await asked([])).status).toBe(401);
  });

  it('proves nothing to another origin, behind redirects too', async () => {
    const other = new DigestServer();
    for (const order of ['outside', 'inside']) {
      const mock = new MockTransport()
        .on('GET', 'http://a/', { status: 302, headers: { Location: 'http://b/' } })
        .on('GET', 'http://b/', other.reply);
      const auth = digestAuth('Mufasa', 'Circle of Life');
      const chain = order === 'outside' ? compose(auth, redirects()) : compose(redirects(), auth);
      expect((await chain(mock.send)(requestOf('http://a/'))).status).toBe(401);
      expect(mock.calls.some(({ headers }) => headers.has('authorization'))).toBe(false);
    }
  });

  it('leaves an Authorization as the caller has it', async () => {
    const { send, mock } = vault();
    const response = await send(requestOf('http://a/', { headers: [['Authorization', 'Digest nonce=x']] }));
    expect([response.status, mock.calls.length]).toEqual([401, 1]);
  });
});

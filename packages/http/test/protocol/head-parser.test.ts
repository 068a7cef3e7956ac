import { describe } from 'vitest';
import { table, type Row } from './transcript.ts';

/** A request line, with a Host where HTTP/1.1 wants one. */
function line(requestLine: string, host = 'Host: a\r\n'): string {
  return `${requestLine}\r\n${host}\r\n`;
}

function refused(name: string, bytes: string, code: string): Row {
  return [name, bytes, [`! ${code}`]];
}

describe('methods', () => {
  const taken = [
    'GET',
    'PUT',
    'HEAD',
    'POST',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PATCH',
    'M-SEARCH',
    'GEX',
    'POSX',
    'PUTT',
    'X',
  ];
  table([
    ...taken.map((method): Row => [
      method,
      line(`${method} / HTTP/1.1`),
      [`${method} / 1.1 | Host: a`, 'end'],
    ]),
    [
      'every mark of a token',
      line("!#$%&'*+-.^_`|~09 / HTTP/1.1"),
      ["!#$%&'*+-.^_`|~09 / 1.1 | Host: a", 'end'],
    ],
    ['32 bytes', line(`${'M'.repeat(32)} / HTTP/1.1`), [`${'M'.repeat(32)} / 1.1 | Host: a`, 'end']],
    refused('33 bytes', line(`${'M'.repeat(33)} / HTTP/1.1`), 'METHOD_TOO_LONG 501'),
    refused('a head that is all method', 'M'.repeat(200), 'METHOD_TOO_LONG 501'),
    refused('get: a method is case-sensitive', line('get / HTTP/1.1'), 'UNKNOWN_METHOD 501'),
    refused('Get', line('Get / HTTP/1.1'), 'UNKNOWN_METHOD 501'),
    refused('POSt', line('POSt / HTTP/1.1'), 'UNKNOWN_METHOD 501'),
    refused('a blank before it', line(' GET / HTTP/1.1'), 'BAD_METHOD 400'),
    refused('a tab behind it', line('GET\t/ HTTP/1.1'), 'BAD_METHOD 400'),
    refused('none', line('/ HTTP/1.1'), 'BAD_METHOD 400'),
    refused('a NUL in it', line('GE\0T / HTTP/1.1'), 'BAD_METHOD 400'),
    refused('obs-text in it', line('GE\xcfT / HTTP/1.1'), 'BAD_METHOD 400'),
    refused('a colon in it: a field line instead of a request', 'Host: a\r\n\r\n', 'BAD_METHOD 400'),
    refused('a line end behind it', 'GET\r\n\r\n', 'BAD_METHOD 400'),
    refused('the first byte of TLS', '\x16\x03\x01\x02\x00\x01', 'BAD_METHOD 400'),
  ]);
});

describe('target forms of RFC 9112 3.2', () => {
  const host = 'Host: h\r\n';
  const good = (target: string, method = 'GET', hostLine = host): Row => [
    `${method} ${target} with ${hostLine === '' ? 'no Host' : hostLine.trim()}`,
    `${method} ${target} HTTP/1.${hostLine === '' ? '0' : '1'}\r\n${hostLine}\r\n`,
    [`${method} ${target} 1.${hostLine === '' ? '0 close' : `1 | ${hostLine.trim()}`}`, 'end'],
  ];
  const bad = (target: string, code: string, method = 'GET', hostLine = host): Row =>
    refused(
      `not ${method} ${target} with ${hostLine.trim()}`,
      line(`${method} ${target} HTTP/1.1`, hostLine),
      code,
    );

  describe('origin', () => {
    table([
      good('/'),
      good('/a/b?c=d&e'),
      good('/?'),
      good('//x'),
      good('/%2e%2E/..'),
      good('/a|b{c}"<>\\^`'),
      good('/*', 'OPTIONS'),
      good('/', 'GET', ''),
      bad('a/b', 'BAD_TARGET 400'),
      bad('?a', 'BAD_TARGET 400'),
      bad('/a#b', 'BAD_TARGET 400'),
      bad('/#', 'BAD_TARGET 400'),
      bad('#', 'BAD_TARGET 400'),
      bad('/a\0', 'BAD_TARGET 400'),
      bad('/a\tb', 'BAD_TARGET 400'),
      bad('/a\x7f', 'BAD_TARGET 400'),
      bad('/\xe9', 'BAD_TARGET 400'),
      bad('', 'BAD_TARGET 400'),
      bad(' /', 'BAD_TARGET 400'),
      bad('/a b', 'BAD_VERSION 400'),
      bad('/ ', 'BAD_VERSION 400'),
    ]);
  });

  describe('absolute', () => {
    table([
      good('http://h/'),
      good('http://h'),
      good('HTTP://h/a?b'),
      good('https://h?b'),
      good('http://H/'),
      good('http://h:80/', 'GET', 'Host: h:80\r\n'),
      good('http://[::1]:8/', 'GET', 'Host: [::1]:8\r\n'),
      good('http://h/', 'OPTIONS'),
      good('http://h/', 'GET', ''),
      bad('http://i/', 'BAD_HOST 400'),
      bad('http://h:80/', 'BAD_HOST 400'),
      bad('http://h/', 'BAD_HOST 400', 'GET', 'Host: h:80\r\n'),
      bad('http://h/', 'BAD_HOST 400', 'GET', 'Host:\r\n'),
      bad('http:///', 'BAD_TARGET 400'),
      bad('http://', 'BAD_TARGET 400'),
      bad('http://u@h/', 'BAD_TARGET 400'),
      bad('http://h:x/', 'BAD_TARGET 400'),
      bad('http://h/#f', 'BAD_TARGET 400'),
      bad('http:/h/', 'BAD_TARGET 400'),
      bad('ftp://h/', 'BAD_TARGET 400'),
      bad('h', 'BAD_TARGET 400'),
      bad('h:80', 'BAD_TARGET 400'),
    ]);
  });

  describe('authority', () => {
    table([
      good('h:443', 'CONNECT'),
      good('[::1]:443', 'CONNECT'),
      good('1.2.3.4:443', 'CONNECT', ''),
      bad('h', 'BAD_TARGET 400', 'CONNECT'),
      bad('h:', 'BAD_TARGET 400', 'CONNECT'),
      bad(':443', 'BAD_TARGET 400', 'CONNECT'),
      bad('h:65536', 'BAD_TARGET 400', 'CONNECT'),
      bad('u@h:443', 'BAD_TARGET 400', 'CONNECT'),
      bad('h:443/', 'BAD_TARGET 400', 'CONNECT'),
      bad('/', 'BAD_TARGET 400', 'CONNECT'),
      bad('*', 'BAD_TARGET 400', 'CONNECT'),
      bad('http://h:443', 'BAD_TARGET 400', 'CONNECT'),
    ]);
  });

  describe('asterisk', () => {
    table([
      good('*', 'OPTIONS'),
      good('*', 'OPTIONS', ''),
      [
        'OPTIONS * with an empty Host',
        line('OPTIONS * HTTP/1.1', 'Host:\r\n'),
        ['OPTIONS * 1.1 | Host: ', 'end'],
      ],
      bad('*', 'BAD_TARGET 400'),
      bad('*', 'BAD_TARGET 400', 'HEAD'),
      bad('*', 'BAD_TARGET 400', 'GET', 'Host:\r\n'),
      bad('*a', 'BAD_TARGET 400', 'OPTIONS'),
      bad('**', 'BAD_TARGET 400', 'OPTIONS'),
    ]);
  });
});

describe('Host', () => {
  const good = [
    'a',
    'a.b-c_d~e',
    '1.2.3.4',
    'a:80',
    'a:',
    'a:0',
    'a:65535',
    '[::1]',
    '[::1]:80',
    '[::ffff:1.2.3.4]',
    'a%20b',
    "a!$&'()*+,;=",
    'A',
  ];
  const bad = [
    '',
    'a b',
    'a:65536',
    'a:99999999999999999999999999',
    'a:b',
    'a:80:80',
    'a:+1',
    ':80',
    'a/b',
    'a?b',
    'a#b',
    'u@a',
    'http://a',
    'a%',
    'a%2',
    'a%zz',
    '[',
    '[]',
    '[::1',
    '::1',
    '[::g]',
    '[::1]x',
    '[fe80::1%25eth0]',
    'a\xe9',
    'a\\b',
    '"a"',
    'a, b',
  ];
  table([
    ...good.map((host): Row => [
      `${host} is one`,
      line('GET / HTTP/1.1', `Host: ${host}\r\n`),
      [`GET / 1.1 | Host: ${host}`, 'end'],
    ]),
    ...bad.map((host) =>
      refused(`'${host}' is none`, line('GET / HTTP/1.1', `Host: ${host}\r\n`), 'BAD_HOST 400'),
    ),
    refused('is wanted by HTTP/1.1', line('GET / HTTP/1.1', ''), 'BAD_HOST 400'),
    refused('stands once', line('GET / HTTP/1.1', 'Host: a\r\nHost: b\r\n'), 'BAD_HOST 400'),
    refused(
      'stands once, also where both agree',
      line('GET / HTTP/1.1', 'Host: a\r\nhost: a\r\n'),
      'BAD_HOST 400',
    ),
    refused('stands once in HTTP/1.0 too', line('GET / HTTP/1.0', 'Host: a\r\nHost: a\r\n'), 'BAD_HOST 400'),
    refused('is looked at in HTTP/1.0 too', line('GET / HTTP/1.0', 'Host: a b\r\n'), 'BAD_HOST 400'),
    ['may be absent from HTTP/1.0', line('GET / HTTP/1.0', ''), ['GET / 1.0 close', 'end']],
    [
      'may have blanks and tabs around it',
      line('GET / HTTP/1.1', 'Host:\t a \t\r\n'),
      ['GET / 1.1 | Host: a', 'end'],
    ],
    ['is found in any case', line('GET / HTTP/1.1', 'hOsT: a\r\n'), ['GET / 1.1 | hOsT: a', 'end']],
  ]);
});

describe('version', () => {
  const bad = (version: string, code: string): Row =>
    refused(`not '${version}'`, line(`GET / ${version}`), code);
  table([
    ['HTTP/1.1', line('GET / HTTP/1.1'), ['GET / 1.1 | Host: a', 'end']],
    ['HTTP/1.0', line('GET / HTTP/1.0'), ['GET / 1.0 close | Host: a', 'end']],
    bad('HTTP/0.9', 'UNSUPPORTED_VERSION 505'),
    bad('HTTP/1.2', 'UNSUPPORTED_VERSION 505'),
    bad('HTTP/1.9', 'UNSUPPORTED_VERSION 505'),
    bad('HTTP/2.0', 'UNSUPPORTED_VERSION 505'),
    bad('HTTP/3', 'UNSUPPORTED_VERSION 505'),
    bad('http/1.1', 'BAD_VERSION 400'),
    bad('Http/1.1', 'BAD_VERSION 400'),
    bad('HTTP/1,1', 'BAD_VERSION 400'),
    bad('HTTP/11', 'BAD_VERSION 400'),
    bad('HTTP/1.', 'BAD_VERSION 400'),
    bad('HTTP/1', 'BAD_VERSION 400'),
    bad('HTTP 1.1', 'BAD_VERSION 400'),
    bad('HTTP/+1.1', 'BAD_VERSION 400'),
    bad('HTTP/1.x', 'BAD_VERSION 400'),
    bad('HTTPS/1.1', 'BAD_VERSION 400'),
    bad('ICE/1.0', 'BAD_VERSION 400'),
    bad(' HTTP/1.1', 'BAD_VERSION 400'),
    bad('HTTP/1.1 ', 'BAD_LINE_END 400'),
    bad('HTTP/1.10', 'BAD_LINE_END 400'),
    bad('HTTP/1.1\t', 'BAD_LINE_END 400'),
    bad('', 'BAD_VERSION 400'),
    refused('none, as in HTTP/0.9', 'GET /\r\n', 'BAD_VERSION 400'),
    refused('none, and a bare LF', 'GET /\n', 'BAD_VERSION 400'),
    refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'UNSUPPORTED_VERSION 505'),
    refused('a bare LF behind it', 'GET / HTTP/1.1\nHost: a\n\n', 'BAD_LINE_END 400'),
    refused('a bare CR behind it', 'GET / HTTP/1.1\rHost: a\r\r', 'BAD_LINE_END 400'),
    refused('CR CR LF behind it', 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n', 'BAD_LINE_END 400'),
  ]);
});

describe('keep-alive (RFC 9112 9.3)', () => {
  const says = (version: string, connection: readonly string[], mark: string): Row => [
    `HTTP/${version} with ${connection.length === 0 ? 'no Connection' : connection.join(' and ')}:${mark === '' ? ' persists' : mark}`,
    line(
      `GET / HTTP/${version}`,
      `Host: a\r\n${connection.map((value) => `Connection: ${value}\r\n`).join('')}`,
    ),
    [
      `GET / ${version}${mark} | Host: a${connection.map((value) => ` | Connection: ${value}`).join('')}`,
      'end',
    ],
  ];
  table([
    says('1.1', [], ''),
    says('1.1', ['keep-alive'], ''),
    says('1.1', ['close'], ' close'),
    says('1.1', ['Close'], ' close'),
    says('1.1', ['keep-alive, close'], ' close'),
    says('1.1', ['close, keep-alive'], ' close'),
    says('1.1', ['keep-alive', 'close'], ' close'),
    says('1.1', ['x ,\tclose\t,y'], ' close'),
    says('1.1', ['xclose, close-not'], ''),
    says('1.1', ['"close"'], ''),
    says('1.1', [''], ''),
    says('1.0', [], ' close'),
    says('1.0', ['keep-alive'], ''),
    says('1.0', ['Keep-Alive'], ''),
    says('1.0', ['x', 'keep-alive'], ''),
    says('1.0', ['keep-alive, close'], ' close'),
    says('1.0', ['upgrade'], ' close'),
  ]);
});

describe('Expect and Upgrade', () => {
  const post = (fields: string, version = '1.1'): string =>
    `POST / HTTP/${version}\r\nHost: a\r\n${fields}\r\n`;
  const chunked = 'Transfer-Encoding: chunked\r\n';
  table([
    [
      '100-continue with a body by length',
      `${post('Content-Length: 1\r\nExpect: 100-continue\r\n')}x`,
      ['POST / 1.1 length=1 continue | Host: a | Content-Length: 1 | Expect: 100-continue', 'data x', 'end'],
    ],
    [
      '100-Continue with a body in chunks',
      `${post(`Expect: 100-Continue\r\n${chunked}`)}0\r\n\r\n`,
      ['POST / 1.1 chunked continue | Host: a | Expect: 100-Continue | Transfer-Encoding: chunked', 'end'],
    ],
    [
      '100-continue without a body means nothing',
      post('Expect: 100-continue\r\n'),
      ['POST / 1.1 | Host: a | Expect: 100-continue', 'end'],
    ],
    [
      '100-continue means nothing in HTTP/1.0',
      `${post('Content-Length: 1\r\nExpect: 100-continue\r\n', '1.0')}x`,
      ['POST / 1.0 close length=1 | Host: a | Content-Length: 1 | Expect: 100-continue', 'data x', 'end'],
    ],
    refused('another expectation', post('Expect: 200-ok\r\n'), 'UNKNOWN_EXPECTATION 417'),
    refused('two expectations', post('Expect: 100-continue, x\r\n'), 'UNKNOWN_EXPECTATION 417'),
    refused('an empty expectation', post('Expect:\r\n'), 'UNKNOWN_EXPECTATION 417'),
    [
      'Upgrade with Connection: upgrade',
      post('Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n'),
      ['POST / 1.1 upgrade | Host: a | Connection: keep-alive, Upgrade | Upgrade: websocket', 'end'],
    ],
    ['Upgrade alone is ignored', post('Upgrade: x\r\n'), ['POST / 1.1 | Host: a | Upgrade: x', 'end']],
    [
      'Connection: upgrade alone is ignored',
      post('Connection: upgrade\r\n'),
      ['POST / 1.1 | Host: a | Connection: upgrade', 'end'],
    ],
    [
      'Upgrade is ignored in HTTP/1.0',
      post('Connection: upgrade\r\nUpgrade: x\r\n', '1.0'),
      ['POST / 1.0 close | Host: a | Connection: upgrade | Upgrade: x', 'end'],
    ],
    [
      'an Upgrade has its body and the requests behind it as any other',
      `${post('Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n')}hi${post('')}`,
      [
        'POST / 1.1 length=2 upgrade | Host: a | Connection: upgrade | Upgrade: x | Content-Length: 2',
        'data hi',
        'end',
        'POST / 1.1 | Host: a',
        'end',
      ],
    ],
  ]);
});

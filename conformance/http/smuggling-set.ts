/** What was hidden in the message before, and must never be taken for a request that somebody meant to send. */
const hidden = 'GET /forged HTTP/1.1\r\nHost: x\r\n\r\n';

const post = 'POST /attack HTTP/1.1\r\nHost: x\r\n';
const both = `0\r\n\r\n${hidden}`;
const length = String(hidden.length);
const chunked = 'Transfer-Encoding: chunked\r\n';
/** A chunk of which the hidden request is the data, for whoever takes its size as it is written. */
const inChunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;

/** Heads that make two readers disagree on where the message ends, or fields that one of them does not see. */
const framings: readonly string[] = [
  `Content-Length: ${length}\r\n${chunked}`,
  `${chunked}Content-Length: 5\r\n`,
  `Content-Length: 0\r\nContent-Length: ${length}\r\n`,
  `Content-Length: ${length}\r\nContent-Length: 0\r\n`,
  `Content-Length: 0, ${length}\r\n`,
  `Content-Length: ${length}, ${length}\r\n`,
  'Content-Length: +5\r\n',
  'Content-Length: -5\r\n',
  'Content-Length: 0x5\r\n',
  'Content-Length: 5 5\r\n',
  'Content-Length: 18446744073709551616\r\n',
  'Content-Length: 18446744073709551621\r\n',
  'Content-Length : 5\r\n',
  'Content-Length\t: 5\r\n',
  'Content-Length:\r\n 5\r\n',
  'Content-Length: 5\r\n 5\r\n',
  'Content-Length: \v5\r\n',
  'Content_Length: 5\r\n',
  'X-A: b\nContent-Length: 5\r\n',
  'X-A: b\rContent-Length: 5\r\n',
  'X-A: \0\r\nContent-Length: 5\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Transfer-Encoding:\r\n chunked\r\n',
  'Transfer-Encoding: \vchunked\r\n',
  'Transfer-Encoding: xchunked\r\n',
  'Transfer-Encoding: chunked, identity\r\n',
  'Transfer-Encoding: identity, chunked\r\n',
  'Transfer-Encoding: chunked, chunked\r\n',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n',
  'Transfer-Encoding: "chunked"\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'X-A: b\nTransfer-Encoding: chunked\r\n',
  'X: x\r\n\rContent-Length: 5\r\n',
  `Connection: Content-Length\r\nContent-Length: ${length}\r\n`,
  `Connection: Transfer-Encoding\r\n${chunked}`,
  'Expect: 100-continue\r\nContent-Length: 5\r\n',
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nContent-Length: 5\r\n',
];

/** Chunks whose sizes two readers take differently. */
const chunkings: readonly string[] = [
  `0\r\n\r\n${hidden}`,
  `+0\r\n\r\n${hidden}`,
  `-1\r\n\r\n${hidden}`,
  `0x0\r\n\r\n${hidden}`,
  `00000000000000000\r\n\r\n${hidden}`,
  `10000000000000000\r\n\r\n${hidden}`,
  `0\n\r\n${hidden}`,
  `0\r\r\n\r\n${hidden}`,
  `0;a\nb\r\n\r\n${hidden}`,
  `0;\n\r\n${hidden}`,
  `0;\r\r\n\r\n${hidden}`,
  `5;a="\r\nhello\r\n0\r\n\r\n${hidden}"\r\n`,
  `5\nhello\r\n0\r\n\r\n${hidden}`,
  `3\r\nhello\r\n0\r\n\r\n${hidden}`,
  `5\r\nhello0\r\n\r\n${hidden}`,
  `5\r\nhello\n0\r\n\r\n${hidden}`,
  `5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n${hidden}`,
  `5\r\nhello\r\n0\r\nX: y\n\r\n${hidden}`,
  `5\r\nhello\r\n0\n\n${hidden}`,
  `5 \r\nhello\r\n0 \r\n\r\n${hidden}`,
  `0;${'a'.repeat(65_536)}\r\n\r\n${hidden}`,
  inChunk,
];

/** Heads that are wrong in another way, with what would be the next request behind them. */
const heads: readonly string[] = [
  'GET /attack HTTP/1.1\r\n\r\n',
  'GET /attack HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
  'GET /attack HTTP/1.1\r\nHost: x y\r\n\r\n',
  'GET /attack HTTP/1.2\r\nHost: x\r\n\r\n',
  'GET /attack HTTP/2.0\r\nHost: x\r\n\r\n',
  'GET /attack\r\n',
  'GET /attack HTTP/1.1\nHost: x\n\n',
  'GET\t/attack HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /attack HTTP/1.1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'get /attack HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET http://y/attack HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /attack#\r\n\r\n HTTP/1.1\r\nHost: x\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'HEAD /attack HTTP/1.1\r\nHost: x\r\n\r\n',
  `POST /attack HTTP/1.0\r\nHost: x\r\n${chunked}\r\n0\r\n\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];

/** The set of SECURITY, "http, framing of messages": bytes of a connection, one character a byte. */
export const smugglingSet: readonly string[] = [
  ...framings.map((fields) => `${post}${fields}\r\n${fields.includes('chunked') ? both : `hello${hidden}`}`),
  ...framings.map((fields) => `${post}${fields}\r\n${hidden}`),
  ...chunkings.map((body) => `${post}${chunked}\r\n${body}`),
  ...heads.map((head) => head + hidden),
];

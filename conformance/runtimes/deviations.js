// @ts-check
/**
 * Where a runtime does not do what `behaviour.js` asks of it, and the fault is the runtime's own. Each entry is checked: a case that is not here must
 * pass, one that is here must fail, and `docs/runtimes.md` shows what stands here.
 *
 * `seen` is what a user of `@wirestack/socket` notices, `reason` what the runtime does, in one sentence each.
 */

/** @type {readonly import('./deviations.d.ts').Deviation[]} */
export const deviations = [
  {
    runtime: 'node20',
    cases: ['listen › reusePort is there'],
    seen: '`reusePort` rejects with `UNSUPPORTED`.',
    reason: 'Node has SO_REUSEPORT from 22.12 and 23.1 on.',
  },
  {
    runtime: 'bun',
    cases: ['TLS › the bytes of the network are counted, with those of the handshake'],
    seen: 'Over TLS `bytesRead` and `bytesWritten` stay 0.',
    reason: 'Under TLS the socket does not count.',
  },
  {
    runtime: 'bun',
    cases: ['datagrams › setMulticastTtl(0) keeps packets to a group on this machine'],
    seen: '`setMulticastTtl(0)` throws `OTHER`.',
    reason: '`setMulticastTTL` takes 1 to 255.',
  },
  {
    runtime: 'deno',
    cases: [
      'ByteStream over TLS over TCP › bytes arrive in the order they were written, both ways at once',
      'ByteStream over TLS over TCP › a write waiting behind shutdown("write") resolves when everything has left',
      'ByteStream over TLS over TCP › close() flushes what was written',
    ],
    seen: 'Over TLS a reader that fell behind gets every byte and never the end: set `timeoutMs` on reads.',
    reason: 'A TLS socket that is paused when the end arrives never emits `end`.',
  },
  {
    runtime: 'deno',
    cases: [
      'ByteStream over TLS over TCP › a close() that is timed out aborts',
      'ByteStream over TLS over TCP › where the deadline of shutdown("write") passes first, the stream is aborted',
    ],
    isSure: false,
    seen: 'Over TLS a reader that fell behind may not be told of a reset either.',
    reason: 'A TLS socket that is paused when the reset arrives may emit neither `error` nor `close`.',
  },
  {
    runtime: 'deno',
    cases: ['ByteStream over TLS over TCP › strings are sent as utf8, or as latin1 where asked'],
    seen: 'Over TLS text that was corked, or written under back-pressure, arrives as UTF-8 even where `latin1` was asked for: write bytes.',
    reason: 'The TLS socket forgets the encodings of strings that it writes together.',
  },
  {
    runtime: 'deno',
    cases: ['TLS › the bytes of the network are counted, with those of the handshake'],
    seen: 'Over TLS `bytesRead` and `bytesWritten` stay 0.',
    reason: 'Under TLS the socket does not count.',
  },
  {
    runtime: 'deno',
    cases: ['TLS › a certificate that is none is the fault of the caller, at listen'],
    seen: '`listen` takes a certificate that is none, and each handshake fails.',
    reason: 'Certificates are parsed with the first handshake.',
  },
  {
    runtime: 'deno',
    cases: ['TLS › a session is taken up again'],
    seen: 'Every handshake is a full one: `session` has nothing to be set to.',
    reason: 'TLS clients emit no `session` event.',
  },
  {
    runtime: 'deno',
    cases: [
      'TCP over IPv4',
      'TCP over IPv6',
      'web streams there and back',
      'a duplex of node there and back',
      'a tapped connection',
    ].map(
      (over) =>
        `ByteStream over ${over} › close() drops what is unread after both directions have ended, too`,
    ),
    seen: 'A client that ends its side as it connects is not answered by a server that writes in the same turn: `PEER_CLOSED`.',
    reason: 'An accepted socket fails with EPIPE where the end of its peer was there before its first write.',
  },
  {
    runtime: 'deno',
    cases: ['listen › an address of another machine is UNAVAILABLE'],
    seen: '`listen` at an address of another machine rejects with `OTHER`.',
    reason: 'The error says EINVAL in place of EADDRNOTAVAIL.',
  },
  {
    runtime: 'deno',
    cases: ['listen › ipv6Only takes no IPv4'],
    seen: '`ipv6Only` has no effect: `[::]` takes IPv4, too.',
    reason: '`net.Server.listen` ignores the option.',
  },
  {
    runtime: 'deno',
    cases: ['listen › what maxConnections drops is counted'],
    seen: 'Connections above `maxConnections` are dropped and not counted in `dropped`.',
    reason: '`net.Server` emits no `drop` event.',
  },
  {
    runtime: 'deno',
    cases: ['datagrams › packets that are posted in one turn leave in order'],
    seen: 'Packets posted in one turn leave in the reverse order.',
    reason: 'Sends that wait are started last in, first out.',
  },
  {
    runtime: 'deno',
    cases: ['datagrams › what was posted just before close is sent'],
    seen: 'What was posted in the turn of `close()` is lost: await a `send` before it.',
    reason: 'Closing a datagram socket drops the sends that have not begun.',
  },
  {
    runtime: 'deno',
    cases: ['datagrams › setMulticastTtl(0) keeps packets to a group on this machine'],
    seen: '`setMulticastTtl(0)` throws `OTHER`.',
    reason: '`setMulticastTTL` takes 1 to 255.',
  },
  {
    runtime: 'deno',
    cases: ['datagrams › broadcast is PERMISSION, unless it was asked for'],
    seen: 'What cannot be sent rejects with `OTHER`: a broadcast that was not asked for is no `PERMISSION`.',
    reason: 'The error of a send says UNKNOWN.',
  },
  {
    runtime: 'deno',
    cases: ['datagrams › connected: knows the address it sends from'],
    seen: '`localAddress` of a connected datagram socket keeps the host `0.0.0.0`.',
    reason: 'Connecting a datagram socket leaves the kernel out of it.',
  },
  {
    runtime: 'deno',
    cases: ['datagrams › connected: a port nobody listens on is REFUSED'],
    seen: 'A connected datagram socket is never told `REFUSED`: `receive` waits for its deadline.',
    reason: 'Connecting a datagram socket leaves the kernel out of it.',
  },
];

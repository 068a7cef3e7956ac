import { expect, test } from 'vitest';
import { SocketError, SocketUsageError, toSocketError } from '@wirestack/socket';

const errno = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

test.each([
  ['ECONNREFUSED', 'REFUSED'],
  ['ECONNRESET', 'RESET'],
  ['EPIPE', 'PEER_CLOSED'],
  ['ETIMEDOUT', 'TIMED_OUT'],
  ['ENOTFOUND', 'NOT_FOUND'],
  ['ENOENT', 'NOT_FOUND'],
  ['EADDRINUSE', 'IN_USE'],
  ['EADDRNOTAVAIL', 'UNAVAILABLE'],
  ['ENODEV', 'UNAVAILABLE'],
  ['EHOSTUNREACH', 'UNREACHABLE'],
  ['EACCES', 'PERMISSION'],
  ['EMFILE', 'TOO_MANY_FILES'],
  ['EMSGSIZE', 'TOO_LARGE'],
  ['ENOTSUP', 'UNSUPPORTED'],
  ['EWHATEVER', 'OTHER'],
])('%s of the platform becomes %s, with the original as cause', (code, expected) => {
  const cause = errno(code);
  expect(toSocketError(cause, 'unix:/x')).toMatchObject({
    name: 'SocketError',
    code: expected,
    address: 'unix:/x',
    message: cause.message,
    cause,
  });
});

test('a name whose addresses all fail is told by the first failure', () => {
  const all = new AggregateError([errno('ECONNREFUSED'), errno('EHOSTUNREACH')]);
  expect(toSocketError(all)).toMatchObject({
    code: 'REFUSED',
    message: 'connect ECONNREFUSED',
    address: undefined,
  });
});

test('anything at all becomes a SocketError, and one that is one already stays', () => {
  const own = new SocketError('RESET', 'x');
  expect(toSocketError(own, 'elsewhere:1')).toBe(own);
  expect(toSocketError('text')).toMatchObject({ code: 'OTHER', message: 'text', cause: 'text' });
  expect(toSocketError(undefined)).toMatchObject({ code: 'OTHER' });
  expect(toSocketError({ code: 7 })).toMatchObject({ code: 'OTHER' });
});

test('a usage error is a TypeError, a socket error is not', () => {
  expect(new SocketUsageError('BUSY', 'x')).toBeInstanceOf(TypeError);
  expect(new SocketError('RESET', 'x')).not.toBeInstanceOf(TypeError);
});

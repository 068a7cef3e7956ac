import { expect, test } from 'vitest';
import { inheritedSockets } from '@wirestack/socket';

test('names the sockets that systemd opened, from descriptor 3 on', () => {
  const environment = { LISTEN_PID: '7', LISTEN_FDS: '3', LISTEN_FDNAMES: 'http:https' };
  expect(inheritedSockets(environment, 7)).toEqual([
    { fd: 3, name: 'http' },
    { fd: 4, name: 'https' },
    { fd: 5, name: 'unknown' },
  ]);
});

test.each([
  ['those of a parent', { LISTEN_PID: '8', LISTEN_FDS: '1' }],
  ['a number that is none', { LISTEN_PID: '7', LISTEN_FDS: '1x' }],
  ['more than there can be', { LISTEN_PID: '7', LISTEN_FDS: '99999' }],
  ['no number', { LISTEN_PID: '7' }],
  ['no variables', {}],
])('ignores %s', (_what, environment) => {
  expect(inheritedSockets(environment, 7)).toEqual([]);
});

test('reads the environment of this process', () => {
  expect(inheritedSockets()).toEqual([]);
});

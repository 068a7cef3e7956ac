import { describe, expect, test } from 'vitest';
import { getProtocolByName } from '../../src/names/protocols.ts';
import { answerOf, askPython } from './python-socket.ts';

describe('getProtocolByName', () => {
  test.each([
    ['ip', 0],
    ['icmp', 1],
    ['tcp', 6],
    ['TCP', 6],
    ['udp', 17],
    ['ipv6', 41],
    ['ipv6-icmp', 58],
    ['sctp', 132],
  ])('%s is %d, with the file of the system and without', (name, number) => {
    expect(getProtocolByName(name)).toBe(number);
    expect(getProtocolByName(name, { path: '/nowhere/protocols' })).toBe(number);
  });

  test('unknown names are NOT_FOUND, and so is what has no number', () => {
    const text = 'odd x\nfine 200 FINE # not this\n';
    expect(getProtocolByName('FINE', { text })).toBe(200);
    for (const name of ['odd', 'not', 'Fine', 'tcp', '']) {
      expect(() => getProtocolByName(name, { text })).toThrow(
        expect.objectContaining({ name: 'SocketError', code: 'NOT_FOUND' }),
      );
    }
  });

  test('says what Python says', async () => {
    const names = [
      'icmp',
      'igmp',
      'tcp',
      'udp',
      'UDP',
      'gre',
      'esp',
      'AH',
      'ospf',
      'Tcp',
      'no-such-protocol',
    ];
    const expected = await askPython('socket.getprotobyname(x)', names);
    const isThereAFile = expected[0] !== null;
    const options = isThereAFile ? {} : { text: '' };
    expect(names.map((name) => answerOf(() => getProtocolByName(name, options)))).toEqual(expected);
  });
});

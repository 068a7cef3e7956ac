import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoProcess } from '../support/demo.ts';
import { isInstalled, output } from '../support/program.ts';

describe('the demo by RPC and DNS', () => {
  let demo: DemoProcess;

  beforeAll(async () => {
    demo = await DemoProcess.start();
  });

  afterAll(async () => {
    await demo.stop();
  });

  test('keeps one store for XML-RPC and JSON-RPC, as Python sees it', async () => {
    const program = `
import json, socket, sys
from xmlrpc.client import Fault, MultiCall, ServerProxy

web, host, port = sys.argv[1:]
s = ServerProxy('http://' + web, allow_none=True)
s.set('foo', 'bar')
assert set(s.system.listMethods()) >= {'get', 'set', 'delete', 'exists', 'keys'}
multi = MultiCall(s)
multi.exists('foo')
multi.get('missing')
multi.get('foo')
results = multi()
assert results[0] is True and results[2] == 'bar'
try:
    results[1]
    raise AssertionError('found')
except Fault as fault:
    assert fault.faultCode == 1, fault

with socket.create_connection((host, int(port)), timeout=20) as sock:
    sock.sendall(b'[{"jsonrpc":"2.0","method":"set","params":["spam",[1,2]]},{"jsonrpc":"2.0","id":1,"method":"get","params":["foo"]}]\\n')
    assert json.loads(sock.makefile().readline()) == [{'jsonrpc': '2.0', 'id': 1, 'result': 'bar'}]
assert s.get('spam') == [1, 2]
print('ok')
`;
    const web = demo.port('xmlrpc').join(':');
    expect(await output('python3', ['-I', '-c', program, web, ...demo.port('jsonrpc')])).toBe('ok\n');
  });

  test('runs the command it prints for XML-RPC', async () => {
    const [, command = ''] = / {2}(python3 -c .*)$/m.exec(demo.program.stdout) ?? [];
    expect(await output('sh', ['-c', command])).toMatch(/^\[.*'spam'.*\]\n$/);
  });

  describe.skipIf(!isInstalled('dig'))('dig', () => {
    test('finds the services where they are, over UDP and TCP', async () => {
      const [, command = ''] = / {2}(dig .*)$/m.exec(demo.program.stdout) ?? [];
      const [, echoPort] = demo.port('echo');
      for (const transport of ['+notcp', '+tcp']) {
        const answer = await output('sh', ['-c', `${command} +short ${transport}`]);
        expect(answer).toBe(`0 0 ${echoPort} www.wirestack.test.\n`);
      }
    });

    test('is told of names that are not there', async () => {
      const [host, port] = demo.port('dns');
      const answer = await output('dig', [`@${host}`, '-p', port, 'nobody.wirestack.test', 'A']);
      expect(answer).toContain('status: NXDOMAIN');
    });
  });
});

import { describe, expect, test } from 'vitest';
import { python, pythonServer, serve, start } from './running.ts';

describe('25-xml-rpc', () => {
  test("serves Python's ServerProxy and MultiCall as the tutorial has it, and introspection", async () => {
    const { address } = await serve('25-xml-rpc/server.js');
    const client = `
import sys
from xmlrpc.client import Fault, MultiCall, ServerProxy

server = ServerProxy('http://' + sys.argv[1], use_builtin_types=True)
assert server.currentTime.getCurrentTime().year >= 2024
multi = MultiCall(server)
multi.getData()
multi.pow(2, 9)
multi.add(1, 2)
assert list(multi()) == ['42', 512, 3]
assert {'add', 'currentTime.getCurrentTime', 'getData', 'pow'} <= set(server.system.listMethods())
try:
    server.toString()
    raise AssertionError('callable')
except Fault as fault:
    assert fault.faultCode == -32601, fault
print('ok')
`;
    expect(await python(client, address)).toBe('ok\n');
  });

  test("the client calls Python's SimpleXMLRPCServer of the tutorial", async () => {
    const { address } = await pythonServer(`
from xmlrpc.server import SimpleXMLRPCServer
import datetime

class ExampleService:
    def getData(self):
        return '42'

    class currentTime:
        @staticmethod
        def getCurrentTime():
            return datetime.datetime(2024, 10, 27, 2, 30)

server = SimpleXMLRPCServer(('127.0.0.1', 0), logRequests=False)
server.register_function(pow)
server.register_function(lambda x, y: x + y, 'add')
server.register_instance(ExampleService(), allow_dotted_names=True)
server.register_multicall_functions()
print('127.0.0.1:%d' % server.server_address[1])
server.serve_forever()
`);
    const client = start('25-xml-rpc/client.js', address);
    expect(await client.ended()).toMatchObject({ code: 0, stdout: '2024-10-27T02:30:00.000Z\n42\n512\n3\n' });
  });
});

describe('26-key-value', () => {
  const expected = "[ 'foo', 'spam' ]\nbar\n[ 1, 2, 3 ]\nfalse\n";

  test("serves Python's ServerProxy, and JSON-RPC on the same store", async () => {
    const server = start('26-key-value/server.js', '127.0.0.1:0', '127.0.0.1:0');
    const [, web = ''] = await server.says(/^listening on (\S+)$/m);
    const [, lines = ''] = await server.says(/^JSON-RPC on (\S+)$/m);
    const client = `
import json, socket, sys
from xmlrpc.client import Fault, ServerProxy

s = ServerProxy('http://' + sys.argv[1], allow_none=True)
assert s.set('foo', 'bar') is None
s.set('spam', [1, 2, 3])
assert s.keys() == ['foo', 'spam']
assert s.get('foo') == 'bar' and s.get('spam') == [1, 2, 3]
s.delete('spam')
assert s.exists('spam') is False
try:
    s.get('spam')
    raise AssertionError('found')
except Fault as fault:
    assert fault.faultCode == 1, fault

host, port = sys.argv[2].split(':')
with socket.create_connection((host, int(port)), timeout=20) as sock:
    lines = sock.makefile('rw', encoding='utf-8', newline='\\n')
    def call(id, method, *params):
        lines.write(json.dumps({'jsonrpc': '2.0', 'id': id, 'method': method, 'params': params}) + '\\n')
        lines.flush()
        return json.loads(lines.readline())
    assert call(1, 'get', 'foo') == {'jsonrpc': '2.0', 'id': 1, 'result': 'bar'}
    call(2, 'set', 'größe', {'a': None})
assert s.get('größe') == {'a': None}
print('ok')
`;
    expect(await python(client, web, lines)).toBe('ok\n');
  });

  test('the client talks to server.js', async () => {
    const server = start('26-key-value/server.js', '127.0.0.1:0', '127.0.0.1:0');
    const [, web = ''] = await server.says(/^listening on (\S+)$/m);
    const client = start('26-key-value/client.js', web);
    expect(await client.ended()).toMatchObject({ code: 0, stdout: expected });
  });

  test("the client talks to the tutorial's KeyValueServer", async () => {
    const { address } = await pythonServer(`
from xmlrpc.server import SimpleXMLRPCServer

class KeyValueServer:
    _rpc_methods_ = ['get', 'set', 'delete', 'exists', 'keys']
    def __init__(self, address):
        self._data = {}
        self._serv = SimpleXMLRPCServer(address, allow_none=True, logRequests=False)
        for name in self._rpc_methods_:
            self._serv.register_function(getattr(self, name))

    def get(self, name):
        return self._data[name]

    def set(self, name, value):
        self._data[name] = value

    def delete(self, name):
        del self._data[name]

    def exists(self, name):
        return name in self._data

    def keys(self):
        return list(self._data)

    def serve_forever(self):
        self._serv.serve_forever()

kvserv = KeyValueServer(('127.0.0.1', 0))
print('127.0.0.1:%d' % kvserv._serv.server_address[1])
kvserv.serve_forever()
`);
    const client = start('26-key-value/client.js', address);
    expect(await client.ended()).toMatchObject({ code: 0, stdout: expected });
  });
});

import { makeServer } from '@wirestack/gateway';
import { jsonRpc, serveRpc } from '@wirestack/rpc';
import { xmlRpcApplication } from '@wirestack/rpc/xml-rpc';
import { serve, type Address, type AddressLike, type Deadline } from '@wirestack/socket';
import { commaItems } from './comma-items.ts';
import { echo } from './echo.ts';
import type { Service } from './home.ts';
import { keyValue } from './key-value.ts';
import { serveNames } from './names.ts';
import { site } from './site.ts';
import { serveTime } from './time.ts';

/** An open service, whatever its protocol. */
export interface Running {
  readonly address: Address;
  drain(deadline?: Deadline): Promise<void>;
}

/** One line of the demo: what is served, where, and how to try it. */
export interface ServiceDefinition {
  readonly name: string;
  readonly about: string;
  readonly scheme: 'http' | 'tcp' | 'udp' | 'dns' | 'unix';
  /** How far behind the first port; or a name in the demo's directory. */
  readonly at: number | string;
  readonly open: (address: AddressLike) => Promise<Running>;
  /** `where` is a path, or a host and a port with a space between. */
  readonly command: (where: string, url: string) => string;
}

export const byteServices: readonly ServiceDefinition[] = [
  {
    name: 'echo',
    about: 'Sends back what it gets, over TCP.',
    scheme: 'tcp',
    at: 1,
    open: (address) => serve(address, echo),
    command: (where) => `echo hello | nc -w 1 ${where}`,
  },
  {
    name: 'items',
    about: 'Items that end with a comma: each comes back once it is complete, however the bytes arrive.',
    scheme: 'tcp',
    at: 2,
    open: (address) => serve(address, commaItems),
    command: (where) => `printf one,two, | nc -w 1 ${where}`,
  },
  {
    name: 'time',
    about: 'Answers every packet with the time, over UDP.',
    scheme: 'udp',
    at: 3,
    open: serveTime,
    command: (where) => `echo | nc -u -w 1 ${where}`,
  },
  {
    name: 'unix',
    about: 'The same echo behind a path in the file system.',
    scheme: 'unix',
    at: 'echo.sock',
    open: (address) => serve(address, echo),
    command: (where) => `echo hello | nc -w 1 -U ${where}`,
  },
  {
    name: 'xmlrpc',
    about: 'Names and values by XML-RPC: get, set, delete, exists, keys.',
    scheme: 'http',
    at: 4,
    open: (address) =>
      makeServer(
        address,
        xmlRpcApplication(keyValue, { allowNone: true, introspection: true, multicall: true }),
      ),
    command: (_where, url) =>
      `python3 -c "from xmlrpc.client import ServerProxy as S; s = S('${url}', allow_none=True); s.set('spam', [1, 2]); print(s.keys())"`,
  },
  {
    name: 'jsonrpc',
    about: 'The same names and values by JSON-RPC, one message a line.',
    scheme: 'tcp',
    at: 5,
    open: (address) => serveRpc(address, keyValue, { codec: jsonRpc({ framing: 'newline' }) }),
    command: (where) => `echo '{"jsonrpc":"2.0","id":1,"method":"keys"}' | nc -w 1 ${where}`,
  },
];

/** The names of the others, for those who ask DNS. */
export function nameService(shown: readonly Service[]): ServiceDefinition {
  return {
    name: 'dns',
    about: 'A zone with the names of these services, over UDP and TCP.',
    scheme: 'dns',
    at: 6,
    open: (address) => serveNames(address, shown),
    command: (where) => {
      const [host = '', port = ''] = where.split(' ');
      return `dig @${host} -p ${port} _echo._tcp.wirestack.test srv`;
    },
  };
}

/** The site, which shows the other services: over TCP for people, and behind a path for a proxy on this machine. */
export function webServices(shown: readonly Service[]): [ServiceDefinition, ServiceDefinition] {
  const open = (address: AddressLike): Promise<Running> => makeServer(address, site(shown));
  return [
    {
      name: 'http',
      about: 'Pages, files, a form and a stream.',
      scheme: 'http',
      at: 0,
      open,
      command: (_where, url) => `curl ${url}`,
    },
    {
      name: 'proxy',
      about: 'The same site, for a proxy on this machine.',
      scheme: 'unix',
      at: 'http.sock',
      open,
      command: (where) => `curl --unix-socket ${where} http://localhost/`,
    },
  ];
}

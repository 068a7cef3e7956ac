import { makeServer } from '@wirestack/gateway';
import { serve, type Address, type AddressLike, type Deadline } from '@wirestack/socket';
import { commaItems } from './comma-items.ts';
import { echo } from './echo.ts';
import type { Service } from './home.ts';
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
  readonly scheme: 'http' | 'tcp' | 'udp' | 'unix';
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
];

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

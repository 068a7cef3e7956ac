import type { HeaderFields, HeaderList } from '@wirestack/http';
import {
  formatForwarded,
  HttpUsageError,
  parseForwardedNode,
  type ForwardedNode,
} from '@wirestack/http/fields';
import type { Environ } from '../../environ.ts';
import { isHopByHop } from '../../hop-by-hop.ts';

/** What is said of the client to the server behind. */
export interface ForwardedOptions {
  /**
   * Fields that say where a request came from, `Forwarded` and `X-Forwarded-*`, as the client sent them: `replace` drops them, for any client can send them;
   * `append` keeps them and adds to them, for where a proxy of one's own is in front. `off` passes them on and adds nothing. Default `replace`.
   */
  readonly forwarded?: 'replace' | 'append' | 'off';
  /** The Host field stays the client's. Default false: it is the server's own, as virtual hosts need it. */
  readonly preserveHost?: boolean;
  /** The name of this proxy in `Via` (RFC 9110 7.6.3); a request that has it comes back for the second time: 508. Default `wirestack`. */
  readonly via?: string;
}

/** The fields of a request for the next server: without those of the connection, with what it should know of the client. */
export function requestFields(environ: Environ, options: ForwardedOptions, hasBody: boolean): HeaderList {
  const { forwarded = 'replace', preserveHost = false, via = 'wirestack' } = options;
  const given = environ['wirestack.raw_headers'];
  const dropped = connectionFields(given);
  const fields: (readonly [string, string])[] = [];
  let before = '';
  let vias = '';
  for (const [name, value] of given) {
    const key = name.toLowerCase();
    if (dropped.has(key) || isHopByHop(key) || key.includes('_') || notPassed.has(key)) continue;
    if (key === 'host' && !preserveHost) continue;
    if (key === 'content-length' && !hasBody) continue;
    if (key === 'via') vias += `${value}, `;
    else if (key === 'x-forwarded-for' && forwarded === 'append') before += `${value}, `;
    else if (forwarded === 'replace' && originFields.has(key)) continue;
    else fields.push([name, value]);
  }
  fields.push(['Via', `${vias}1.1 ${via}`]);
  if (forwarded !== 'off') fields.push(...originOf(environ, before, forwarded === 'append' ? given : []));
  return fields;
}

/** The request has been here already. */
export function isLoop(environ: Environ, { via = 'wirestack' }: ForwardedOptions): boolean {
  const { HTTP_VIA } = environ;
  return HTTP_VIA?.split(',').some((hop) => hop.trim().split(/[ \t]+/)[1] === via) === true;
}

/** The fields of an answer for the client. */
export function responseFields(headers: HeaderFields): HeaderList {
  const given = [...headers];
  const dropped = connectionFields(given);
  return given.filter(([name]) => {
    const key = name.toLowerCase();
    return !dropped.has(key) && !isHopByHop(key) && key !== 'proxy-connection';
  });
}

/** Named by `Connection`: for the next hop only (RFC 9110 7.6.1). */
function connectionFields(fields: HeaderList): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [name, value] of fields) {
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    for (const option of value.split(',')) names.add(option.trim().toLowerCase());
  }
  // A client must not be able to have these dropped on the way.
  for (const name of notConnection) names.delete(name);
  return names;
}

function originOf(environ: Environ, before: string, given: HeaderList): HeaderList {
  const { REMOTE_ADDR, HTTP_HOST: host = '' } = environ;
  const scheme = environ['wsgi.url_scheme'];
  const client = parseForwardedNode(REMOTE_ADDR.includes(':') ? `[${REMOTE_ADDR}]` : REMOTE_ADDR);
  const node: ForwardedNode = client?.kind === 'ip' ? client : { kind: 'unknown' };
  const has = (wanted: string): boolean => given.some(([name]) => name.toLowerCase() === wanted);
  return [
    ['Forwarded', forwardedOf(node, host, scheme)],
    ['X-Forwarded-For', before + (node.kind === 'ip' ? REMOTE_ADDR : 'unknown')],
    // Those of the first proxy say what the client asked for.
    ...(has('x-forwarded-proto') ? [] : [['X-Forwarded-Proto', scheme] as const]),
    ...(has('x-forwarded-host') || host === '' ? [] : [['X-Forwarded-Host', host] as const]),
  ];
}

function forwardedOf(node: ForwardedNode, host: string, proto: string): string {
  if (host === '') return formatForwarded([{ for: node, proto }]);
  try {
    return formatForwarded([{ for: node, host, proto }]);
  } catch (error) {
    // Another server than ours may have let a Host pass that is none.
    if (error instanceof HttpUsageError) return formatForwarded([{ for: node, proto }]);
    throw error;
  }
}

/** The body is framed anew, the server has been told to go on, and `Proxy` means something to programs (CVE-2016-5385). */
const notPassed: ReadonlySet<string> = new Set(['expect', 'proxy', 'proxy-connection']);
const notConnection = [
  'host',
  'content-length',
  'cookie',
  'authorization',
  'via',
  'forwarded',
  'x-forwarded-for',
];
const originFields: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-real-ip',
]);

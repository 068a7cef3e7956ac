import { parseHost } from '@wirestack/socket';
import { isTrusted, trustedSources } from '@wirestack/socket/proxy-protocol';
import { HttpUsageError } from '../errors.ts';
import { basicCredentials } from './basic-credentials.ts';
import { requestTarget, type RequestTarget } from './request-target.ts';

/**
 * Which proxy a request takes: one for all, as a URL with `http:` or `https:` and perhaps a user and a password; or a function of the request's URL,
 * whose `undefined` is none.
 */
export type ProxyChoice = string | URL | ((url: string) => string | URL | undefined);

/** A proxy as it is connected to. */
export interface Proxy {
  readonly href: string;
  readonly target: RequestTarget;
  /** The value of `Proxy-Authorization`. */
  readonly credentials: string | undefined;
}

/** @throws HttpUsageError `BAD_OPTION` for what is no URL of a proxy */
export function proxyFor(url: string, choice: ProxyChoice | undefined): Proxy | undefined {
  const chosen = typeof choice === 'function' ? choice(url) : choice;
  if (chosen === undefined) return undefined;
  const href = String(chosen);
  let target;
  try {
    target = requestTarget(href);
  } catch (error) {
    throw new HttpUsageError('BAD_OPTION', `the proxy is no http or https URL: ${(error as Error).message}`);
  }
  const { username, password } = target;
  const isSecret = username !== '' || password !== '';
  return { href, target, credentials: isSecret ? basicCredentials(username, password) : undefined };
}

/** The variables of curl, wget and Python; upper case counts, too, but for `http_proxy` in a CGI script, where a client sets it (CVE-2016-5385). */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The choice that curl, wget and Python's requests make of `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`. They are read once.
 *
 * `no_proxy` lists what goes straight, parted by commas or blanks: a host, which stands for its subdomains, too (with a dot or `*.` in front for
 * these); a host with a port; an IP address; a network such as `10.0.0.0/8`; `*` for all. What the URL leaves out is the port of its scheme. Names
 * are not resolved.
 *
 * @param environment default `process.env`
 */
export function proxyFromEnvironment(
  environment: ProxyEnvironment = process.env,
): (url: string) => string | undefined {
  const read = (name: string): string | undefined => {
    const isForged = name === 'http_proxy' && environment['REQUEST_METHOD'] !== undefined;
    const value = environment[name] ?? (isForged ? undefined : environment[name.toUpperCase()]);
    return value === '' ? undefined : value;
  };
  const all = withScheme(read('all_proxy'));
  const proxies = {
    http: withScheme(read('http_proxy')) ?? all,
    https: withScheme(read('https_proxy')) ?? all,
  };
  const exceptions = (read('no_proxy') ?? '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(readException);
  return (url) => {
    const target = requestTarget(url);
    return exceptions.some((isMatch) => isMatch(target)) ? undefined : proxies[target.scheme];
  };
}

/** `proxy.example:3128` is what many write. */
function withScheme(proxy: string | undefined): string | undefined {
  return proxy === undefined || /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function readException(entry: string): (target: RequestTarget) => boolean {
  if (entry === '*') return () => true;
  if (entry.includes('/')) return readNetwork(entry);
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [];
  const name = (bracketed ?? plain ?? entry)
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  return (target) => {
    const host = target.host.toLowerCase().replace(/\.$/, '');
    const isSame = host === name || (host.endsWith(`.${name}`) && !isAddress(host));
    return isSame && (port === undefined || Number(port) === target.port);
  };
}

/** One that is no network holds for nothing: a typing error must not stop a program that a user only runs. */
function readNetwork(entry: string): (target: RequestTarget) => boolean {
  let network: ReturnType<typeof trustedSources>;
  try {
    network = trustedSources([entry]);
  } catch {
    return () => false;
  }
  return ({ host }) => isTrusted({ family: host.includes(':') ? 'ipv6' : 'ipv4', host, port: 0 }, network);
}

function isAddress(host: string): boolean {
  return parseHost(host) !== undefined;
}

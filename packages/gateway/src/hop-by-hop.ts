/** Fields that belong to one connection, which is the server's (RFC 9110 7.6.1, RFC 2616 13.5.1): an application neither gets nor sets them. */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name.toLowerCase());
}

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
]);

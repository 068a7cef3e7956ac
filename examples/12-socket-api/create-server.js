// @ts-check
// Seed 004: `create_server` with `backlog`, `dualstack_ipv6` and `reuse_port`, and SO_REUSEADDR (seed 003).
import { connect, formatAddress, listen, SocketError } from '@wirestack/socket';

/** @param {import('@wirestack/socket').Listener} listener */
const portOf = ({ address }) => formatAddress(address).split(':').at(-1);

const dual = await listen('[::]:0', { backlog: 5 });
for (const host of ['127.0.0.1', '[::1]']) {
  const client = await connect(`${host}:${portOf(dual)}`);
  const server = await dual.accept();
  console.log('dual-stack:', server.remoteAddress.family);
  await server.close(); // the side that closes first keeps the port in TIME_WAIT
  await client.close();
}
await dual.close();
const again = await listen(dual.address);
console.log('SO_REUSEADDR:', portOf(again) === portOf(dual));
await again.close();

const only = await listen('[::]:0', { ipv6Only: true });
const refused = await connect(`127.0.0.1:${portOf(only)}`).catch((error) => error.code);
console.log('of IPv6 only:', refused);
await only.close();

try {
  const first = await listen('127.0.0.1:0', { reusePort: true });
  const second = await listen(first.address, { reusePort: true });
  console.log('SO_REUSEPORT:', portOf(first) === portOf(second));
  await Promise.all([first.close(), second.close()]);
} catch (error) {
  if (!(error instanceof SocketError)) throw error;
  console.log('SO_REUSEPORT:', error.code, error.message);
}

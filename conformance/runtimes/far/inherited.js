// @ts-check
/** Serves on the first socket it was started with, once. */
import { inheritedSockets, listen } from '@wirestack/socket';

const [inherited] = inheritedSockets();
if (inherited === undefined) throw new Error('started without a socket');
const listener = await listen({ fd: inherited.fd });
console.log(JSON.stringify({ name: inherited.name, address: listener.address }));
const stream = await listener.accept();
await stream.write('activated');
await stream.close();
await listener.close();

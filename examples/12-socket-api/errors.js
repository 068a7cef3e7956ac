// @ts-check
// Seed 004: timeouts, and what goes wrong. Python has a class for some of it and an errno for the rest; here each has a code.
import { connect, listen } from '@wirestack/socket';

/** @param {string} what @param {Promise<unknown>} work */
async function attempt(what, work) {
  console.log(
    what,
    await work.then(
      () => 'fine',
      (error) => error.code,
    ),
  );
}

const listener = await listen('127.0.0.1:0');
await attempt('nobody comes:', listener.accept({ timeoutMs: 50 }));
const stream = await connect(listener.address, { timeoutMs: 5000 });
const peer = await listener.accept();
await attempt('nothing comes:', stream.read({ timeoutMs: 50 }));
await peer.write('late');
await attempt('nothing is lost:', stream.read());
peer.abort();
await attempt('the peer reset it:', stream.read());

await attempt('no such name:', connect('a..b:80'));
await attempt('nobody listens:', connect('127.0.0.1:1'));
await attempt('no such path:', connect('/nowhere/test.sock'));
await attempt('the address is taken:', listen(listener.address));
await attempt('the address is not of this machine:', listen('192.0.2.1:0'));
await listener.close();
await attempt('it is closed:', listener.accept());

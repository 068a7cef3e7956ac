import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { portStream } from '../../src/streams/message-port.ts';
import { relay } from '../../src/streams/pipe.ts';

/** The far end of the tests of `portStream`: `workerData` says what it does with its port. */
const { role, port } = workerData as { role: string; port: MessagePort };
const options = { transfer: true };
switch (role) {
  case 'echo': {
    const stream = portStream(port);
    for await (const chunk of stream) await stream.write(chunk);
    await stream.write(' and the end');
    await stream.close();
    break;
  }
  case 'exit':
    await portStream(port).read();
    process.exit(3);
  // eslint-disable-next-line no-fallthrough -- not reached
  case 'deaf':
    await portStream(port).write('here');
    setInterval(() => undefined, 1_000_000);
    break;
  case 'tunnel':
    parentPort?.on('message', ([left, right]: [MessagePort, MessagePort]) => {
      relay(portStream(left, options), portStream(right, options)).catch(() => undefined);
    });
}

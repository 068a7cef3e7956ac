// @ts-check
/** The far end of a stream through a MessagePort: `workerData` says what it does with it. */
import { workerData } from 'node:worker_threads';
import { portStream } from '@wirestack/socket';

const { role, port } = workerData;
const stream = portStream(port);
if (role === 'echo') {
  for await (const chunk of stream) await stream.write(chunk);
  await stream.write(' and the end');
  await stream.close();
} else {
  await stream.write('here');
  setInterval(() => undefined, 1_000_000);
}

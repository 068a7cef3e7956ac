// @ts-check
/** The process of one end, server or client: `node end.js NAME`. */
import { answer, cpuMicros } from '../child.js';
import { ends } from './ends/index.js';

const { serve, connect } = /** @type {import('./ends/index.js').Ends} */ (ends.get(process.argv[2]));
/** @type {import('./ends/index.js').Load} */
let client;

answer({
  serve: () => serve(),
  connect: async ({ port }) => {
    client = await connect(port);
  },
  drive: async ({ call, inFlight, seconds }) => {
    const cpu = cpuMicros();
    const clock = performance.now();
    const calls = await client.drive(call, inFlight, seconds);
    return { calls, seconds: (performance.now() - clock) / 1000, cpuMicros: cpuMicros() - cpu };
  },
});

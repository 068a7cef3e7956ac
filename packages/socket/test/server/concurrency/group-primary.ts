import { ProcessGroup } from '../../../src/server/concurrency/process-group.ts';
import { memberModule } from './group-serving.ts';

/** A primary for the tests to kill: tells its port, and the pids of its processes. */
const [script = '', log = ''] = process.argv.slice(2);
const group = new ProcessGroup({
  module: memberModule,
  data: { script, log },
  size: 1,
  onError: (error) => {
    console.error(error);
  },
});
await group.start('127.0.0.1:0', {});
console.log(JSON.stringify({ address: group.address, pids: group.members.map(({ pid }) => pid) }));

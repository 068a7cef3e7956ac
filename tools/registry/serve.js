// The registry of one test: `node serve.js DIRECTORY` keeps all it stores there, prints its address, and ends when its stdin does.
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runServer } from 'verdaccio';

const config = join(process.argv[2], 'config.yaml');
await copyFile(new URL('config.yaml', import.meta.url), config);
const server = await runServer(config);
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
// Whoever started it may be killed, and then cannot tell it to stop: but its end of the pipe closes.
process.stdin.on('end', () => process.exit()).resume();

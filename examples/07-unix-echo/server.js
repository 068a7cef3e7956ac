// @ts-check
// Seed 004: a server behind a Unix path that answers in capitals. A path left by a server that died is taken over; one
// that still answers is not.
import { formatAddress, serve } from '@wirestack/socket';

const server = await serve(
  process.argv[2] ?? './test.sock',
  async (stream) => {
    const data = new TextDecoder().decode(await stream.read()).trim();
    console.log(data);
    await stream.write(data.toUpperCase());
  },
  { mode: 0o600 }, // its owner only (seed 003: permissions control access)
);
console.log('listening on', formatAddress(server.address));

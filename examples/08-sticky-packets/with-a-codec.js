// @ts-check
// Seed 000: "the receiver does not know where messages end, so give them an end". The same sends, with a length before each: what was sent
// as one message is read as one, though the first two leave in one write and the third takes many reads. Beside the echo server of 01-tcp-echo.
import { framed, lengthPrefix } from '@wirestack/framing';
import { connect } from '@wirestack/socket';

const stream = await connect(process.argv[2] ?? '127.0.0.1:20000');
const messages = framed(stream, lengthPrefix());
for (const text of ["I'm ", 'Lyon', 'x'.repeat(1_000_000)])
  void messages.send(new TextEncoder().encode(text));
for (let i = 1; i <= 3; i++) {
  const text = new TextDecoder().decode(await messages.receive());
  console.log(`message ${String(i)}:`, text.length < 10 ? text : `${String(text.length)} bytes`);
}
await stream.close();

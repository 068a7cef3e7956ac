import { delimiter, framed } from '@wirestack/framing';
import type { StreamHandler } from '@wirestack/socket';

const greeting = ['Hello', 'World', 'Bye'].map((word) => Buffer.from(word));

/**
 * Seed 004's server with a data structure: items end with a comma, and each comes back once it is complete, however the bytes arrive.
 */
export const commaItems: StreamHandler = async (stream) => {
  const items = framed(stream, delimiter(',', { maxBytes: 1024, unterminated: 'frame' }));
  for (const word of greeting) await items.send(word);
  for await (const item of items) await items.send(item);
};

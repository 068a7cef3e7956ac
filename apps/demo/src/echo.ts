import type { StreamHandler } from '@wirestack/socket';

/** Sends back what it gets: seed 000's `echo_handler`. The same handler serves TCP and a Unix path. */
export const echo: StreamHandler = async (stream) => {
  for await (const chunk of stream) await stream.write(chunk);
};

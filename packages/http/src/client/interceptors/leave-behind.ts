import type { ClientResponse } from '../client-response.ts';

/**
 * Gives up an answer in whose place another request is sent. What has arrived of its body is read first, so that its connection serves that request;
 * for what has not, nobody waits.
 */
export async function leaveBehind(response: ClientResponse): Promise<void> {
  let turn: NodeJS.Immediate | undefined;
  const nextTurn = new Promise<void>((resolve) => {
    turn = setImmediate(resolve);
  });
  await Promise.race([response.body.discard(), nextTurn]);
  clearImmediate(turn);
}

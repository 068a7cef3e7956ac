import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';

export type HammerTarget = RequestOptions & { readonly rejectUnauthorized?: boolean };

export interface Tally {
  /** Answers to requests on connections of their own. */
  fresh: number;
  /** Answers on connections that are kept. */
  kept: number;
  /** Failures, but for those of a kept connection that the server closed before. */
  readonly failures: unknown[];
}

/**
 * Asks without a pause, on new connections and on kept ones, until told to stop. Written with Node's own client: no retry of ours may hide a connection that is
 * lost.
 */
export function hammer(
  target: HammerTarget,
  isTls = false,
): { readonly tally: Tally; stop(): Promise<void> } {
  const tally: Tally = { fresh: 0, kept: 0, failures: [] };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let isOver = false;
  const ask = (options: RequestOptions): Promise<{ status: number | undefined; isReused: boolean }> =>
    new Promise((resolve, reject) => {
      const request = (isTls ? httpsRequest : httpRequest)({ ...target, ...options }, (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode, isReused: request.reusedSocket });
        });
      });
      request.on('error', (error) => {
        if (request.reusedSocket) resolve({ status: undefined, isReused: true });
        else reject(error);
      });
      request.end();
    });
  const askAlways = async (options: RequestOptions, count: (isReused: boolean) => void): Promise<void> => {
    while (!isOver) {
      try {
        const { status, isReused } = await ask(options);
        if (status === 200) count(isReused);
        else if (!isReused) tally.failures.push(status);
      } catch (error) {
        tally.failures.push(error);
      }
    }
  };
  const clients = [
    ...Array.from({ length: 4 }, () => askAlways({ agent: false }, () => tally.fresh++)),
    ...(isTls ? [] : [askAlways({ agent }, () => tally.kept++)]),
  ];
  return {
    tally,
    stop: async () => {
      isOver = true;
      await Promise.all(clients);
      agent.destroy();
    },
  };
}

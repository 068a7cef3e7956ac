import { readByCore } from './core.ts';
import type { Difference, Peer } from './differences.ts';
import { H11 } from './h11.ts';
import { NodeClient } from './node-client.ts';
import { NodeHttp } from './node-http.ts';
import type { Reader, Reading } from './normal-form.ts';
import type { Random } from './random.ts';
import { requestCase, type Case } from './request-cases.ts';
import { requestDifferences } from './request-differences.ts';
import { responseCase } from './response-cases.ts';
import { readResponse } from './response-core.ts';
import { responseDifferences } from './response-differences.ts';

/** What is compared, and with whom. */
export interface Side {
  readonly differences: readonly Difference[];
  generate(random: Random): Case;
  ours(input: Case): Reading;
  /** @param script `h11_peer.py`, where it is not beside these files */
  start(script?: string): Promise<ReadonlyMap<Peer, Reader>>;
}

export type SideName = 'requests' | 'responses';

export const sides: Record<SideName, Side> = {
  requests: {
    differences: requestDifferences,
    generate: requestCase,
    ours: readByCore,
    start: async (script) =>
      new Map<Peer, Reader>([
        ['node:http', await NodeHttp.start()],
        ['h11', new H11('server', script)],
      ]),
  },
  responses: {
    differences: responseDifferences,
    generate: responseCase,
    ours: readResponse,
    start: async (script) =>
      new Map<Peer, Reader>([
        ['node:http', await NodeClient.start()],
        ['h11', new H11('client', script)],
      ]),
  },
};

import type { ConnectionInfo, Handler, RequestOutcome, ServerObserver, ServerOptions } from '@wirestack/http';
import { serving, type Served } from './harness.ts';

export interface Seen {
  readonly observe: ServerObserver;
  /** One line an event, in their order. */
  readonly events: string[];
  readonly outcomes: RequestOutcome[];
  readonly connections: Set<ConnectionInfo>;
}

export function watching(): Seen {
  const events: string[] = [];
  const outcomes: RequestOutcome[] = [];
  const connections = new Set<ConnectionInfo>();
  const observe: ServerObserver = {
    connectionOpened(connection) {
      connections.add(connection);
      events.push(`opened ${String(connection.requests)}`);
    },
    connectionClosed(connection, error) {
      connections.add(connection);
      events.push(`closed ${String(connection.requests)}${error === undefined ? '' : ' broken'}`);
    },
    requestStarted: ({ method, target }) => void events.push(`started ${method} ${target}`),
    requestEnded({ method, target }, outcome) {
      events.push(`ended ${method} ${target}`);
      outcomes.push(outcome);
    },
    protocolError(error, connection) {
      connections.add(connection);
      events.push(`error ${error.code}`);
    },
  };
  return { observe, events, outcomes, connections };
}

export async function observed(handler: Handler, options: ServerOptions = {}): Promise<Served & Seen> {
  const seen = watching();
  return { ...seen, ...(await serving(handler, { observe: seen.observe, ...options })) };
}

/** The numbers of an outcome that have nothing to do with time. */
export const numbers = ({
  status,
  sentBytes,
  receivedBytes,
  isComplete,
}: RequestOutcome): readonly unknown[] => [status, sentBytes, receivedBytes, isComplete];

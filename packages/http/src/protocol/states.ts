/**
 * Every state of a connection and what changes it, as tables: a row an event, a column a state, a cell the state that follows. `–` is refused:
 * a call out of turn, or an event that cannot come. The two ends of a connection have two halves each, as in h11: what it reads and what
 * it sends. `docs/http-states.md` shows the same tables with what their words mean.
 *
 * A state and an event are small integers and a table is a `Uint8Array`, so that a transition costs one load.
 */
export interface Transitions<State extends string = string> {
  readonly states: readonly State[];
  readonly events: readonly string[];
  /** The state that follows: `next[event * 16 + state]`, or {@link REFUSED}. */
  readonly next: Uint8Array;
}

export const REFUSED = 255;

/** The state after `event`, or {@link REFUSED}. */
export function transition(next: Uint8Array, state: number, event: number): number {
  return next[(event << 4) | state] as number;
}

type Row<State extends string> = readonly [event: string, ...cells: (State | '–')[]];

function table<State extends string>(
  states: readonly State[],
  rows: readonly Row<NoInfer<State>>[],
): Transitions<State> {
  const next = new Uint8Array(rows.length * 16).fill(REFUSED);
  rows.forEach(([, ...cells], event) => {
    cells.forEach((cell, state) => {
      if (cell !== '–') next[(event << 4) | state] = states.indexOf(cell);
    });
  });
  return { states, events: rows.map(([event]) => event), next };
}

/** What the server may send next; see `AnswerState`. */
export type AnswerState = 'idle' | 'head' | 'body' | 'switched' | 'closed';

/** States of `serverAnswering`. */
export const answer = { IDLE: 0, HEAD: 1, BODY: 2, SWITCHED: 3, CLOSED: 4 } as const;

/** Events of `serverAnswering`. */
export const answerOn = {
  REQUEST: 0,
  INFORMATIONAL: 1,
  /** The first of three: add {@link then}. */
  RESPONSE: 2,
  HEAD: 5,
  DATA: 6,
  /** The first of three: add {@link then}. */
  END: 7,
  UPGRADE: 10,
  ERROR: 11,
  NO_MORE: 12,
} as const;

/** An answer is complete: no other is due, another is, the connection ends. */
export const then = { IDLE: 0, NEXT: 1, CLOSED: 2 } as const;

// prettier-ignore
export const serverAnswering: Transitions<AnswerState> = table(
  ['idle', 'head', 'body', 'switched', 'closed'], [
  // event                          idle      head        body      switched    closed
  ['request',                       'head',   'head',     'body',   '–',        '–'],
  ['informational response',        '–',      'head',     '–',      '–',        '–'],
  ['whole response',                '–',      'idle',     '–',      '–',        '–'],
  ['whole response, another waits', '–',      'head',     '–',      '–',        '–'],
  ['whole response, the last',      '–',      'closed',   '–',      '–',        '–'],
  ['head of a response',            '–',      'body',     '–',      '–',        '–'],
  ['data',                          '–',      '–',        'body',   '–',        '–'],
  ['end',                           '–',      '–',        'idle',   '–',        '–'],
  ['end, another waits',            '–',      '–',        'head',   '–',        '–'],
  ['end, the last',                 '–',      '–',        'closed', '–',        '–'],
  ['upgrade',                       '–',      'switched', '–',      '–',        '–'],
  ['error',                         'closed', 'closed',   'closed', 'switched', 'closed'],
  ['no more requests',              'closed', 'head',     'body',   'switched', 'closed'],
]);

/** What the server reads next. The first four take bytes. */
export type ServerReadState =
  'head' | 'last head' | 'body' | 'last body' | 'paused' | 'last paused' | 'done' | 'failed' | 'switched';

/** States of `serverReading`. */
export const read = {
  HEAD: 0,
  LAST_HEAD: 1,
  BODY: 2,
  LAST_BODY: 3,
  PAUSED: 4,
  LAST_PAUSED: 5,
  DONE: 6,
  FAILED: 7,
  SWITCHED: 8,
} as const;

/** Events of `serverReading`. */
export const readOn = {
  REQUEST: 0,
  LAST_REQUEST: 1,
  END: 2,
  END_MAY_SWITCH: 3,
  ANSWERED: 4,
  UPGRADE: 5,
  STOP_IN_HEAD: 6,
  STOP: 7,
  INPUT_END: 8,
  CLOSING: 9,
  FAULT: 10,
  ERROR_SENT: 11,
} as const;

// prettier-ignore
export const serverReading: Transitions<ServerReadState> = table(
  ['head', 'last head', 'body', 'last body', 'paused', 'last paused', 'done', 'failed', 'switched'], [
  // event                                   head         last head    body           last body      paused         last paused    done        failed      switched
  ['request',                                'body',      '–',         '–',           '–',           '–',           '–',           '–',        '–',        '–'],
  ['request, the last',                      'last body', 'last body', '–',           '–',           '–',           '–',           '–',        '–',        '–'],
  ['end of a request',                       '–',         '–',         'head',        'done',        '–',           '–',           '–',        '–',        '–'],
  ['end of a request that may switch',       '–',         '–',         'paused',      'last paused', '–',           '–',           '–',        '–',        '–'],
  ['it is answered and does not switch',     '–',         '–',         '–',           '–',           'head',        'done',        '–',        '–',        '–'],
  ['upgrade',                                '–',         '–',         '–',           '–',           'switched',    'switched',    '–',        '–',        '–'],
  ['stop inside a head',                     'last head', 'last head', '–',           '–',           '–',           '–',           '–',        '–',        '–'],
  ['stop elsewhere',                         'done',      'done',      'last body',   'last body',   'last paused', 'last paused', 'done',     'failed',   'switched'],
  ['end of input',                           'done',      'done',      'done',        'done',        'last paused', 'last paused', 'done',     'failed',   'switched'],
  ['an answer ends the connection',          'done',      'done',      'last body',   'last body',   'done',        'done',        'done',     'failed',   'switched'],
  ['fault',                                  'failed',    'failed',    'failed',      'failed',      'failed',      'failed',      'done',     'failed',   'switched'],
  ['error sent',                             'done',      'done',      'done',        'done',        'done',        'done',        'done',     'done',     'switched'],
]);

/** What the client may send next; see `ClientConnection`. */
export type RequestState = 'idle' | 'body' | 'sent' | 'paused' | 'switched' | 'closed';

/** States of `clientSending`. */
export const send = { IDLE: 0, BODY: 1, SENT: 2, PAUSED: 3, SWITCHED: 4, CLOSED: 5 } as const;

/** Events of `clientSending`. */
export const sendOn = {
  REQUEST: 0,
  PIPELINED: 1,
  DATA: 2,
  END: 3,
  END_ANSWERED: 4,
  END_MAY_SWITCH: 5,
  END_LAST: 6,
  /** The first of three: add {@link then}. */
  ANSWERED: 7,
  UPGRADE: 10,
  FAULT: 11,
  INPUT_END: 12,
} as const;

// prettier-ignore
export const clientSending: Transitions<RequestState> = table(
  ['idle', 'body', 'sent', 'paused', 'switched', 'closed'], [
  // event                                  idle      body      sent      paused      switched    closed
  ['request',                               'body',   '–',      '–',      '–',        '–',        '–'],
  ['request, pipelined',                    'body',   '–',      'body',   '–',        '–',        '–'],
  ['data',                                  '–',      'body',   '–',      '–',        '–',        '–'],
  ['end of the request',                    '–',      'sent',   '–',      '–',        '–',        '–'],
  ['end of the request, answered already',  '–',      'idle',   '–',      '–',        '–',        '–'],
  ['end of a request that may switch',      '–',      'paused', '–',      '–',        '–',        '–'],
  ['end of the request, the last',          '–',      'closed', '–',      '–',        '–',        '–'],
  ['answered, no other is due',             '–',      'body',   'idle',   'idle',     '–',        'closed'],
  ['answered, another is due',              '–',      'body',   'sent',   'paused',   '–',        'closed'],
  ['answered, the last',                    '–',      'body',   'closed', 'closed',   '–',        'closed'],
  ['upgrade',                               '–',      '–',      '–',      'switched', '–',        '–'],
  ['fault',                                 'closed', 'closed', 'closed', 'closed',   'switched', 'closed'],
  ['end of input, nothing due',             'closed', 'body',   '–',      '–',        'switched', 'closed'],
]);

/** What the client reads next. */
export type ClientReadState = 'idle' | 'head' | 'body' | 'done' | 'failed' | 'switched';

/** States of `clientReading`. */
export const receive = { IDLE: 0, HEAD: 1, BODY: 2, DONE: 3, FAILED: 4, SWITCHED: 5 } as const;

/** Events of `clientReading`. */
export const receiveOn = {
  REQUEST: 0,
  INFORMATIONAL: 1,
  RESPONSE: 2,
  /** The first of three: add {@link then}. */
  END: 3,
  UPGRADE: 6,
  FAULT: 7,
  INPUT_END: 8,
} as const;

// prettier-ignore
export const clientReading: Transitions<ClientReadState> = table(
  ['idle', 'head', 'body', 'done', 'failed', 'switched'], [
  // event                                  idle      head        body      done      failed    switched
  ['request',                               'head',   'head',     'body',   '–',      '–',      '–'],
  ['informational response',                '–',      'head',     '–',      '–',      '–',      '–'],
  ['head of a response',                    '–',      'body',     '–',      '–',      '–',      '–'],
  ['end of a response, no other is due',    '–',      '–',        'idle',   '–',      '–',      '–'],
  ['end of a response, another is due',     '–',      '–',        'head',   '–',      '–',      '–'],
  ['end of a response, the last',           '–',      '–',        'done',   '–',      '–',      '–'],
  ['upgrade',                               '–',      'switched', '–',      '–',      '–',      '–'],
  ['fault',                                 'failed', 'failed',   'failed', 'failed', 'failed', 'switched'],
  ['end of input, nothing due',             'done',   '–',        '–',      'done',   'failed', 'switched'],
]);

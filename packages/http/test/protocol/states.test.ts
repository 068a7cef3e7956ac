import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  answer,
  answerOn,
  clientReading,
  clientSending,
  read,
  readOn,
  receive,
  receiveOn,
  REFUSED,
  send,
  sendOn,
  serverAnswering,
  serverReading,
  then,
  transition,
  type Transitions,
} from '../../src/protocol/states.ts';

const document = readFileSync(new URL('../../../../docs/http-states.md', import.meta.url), 'utf8');

/** The cells of every table of the document whose first column is headed `first`. */
function tables(first: string): string[][][] {
  const found: string[][][] = [];
  let rows: string[][] | undefined;
  for (const line of document.split('\n')) {
    if (!line.startsWith('|')) {
      rows = undefined;
      continue;
    }
    const cells = line.split('|').slice(1, -1);
    const trimmed = cells.map((cell) => cell.trim().replaceAll('`', ''));
    if (rows !== undefined) rows.push(trimmed);
    else found.push((rows = [trimmed]));
  }
  return found.filter(([header]) => header?.[0] === first);
}

function rowsOf({ states, events, next }: Transitions): string[][] {
  const cell = (event: number, state: number): string => {
    const then = transition(next, state, event);
    return then === REFUSED ? '–' : (states[then] ?? '?');
  };
  return events.map((name, event) => [name, ...states.map((_, state) => cell(event, state))]);
}

const halves: [
  name: string,
  table: Transitions,
  states: Record<string, number>,
  events: Record<string, number>,
][] = [
  ['serverAnswering', serverAnswering, answer, answerOn],
  ['serverReading', serverReading, read, readOn],
  ['clientSending', clientSending, send, sendOn],
  ['clientReading', clientReading, receive, receiveOn],
];

describe.each(halves)('%s', (name, table, states, events) => {
  const { next } = table;

  test('is the table of docs/http-states.md', () => {
    const index = halves.findIndex(([other]) => other === name);
    const [header, line, ...rows] = tables('event')[index]!;
    expect(header).toEqual(['event', ...table.states]);
    expect(line?.every((cell) => /^-+$/.test(cell))).toBe(true);
    expect(rows).toEqual(rowsOf(table));
  });

  test('each of its states is explained there, in order', () => {
    const index = halves.findIndex(([other]) => other === name);
    const explained = tables('state')[index]!.slice(2);
    expect(explained.map(([state]) => state)).toEqual(table.states);
    for (const [, meaning] of explained) expect(meaning).toMatch(/\w/);
  });

  test('its numbers name its states and events', () => {
    const words = (key: string): string => key.toLowerCase().replace('_', ' ');
    expect(Object.keys(states).map(words)).toEqual(table.states);
    expect(Object.values(states)).toEqual(table.states.map((_, i) => i));
    // Where an event has three outcomes, the number is that of the first.
    const covered = Object.values(events).flatMap((event) =>
      table.events[event]!.includes('no other') || table.events[event + 1]?.endsWith('another waits') === true
        ? Object.values(then).map((which) => event + which)
        : [event],
    );
    expect(covered).toEqual(table.events.map((_, i) => i));
  });

  test('every state is reached from the first, and every event is taken somewhere', () => {
    const reached = new Set([0]);
    for (const state of reached) {
      table.events.forEach((_, event) => {
        const then = transition(next, state, event);
        if (then !== REFUSED) reached.add(then);
      });
    }
    expect(reached.size).toBe(table.states.length);
    for (const row of rowsOf(table)) expect(row.slice(1).some((cell) => cell !== '–')).toBe(true);
  });

  test('nothing leads out of what is final', () => {
    const final = table.states.filter((state) => ['switched', 'closed'].includes(state));
    if (name === 'serverReading' || name === 'clientReading') final.push('done');
    for (const state of final) {
      const from = table.states.indexOf(state);
      const then = table.events
        .map((_, event) => transition(next, from, event))
        .filter((to) => to !== REFUSED);
      expect(then.map((to) => table.states[to]).filter((to) => to !== state && to !== 'failed')).toEqual([]);
    }
  });
});

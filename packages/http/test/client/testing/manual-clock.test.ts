import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/testing/index.ts';

describe('ManualClock', () => {
  it('stands still until it is turned on', () => {
    const clock = new ManualClock(1000);
    expect([clock.now(), clock.elapsed()]).toEqual([1000, 0]);
    clock.advance(250);
    expect([clock.now(), clock.elapsed()]).toEqual([1250, 250]);
  });

  it('fires timers in the order they are due, each at its moment, also those that one of them sets', () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const say = (text: string) => () => log.push(`${text} at ${String(clock.now())}`);
    clock.setTimeout(say('late'), 30);
    clock.setTimeout(() => {
      say('early')();
      clock.setTimeout(say('between'), 10);
      clock.setTimeout(say('never'), 100);
    }, 10);
    clock.setTimeout(say('early too'), 10);
    clock.advance(9);
    expect(log).toEqual([]);
    clock.advance(31);
    expect(log).toEqual(['early at 10', 'early too at 10', 'between at 20', 'late at 30']);
    expect([clock.now(), clock.pendingMs]).toEqual([40, [70]]);
  });

  it('forgets timers that are cleared', () => {
    const clock = new ManualClock();
    let count = 0;
    clock.clearTimeout(clock.setTimeout(() => count++, 10));
    clock.clearTimeout(undefined);
    clock.advance(10);
    expect([count, clock.pendingMs]).toEqual([0, []]);
  });

  it('says when so many timers are set', async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const both = clock.timers(2).then(() => log.push('both'));
    const one = clock.timers().then(() => log.push('one'));
    clock.setTimeout(() => {}, 1);
    await one;
    expect(log).toEqual(['one']);
    clock.setTimeout(() => {}, 1);
    await both;
    expect(log).toEqual(['one', 'both']);
    await clock.timers(2);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Deferred } from '../src/deferred.ts';
import { SocketError } from '../src/errors.ts';
import { interleave, race, type RaceOptions } from '../src/race.ts';
import { turns } from '../src/testing/contract-case.ts';
import { ManualClock } from './manual-clock.ts';

describe('race', () => {
  test('the next attempt begins after the head start of the one before, and only then', async () => {
    const { clock, begun } = started('abc', { staggerMs: 250 });
    expect(begun()).toBe('a');
    await clock.advance(249);
    expect(begun()).toBe('a');
    await clock.advance(1);
    expect(begun()).toBe('ab');
    await clock.advance(249);
    expect(begun()).toBe('ab');
    await clock.advance(1);
    expect(begun()).toBe('abc');
    expect(clock.waits).toEqual([]);
  });

  test('the head start is 250 ms unless told', async () => {
    const { clock, begun } = started('ab');
    expect(clock.waits).toEqual([250]);
    await clock.advance(250);
    expect(begun()).toBe('ab');
  });

  test('the next attempt begins at once when the one before fails, with a head start of its own', async () => {
    const { clock, begun, attempts } = started('abc', { staggerMs: 100 });
    await clock.advance(60);
    attempts[0]!.reject(new Error('refused'));
    await turns();
    expect(begun()).toBe('ab');
    expect(clock.waits).toEqual([100]);
  });

  test('one that fails after the next has begun changes nothing for the one after', async () => {
    const { clock, begun, attempts } = started('abc', { staggerMs: 100 });
    await clock.advance(100);
    await clock.advance(10);
    attempts[0]!.reject(new Error('refused'));
    await turns();
    expect(begun()).toBe('ab');
    expect(clock.waits).toEqual([90]);
  });

  test('the first success wins, and the others are aborted', async () => {
    const { clock, attempts, result, begun } = started('abcd', { staggerMs: 100 });
    await clock.advance(200);
    attempts[1]!.resolve('b won');
    expect(await result).toBe('b won');
    expect(attempts.map(({ signal }) => signal.aborted)).toEqual([true, false, true]);
    expect(attempts[0]!.signal.reason).toMatchObject({ name: 'SocketError', code: 'ABORTED' });
    await clock.advance(1_000);
    expect(begun()).toBe('abc');
  });

  test('the signal of the winner never fires, not even with the outer one', async () => {
    const outer = new AbortController();
    const { attempts, result } = started('a', { signal: outer.signal });
    attempts[0]!.resolve('a won');
    await result;
    outer.abort();
    expect(attempts[0]!.signal.aborted).toBe(false);
  });

  test('a loser that succeeds all the same is discarded, one that fails is not heard of', async () => {
    const { clock, attempts, result, discarded } = started('abc', { staggerMs: 100 });
    await clock.advance(200);
    attempts[2]!.resolve('c won');
    await result;
    attempts[0]!.resolve('a, too');
    attempts[1]!.reject(new Error('aborted'));
    await turns();
    expect(discarded).toEqual(['a, too']);
  });

  test('when all fail, every error is told in the order of the candidates', async () => {
    const { clock, attempts, result, begun } = started('abcd', { staggerMs: 100 });
    await clock.advance(200);
    const errors = ['a', 'b', 'c', 'd'].map((name) => new Error(name));
    attempts[1]!.reject(errors[1]);
    attempts[2]!.reject(errors[2]);
    await turns();
    expect(begun()).toBe('abcd');
    attempts[3]!.reject(errors[3]);
    await turns();
    attempts[0]!.reject(errors[0]);
    const error: unknown = await result.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual(errors);
    expect(clock.waits).toEqual([]);
  });

  test('an attempt that throws before it returns has failed', async () => {
    const thrown = new Error('thrown');
    const raced = race(
      ['a', 'b'],
      (candidate) => {
        if (candidate === 'a') throw thrown;
        return Promise.resolve(candidate);
      },
      { clock: new ManualClock() },
    );
    expect(await raced).toBe('b');
  });

  test('without a candidate it rejects with no errors', async () => {
    const error: unknown = await race([], () => Promise.resolve(1)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual([]);
  });

  test('the outer signal aborts every attempt, and what comes later is discarded', async () => {
    const outer = new AbortController();
    const { clock, attempts, result, discarded } = started('abc', { staggerMs: 100, signal: outer.signal });
    await clock.advance(100);
    outer.abort('never mind');
    await expect(result).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    expect(attempts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(clock.waits).toEqual([]);
    attempts[0]!.resolve('late');
    await turns();
    expect(discarded).toEqual(['late']);
  });

  test('a deadline that aborts it is told as the deadline', async () => {
    const outer = new AbortController();
    const { result } = started('a', { signal: outer.signal });
    const deadline = new SocketError('TIMED_OUT', 'timed out after 5 ms');
    outer.abort(deadline);
    await expect(result).rejects.toBe(deadline);
  });

  test('a signal that has fired keeps it from beginning', async () => {
    const { result, begun } = started('a', { signal: AbortSignal.abort('before') });
    await expect(result).rejects.toMatchObject({ code: 'ABORTED', cause: 'before' });
    expect(begun()).toBe('');
  });

  test.each([9.99, 0, -1, NaN])('a head start of %d ms is refused', async (staggerMs) => {
    await expect(race(['a'], () => Promise.resolve(1), { staggerMs })).rejects.toMatchObject({
      name: 'SocketUsageError',
      code: 'BAD_ARGUMENT',
    });
  });

  test('a head start without end tries one after the other', async () => {
    const { clock, attempts, begun } = started('ab', { staggerMs: Infinity });
    expect(clock.waits).toEqual([]);
    attempts[0]!.reject(new Error('refused'));
    await turns();
    expect(begun()).toBe('ab');
  });
});

describe('interleave', () => {
  const ordered = (text: string, count?: number): string =>
    interleave(
      text.split(' ').map((name) => ({ name, family: name.startsWith('6') ? 'ipv6' : 'ipv4' })),
      count,
    )
      .map(({ name }) => name)
      .join(' ');

  test.each([
    ['6a 6b 6c 4a 4b', '6a 4a 6b 4b 6c'],
    ['4a 4b 6a', '4a 6a 4b'],
    ['6a 4a 4b 4c', '6a 4a 4b 4c'],
    ['4a 6a 6b 6c 4b', '4a 6a 4b 6b 6c'],
    ['4a 4b', '4a 4b'],
    ['6a', '6a'],
  ])('%s becomes %s', (given, expected) => {
    expect(ordered(given)).toBe(expected);
  });

  test('firstFamilyCount favours the family of the first address', () => {
    expect(ordered('6a 6b 6c 4a 4b', 2)).toBe('6a 6b 4a 6c 4b');
    expect(ordered('6a 4a 6b', 9)).toBe('6a 6b 4a');
    expect(() => ordered('6a', 0)).toThrow('firstFamilyCount');
    expect(() => ordered('6a', 1.5)).toThrow('firstFamilyCount');
  });

  test('keeps every address, and the order within a family; neighbours differ while both families last', () => {
    const address = fc.record({ family: fc.constantFrom(4, 6), name: fc.nat() });
    fc.assert(
      fc.property(fc.array(address, { maxLength: 12 }), (addresses) => {
        const before = [...addresses];
        const result = interleave(addresses);
        for (const family of [4, 6]) {
          expect(result.filter((one) => one.family === family)).toEqual(
            addresses.filter((one) => one.family === family),
          );
        }
        const pairs = Math.min(...[4, 6].map((f) => result.filter(({ family }) => family === f).length));
        for (let at = 1; at < 2 * pairs; at++) expect(result[at]!.family).not.toBe(result[at - 1]!.family);
        expect(addresses).toEqual(before);
      }),
    );
  });
});

type Attempt = Deferred<string> & { candidate: string; signal: AbortSignal };

/** A race of letters on a clock that stands still, whose attempts the test settles. */
function started(candidates: string, options: RaceOptions<string> = {}) {
  const clock = new ManualClock();
  const attempts: Attempt[] = [];
  const discarded: string[] = [];
  const result = race(
    [...candidates],
    (candidate, signal) => {
      const attempt = Object.assign(new Deferred<string>(), { candidate, signal });
      attempts.push(attempt);
      return attempt.promise;
    },
    { clock, discard: (late) => discarded.push(late), ...options },
  );
  result.catch(() => undefined);
  return { clock, attempts, discarded, result, begun: () => attempts.map((a) => a.candidate).join('') };
}

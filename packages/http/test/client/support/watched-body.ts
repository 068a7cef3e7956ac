/** A body that counts how often it is asked, and told that no more is wanted. */
export interface WatchedBody extends AsyncIterable<string | Uint8Array> {
  readonly asked: number;
  readonly returned: number;
  readonly isOpen: boolean;
  /** Lets one that stands go on for ever with its piece. */
  go(): void;
}

/** @param pieces what it has; `undefined`: a piece, and then nothing until it is let go */
export function watchedBody(
  pieces: readonly (string | Uint8Array)[] | undefined,
  endless: string | Uint8Array = 'piece',
): WatchedBody {
  let at = 0;
  let isGoing = false;
  let wake: (() => void) | undefined;
  const state = { asked: 0, returned: 0, isOpen: false };
  const end = { done: true, value: undefined } as const;
  return {
    get asked() {
      return state.asked;
    },
    get returned() {
      return state.returned;
    },
    get isOpen() {
      return state.isOpen;
    },
    go() {
      isGoing = true;
      wake?.();
    },
    [Symbol.asyncIterator]() {
      state.isOpen = true;
      return {
        async next() {
          state.asked++;
          if (pieces !== undefined) {
            const piece = pieces[at++];
            if (piece !== undefined) return { done: false, value: piece };
            state.isOpen = false;
            return end;
          }
          if (at++ > 0 && !isGoing) await new Promise<void>((resolve) => (wake = resolve));
          return { done: false, value: endless };
        },
        return() {
          state.returned++;
          state.isOpen = false;
          return Promise.resolve(end);
        },
      };
    },
  };
}

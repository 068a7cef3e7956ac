import { expect, test } from 'vitest';
import { codecsOf, fuzz } from '../fuzz/run.js';
import * as api from '../src/codecs/index.ts';

// As many again, and for longer: `pnpm --filter @wirestack/framing fuzz -- --inputs 1000000 --seed 2`.
test.each(codecsOf(api))(
  '%s keeps the contract with damaged and random bytes, however they are cut',
  (codec) => {
    expect(fuzz({ api, inputs: 20_000, seed: 1, codec })).toEqual([]);
  },
);

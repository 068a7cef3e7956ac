import { configDefaults, defineConfig } from 'vitest/config';
import { turnBetweenTests } from './vitest.shared.ts';

/** The built demo and the examples, driven by programs nobody here wrote. Run after a build; needs the peers that `.ci/run` installs. */
export default defineConfig({
  test: {
    reporters: ['default', './tools/ci-reporter.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: [turnBetweenTests],
    projects: [
      {
        extends: true as const,
        test: {
          name: 'conformance',
          include: ['conformance/**/*.test.ts'],
          // Not in place of the defaults: they keep the dependencies' own tests out.
          exclude: [...configDefaults.exclude, 'conformance/runtimes/**'],
        },
      },
      // The other runtimes are a download of their own: `pnpm runtimes` installs them first.
      { extends: true as const, test: { name: 'runtimes', include: ['conformance/runtimes/*.test.ts'] } },
      { extends: true as const, test: { name: 'examples', include: ['examples/**/*.test.ts'] } },
    ],
  },
});

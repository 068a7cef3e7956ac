import { readdirSync } from 'node:fs';
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { layersRule, requireRows } from './tools/layers.js';

const folders = readdirSync(new URL('packages', import.meta.url), { withFileTypes: true });
requireRows(folders.filter((entry) => entry.isDirectory()).map((entry) => entry.name));

export default defineConfig(
  globalIgnores(['**/dist/', '**/coverage/', '**/.turbo/']),
  js.configs.recommended,
  { files: ['**/*.js'], languageOptions: { globals: globals.node } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // `noUncheckedIndexedAccess` makes a byte `number | undefined`: where the bounds are known, the cast says so without a branch.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // isolatedDeclarations wants the types of public defaults written down.
      '@typescript-eslint/no-inferrable-types': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    files: ['**/test/**/*.ts', 'conformance/**/*.ts', 'examples/**/*.ts'],
    rules: {
      // Tests pass what the types forbid, and stub what they watch.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
    },
  },
  {
    files: ['**/*.{js,ts}'],
    plugins: { wirestack: { rules: { layers: layersRule } } },
    rules: { 'wirestack/layers': 'error' },
  },
);

import type { Command } from '../command-line.ts';
import { get } from './get.ts';
import { run } from './run.ts';
import { serve } from './serve.ts';

export const commands: readonly Command[] = [serve, get, run];

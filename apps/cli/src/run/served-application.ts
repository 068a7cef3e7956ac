import {
  keepLifespan,
  loadApplication,
  mount,
  validator,
  type Application,
  type LoadedApplication,
} from '@wirestack/gateway';
import { observers, type AccessLogFormat } from '@wirestack/http';
import type { Context } from '../context.ts';
import { observed } from '../listening-options.ts';
import { explained } from './loading-error.ts';

/** What the options of `run` make of an application, here and in other processes: plain data. */
export interface ServedSettings {
  readonly url: string;
  readonly name: string | undefined;
  readonly validate: boolean;
  /** Where it is mounted; empty for the root, or where the front server says it. */
  readonly scriptName: string;
  readonly accessLog: AccessLogFormat | undefined;
}

/** Loads the application in this process. @throws Error with a message that tells all */
export async function servedApplication(
  settings: ServedSettings,
  output: Pick<Context, 'stdout'> = process,
): Promise<LoadedApplication> {
  const { url, name, validate, scriptName, accessLog } = settings;
  const loaded = await loadApplication({ url, name, args: [] }).catch((error: unknown) => {
    throw explained(error, url);
  });
  let application: Application = loaded.application;
  if (validate) application = keepLifespan(application, validator(application));
  if (scriptName !== '') application = keepLifespan(loaded.application, mount({ [scriptName]: application }));
  if (accessLog === undefined) return { ...loaded, application };
  const { observe } = loaded.serverOptions;
  const log = observed(accessLog, output);
  return {
    application,
    serverOptions: {
      ...loaded.serverOptions,
      observe: observe === undefined ? log : observers(observe, log),
    },
  };
}

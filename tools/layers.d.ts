import type { Rule } from 'eslint';

export interface Layer {
  readonly siblings: readonly string[];
  readonly types?: Readonly<Record<string, readonly string[]>>;
  readonly pure?: readonly string[];
  readonly pureTypes?: readonly string[];
  readonly pureEntries?: readonly string[];
  readonly nodeHttp?: readonly string[];
  readonly sockets?: readonly string[];
}
export const layers: Readonly<Record<string, Layer>>;
export function requireRows(names: readonly string[]): void;
export function allowedDependencies(name: string): string[];
export function objection(file: string, specifier: string, typeOnly?: boolean): string | undefined;
export const layersRule: Rule.RuleModule;

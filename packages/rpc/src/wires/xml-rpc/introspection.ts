import { faultCodes, RpcFault } from '../../errors.ts';
import type { Service } from '../../service.ts';

/** Answers a call of a built-in procedure. */
type SystemProcedure = (params: readonly unknown[]) => unknown;

/** The reserved procedures that tell about a service: `system.listMethods`, `system.methodHelp`, `system.methodSignature`. */
export class SystemProcedures {
  readonly #service: Service;
  readonly #names: readonly string[];

  constructor(service: Service, hasIntrospection: boolean, hasMulticall: boolean) {
    this.#service = service;
    this.#names = Object.keys(help).filter((name) =>
      name === 'system.multicall' ? hasMulticall : hasIntrospection,
    );
  }

  /** `system.multicall` is listed here, and run by the dispatcher. */
  find(method: string): SystemProcedure | undefined {
    return this.#names.includes(method) ? this.#procedures.get(method) : undefined;
  }

  readonly #procedures: ReadonlyMap<string, SystemProcedure> = new Map<string, SystemProcedure>([
    [
      'system.listMethods',
      (params) => {
        check(params, 0);
        return [...new Set([...this.#service.procedures.keys(), ...this.#names])].sort();
      },
    ],
    [
      'system.methodHelp',
      (params) => {
        const name = check(params, 1);
        const procedure = this.#service.procedures.get(name);
        if (procedure !== undefined) return procedure.help ?? '';
        return this.#names.includes(name) ? (help[name] ?? '') : '';
      },
    ],
    [
      'system.methodSignature',
      (params) => {
        check(params, 1);
        // The words of Python's server, which programs know.
        return 'signatures not supported';
      },
    ],
  ]);
}

/** @returns the one parameter, where one is due */
function check(params: readonly unknown[], count: 0 | 1): string {
  const [name = ''] = params;
  if (params.length === count && typeof name === 'string') return name;
  throw new RpcFault(
    faultCodes.invalidParams,
    count === 0 ? 'expected no parameters' : 'expected the name of a method',
  );
}

const help: Readonly<Record<string, string>> = {
  'system.listMethods': 'The names of all methods, sorted.',
  'system.methodHelp': 'What there is to say about the method of this name.',
  'system.methodSignature': 'Signatures are not supported: the answer says so.',
  'system.multicall':
    'Runs an array of {methodName, params}: an array of [result], or a fault for what failed.',
};

/**
 * What any validation library offers that follows the Standard Schema specification (version 1: zod, valibot, arktype, …). Stated here, as the
 * specification invites to, so that no library has to be installed.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a caller passes for each schema of a tuple, and what the procedure receives. */
export type SchemaInputs<Schemas extends readonly unknown[]> = {
  -readonly [Index in keyof Schemas]: SchemaTypes<Schemas[Index]>['input'];
};
export type SchemaOutputs<Schemas extends readonly unknown[]> = {
  -readonly [Index in keyof Schemas]: SchemaTypes<Schemas[Index]>['output'];
};
type SchemaTypes<Schema> = Schema extends {
  readonly '~standard': { readonly types?: infer Types };
}
  ? NonNullable<Types> extends { readonly input: infer Input; readonly output: infer Output }
    ? { input: Input; output: Output }
    : { input: unknown; output: unknown }
  : { input: never; output: never };

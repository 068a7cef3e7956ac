/** Every group of cases, in the order in which they run. */
export declare const plan: readonly {
  readonly group: string;
  readonly cases: readonly { readonly name: string; run(context: object): Promise<void> }[];
}[];

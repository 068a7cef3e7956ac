import type { BareItem, InnerList, Item } from '@wirestack/http/fields';

/** Parameters as pairs. */
export type Pairs = [key: string, value: BareItem][];

export const integer = (value: number): BareItem => ({ type: 'integer', value });
export const decimal = (value: number): BareItem => ({ type: 'decimal', value });
export const string = (value: string): BareItem => ({ type: 'string', value });
export const tokenItem = (value: string): BareItem => ({ type: 'token', value });
export const bytes = (...value: number[]): BareItem => ({ type: 'bytes', value: Uint8Array.from(value) });
export const boolean = (value: boolean): BareItem => ({ type: 'boolean', value });
export const date = (value: number): BareItem => ({ type: 'date', value });
export const display = (value: string): BareItem => ({ type: 'display-string', value });

export function item(bare: BareItem, parameters: Pairs = []): Item {
  return { ...bare, parameters: new Map(parameters) };
}

export function inner(value: Item[], parameters: Pairs = []): InnerList {
  return { type: 'inner-list', value, parameters: new Map(parameters) };
}

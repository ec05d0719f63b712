/** The options of steps and pipelines as data (docs/api.md). */

export type OptionKind =
  | 'text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'choice'
  | 'list'
  | 'map'
  | 'struct'
  | 'structs';

/** One option, or one field of an option that has several. */
export interface IOptionSpec {
  name: string;
  /** `list`: texts; `map`: texts by name; `structs`: a list of what `fields` says. */
  kind: OptionKind;
  description: string;
  group: string;
  example: unknown;
  /** What a value must be, as a noun phrase. */
  expects: string;
  choices: string[];
  fields: IOptionSpec[];
  required: boolean;
  /** Null where there is none. */
  default: unknown;
  /** Regular expression that a text must match; empty where any will do. */
  pattern: string;
  minimum: number | null;
  maximum: number | null;
}

/** All options as data, by which forms are drawn and checked. */
export interface IOptionSchema {
  groups: { name: string; title: string }[];
  step: IOptionSpec[];
  pipeline: IOptionSpec[];
  /** Names of the step options that make sense for every step. */
  defaults: string[];
}

/** What a form's values belong to. */
export type OptionTarget =
  | { target: 'step'; step: string }
  | { target: 'defaults' }
  | { target: 'pipeline' };

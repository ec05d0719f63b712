/**
 * Values of options as a form holds them: texts as they are typed, and rows that are not whole yet.
 * What a value must be comes from the server's schema; whether it is written is the server's word.
 */
import { IOptionSpec } from '../tokens';

/** A text read as a value, or that it is none. */
export type Read = { ok: true; value: unknown } | { ok: false };

/** Read what was typed for an option that is one text or number. */
export function readText(spec: IOptionSpec, text: string): Read {
  const trimmed = text.trim();
  switch (spec.kind) {
    case 'integer':
    case 'number': {
      const value = Number(trimmed);
      const fits =
        trimmed !== '' &&
        Number.isFinite(value) &&
        (spec.kind === 'number' || Number.isInteger(value)) &&
        (spec.minimum === null || value >= spec.minimum) &&
        (spec.maximum === null || value <= spec.maximum);
      return fits ? { ok: true, value } : { ok: false };
    }
    default:
      return !spec.pattern || new RegExp(spec.pattern).test(trimmed)
        ? { ok: true, value: trimmed }
        : { ok: false };
  }
}

/** What a form has of an option: the value to write, and the fields that are needed yet. */
export interface IWhole {
  /** Null: nothing is said. */
  value: unknown;
  missing: string[];
}

/** Take what a form has of an option without what is empty. */
export function wholeValue(spec: IOptionSpec, draft: unknown): IWhole {
  switch (spec.kind) {
    case 'list': {
      const items = asList(draft).filter(item => String(item).trim() !== '');
      return { value: items.length ? items : null, missing: [] };
    }
    case 'map': {
      const pairs = asPairs(draft).filter(([key]) => key.trim() !== '');
      return {
        value: pairs.length ? Object.fromEntries(pairs) : null,
        missing: []
      };
    }
    case 'struct':
      return wholeObject(spec, draft);
    case 'structs': {
      const parts = asList(draft).map(each => wholeObject(spec, each));
      const values = parts
        .map(each => each.value)
        .filter(value => value !== null);
      return {
        value: values.length ? values : null,
        missing: [...new Set(parts.flatMap(each => each.missing))]
      };
    }
    default:
      return {
        value: draft === undefined || draft === '' ? null : draft,
        missing: []
      };
  }
}

function wholeObject(spec: IOptionSpec, draft: unknown): IWhole {
  const given = asObject(draft);
  const value: Record<string, unknown> = {};
  for (const field of spec.fields) {
    const part = wholeValue(field, given[field.name]).value;
    if (part !== null) {
      value[field.name] = part;
    }
  }
  if (Object.keys(value).length === 0) {
    return { value: null, missing: [] };
  }
  const missing = spec.fields
    .filter(field => field.required && !(field.name in value))
    .map(field => field.name);
  return { value, missing };
}

export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** A mapping as the rows of a form: pairs, in which a name may be empty or there twice. */
export function asPairs(value: unknown): [string, string][] {
  return Array.isArray(value)
    ? (value as [string, string][])
    : Object.entries(asObject(value)).map(([key, item]) => [key, String(item)]);
}

/** A value in short, as it would be typed. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (Array.isArray(value)) {
    return value.map(valueText).join(', ');
  }
  return typeof value === 'object'
    ? Object.entries(value)
        .map(([key, item]) => `${key}=${valueText(item)}`)
        .join(', ')
    : String(value);
}

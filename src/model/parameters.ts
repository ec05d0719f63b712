/** Parameter values as a user types them: text on the way in, typed values on the way out. */
import { IParameter } from '../tokens';

/** A value, or why the text is none. */
export type Parsed = { ok: true; value: unknown } | { ok: false };

/** The default as it would be typed: what the field shows as its placeholder. */
export function defaultText(parameter: IParameter): string {
  const value = parameter.default;
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** Read what was typed for a parameter, by its type. Lists and dictionaries are typed as JSON. */
export function parseValue(parameter: IParameter, text: string): Parsed {
  switch (parameter.type) {
    case 'str':
      return { ok: true, value: text };
    case 'int':
      return /^\s*[+-]?\d+\s*$/.test(text) && Number.isSafeInteger(Number(text))
        ? { ok: true, value: Number(text) }
        : { ok: false };
    case 'float':
      return text.trim() !== '' && Number.isFinite(Number(text))
        ? { ok: true, value: Number(text) }
        : { ok: false };
    case 'bool':
      return /^(true|false)$/i.test(text.trim())
        ? { ok: true, value: text.trim().toLowerCase() === 'true' }
        : { ok: false };
    case 'list':
    case 'dict':
      return parseJson(parameter.type, text);
  }
}

function parseJson(type: 'list' | 'dict', text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false };
  }
  const fits =
    type === 'list'
      ? Array.isArray(value)
      : typeof value === 'object' && value !== null && !Array.isArray(value);
  return fits ? { ok: true, value } : { ok: false };
}

/**
 * The values that were typed, by name.
 *
 * @param texts - what was typed; a parameter that is not in it keeps its default.
 * @returns the values, and the names of those whose text is no value of their type.
 */
export function parseValues(
  parameters: readonly IParameter[],
  texts: ReadonlyMap<string, string>
): { values: Record<string, unknown>; invalid: string[] } {
  const values: Record<string, unknown> = {};
  const invalid: string[] = [];
  for (const parameter of parameters) {
    const text = texts.get(parameter.name);
    if (text === undefined) {
      continue;
    }
    const parsed = parseValue(parameter, text);
    if (parsed.ok) {
      values[parameter.name] = parsed.value;
    } else {
      invalid.push(parameter.name);
    }
  }
  return { values, invalid };
}

/**
 * The only door to the server extension: one typed request function, and the one error that it
 * throws.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { IProblem } from '../tokens';

const NAMESPACE = 'jupyter-kfp-ext';

/** The server refused or could not be reached; `problems` says why where it knows. */
export class ServerError extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    readonly problems: IProblem[] = []
  ) {
    super(message);
    this.name = 'ServerError';
  }
}

/** Where the server extension's call `endpoint` lives. */
export function apiUrl(base: string, endpoint: string): string {
  return URLExt.join(base, NAMESPACE, endpoint);
}

/**
 * Call the server extension.
 *
 * @param endpoint - path below the extension's namespace, with its query.
 * @param settings - the connection to use.
 * @param body - sent as JSON by POST; a GET request where it is left out.
 * @param method - where it is another one.
 * @throws `ServerError` for any status but 2xx, and where no answer comes.
 */
export async function requestAPI<T>(
  endpoint: string,
  settings: ServerConnection.ISettings,
  body?: object,
  method: string = body === undefined ? 'GET' : 'POST'
): Promise<T> {
  const init: RequestInit = {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) })
  };
  let response: Response;
  let text: string;
  try {
    response = await ServerConnection.makeRequest(
      apiUrl(settings.baseUrl, endpoint),
      init,
      settings
    );
    text = await response.text();
  } catch (error) {
    throw new ServerError(error instanceof Error ? error.message : '', 0);
  }
  const data = parse(text);
  if (!response.ok) {
    const { message, problems } = errorBody(data);
    throw new ServerError(
      message || `${response.status} ${response.statusText}`,
      response.status,
      problems
    );
  }
  if (data === undefined) {
    throw new ServerError('The server did not answer with JSON.', 0);
  }
  return data as T;
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return undefined;
  }
}

/** Read an error body; a proxy in between may have answered with anything. */
function errorBody(data: unknown): { message: string; problems: IProblem[] } {
  const body = (typeof data === 'object' && data ? data : {}) as {
    message?: unknown;
    problems?: unknown;
  };
  return {
    message: typeof body.message === 'string' ? body.message : '',
    problems: Array.isArray(body.problems) ? (body.problems as IProblem[]) : []
  };
}

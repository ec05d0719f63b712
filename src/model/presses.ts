/**
 * One run for one press: as long as it is not known what came of an attempt, asking for the same
 * once more goes under the name of that attempt, and the server starts nothing a second time.
 */
import { UUID } from '@lumino/coreutils';

import { ServerError } from '../client';
import { IRunRequest } from '../tokens';

export class Presses {
  /**
   * Send a request with the name of its attempt.
   *
   * @param send - rejects where it is refused, or where no answer came.
   */
  async send<T>(
    request: IRunRequest,
    send: (named: IRunRequest) => Promise<T>
  ): Promise<T> {
    const asked = JSON.stringify(request);
    const open = this.open.get(request.path);
    const press = open?.asked === asked ? open.press : UUID.uuid4();
    this.open.set(request.path, { asked, press });
    try {
      const answer = await send({ ...request, press });
      this.open.delete(request.path);
      return answer;
    } catch (error) {
      if (!isLost(error)) {
        this.open.delete(request.path);
      }
      throw error;
    }
  }

  /** By the path of the notebook: what was asked for, and under which name. */
  private readonly open = new Map<string, { asked: string; press: string }>();
}

/** Whether nobody said what came of it: no answer, or one of a proxy in between. */
function isLost(error: unknown): boolean {
  return (
    !(error instanceof ServerError) ||
    error.status === 0 ||
    (error.status > 500 && error.problems.length === 0)
  );
}

/** The calls of the server's API about what one step of a run left (docs/api.md). */
import { ServerConnection } from '@jupyterlab/services';

import { Head, ILogFound, ILogIndex, ILogWindow, IResults } from '../tokens';
import { apiUrl, requestAPI } from './request';

/** Reads the logs and results of one run's steps. */
export class StepClient {
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly runId: string
  ) {}

  /** Where the lines of a step's log are, from an offset on. */
  logIndex(task: string, offset: number): Promise<ILogIndex> {
    return requestAPI(
      `${this.log(task)}/index?${new URLSearchParams({ offset: String(offset) })}`,
      this.settings
    );
  }

  /** A part of a step's log. */
  logWindow(task: string, offset: number, limit: number): Promise<ILogWindow> {
    const query = new URLSearchParams({
      offset: String(offset),
      limit: String(limit)
    });
    return requestAPI(`${this.log(task)}/window?${query}`, this.settings);
  }

  /** The lines of a step's log with a text in them. */
  searchLog(task: string, text: string): Promise<ILogFound> {
    return requestAPI(
      `${this.log(task)}/search?${new URLSearchParams({ text })}`,
      this.settings
    );
  }

  /** Where a step's log can be had as a file. */
  logFile(task: string): string {
    const { baseUrl } = this.settings;
    return apiUrl(baseUrl, `${this.log(task)}/file`) + this.query;
  }

  /** What a step has left so far. */
  results(task: string): Promise<IResults> {
    return requestAPI(this.kept(task), this.settings);
  }

  /** What a file that a step left looks like; null where it shows nothing. */
  async lookAt(task: string, file: string): Promise<Head | null> {
    const query = new URLSearchParams({ name: file });
    const { head } = await requestAPI<{ head: Head | null }>(
      `${this.kept(task)}/look?${query}`,
      this.settings
    );
    return head;
  }

  /** Where a file that a step left can be had. */
  resultFile(task: string, file: string): string {
    const { baseUrl } = this.settings;
    const path = `${this.kept(task)}/file`;
    const query = new URLSearchParams({ name: file });
    const token = this.query.replace('?', '&');
    return `${apiUrl(baseUrl, path)}?${query}${token}`;
  }

  /** Open the socket that tells how long a step's log is, until the step ends. */
  openLog(task: string): WebSocket {
    const { wsUrl, WebSocket } = this.settings;
    return new WebSocket(apiUrl(wsUrl, this.log(task)) + this.query);
  }

  private log(task: string): string {
    return `${this.step(task)}/log`;
  }

  private kept(task: string): string {
    return `${this.step(task)}/results`;
  }

  private step(task: string): string {
    return `runs/${encodeURIComponent(this.runId)}/steps/${encodeURIComponent(task)}`;
  }

  /** What goes with an address that is not asked for by `requestAPI`. */
  private get query(): string {
    const { token, appendToken } = this.settings;
    return appendToken && token ? `?token=${encodeURIComponent(token)}` : '';
  }
}

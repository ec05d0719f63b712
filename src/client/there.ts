/** The calls of the server's API about what there is on clusters (docs/api.md). */
import { INotebookContent } from '@jupyterlab/nbformat';
import { ServerConnection } from '@jupyterlab/services';

import {
  INamed,
  INamespaces,
  IResources,
  IRunThere,
  ISchedule,
  IScheduleRequest,
  IVersion
} from '../tokens';
import { requestAPI } from './request';

export class ThereClient {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** Experiments and pipelines, the newest first. */
  names(
    connection: string,
    namespace = ''
  ): Promise<{ experiments: INamed[]; pipelines: INamed[] }> {
    return requestAPI(
      within(`${place(connection)}/names`, namespace),
      this.settings
    );
  }

  /** Where runs may be started there. */
  namespaces(connection: string): Promise<INamespaces> {
    return requestAPI(`${place(connection)}/namespaces`, this.settings);
  }

  /** What its nodes have. */
  resources(connection: string): Promise<IResources> {
    return requestAPI(`${place(connection)}/resources`, this.settings);
  }

  async versions(connection: string, pipeline: string): Promise<IVersion[]> {
    const path = `${place(connection)}/pipelines/${encodeURIComponent(pipeline)}`;
    const { versions } = await requestAPI<{ versions: IVersion[] }>(
      `${path}/versions`,
      this.settings
    );
    return versions;
  }

  /** The newest runs, whoever started them; in the connection's namespace, or another one. */
  async runs(connection: string, namespace = ''): Promise<IRunThere[]> {
    const { runs } = await requestAPI<{ runs: IRunThere[] }>(
      within(`${place(connection)}/runs`, namespace),
      this.settings
    );
    return runs;
  }

  /**
   * Keep a run here.
   *
   * @param notebook - at whose cells its steps are shown; null: at none.
   * @returns its id here.
   */
  async attach(
    connection: string,
    remoteId: string,
    notebook: { path: string; notebook: INotebookContent } | null
  ): Promise<string> {
    const path = `${place(connection)}/runs/${encodeURIComponent(remoteId)}`;
    const { run_id } = await requestAPI<{ run_id: string }>(
      `${path}/attach`,
      this.settings,
      notebook ?? {}
    );
    return run_id;
  }

  async schedules(connection: string, namespace = ''): Promise<ISchedule[]> {
    const { schedules } = await requestAPI<{ schedules: ISchedule[] }>(
      within(`${place(connection)}/schedules`, namespace),
      this.settings
    );
    return schedules;
  }

  /** Have a cluster start runs of a notebook by the clock. */
  schedule(
    connection: string,
    namespace: string,
    request: IScheduleRequest
  ): Promise<ISchedule> {
    return requestAPI(
      within(`${place(connection)}/schedules`, namespace),
      this.settings,
      request
    );
  }

  /** Have a schedule start no more runs, or start them again. */
  switchSchedule(schedule: ISchedule, on: boolean): Promise<object> {
    return requestAPI(
      schedulePath(schedule, on ? '/resume' : '/pause'),
      this.settings,
      {}
    );
  }

  /** Keep the newest runs of a schedule here. */
  async runsOf(schedule: ISchedule): Promise<IRunThere[]> {
    const { runs } = await requestAPI<{ runs: IRunThere[] }>(
      schedulePath(schedule, '/runs'),
      this.settings,
      {}
    );
    return runs;
  }

  /** Remove a schedule; its runs stay. */
  unschedule(schedule: ISchedule): Promise<object> {
    return requestAPI(
      schedulePath(schedule),
      this.settings,
      undefined,
      'DELETE'
    );
  }
}

function place(connection: string): string {
  return `connections/${encodeURIComponent(connection)}`;
}

function within(path: string, namespace: string): string {
  return namespace ? `${path}?${new URLSearchParams({ namespace })}` : path;
}

function schedulePath(schedule: ISchedule, verb = ''): string {
  const { connection, id, namespace } = schedule;
  const path = `${place(connection)}/schedules/${encodeURIComponent(id)}${verb}`;
  return within(path, namespace);
}

/** A server made of a table of answers, and small pipelines and runs to answer with. */
import { NotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { Event, ServerConnection } from '@jupyterlab/services';

import { Signal, Stream } from '@lumino/signaling';
import { waitFor } from '@testing-library/react';

import { KfpClient } from '../client';
import { IOpenFiles, NotebookSession, RunsModel, SCHEMA_ID } from '../model';
import {
  IComparedRun,
  IPipeline,
  ICode,
  IPipelineStep,
  IProblem,
  IRun,
  IRunMessage,
  IStep,
  IStepError,
  Role
} from '../tokens';

export type Answer =
  | { status?: number; body: unknown }
  | ((body: unknown) => { status?: number; body: unknown });

/** A server that answers from a table of `METHOD path`; a missing row is a lost connection. */
export class FakeServer {
  readonly calls: { call: string; body: unknown }[] = [];
  readonly sockets: FakeSocket[] = [];

  constructor(public answers: Record<string, Answer> = {}) {}

  get settings(): ServerConnection.ISettings {
    const { sockets } = this;
    return ServerConnection.makeSettings({
      baseUrl: 'http://fake/',
      wsUrl: 'ws://fake/',
      token: 'secret',
      appendToken: true,
      fetch: (request: RequestInfo | URL) => this.fetch(request as Request),
      WebSocket: class extends FakeSocket {
        constructor(url: string) {
          super(url);
          sockets.push(this);
        }
      } as unknown as typeof WebSocket
    });
  }

  get client(): KfpClient {
    return new KfpClient(this.settings);
  }

  /** How often a call was made. */
  count(call: string): number {
    return this.calls.filter(each => each.call === call).length;
  }

  private async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.replace('/jupyter-kfp-ext/', '');
    const call = `${request.method} ${path}`;
    const text = request.method === 'POST' ? await request.text() : '';
    const body: unknown = text ? JSON.parse(text) : undefined;
    this.calls.push({ call, body });
    // JupyterLab adds the time, against what browsers keep.
    const said = [...url.searchParams].filter(([_, value]) => value !== '');
    const query = new URLSearchParams(said);
    const answer = this.answers[`${call}?${query}`] ?? this.answers[call];
    if (!answer) {
      throw new TypeError('connection refused');
    }
    const given = typeof answer === 'function' ? answer(body) : answer;
    return new Response(
      typeof given.body === 'string' ? given.body : JSON.stringify(given.body),
      { status: given.status ?? 200 }
    );
  }
}

/** A socket whose other end is the test. */
export class FakeSocket {
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;

  constructor(readonly url: string) {}

  send(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  close(): void {
    this.closed = true;
    this.onclose?.();
  }
}

/** Jupyter's event stream, fed by the test. */
export class FakeStream {
  readonly stream = new Stream<unknown, Event.Emission>(this);

  push(message: IRunMessage): void {
    this.stream.emit({
      schema_id: SCHEMA_ID,
      ...message
    } as unknown as Event.Emission);
  }
}

export const READY = { body: { version: '0.1.0', engines: ['local'] } };

export function step(name: string, fields: Partial<IStep> = {}): IStep {
  return {
    name,
    task: name,
    title: name,
    cells: [`cell-${name}`],
    after: [],
    state: 'PENDING',
    started: null,
    ended: null,
    cached: false,
    cached_from: null,
    attempt: 0,
    cell: null,
    reason: '',
    peak_memory_bytes: null,
    cpu_seconds: null,
    error: null,
    ...fields
  };
}

export function stepError(fields: Partial<IStepError> = {}): IStepError {
  return {
    name: 'ValueError',
    message: 'no such fold',
    cell: 2,
    cell_id: 'cell-train',
    line: 2,
    source: 'fit(fold)',
    traceback: ['\u001b[31mValueError\u001b[39m: no such fold'],
    remedy: '',
    ...fields
  };
}

export function run(id: string, fields: Partial<IRun> = {}): IRun {
  return {
    id,
    name: 'digits',
    notebook: 'a/digits.ipynb',
    engine: 'local',
    state: 'RUNNING',
    created: 1000,
    seq: 1,
    started: 1000,
    ended: null,
    message: '',
    parameters: {},
    metrics: {},
    steps: [step('load'), step('train')],
    ...fields
  };
}

/** A run of a comparison. */
export function compared(
  id: string,
  fields: Partial<IComparedRun> = {}
): IComparedRun {
  return {
    run_id: id,
    name: 'digits',
    notebook: 'a.ipynb',
    engine: 'local',
    state: 'SUCCEEDED',
    created: 1000,
    seconds: 2,
    classification: {},
    about: { name: '', note: '', tags: [] },
    ...fields
  };
}

/** The message that tells of a run's present state, as the server pushes it. */
export function message(
  now: IRun,
  steps: IStep[] = [],
  first_seq: number = now.seq
): IRunMessage {
  const { steps: _, ...summary } = now;
  return {
    run_id: now.id,
    notebook: now.notebook ?? '',
    seq: now.seq,
    first_seq,
    run: summary,
    steps
  };
}

export function pipelineStep(
  name: string,
  fields: Partial<IPipelineStep> = {}
): IPipelineStep {
  return {
    name,
    task: name,
    title: name,
    cells: [`cell-${name}`],
    inputs: [],
    after: [],
    outputs: [],
    options: {},
    ...fields
  };
}

/** A pipeline with the given steps, one cell each. */
export function pipeline(
  steps: string[],
  fields: Partial<IPipeline> = {}
): IPipeline {
  return {
    name: 'digits',
    description: '',
    split: null,
    settings: {},
    parameters: [],
    steps: steps.map(name => pipelineStep(name)),
    cells: Object.fromEntries(
      steps.map((name, index) => [
        `cell-${name}`,
        {
          role: 'step' as Role,
          source: 'metadata' as const,
          step: name,
          number: index + 1
        }
      ])
    ),
    helpers: [],
    data_files: [],
    problems: [],
    values: {},
    ...fields
  };
}

/** The code of two steps: a module that both import, one by way of it, and a data file. */
export function code(fields: Partial<ICode> = {}): ICode {
  const use = { cell: 1, cell_id: 'cell-load', line: 2 };
  const a = {
    module: 'tools.a',
    path: 'helpers/tools/a.py',
    chain: [],
    ...use
  };
  const b = {
    ...a,
    module: 'tools.b',
    path: 'helpers/@parent/b.py',
    chain: ['tools.a']
  };
  const file = (path: string, place: string | null) => ({
    path,
    place,
    bytes: 1500,
    sha256: 'abcdef'.repeat(10)
  });
  return {
    bundle: '0123456789abcdef0123',
    bytes: 60_000,
    files: [
      file('files/told.txt', 'a/told.txt'),
      file('helpers/@parent/b.py', null),
      file('helpers/tools/a.py', 'a/tools/a.py')
    ],
    steps: [
      { name: 'load', task: 'load', files: [a.path, b.path], modules: [a, b] },
      {
        name: 'train',
        task: 'train',
        files: [a.path, 'files/told.txt'],
        modules: [a]
      }
    ],
    git: { commit: 'f'.repeat(40), dirty: true, diff: '' },
    ...fields
  };
}

/** Tabs of files whose state the test says. */
export class FakeOpenFiles implements IOpenFiles {
  readonly changed = new Signal<this, void>(this);
  readonly written = new Signal<this, void>(this);
  readonly saved: string[] = [];

  constructor(public dirty: string[] = []) {}

  unsaved(places: readonly string[]): string[] {
    return this.dirty.filter(path => places.includes(path));
  }

  async save(places: readonly string[]): Promise<void> {
    this.saved.push(...places);
    this.dirty = this.dirty.filter(path => !places.includes(path));
    this.written.emit();
    this.changed.emit();
  }
}

export function problem(fields: Partial<IProblem> = {}): IProblem {
  return {
    code: 'name-undefined',
    severity: 'error',
    message: 'imges is not defined.',
    remedy: '',
    cell: 1,
    cell_id: 'cell-load',
    line: 1,
    option: null,
    step: null,
    column: null,
    end_line: null,
    end_column: null,
    fixes: [],
    ...fields
  };
}

export interface ICellSpec {
  id: string;
  source?: string;
  type?: 'code' | 'markdown';
  metadata?: Record<string, unknown>;
}

/** A notebook model with these cells. */
export function notebookModel(
  cells: ICellSpec[],
  nbformat_minor: number = 5
): NotebookModel {
  const model = new NotebookModel();
  model.sharedModel.fromJSON({
    nbformat: 4,
    nbformat_minor,
    metadata: {},
    cells: cells.map(({ id, source = '', type = 'code', metadata = {} }) => ({
      id,
      cell_type: type,
      source,
      metadata,
      ...(type === 'code' ? { outputs: [], execution_count: null } : {})
    }))
  } as never);
  model.sharedModel.clearUndoHistory();
  return model;
}

/** A session over a notebook model, without the widgets around it. */
export function sessionFor(
  server: FakeServer,
  model: NotebookModel,
  stream: FakeStream = new FakeStream(),
  path: string = 'a/digits.ipynb',
  open: IOpenFiles | null = null
): { session: NotebookSession; runs: RunsModel } {
  const context = { path, model, pathChanged: new Signal({}) };
  const panel = { context, disposed: new Signal({}) };
  const runs = new RunsModel(server.client, stream.stream as never);
  const session = new NotebookSession(
    panel as unknown as NotebookPanel,
    server.client,
    runs,
    undefined,
    undefined,
    open
  );
  return { session, runs };
}

/** Wait until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  await waitFor(() => expect(holds()).toBe(true));
}

/**
 * One open notebook as the interface sees it: its pipeline now, the run that is shown, and what was
 * typed for the next run. Everything drawn at a notebook is drawn from here.
 */
import { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';

import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { KfpClient, ServerStatus } from '../client';
import {
  ICellRole,
  IKfpRuns,
  IPipeline,
  IProblem,
  IRun,
  IRunChoice,
  IStep,
  IStepError,
  RunPart
} from '../tokens';
import { usesPipeline } from './notation';
import { EditedSince } from './edited';
import { KernelLook } from './kernelLook';
import { OptionEdits } from './optionEdits';
import { parseValues } from './parameters';
import { RunChoices, RunPlaces } from './runChoices';
import { HelperCode } from './helperCode';
import { IOpenFiles } from './openFiles';
import { contentOf, PipelineModel } from './pipeline';
import { isEnded, stepNamed } from './runState';
import { IShownError, ShownError } from './shownError';
import { IShownOutputs, StepOutputs } from './stepOutputs';

export class NotebookSession implements IDisposable {
  constructor(
    readonly panel: NotebookPanel,
    client: KfpClient,
    private readonly runs: IKfpRuns,
    readonly places: RunPlaces = new RunPlaces(client),
    private readonly choices: RunChoices = new RunChoices(null),
    open: IOpenFiles | null = null
  ) {
    this.options = new OptionEdits(client, this.notebook, () => this.path);
    this.options.changed.connect(this.redraw, this);
    this.places.changed.connect(this.redraw, this);
    this.choices.changed.connect(this.redraw, this);
    this.kernel = new KernelLook(client, panel.sessionContext, () =>
      this.model.schedule()
    );
    this.model = new PipelineModel(
      client,
      this.notebook,
      () => this.path,
      () => this.wanted,
      content => this.kernel.answer(this.path, content)
    );
    this.code = new HelperCode(
      client,
      open,
      this.notebook,
      () => this.path,
      () => this.model.schedule()
    );
    this.code.changed.connect(this.redraw, this);
    this.outputs = new StepOutputs(client);
    this.editing = new EditedSince(client, this.notebook);
    this.model.changed.connect(this.onPipelineChanged, this);
    this.outputs.changed.connect(this.redraw, this);
    this.editing.changed.connect(this.redraw, this);
    runs.changed.connect(this.onRunChanged, this);
    panel.context.pathChanged.connect(this.model.schedule, this.model);
    panel.disposed.connect(this.dispose, this);
    void this.model.update();
  }

  /** Anything that is drawn changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get path(): string {
    return this.panel.context.path;
  }

  get notebook(): INotebookModel {
    return this.panel.context.model;
  }

  /** Whether what is changed in the notebook could not be saved. */
  get readOnly(): boolean {
    const { contentsModel } = this.panel.context;
    return this.notebook.readOnly || contentsModel?.writable === false;
  }

  get pipeline(): IPipeline | null {
    return this.model.pipeline;
  }

  get status(): ServerStatus | null {
    return this.model.status;
  }

  /** Why the pipeline could not be asked for; empty where it could. */
  get failure(): string {
    return this.model.failure;
  }

  get lostSince(): number | null {
    return this.runs.lostSince;
  }

  /** Runs of this notebook that are known, newest first. */
  get recent(): IRun[] {
    return this.runs.of(this.path);
  }

  /** The run that is shown: the picked one, else the newest. */
  get run(): IRun | null {
    const picked =
      this.picked === null ? undefined : this.runs.get(this.picked);
    return picked ?? this.recent[0] ?? null;
  }

  /** Whether the code was edited since the shown run started; null where that is not known. */
  get edited(): boolean | null {
    return this.run && this.editing.since(this.run);
  }

  /** The run that can be cancelled: the shown one while it is under way. */
  get activeRun(): IRun | null {
    const run = this.run;
    return run && !isEnded(run.state) ? run : null;
  }

  /** What was typed for the next run, by parameter name. */
  get texts(): ReadonlyMap<string, string> {
    return this._texts;
  }

  /** Where and how it runs next, as it was chosen last for this notebook. */
  get choice(): IRunChoice {
    return this.choices.of(this.path);
  }

  choose(choice: IRunChoice): void {
    this.choices.set(this.path, choice);
  }

  get isDisposed(): boolean {
    return this.model.isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.model.dispose();
    this.kernel.dispose();
    this.code.dispose();
    this.outputs.dispose();
    this.editing.dispose();
    this.runs.changed.disconnect(this.onRunChanged, this);
    this.places.changed.disconnect(this.redraw, this);
    this.choices.changed.disconnect(this.redraw, this);
    Signal.clearData(this);
  }

  /**
   * Say whether a view shows this notebook: while one does, it is looked at even without any mark.
   *
   * @param who - the view; the panel where nothing is said.
   */
  setWatched(watched: boolean, who: unknown = 'panel'): void {
    const before = this.watched;
    if (watched) {
      this.watchers.add(who);
    } else {
      this.watchers.delete(who);
    }
    if (this.watched && !before) {
      void this.model.update();
      void this.choices.read();
      this.complete();
    }
  }

  /** Look again: after the server came back, or the user asked. */
  async retry(): Promise<void> {
    this.asked = false;
    await this.model.update();
  }

  /** Show one run's states instead of the newest's; null goes back to the newest. */
  show(runId: string | null): void {
    this.picked = runId;
    this.complete();
    this._changed.emit();
  }

  /** Type a value for the next run; null goes back to the default. */
  setText(name: string, text: string | null): void {
    if (text === null) {
      this._texts.delete(name);
    } else {
      this._texts.set(name, text);
    }
    this._changed.emit();
  }

  /**
   * What is wrong at a cell; null where that is not known: the cell was edited since the server
   * looked at it.
   */
  problemsAt(cellId: string, source: string): IProblem[] | null {
    if (this.model.sourceOf(cellId) !== source) {
      return null;
    }
    const problems = this.pipeline?.problems ?? [];
    return problems.filter(each => each.cell_id === cellId);
  }

  /** What a cell is for; undefined where the server said nothing about it. */
  roleOf(cellId: string): ICellRole | undefined {
    return this.pipeline?.cells[cellId];
  }

  /** The shown run's state of the step that a cell belongs to. */
  stepOf(cellId: string): IStep | undefined {
    return stepNamed(this.run, this.roleOf(cellId)?.step ?? null);
  }

  /** What the shown run put out at a cell; null where nothing is to be shown. */
  outputsAt(cellId: string): IShownOutputs | null {
    const role = this.roleOf(cellId);
    const step = this.stepOf(cellId);
    const known = (id: string) => this.roleOf(id) !== undefined;
    return this.run && role && step
      ? this.outputs.at(this.run, step, cellId, role.number, known)
      : null;
  }

  /** The error of the shown run that is shown at one of the cells. */
  get error(): IShownError | null {
    return this.errors.of(this.run);
  }

  /** The error to show at a cell: of the shown run, at its cell, not dismissed. */
  errorAt(cellId: string): IShownError | null {
    return this.error?.cellId === cellId ? this.error : null;
  }

  /** Id of the cell where an error happened; null where the notebook has none for it. */
  placeOf(error: IStepError, step: IStep): string | null {
    return this.errors.placeOf(error, step);
  }

  /** Do not show a step's error any more, for the shown run. */
  dismiss(step: IStep): void {
    if (this.run) {
      this.errors.dismiss(this.run, step);
      this._changed.emit();
    }
  }

  /** Show a dismissed error again. */
  recall(step: IStep): void {
    if (this.run && this.errors.recall(this.run, step)) {
      this._changed.emit();
    }
  }

  /** Names of parameters whose typed text is no value of their type. */
  get invalidParameters(): string[] {
    return parseValues(this.pipeline?.parameters ?? [], this._texts).invalid;
  }

  /**
   * Run the notebook as it stands in the editor.
   *
   * @param anyway - also where a step asks for more than the machine has.
   * @param part - which steps run; all where nothing is said.
   */
  async start(
    anyway = false,
    part: RunPart = {}
  ): Promise<{ run: IRun; problems: IProblem[] }> {
    const { values } = parseValues(
      this.pipeline?.parameters ?? [],
      this._texts
    );
    const notebook = contentOf(this.notebook);
    if (this.code.stale) {
      // What the user has just saved here is no surprise.
      await this.model.update();
    }
    const { shown } = this.code;
    const choice = await this.choices.forRun(this.path, part);
    const started = await this.runs.start({
      path: this.path,
      notebook,
      parameters: values,
      ...choice,
      ...part,
      ...(shown && { shown }),
      ...(anyway && { ignore_resources: true })
    });
    this.editing.remember(started.run.id, notebook);
    this.show(null);
    return started;
  }

  async cancel(): Promise<void> {
    const run = this.activeRun;
    if (run) {
      await this.runs.cancel(run.id);
    }
  }

  /** The run that can stand still, or go on: Kubeflow Pipelines knows no pause. */
  get pausableRun(): IRun | null {
    const run = this.activeRun;
    return run?.engine === 'local' && run.state !== 'CANCELING' ? run : null;
  }

  async pause(): Promise<void> {
    const run = this.pausableRun;
    if (run) {
      await this.runs.pause(run);
    }
  }

  private get watched(): boolean {
    return this.watchers.size > 0;
  }

  /** Whether the notebook has anything to do with this extension. */
  private get wanted(): boolean {
    return this.watched || this.run !== null || usesPipeline(this.notebook);
  }

  private onPipelineChanged(): void {
    this.code.update(this.pipeline);
    if (this.status?.kind === 'ready' && this.pipeline && !this.asked) {
      this.asked = true;
      void this.places.ask();
      // What is shown stays right without it: the list of earlier runs is only not there yet.
      this.runs.refresh(this.path).catch(() => {
        this.asked = false;
      });
    }
    this._changed.emit();
  }

  private onRunChanged(_: unknown, run: IRun): void {
    if (run.notebook !== this.path) {
      return;
    }
    if (this.pipeline === null) {
      this.model.schedule();
    }
    this.complete();
    this._changed.emit();
  }

  private redraw(): void {
    this._changed.emit();
  }

  /** The shown run is shown with its steps; others need only their summary. */
  private complete(): void {
    const run = this.run;
    if (run && run.steps.length === 0) {
      // The model keeps trying while the run is active and remembers since when it fails.
      void this.runs.load(run.id).catch(() => undefined);
    }
    // At an error it is offered to run again what was mended.
    if (run && (this.watched || run.state === 'FAILED')) {
      void this.editing.look(run);
    }
  }

  /** The kernel's values, where the user agreed to look at them. */
  readonly kernel: KernelLook;
  /** The files that go with the steps. */
  readonly code: HelperCode;
  /** Changes what the notebook says of its steps. */
  readonly options: OptionEdits;
  /** What the shown run put out. */
  readonly outputs: StepOutputs;
  private readonly editing: EditedSince;
  private readonly model: PipelineModel;
  private readonly watchers = new Set<unknown>();
  private asked = false;
  private picked: string | null = null;
  private readonly _texts = new Map<string, string>();
  private readonly errors = new ShownError(() => this.pipeline);
  private readonly _changed = new Signal<this, void>(this);
}

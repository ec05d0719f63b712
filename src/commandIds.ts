/** The ids of all commands, as menus, toolbars and shortcuts in `schema/plugin.json` name them. */
export namespace CommandIDs {
  /** Run the current notebook. */
  export const run = 'kfp:run';
  /** Run the notebooks that are selected in the file browser. */
  export const runSelected = 'kfp:run-selected';
  /** Ask where and how a notebook runs, then run it. */
  export const runWithOptions = 'kfp:run-with-options';
  /** Run the step of the active cell and all that depends on it. */
  export const runFrom = 'kfp:run-from';
  /** Run the step of the active cell alone. */
  export const runOnly = 'kfp:run-only';
  /** Go to the line of the error that is shown. Args: `path`. */
  export const goToError = 'kfp:go-to-error';
  /** Go on from the run that failed, with the notebook as it is now. Args: `path`. */
  export const runFromError = 'kfp:run-from-error';
  export const cancel = 'kfp:cancel';
  /** Have the run of a notebook stand still, or go on where it does. Args: `path`. */
  export const pause = 'kfp:pause';
  export const openPanel = 'kfp:open-panel';
  /** Write the examples and open the first one. Args: `cwd`. */
  export const openExample = 'kfp:open-example';
  /** Open what there is to read on Kubeflow Pipelines. */
  export const readOn = 'kfp:read-on';
  /** Show the first hints of the panel once more. */
  export const showHints = 'kfp:show-hints';
  /** Args: `path`. */
  export const openGraph = 'kfp:open-graph';
  /** Args: `path`, whose runs are listed at first. */
  export const openRuns = 'kfp:open-runs';
  /** Show runs of others, schedules and pipelines of clusters. */
  export const openClusters = 'kfp:open-clusters';
  /** Have a cluster run a notebook by the clock. Args: `path`. */
  export const schedule = 'kfp:schedule';
  /** Args: `runIds`, with commas between. */
  export const compareRuns = 'kfp:compare-runs';
  /** Args: `runId`, `path`. */
  export const showRun = 'kfp:show-run';
  /** Args: `path`, `cellId`. */
  export const goToCell = 'kfp:go-to-cell';
  /** Args: `runId`, `task`, `name`. */
  export const openLog = 'kfp:open-log';
  /** Args: `runId`, `task`, `name`. */
  export const openResults = 'kfp:open-results';
  /** Args: `cellId`. */
  export const showError = 'kfp:show-error';
  /** Args: `step`. */
  export const showStep = 'kfp:show-step';
  /** Args: `path`. */
  export const toggleOutputs = 'kfp:toggle-outputs';
  /** Show what code a run ran. Args: `runId`. */
  export const openCode = 'kfp:open-code';
  /** Args: `runId`. */
  export const openExecuted = 'kfp:open-executed';
  /** Edit the options of a step in the panel. Args: `path`, `step`. */
  export const editStep = 'kfp:edit-step';
  /** Rename the step of a cell in its badge. Args: `path`, `cellId`. */
  export const renameHere = 'kfp:rename-step-here';
  export const splitStep = 'kfp:split-step';
  export const makeStep = 'kfp:make-step';
  export const renameStep = 'kfp:rename-step';
  export const joinAbove = 'kfp:join-step-above';
  /** Args: `role`. */
  export const setRole = 'kfp:set-role';
  export const removeMark = 'kfp:remove-mark';
}

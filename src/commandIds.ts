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
  export const cancel = 'kfp:cancel';
  /** Have the run of a notebook stand still, or go on where it does. Args: `path`. */
  export const pause = 'kfp:pause';
  export const openPanel = 'kfp:open-panel';
  /** Args: `path`. */
  export const openGraph = 'kfp:open-graph';
  /** Args: `path`, whose runs are listed at first. */
  export const openRuns = 'kfp:open-runs';
  /** Args: `runIds`, with commas between. */
  export const compareRuns = 'kfp:compare-runs';
  /** Args: `runId`, `path`. */
  export const showRun = 'kfp:show-run';
  /** Args: `path`, `cellId`. */
  export const goToCell = 'kfp:go-to-cell';
  /** Args: `runId`, `task`, `name`. */
  export const openLog = 'kfp:open-log';
  /** Args: `cellId`. */
  export const showError = 'kfp:show-error';
  /** Args: `step`. */
  export const showStep = 'kfp:show-step';
  /** Args: `path`. */
  export const toggleOutputs = 'kfp:toggle-outputs';
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

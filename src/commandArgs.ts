/** What the arguments of the commands are, for those who call them from outside. */

type Arg = 'string';

/** A JSON schema of named arguments. */
function schema(
  properties: Record<string, { type: Arg; description: string }>,
  required: string[] = []
) {
  return { args: { type: 'object' as const, properties, required } };
}

export const NO_ARGS = schema({});

export const NOTEBOOK_ARGS = schema({
  path: {
    type: 'string',
    description: 'Path of an open notebook; the current one where left out.'
  }
});

export const FOLDER_ARGS = schema({
  cwd: {
    type: 'string',
    description: 'The folder; that of the file browser where left out.'
  }
});

export const CELL_ARGS = schema(
  {
    path: { type: 'string', description: 'Path of an open notebook.' },
    cellId: { type: 'string', description: 'Id of the cell.' }
  },
  ['path', 'cellId']
);

export const RUN_ARGS = schema({
  runId: {
    type: 'string',
    description: 'Id of a run; the one that is shown where left out.'
  }
});

export const COMPARE_ARGS = schema(
  {
    runIds: {
      type: 'string',
      description: 'Ids of 2 to 20 runs, with commas between.'
    }
  },
  ['runIds']
);

export const RUN_STEP_ARGS = schema(
  {
    runId: { type: 'string', description: 'Id of the run.' },
    task: { type: 'string', description: 'Task name of the step.' },
    name: { type: 'string', description: 'Name of the step, for the title.' }
  },
  ['runId', 'task']
);

export const ERROR_ARGS = schema(
  {
    path: { type: 'string', description: 'Path of an open notebook.' },
    step: { type: 'string', description: 'Name of the step.' }
  },
  ['path', 'step']
);

export const STEP_ARGS = schema(
  { step: { type: 'string', description: 'Name of the step.' } },
  ['step']
);

export const STEP_OF_ARGS = schema({
  path: {
    type: 'string',
    description: 'Path of an open notebook; the current one where left out.'
  },
  step: {
    type: 'string',
    description: 'Name of a step; that of the active cell where left out.'
  }
});

export const CELL_OF_ARGS = schema({
  path: {
    type: 'string',
    description: 'Path of an open notebook; the current one where left out.'
  },
  cellId: {
    type: 'string',
    description: 'Id of a cell; the active one where left out.'
  }
});

export const ROLE_ARGS = schema(
  {
    role: {
      type: 'string',
      description: 'imports, functions, parameters, metrics or skip.'
    }
  },
  ['role']
);

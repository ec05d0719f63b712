/** The user's own code: what a notebook sends, what a run ran, what a kernel has (docs/api.md). */

/** A file that goes along with the steps, as it was shown. */
export interface IShownFile {
  /** In the bundle: `helpers/...` or `files/...`. */
  path: string;
  /** Contents path; null where it lies outside of the server's root. */
  place: string | null;
  bytes: number;
  /** The beginning of its sha-256. */
  hash: string;
}

/** A module that the kernel has in another form than steps would get it. */
export interface IDrift {
  /** Dotted name. */
  module: string;
  /** `changed`: the file was, since it was loaded; `twice`: it is the module `file`, too. */
  kind: 'changed' | 'elsewhere' | 'twice';
  file: string;
}

/** Why a step needs a module. */
export interface IModuleUse {
  module: string;
  /** In the bundle. */
  path: string;
  /** From what the cell imports to what imports the module. */
  chain: string[];
  cell: number | null;
  cell_id: string | null;
  line: number | null;
}

export interface IStepCode {
  name: string;
  task: string;
  /** By path in the bundle. */
  files: string[];
  modules: IModuleUse[];
}

/** The code of a notebook or of a run. */
export interface ICode {
  /** Hash of the whole bundle; empty where the notebook has errors. */
  bundle: string;
  bytes: number;
  files: {
    path: string;
    place: string | null;
    bytes: number;
    sha256: string;
  }[];
  steps: IStepCode[];
  git: { commit: string; dirty: boolean; diff: string } | null;
}

/** How a file or a cell differs from what a run ran. */
export interface ICodeChange {
  kind: 'changed' | 'added' | 'removed';
  what: 'file' | 'cell';
  /** Path in the bundle, or id of the cell. */
  name: string;
  /** A unified diff; empty for what is no text. */
  diff: string;
}

/** What tidying up removes, or would remove. */

export interface ICleaned {
  /** Ids. */
  runs: string[];
  /** Numbers of results of the cache, of bundles of code, and of environments. */
  results: number;
  bundles: number;
  environments: number;
  bytes: number;
  /** Null where no cluster was named. */
  cluster: ICleanedThere | null;
}

/** What goes of what runs left on a cluster: names. */
export interface ICleanedThere {
  connection: string;
  config_maps: string[];
  bundles: string[];
  pods: string[];
  values: string[];
  claims: string[];
  snapshots: string[];
  sizes: Record<
    'config_maps' | 'bundles' | 'values' | 'claims' | 'snapshots',
    number
  >;
}

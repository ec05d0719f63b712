/** What there is on a cluster, whoever made it (docs/api.md). Times are seconds since the epoch. */
import { IRunRequest } from './starting';

/** An experiment or a pipeline of a cluster. */
export interface INamed {
  id: string;
  name: string;
}

/** GPUs of one kind and model, over the nodes of a cluster. */
export interface IDevice {
  /** As Kubernetes names the resource. */
  kind: string;
  /** Empty where the nodes do not say. */
  model: string;
  count: number;
  /** Null: not to be seen. */
  free: number | null;
}

/** How much CPU (cores) or memory (bytes) the nodes of a cluster have. */
export interface ISize {
  total: number;
  /** On the node that has most: a step cannot have more. */
  largest: number;
  /** On the node that has most free now; null: not to be seen. */
  largest_free: number | null;
}

/** What steps can ask for on a cluster; null where its nodes cannot be seen. */
export interface IResources {
  devices: IDevice[] | null;
  sizes: { cpu?: ISize; memory?: ISize } | null;
}

/** A version of a pipeline. */
export interface IVersion extends INamed {
  created: number | null;
}

/** A run of a cluster, as its list tells of it. */
export interface IRunThere {
  /** Kubeflow's id. */
  remote_id: string;
  name: string;
  /** As Kubeflow has it; empty where it has none yet. */
  state: string;
  created: number | null;
  ended: number | null;
  /** Kubeflow's id of the schedule that started it; empty where none did. */
  schedule: string;
  archived: boolean;
  /** Its id here; empty where it is not kept here. */
  run_id: string;
}

/** Runs that a cluster starts by the clock. */
export interface ISchedule {
  id: string;
  name: string;
  connection: string;
  /** Where, on a cluster with several users. */
  namespace: string;
  /** When runs start, in words. */
  when: string;
  enabled: boolean;
  /** How many of its runs may go on at the same time. */
  at_once: number;
  created: number | null;
  parameters: Record<string, unknown>;
  /** Contents path; null where it was not made from here. */
  notebook: string | null;
}

/** When and how a schedule starts runs. */
export interface IScheduleWish {
  /** Five fields; one of this and `every` is said. */
  cron?: string;
  /** An interval: 90s, 15m, 6h, 1d, 1w. */
  every?: string;
  /** The pipeline's where it is left out. */
  name?: string;
  concurrency?: number;
  /** Whether starts that were missed are made up for. */
  catch_up?: boolean;
  paused?: boolean;
}

/** What a schedule is made of. */
export type IScheduleRequest = IScheduleWish &
  Pick<IRunRequest, 'path' | 'notebook' | 'parameters' | 'experiment'>;

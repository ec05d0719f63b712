/** A stand-in for Kubeflow Pipelines (tests/standin), served by a kernel of the test's own. */
import { resolve } from 'path';

import { IJupyterLabPageFixture, test as base } from '@jupyterlab/galata';

const ROOT = resolve(__dirname, '../..');

/** The connection that leads to it. */
export const CONNECTION = 'prod';

const START = `
import pathlib, sys, tempfile
sys.path.insert(0, ${JSON.stringify(ROOT)})
from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.connections import add_connection, remove_connection
from tests.standin.server import StandIn
cluster = StandIn()
config = str(cluster.kubeconfig(pathlib.Path(tempfile.mkdtemp())))
add_connection(Connection("${CONNECTION}", cluster.url, kubeconfig=config), default=True)
`;

const END = `
remove_connection("${CONNECTION}")
cluster.close()
`;

/** What happens on the cluster beside what the interface does. */
export class Cluster {
  constructor(private readonly page: IJupyterLabPageFixture) {}

  /** Have each schedule start a run, as KFP's controller does when its time has come. */
  async strike(): Promise<void> {
    await this.execute(
      'for key in cluster.recurring.kept: cluster.recurring.fire(key)'
    );
  }

  /** Answer nothing more. */
  async end(): Promise<void> {
    await this.execute('cluster.close()');
  }

  async execute(code: string): Promise<void> {
    const failure = await this.page.evaluate(async source => {
      const holder = window as unknown as {
        kfpCluster?: Promise<IKernel>;
      };
      const { kernels } = window.jupyterapp.serviceManager;
      holder.kfpCluster ??= kernels.startNew({ name: 'python3' });
      const kernel = await holder.kfpCluster;
      const { content } = await kernel.requestExecute({ code: source }).done;
      return content.status === 'ok' ? '' : JSON.stringify(content);
    }, code);
    if (failure) {
      throw new Error(failure);
    }
  }
}

/** The part of a kernel that is used here. */
interface IKernel {
  requestExecute(request: { code: string }): {
    done: Promise<{ content: { status: string } }>;
  };
}

/** A test with a cluster that is known as `CONNECTION` while it runs. */
export const test = base.extend<{ cluster: Cluster }>({
  cluster: async ({ page }, use) => {
    const cluster = new Cluster(page);
    await cluster.execute(START);
    await use(cluster);
    await cluster.execute(END);
  }
});

#!/usr/bin/env bash
# Runs the tests that need a Kubernetes: the one that KFP_TEST_KUBECONFIG names, or a small one of
# real parts, if the folder of its scripts is beside the checkout (`up` starts it, `down` ends it).
# With --optional first, having no cluster is said and is no failure; failing tests always are.
set -euo pipefail
cd "$(dirname "$0")/.."

without=2
if [ "${1:-}" = --optional ]; then
  without=0
  shift
fi

no_cluster() {
  echo "The tests on a Kubernetes did not run: $1" >&2
  exit "$without"
}

if [ -z "${KFP_TEST_KUBECONFIG:-}" ]; then
  beside=${KFP_TEST_CLUSTER:-../shared/cluster}
  [ -x "$beside/up" ] ||
    no_cluster "set KFP_TEST_KUBECONFIG to the kubeconfig of one on which you may make namespaces."
  trap '"$beside/down" || true' EXIT
  # Its first start compiles Kubernetes: some 6 minutes of two processors.
  timeout 1500 "$beside/up" || no_cluster "$beside/up could not start one."
  export KFP_TEST_SCIENCE_IMAGE=ktest.local/science:2
  "$beside/cluster.py" image "$KFP_TEST_SCIENCE_IMAGE" \
    numpy pandas scikit-learn matplotlib ipython matplotlib-inline ||
    no_cluster "the image of its steps could not be made."
  export KFP_TEST_KUBECONFIG=${KTEST_DATA:-/var/lib/ktest}/kubeconfig
fi
python -m pytest -n 0 tests/cluster "$@"

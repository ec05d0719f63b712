#!/usr/bin/env bash
# Runs the tests that need a Kubernetes: the one that KFP_TEST_KUBECONFIG names, or a small one of
# real parts, if the folder of its scripts is beside the checkout (`up` starts it, `down` ends it).
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${KFP_TEST_KUBECONFIG:-}" ]; then
  beside=${KFP_TEST_CLUSTER:-../shared/cluster}
  if [ ! -x "$beside/up" ]; then
    echo "Set KFP_TEST_KUBECONFIG to the kubeconfig of a Kubernetes on which you may make namespaces." >&2
    exit 2
  fi
  "$beside/up"
  trap '"$beside/down"' EXIT
  export KFP_TEST_KUBECONFIG=${KTEST_DATA:-/var/lib/ktest}/kubeconfig
fi
python -m pytest -n 0 tests/cluster "$@"

"""The engine that runs compiled pipelines on a Kubeflow Pipelines installation."""

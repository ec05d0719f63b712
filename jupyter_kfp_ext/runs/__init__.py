"""The registry of runs, their live status, and the chain from notebook to run."""

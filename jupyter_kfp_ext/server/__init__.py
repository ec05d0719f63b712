"""The Jupyter server's handlers: they translate HTTP and nothing else."""

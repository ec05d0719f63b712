"""What executes a compiled pipeline: one protocol, one package an engine."""

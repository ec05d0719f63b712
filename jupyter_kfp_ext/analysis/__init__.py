"""From the source of cells to names, and from a notebook to a DAG. Never executes user code."""

"""What `compare_peers.py` runs: one driver for each tool, in an environment of its own."""

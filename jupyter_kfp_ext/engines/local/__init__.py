"""The engine that runs a compiled pipeline on this machine, with no set-up."""

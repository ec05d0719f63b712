"""From a plan to one KFP v2 pipeline spec and the bundle that it names."""

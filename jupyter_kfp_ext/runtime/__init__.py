"""What runs inside a step: the bootstrap in its command and the one file `kfp_step.py`."""

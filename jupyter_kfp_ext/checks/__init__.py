"""Advice on a notebook that can run: what may not do what is meant. Runs none of the code."""

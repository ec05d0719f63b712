"""Helpers of the digits example: the notebook's cells import them, in the kernel and in each step."""

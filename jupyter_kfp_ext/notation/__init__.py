"""Cells, metadata, magic lines and tags, read into one typed model."""

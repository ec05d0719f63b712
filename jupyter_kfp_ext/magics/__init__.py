"""The IPython magics and widgets."""

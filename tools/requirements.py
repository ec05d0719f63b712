"""Print the requirements of the named extras of pyproject.toml, one a line."""

import sys
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    from pip._vendor import tomli as tomllib

extras = tomllib.loads(Path("pyproject.toml").read_text())["project"]["optional-dependencies"]
for extra in sys.argv[1:]:
    print("\n".join(extras[extra]))

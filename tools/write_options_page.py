"""Write docs/options.md from the option schema; a test holds the page to it."""

from pathlib import Path

from jupyter_kfp_ext.notation.options_page import options_page

if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "options.md").write_text(options_page(), encoding="utf-8")

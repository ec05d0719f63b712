"""The cell after a notebook's last one that shows what is left: all names, and all files."""

import json

IMPORT = "import same_answer_probe"


def find_names(_outputs):
    """Return the source of a cell that lists the names to be shown."""
    return f"{IMPORT}; print(same_answer_probe.names_to_show(dict(globals())))"


def last_cell(outputs, folder, case):
    """Return the source of the cell that shows them, and the files if there are new ones."""
    names = json.loads(outputs[0]["text"].replace("'", '"'))
    shown = [f'"{name}": {name}' for name in names if name not in case.not_shown]
    source = f"{IMPORT}\nsame_answer_probe.show({{{', '.join(shown)}}})"
    new = (each for each in folder.rglob("*") if each.name not in case.files)
    if any(each.is_file() and each.suffix != ".pyc" for each in new):
        source += "\nimport pathlib\nsame_answer_probe.show_files(pathlib.Path().rglob('*'))"
    return source

"""What each task of a specification waits for, as a run shows it."""

from collections.abc import Mapping

from .spec import Dag


def upstream(dag: Dag, steps: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return what each task waits for, by its path; for a part of a step, the step is said."""
    found = {}
    imported = {task.name: task.after for task in dag.tasks if task.importer is not None}
    for task in dag.tasks:
        waits = [one for each in task.after for one in imported.get(each, (each,))]
        found[task.path] = tuple(dict.fromkeys(steps.get(each, each) for each in waits))
        if task.dag is not None:
            found.update(upstream(task.dag, steps))
    return found

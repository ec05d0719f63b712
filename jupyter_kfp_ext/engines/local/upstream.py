"""What each task of a specification waits for, as a run shows it."""

from collections.abc import Iterator, Mapping

from .spec import Dag


def upstream(
    dag: Dag, steps: Mapping[str, str], around: tuple[str, ...] = ()
) -> dict[str, tuple[str, ...]]:
    """Return what each task waits for, by its path, in the words of a run.

    `steps` names the steps of a notebook by their tasks and parts; other tasks are named by
    `step_of`. Who waits for a group waits for its last tasks, and the first in a group for what
    that waits for: `around`.
    """
    tasks = {task.name: task for task in dag.tasks}

    def waited(name: str) -> Iterator[str]:
        task = tasks.get(name)
        if name in steps:
            yield steps[name]
        elif task is not None and task.importer is not None:
            for each in task.after:
                yield from waited(each)
        elif task is not None and task.dag is not None:
            yield from last_of(task.dag)
        else:
            yield step_of(task.path) if task is not None else name

    def last_of(group: Dag) -> Iterator[str]:
        before = {each for task in group.tasks for each in task.after}
        for task in group.tasks:
            if task.name in before:
                continue
            if task.dag is not None:
                yield from last_of(task.dag)
            else:
                yield steps.get(task.name, step_of(task.path))

    found = {}
    for task in dag.tasks:
        waits = dict.fromkeys(one for each in task.after for one in waited(each))
        found[task.path] = tuple(waits) or around
        if task.dag is not None:
            found.update(upstream(task.dag, steps, found[task.path]))
    return found


def step_of(path: str) -> str:
    """Return how a run names a task that is no step of a notebook: `each.work`.

    Path separators and task names of two DAGs must not meet in the names of folders.
    """
    return path.replace("/", ".")

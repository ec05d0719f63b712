"""`jupyter kfp connections`: where Kubeflow Pipelines is, and whether it lets us in."""

import argparse
from dataclasses import asdict, fields

from .output import FAILED, print_json

_TRY = "Try it: jupyter kfp connections test"
_SIGNS = {"ok": "ok     ", "failed": "FAILED ", "skipped": "skipped"}


def run(args: argparse.Namespace) -> int:
    """Do what is asked of the connections."""
    from .login import log_in, log_out

    return {
        "list": _list,
        "add": _add,
        "test": _test,
        "namespaces": _namespaces,
        "login": log_in,
        "logout": log_out,
        "remove": _remove,
    }[args.action](args)


def _list(args: argparse.Namespace) -> int:
    from ..engines.kfp.connections import known_connections

    known = known_connections()
    if args.json:
        print_json(
            [
                {**each.to_json(), "default": each.name == known.default}
                for each in known.connections
            ]
        )
        return 0
    for each in known.connections:
        marks = [
            "default" if each.name == known.default else "",
            "found in this notebook server" if each.found else "",
        ]
        words = ", ".join(mark for mark in marks if mark)
        print(f"{each.name}  {each.where}" + (f"  ({words})" if words else ""))
    if not known.connections:
        print("There are no connections yet. Add one: jupyter kfp connections add NAME --url URL")
    return 0


def _add(args: argparse.Namespace) -> int:
    from ..engines.kfp.connection import Connection
    from ..engines.kfp.connections import add_connection

    given = vars(args)
    values = {
        each.name: given[each.name]
        for each in fields(Connection)
        if given.get(each.name) is not None
    }
    connection = Connection(**values)
    add_connection(connection, args.default)
    if args.json:
        print_json(connection.to_json())
    else:
        then = "Log in: jupyter kfp connections login" if connection.has_login else _TRY
        print(f"Added {connection.name}. {then} {connection.name}")
    return 0


def _test(args: argparse.Namespace) -> int:
    from ..engines.kfp.connections import choose, known_connections
    from ..engines.kfp.probe import probe

    connection = choose(args.name, known_connections())
    tried = []
    for step in probe(connection):
        tried.append(step)
        if not args.json:
            print(f"{_SIGNS[step.state]} {step.name}: {step.detail}", flush=True)
            if step.remedy:
                print(f"        {step.remedy}", flush=True)
    works = all(step.state != "failed" for step in tried)
    if args.json:
        steps = [asdict(step) for step in tried]
        print_json({"connection": connection.name, "works": works, "steps": steps})
    return 0 if works else FAILED


def _namespaces(args: argparse.Namespace) -> int:
    from ..runs.elsewhere import namespaces_there

    found = namespaces_there(args.name)
    if args.json:
        print_json(found)
        return 0
    for each in found["namespaces"] or ():
        marks = ("the connection's" if each["name"] == found["own"] else "", each["role"])
        words = ", ".join(filter(None, marks))
        print(each["name"] + (f"  ({words})" if words else ""))
    if found["namespaces"] is None:
        print("Nobody tells in which namespaces runs may be started.")
    elif not found["namespaces"]:
        print("There is nothing to choose: no namespaces, or an installation for a single user.")
    return 0


def _remove(args: argparse.Namespace) -> int:
    from ..engines.kfp.connections import remove_connection

    remove_connection(args.name)
    if args.json:
        print_json({"removed": args.name})
    else:
        print(f"Removed {args.name}.")
    return 0

"""The role of the docs gives the rights that the calls need: all, and no others."""

import re
from inspect import getmembers, isfunction

from jupyter_kfp_ext.engines.kfp.cluster import Cluster
from jupyter_kfp_ext.engines.kfp.rights import CHOOSING, RIGHTS
from tests.conftest import ROOT
from tools.write_role import text

_PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)(?P<spaced>/namespaces/[^/]+)?"
    r"/(?P<resource>\w+)(?:/(?P<name>[^/]+)(?P<sub>/\w+)?)?"
)
_ARGUMENTS = {
    "manifest": {"metadata": {"name": "x"}},
    "follow": False,
}
_OF_EVERYONE = {"selfsubjectaccessreviews"}
"""What each account may ask."""


class Recorder:
    """Answers every call with nothing, and writes down which right it needs."""

    def __init__(self):
        self.used = set()

    def call(self, method, path, query=None, body=None):
        found = _PATH.fullmatch(path)
        one = {"GET": "get", "DELETE": "delete", "PATCH": "patch"}
        many = {"GET": "list", "POST": "create"}
        verb = (one if found["name"] else many)[method]
        resource = found["resource"] + (found["sub"] or "")
        if resource not in _OF_EVERYONE:
            self.used.add((found["group"] or "", resource, verb, found["spaced"] is None))
        return {}

    def stream(self, path, query):
        self.call("GET", path)
        return iter(())


def test_the_rights_are_those_of_the_calls():
    recorder = Recorder()
    cluster = Cluster(recorder, "ada")
    for name, function in getmembers(Cluster, isfunction):
        if name.startswith("_"):
            continue
        arguments = function.__code__.co_varnames[1 : function.__code__.co_argcount]
        getattr(cluster, name)(*(_ARGUMENTS.get(each, "x") for each in arguments))
    said = {
        (each.group, each.resource, verb, each.everywhere)
        for each in (*RIGHTS, CHOOSING)
        for verb in each.verbs
    }
    assert recorder.used == said


def test_no_right_is_said_twice():
    said = [
        (each.group, each.resource, each.everywhere, verb) for each in RIGHTS for verb in each.verbs
    ]
    assert len(said) == len(set(said))


def test_the_role_of_the_docs_is_written_from_them():
    assert (ROOT / "docs" / "kfp-role.yaml").read_text() == text()

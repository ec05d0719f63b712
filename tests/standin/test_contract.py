"""The stand-in against what a real KFP 2.17 answered: status, content type and shape of each case.

The cases are those of `tests/recordings/contract.json`, called in their order on one server.
"""

import copy
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tests.standin.server import stand_in

RECORDED = json.loads((Path(__file__).parents[1] / "recordings/contract.json").read_text())
IDS = (
    *("experiment_id", "pipeline_id", "pipeline_version_id", "run_id", "recurring_run_id"),
    "next_page_token",
)
BOUNDARY = "0123456789abcdef"


def test_each_case_is_answered_as_by_the_real_server():
    known = {}
    wrong = []
    with stand_in(execute=False) as standin:
        for case in RECORDED["cases"]:
            status, kind, answer = call(standin.url, filled(case, known))
            found = differ(case["shape"], answer)
            if (status, kind) != (case["status"], case["type"]):
                found = f"{status} {kind}, not {case['status']} {case['type']}"
            if found:
                wrong.append(f"{case['name']}: {found}")
            if isinstance(answer, dict):
                for key in IDS:
                    if isinstance(answer.get(key), str):
                        known[f"{case['name']}#{key}"] = answer[key]
    assert len(RECORDED["cases"]) == 246
    assert not wrong, "\n".join(wrong)


def filled(case, known):
    """Return a case with the ids that this server gave."""

    def value(found):
        # Where the case is within JSON text, so must be what takes its place.
        return json.dumps(known[found[1]])[1:-1]

    request = {key: each for key, each in case.items() if key != "shape"}
    return json.loads(re.sub(r"\$\{([^}]+)\}", value, json.dumps(request)))


def call(host, case):
    data, headers = None, {}
    if "body" in case:
        body = case["body"]
        if isinstance(body.get("pipeline_spec"), dict) and "base" in body["pipeline_spec"]:
            body = {**body, "pipeline_spec": changed(body["pipeline_spec"]["base"])}
        data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
    elif "upload" in case:
        data = multipart(*case["upload"])
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    elif "raw" in case:
        data, headers = case["raw"].encode(), {"Content-Type": case["as"]}
    url = host + case["path"]
    if case.get("query"):
        url += "?" + urllib.parse.urlencode(case["query"])
    request = urllib.request.Request(url, data, headers, method=case["method"])
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            status, kind, text = answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        status, kind, text = error.code, error.headers["Content-Type"], error.read()
    try:
        return status, kind, json.loads(text)
    except ValueError:
        return status, kind, text.decode()


def multipart(name, content):
    text = content if isinstance(content, str) else json.dumps(changed(content["base"]))
    head = f'Content-Disposition: form-data; name="uploadfile"; filename="{name}"'
    kind = "Content-Type: application/octet-stream"
    return f"--{BOUNDARY}\r\n{head}\r\n{kind}\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n".encode()


def changed(changes):
    """Return the pipeline of all cases with some fields set (path, value) or removed (path)."""
    spec = copy.deepcopy(RECORDED["base"])
    for path, *value in changes:
        at = spec
        for key in path[:-1]:
            at = at[key]
        if value:
            at[path[-1]] = padded(value[0])
        else:
            del at[path[-1]]
    return spec


def padded(value):
    if isinstance(value, list):
        return ["x" * each["x"] if isinstance(each, dict) else each for each in value]
    return value


def differ(want, got, loose=False, path="$"):
    """Return the first difference in shape; empty where there is none.

    Of lists the first items are compared, by the keys that both have: which one leads is chance.
    """
    if isinstance(want, dict) and isinstance(got, dict):
        if "schemaVersion" in want and "schemaVersion" in got:
            return ""
        odd = sorted((set(want) ^ set(got)) - {"next_page_token"})
        if odd and not loose:
            return f"{path}: only in one: {odd}"
        found = (differ(want[k], got[k], loose, f"{path}.{k}") for k in want.keys() & got.keys())
        return next((each for each in found if each), "")
    if isinstance(want, list) and isinstance(got, list):
        if bool(want) != bool(got):
            return f"{path}: {len(want)} and {len(got)} items"
        return differ(want[0], got[0], True, f"{path}[0]") if want else ""
    kind = type(got).__name__
    return "" if want == kind else f"{path}: {want} and {kind}"

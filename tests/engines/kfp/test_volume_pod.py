"""The pod that writes to a claim: its program and pieces run as a kubelet would run them."""

import base64
import hashlib
import json
import os
import random
import subprocess
import sys

import pytest

from jupyter_kfp_ext.compiler.ways import Places
from jupyter_kfp_ext.engines.kfp.volume_claim import put_by_pod
from jupyter_kfp_ext.engines.kfp.volume_pod import ANSWER, MOUNTED, PIECE, STUCK, VolumePod
from jupyter_kfp_ext.errors import Code, KfpExtError

BUNDLE = random.Random(0).randbytes(2 * PIECE + 5)
HASH = hashlib.sha256(BUNDLE).hexdigest()
PLACES = Places("team", "code/of/all")


class Kubelet:
    """Starts a pod's command here once all that it mounts is there; keeps what was asked."""

    namespace = "lab"

    def __init__(self, tmp_path, status=None):
        self.folder = tmp_path
        self.claim = tmp_path / "claim"
        self.claim.mkdir()
        self.pods = {}
        self.maps = {}
        self.made = []
        self.deleted = []
        self.logs = {}
        self.status = status
        """What every pod is like, instead of running it."""

    def create_pod(self, manifest):
        self.made.append(manifest)
        name = manifest["metadata"]["name"]
        self.pods[name] = {**manifest, "metadata": {**manifest["metadata"], "uid": "u1"}}
        return self.pods[name]

    def create_config_map(self, manifest):
        (owner,) = manifest["metadata"]["ownerReferences"]
        assert (owner["name"] in self.pods, owner["uid"]) == (True, "u1")
        assert len(json.dumps(manifest)) < 3 << 19
        self.maps[manifest["metadata"]["name"]] = manifest

    def delete_pod(self, name):
        self.deleted.append(name)
        del self.pods[name]
        self.maps = {key: each for key, each in self.maps.items() if not key.startswith(name)}

    def pod_log(self, name):
        assert name in self.pods
        return iter([self.logs[name].encode()])

    def pod(self, name):
        if self.status is not None:
            return {"status": self.status}
        (container,) = self.pods[name]["spec"]["containers"]
        places = {MOUNTED: self.claim}
        for mount in container["volumeMounts"][1:]:
            folder = self.folder / name / mount["mountPath"].lstrip("/")
            folder.mkdir(parents=True)
            content = self.maps[mount["name"]]["binaryData"]["piece"]
            (folder / "piece").write_bytes(base64.b64decode(content))
            places["/pieces"] = self.folder / name / "pieces"
        said = self.folder / f"{name}.said"
        places[ANSWER] = said
        words = container["command"][1:]
        for inside, here in places.items():
            words[2:] = [each.replace(inside, str(here)) for each in words[2:]]
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
        self.logs[name] = done.stdout
        # Kubernetes cuts what is longer.
        ended = {"exitCode": done.returncode, "message": said.read_text()[:4096]}
        return {
            "status": {
                "phase": "Failed" if done.returncode else "Succeeded",
                "containerStatuses": [{"name": "main", "state": {"terminated": ended}}],
            }
        }


def pod_of(kubelet, settings=None):
    return VolumePod(kubelet, "team", "python:3", settings or {}, lambda _seconds: None)


def test_a_bundle_of_several_pieces_arrives_and_is_not_sent_again(tmp_path):
    kubelet = Kubelet(tmp_path)
    assert put_by_pod(pod_of(kubelet), PLACES, BUNDLE, HASH) == "written"
    written = kubelet.claim / "code" / "of" / "all" / HASH / "code.zip"
    assert written.read_bytes() == BUNDLE
    mounts = [len(each["spec"]["containers"][0]["volumeMounts"]) for each in kubelet.made]
    assert mounts == [1, 4]  # the first one only looks
    assert put_by_pod(pod_of(kubelet), PLACES, BUNDLE, HASH) == "present"
    assert len(kubelet.made) == 3
    assert kubelet.deleted == [each["metadata"]["name"] for each in kubelet.made]
    assert kubelet.maps == {}


def test_many_pieces_keep_their_order(tmp_path):
    bundle = b"".join(bytes([number]) * PIECE for number in range(12))
    name = hashlib.sha256(bundle).hexdigest()
    kubelet = Kubelet(tmp_path)
    assert put_by_pod(pod_of(kubelet), PLACES, bundle, name) == "written"


def test_it_has_few_rights_and_what_the_steps_need_to_start(tmp_path):
    kubelet = Kubelet(tmp_path)
    settings = {
        "securityContext": {"runAsUser": "1000"},
        "imagePullPolicy": "Never",
        "imagePullSecret": [{"secretName": "login"}],
    }
    put_by_pod(pod_of(kubelet, settings), PLACES, b"", hashlib.sha256(b"").hexdigest())
    spec = kubelet.made[0]["spec"]
    (container,) = spec["containers"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["imagePullSecrets"] == [{"name": "login"}]
    assert container["imagePullPolicy"] == "Never"
    # Whole numbers in Kubernetes; texts in KFP's platform spec.
    assert container["securityContext"]["runAsUser"] == 1000
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            {
                "phase": "Pending",
                "containerStatuses": [
                    {"state": {"waiting": {"reason": "ErrImagePull", "message": "no such"}}}
                ],
            },
            "ErrImagePull: no such",
        ),
        ({"phase": "Failed", "message": "Pod was active longer"}, "active longer"),
        (
            {
                "phase": "Failed",
                "containerStatuses": [{"state": {"terminated": {"message": "Traceback\nOops"}}}],
            },
            "Oops",
        ),
    ],
)
def test_a_pod_that_does_not_do_it_says_why_and_is_removed(tmp_path, status, words):
    kubelet = Kubelet(tmp_path, status)
    with pytest.raises(KfpExtError) as error:
        put_by_pod(pod_of(kubelet), PLACES, BUNDLE, HASH)
    assert error.value.code is Code.CLUSTER_FAILED
    assert words in str(error.value)
    assert len(kubelet.deleted) == 1


def test_a_pod_that_finds_no_node_is_given_up(tmp_path, monkeypatch):
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "pod has unbound immediate PersistentVolumeClaims",
    }
    clock = iter(range(0, 1000, int(STUCK)))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    kubelet = Kubelet(tmp_path, {"phase": "Pending", "conditions": [condition]})
    with pytest.raises(KfpExtError) as error:
        put_by_pod(pod_of(kubelet), PLACES, BUNDLE, HASH)
    assert "unbound immediate PersistentVolumeClaims" in str(error.value)
    assert "describe" in str(error.value)


def test_a_claim_that_cannot_be_written(tmp_path):
    kubelet = Kubelet(tmp_path)
    (kubelet.claim / "code").write_text("a file where the folder should be")
    with pytest.raises(KfpExtError) as error:
        put_by_pod(pod_of(kubelet), PLACES, BUNDLE, HASH)
    assert error.value.problems[0].option == "helpers_volume"
    assert "claim team" in str(error.value)


def test_a_bundle_that_no_pod_can_bring(tmp_path):
    kubelet = Kubelet(tmp_path)
    with pytest.raises(KfpExtError) as error:
        pod_of(kubelet).ask({"do": "put", "root": "code"}, bytes(PIECE * 41))
    assert error.value.code is Code.TOO_BIG
    assert kubelet.made == []


def test_clean_up_by_a_pod(tmp_path):
    kubelet = Kubelet(tmp_path)
    put_by_pod(pod_of(kubelet), PLACES, BUNDLE, HASH)
    root = kubelet.claim / "code" / "of" / "all"
    os.utime(root / ".used" / HASH, (1, 1))
    request = {"do": "clean", "root": PLACES.folder, "age": 3600.0, "dry_run": False}
    assert pod_of(kubelet).ask({**request, "used": [HASH]}) == {"removed": {}}
    removed = {"removed": {HASH: len(BUNDLE)}}
    assert pod_of(kubelet).ask({**request, "used": [], "dry_run": True}) == removed
    assert (root / HASH).exists()
    assert pod_of(kubelet).ask({**request, "used": []}) == removed
    assert not (root / HASH).exists()


def test_an_answer_that_is_longer_than_what_a_pod_may_say_at_its_end(tmp_path):
    kubelet = Kubelet(tmp_path)
    names = [hashlib.sha256(bytes([number])).hexdigest() for number in range(200)]
    for name in names:
        (kubelet.claim / "code" / name).mkdir(parents=True)
        os.utime(kubelet.claim / "code" / name, (1, 1))
    request = {"do": "clean", "root": "code", "used": [], "age": 3600.0, "dry_run": False}
    assert pod_of(kubelet).ask(request) == {"removed": dict.fromkeys(sorted(names), 0)}
    assert [each for each in names if (kubelet.claim / "code" / each).exists()] == []

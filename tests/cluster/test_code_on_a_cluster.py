"""The ways of the code on a real Kubernetes: real ConfigMaps, claims, pods, rights and quotas."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from plan_builder import make_plan, step
from pod_commands import Tasks
from real_cluster import ARTIFACTS

from jupyter_kfp_ext.compiler.bundle_place import config_map_name
from jupyter_kfp_ext.compiler.compile import DEFAULT_IMAGE, compile_plan
from jupyter_kfp_ext.compiler.compiled import Form
from jupyter_kfp_ext.compiler.ways import Places, shipping
from jupyter_kfp_ext.engines.kfp.cluster import USED
from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.delivering import CodeDelivery
from jupyter_kfp_ext.engines.kfp.intent import Delivery, Intent
from jupyter_kfp_ext.engines.kfp.volume_claim import ONE_NODE, put_by_pod
from jupyter_kfp_ext.engines.kfp.volume_pod import PIECE, VolumePod
from jupyter_kfp_ext.errors import Code, KfpExtError

PLACES = Places("team", "code/of/all")
LEAST = (
    ("", "persistentvolumeclaims", ("get",)),
    ("", "pods", ("create", "get", "delete")),
    ("", "configmaps", ("create",)),
)
"""The rights that docs/helpers.md names for a volume that is not mounted here."""


@pytest.fixture
def compiled(tmp_path):
    project = tmp_path / "project"
    (project / "images").mkdir(parents=True)
    (project / "images" / "__init__.py").write_text("from .load import double\n")
    (project / "images" / "load.py").write_text("def double(n):\n    return 2 * n\n")
    plan = make_plan(
        step("make", "import images\nx = images.double(21)\n", outputs=("x",), modules=("images",)),
        step("show", "print('got', x)\n", inputs=[("make", ("x",))]),
    )
    return compile_plan(plan, project)


def delivery(compiled, cluster, *ways, said="auto", places=PLACES):
    connection = Connection("test", kubeconfig="default", namespace=cluster.namespace)
    told = Delivery(ways, said, (), (), places)
    intent = Intent(connection, "run", "experiment", told, cache=True, size="")

    def ensure(look, make):
        return look() or make()

    form = Form(compiled.spec, compiled.platform)
    bundle = (compiled.bundle, compiled.bundle_hash)
    return CodeDelivery(intent, form, bundle, cluster, ensure, lambda _seconds: None)


def run_steps(real, compiled, way):
    real.claim("handed-on")
    form = shipping(compiled, compiled.bundle, way, PLACES).form
    return Tasks(form, Path(ARTIFACTS), real.run("handed-on")).all()


def pod_of(cluster):
    return VolumePod(cluster, "team", DEFAULT_IMAGE, {})


def test_steps_run_from_a_config_map(real, compiled):
    way, words = delivery(compiled, real.cluster, "configmap", "embed").deliver()
    assert way == "configmap"
    name = config_map_name(compiled.bundle_hash)
    assert name in words
    found = real.cluster.config_map(name)
    assert found["immutable"] is True
    # The next run of this code makes none, and notes its use.
    delivery(compiled, real.cluster, "configmap").deliver()
    again = real.cluster.config_map(name)
    assert again["metadata"]["uid"] == found["metadata"]["uid"]
    assert USED in again["metadata"]["annotations"]
    done = run_steps(real, compiled, "configmap")
    assert "got 42" in done["show"].text


def test_steps_run_self_contained(real, compiled):
    assert "got 42" in run_steps(real, compiled, "embed")["show"].text


def test_steps_run_from_a_volume_that_a_pod_writes_with_least_rights(real, compiled):
    real.claim("team")
    account = real.account(*LEAST)
    way, words = delivery(compiled, account, "volume", said="volume").deliver()
    assert (way, "written by a pod" in words) == ("volume", True)
    maps = real.names("configmaps")
    again, words = delivery(compiled, account, "volume", said="volume").deliver()
    assert (again, "present by a pod" in words) == ("volume", True)
    assert real.names("configmaps") <= maps  # nothing was sent
    done = run_steps(real, compiled, "volume")
    assert "got 42" in done["show"].text


def test_a_bundle_that_was_changed_on_the_volume_is_refused_by_the_step(real, compiled):
    real.claim("team")
    delivery(compiled, real.cluster, "volume", said="volume").deliver()
    folder = f"{PLACES.folder}/{compiled.bundle_hash}"
    change = (
        "import sys, zipfile, shutil\n"
        "path = sys.argv[1]\n"
        "with zipfile.ZipFile(path) as old:\n"
        "    files = {name: old.read(name) for name in old.namelist()}\n"
        "files['helpers/images/load.py'] = b'def double(n):\\n    return 3 * n\\n'\n"
        "import os; os.chmod(path, 0o644)\n"
        "with zipfile.ZipFile(path, 'w') as new:\n"
        "    for name, data in files.items(): new.writestr(name, data)\n"
    )
    mounted = {"pvcMount": [{"constant": "team", "mountPath": "/team"}]}
    real.claim("other")
    run = real.run("other")
    command = ["python3", "-c", change, f"/team/{folder}/code.zip"]
    assert run(command, Path(ARTIFACTS), mounted, DEFAULT_IMAGE).code == 0
    done = run_steps(real, compiled, "volume")
    assert done["make"].code == 1
    assert json.loads(done["make"].said)["error"]["name"] == Code.CODE_CHANGED.value


def test_two_people_send_the_same_code_at_once(real, compiled):
    real.claim("team")
    people = [real.account(*LEAST) for _ in range(2)]

    def send(cluster):
        return put_by_pod(pod_of(cluster), PLACES, compiled.bundle, compiled.bundle_hash)

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(send, people))
    assert set(answers) <= {"written", "present"}
    assert "written" in answers
    assert send(people[0]) == "present"


def test_who_is_killed_while_sending_leaves_nothing_that_is_used(real, compiled):
    """The first sender's last piece never comes: its pod waits for it, and is deleted."""
    real.claim("team")
    content = compiled.bundle * (2 * PIECE // len(compiled.bundle) + 1)
    assert len(content) > 2 * PIECE
    pod = pod_of(real.cluster)
    create = real.cluster.create_config_map

    class KilledError(Exception):
        pass

    def dies(manifest):
        if manifest["metadata"]["name"].endswith("-1"):
            raise KilledError
        create(manifest)

    real.cluster.create_config_map = dies
    request = {"do": "put", "root": PLACES.folder, "hash": "0" * 64, "size": len(content)}
    with pytest.raises(KilledError):
        pod.ask(request, content)
    real.cluster.create_config_map = create
    answer = pod.ask(request, content)
    assert (answer["failed"], "not the code" in answer["message"]) == ("damaged", True)
    assert put_by_pod(pod, PLACES, compiled.bundle, compiled.bundle_hash) == "written"


def test_a_missing_right_leads_to_the_next_way(real, compiled):
    account = real.account(("", "pods", ("list",)))
    way, words = delivery(compiled, account, "configmap", "volume", "embed").deliver()
    assert way == "embed"
    assert "configmap: " in words
    assert "volume: " in words
    assert "403" in words


def test_a_way_that_was_said_is_refused_with_the_right_that_is_missing(real, compiled):
    account = real.account(("", "pods", ("list",)))
    with pytest.raises(KfpExtError) as error:
        delivery(compiled, account, "configmap", said="configmap").deliver()
    assert error.value.code is Code.CLUSTER_DENIED
    assert "configmaps" in str(error.value)


def test_a_quota_leads_to_the_next_way(real, compiled):
    quota = {"metadata": {"name": "few"}, "spec": {"hard": {"count/configmaps": "1"}}}
    real.make("resourcequotas", quota)
    real.until("configmaps", "kube-root-ca.crt", lambda found: True)  # it uses up the quota
    real.until("resourcequotas", "few", lambda found: _used(found) == "1")
    way, words = delivery(compiled, real.cluster, "configmap", "embed").deliver()
    assert way == "embed"
    assert "exceeded quota" in words


def _used(quota):
    return quota.get("status", {}).get("used", {}).get("count/configmaps")


@pytest.mark.parametrize(
    ("modes", "words"),
    [((), "no claim team"), (("ReadOnlyMany",), "ReadOnlyMany"), (("ReadWriteOnce",), ONE_NODE)],
)
def test_access_modes(real, compiled, modes, words):
    if modes:
        real.claim("team", *modes)
    sending = delivery(compiled, real.cluster, "volume", said="volume")
    if modes == ("ReadWriteOnce",):
        assert words in sending.deliver()[1]
        return
    with pytest.raises(KfpExtError) as error:
        sending.deliver()
    assert error.value.code is Code.STORAGE_FAILED
    assert words in str(error.value)


def test_a_volume_without_room(real, compiled):
    real.claim("team")
    request = {"do": "put", "root": "code", "hash": compiled.bundle_hash, "size": 1 << 60}
    answer = pod_of(real.cluster).ask(request)
    assert answer["failed"] == "no-room"


def test_an_image_that_is_not_there_is_named(real, compiled):
    real.claim("team")
    pod = VolumePod(real.cluster, "team", "registry.invalid/none:1", {})
    with pytest.raises(KfpExtError) as error:
        put_by_pod(pod, PLACES, compiled.bundle, compiled.bundle_hash)
    assert "image" in str(error.value)
    assert all("deletionTimestamp" in each["metadata"] for each in real.cluster.our_pods())

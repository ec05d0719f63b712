"""Brings the code of a run to where its steps find it, by the first way that the cluster allows."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ...compiler.bundle_place import config_map, config_map_name
from ...compiler.code_artifacts import object_name, shared_parts
from ...compiler.compiled import Form
from ...compiler.mounted_code import code_takers, kubernetes_settings
from ...compiler.ways import Way, shipping
from ...errors import Code, KfpExtError, Problem
from .cluster import Cluster
from .http import ClusterError
from .intent import Intent
from .stores import open_store
from .volume_claim import deliver_by_volume

Json = dict[str, Any]
Ensure = Callable[[Callable[[], Mapping[str, Any] | None], Callable[[], Json]], Mapping[str, Any]]
"""Returns what the first finds, else what the second makes; looks again after a lost answer."""


class CodeDelivery:
    """The code of one run, and the ways that it may go."""

    def __init__(
        self,
        intent: Intent,
        form: Form,
        bundle: tuple[bytes, str],
        cluster: Cluster | None,
        ensure: Ensure,
        pause: Callable[[float], None],
    ) -> None:
        self._intent = intent
        self._form = form
        self._bundle, self._hash = bundle
        self._cluster = cluster
        self._ensure = ensure
        self._pause = pause

    def deliver(self) -> tuple[Way, str]:
        """Bring the code there; returns the way and what was done, in words.

        Raises `KfpExtError` where no way could be taken, and where the cluster cannot be reached.
        """
        delivery = self._intent.delivery
        refused: list[str] = list(delivery.passed_over)
        for way in delivery.ways:
            done = self._tried(way)
            if isinstance(done, str):
                return way, _told(way, done, delivery.said, refused)
            if _passes(done) or way == delivery.ways[-1]:
                raise _with_others(done, refused, delivery.others) from done
            refused.append(f"{way}: {done.problems[0].message}")
        raise AssertionError("there is always a way to try")

    def _tried(self, way: Way) -> str | KfpExtError:
        try:
            return self.by(way)
        except KfpExtError as error:
            return error

    def by(self, way: Way) -> str:
        """Bring the code there by one way; returns what was done, in words."""
        works: dict[Way, Callable[[], str]] = {
            "configmap": self._config_map,
            "volume": self._volume,
            "artifact": self._artifact,
            "embed": lambda: "in the specification",
        }
        return works[way]()

    def _config_map(self) -> str:
        if self._cluster is None:
            raise KfpExtError(
                Problem(
                    Code.CLUSTER_DENIED,
                    "The connection no longer gives access to the Kubernetes API, by which the "
                    "code of the steps is shipped.",
                    "Mend its kubeconfig and run again.",
                )
            )
        cluster, name = self._cluster, config_map_name(self._hash)
        manifest = config_map(self._bundle, self._hash)

        def make() -> Json:
            cluster.create_config_map(manifest)
            return manifest

        found = self._ensure(lambda: cluster.used_config_map(name), make)
        if found.get("binaryData") != manifest["binaryData"]:
            raise KfpExtError(
                Problem(
                    Code.CLUSTER_FAILED,
                    f"The ConfigMap {name} in namespace {cluster.namespace} has other content than "
                    "its name says.",
                    f"Delete it: kubectl -n {cluster.namespace} delete configmap {name}",
                )
            )
        return f"ConfigMap {name}, {len(self._bundle) // 1024 + 1} KiB"

    def _volume(self) -> str:
        delivery = self._intent.delivery
        return deliver_by_volume(
            self._cluster,
            delivery.places,
            delivery.mounted,
            (self._bundle, self._hash),
            self._like_a_step(),
            self._pause,
        )

    def _like_a_step(self) -> tuple[str, Mapping[str, Any]]:
        """Return the image of the first step and what its pod needs to start."""
        first = next(code_takers(self._form))
        return first.container["image"], kubernetes_settings(self._form.platform).get(
            first.label, {}
        )

    def _artifact(self) -> str:
        store = open_store(self._intent.connection)
        sent = 0
        parts = shared_parts(self._form, self._bundle)
        for part in parts:
            if not store.has(object_name(part)):
                store.put(object_name(part), part.content)
                sent += len(part.content)
        return (
            f"{len(parts)} objects in {self._intent.connection.store}, {sent:,} bytes sent; the "
            "rest in the commands of the steps"
        )


def form_of_run(form: Form, bundle: bytes, way: Way, intent: Intent) -> Form:
    """Return the pipeline as it is submitted."""
    return shipping(form, bundle, way, intent.delivery.places).form


def _told(way: Way, words: str, said: str, refused: list[str]) -> str:
    if said != "auto":
        return f"{way}, as the notebook says: {words}"
    if refused:
        return f"{way}: {words} (auto; not by {'; not by '.join(refused)})"
    return f"{way}: {words} (auto: it fits)"


_REFUSED = (403, 413, 422)
"""Statuses that the same call will have again: a missing right, a quota, an object too large."""


def _passes(error: KfpExtError) -> bool:
    """Whether it may pass, or is not known what became of it: then another way is no answer."""
    if isinstance(error, ClusterError):
        return error.status not in _REFUSED
    return False


def _with_others(error: KfpExtError, refused: list[str], others: tuple[Way, ...]) -> KfpExtError:
    """Return an error that names the ways that were tried before, or would fit."""
    first = error.problems[0]
    more = f" Not by {'; not by '.join(refused)}." if refused else ""
    if others:
        more += f" Or set `helpers` to {' or '.join(f'`{each}`' for each in others)}."
    if not more or _passes(error):
        return error
    return KfpExtError(replace(first, remedy=f"{first.remedy}{more}".strip()))

"""Takes torch's tensors apart so that they share memory, are not copied, and keep gradients.

torch pickles a storage as a copy in the stream, each time that it is met, and drops `.grad`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class Memory:
    """Stands in a pickle for a storage: tensors on the same memory have one of these."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def __reduce__(self) -> Any:
        import pickle

        torch = sys.modules["torch"]
        storage = self._storage
        device = str(storage.device)
        on_host = storage if device == "cpu" else storage.cpu()
        if not on_host.nbytes():
            return make_memory, (b"", device)
        array = torch.tensor([], dtype=torch.uint8).set_(on_host).numpy()
        return make_memory, (pickle.PickleBuffer(array), device)


def reduce_torch(pickler: Any, value: Any) -> Any:
    """Return how an object of torch is made again; raises `TypeError` with the reason."""
    torch: Any = sys.modules["torch"]
    if isinstance(value, torch.Tensor):
        return _reduce_tensor(value)
    if isinstance(value, torch.storage.TypedStorage):
        memory = _memory(pickler, value._untyped_storage)
        return make_typed_storage, (memory, value.dtype)
    if isinstance(value, torch.UntypedStorage):
        return _same, (_memory(pickler, value),)
    if isinstance(value, torch.Generator):
        return make_generator, (str(value.device), value.get_state())
    if isinstance(value, torch.optim.Optimizer):
        state = dict(vars(value))  # its own pickle leaves out its hooks
        watched = hasattr(state.pop("step", None), "_wrapped_by_lr_sched")
        make, arguments, *_ = value.__reduce_ex__(5)
        return make, arguments, (state, watched), None, None, fill_optimizer
    return NotImplemented


def fill_optimizer(optimizer: Any, state: Any) -> None:
    """Give an optimizer its state and, where it has a scheduler, the `step` that this watches."""
    attributes, watched = state
    optimizer.__setstate__(attributes)
    if not watched:
        return
    step = optimizer.step.__func__

    def watched_step(*args: Any, **keywords: Any) -> Any:
        optimizer._opt_called = True
        return step(optimizer, *args, **keywords)

    watched_step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = watched_step


def _reduce_tensor(value: Any) -> Any:
    if value.grad_fn is not None:
        raise TypeError(
            "a tensor with the history of its computation (grad_fn), which lives in one process"
            " (use .detach() or .item(), or call backward() in the same step)"
        )
    if value._backward_hooks:
        raise TypeError("a tensor with hooks for its gradient")
    reduced = value.__reduce_ex__(5)
    if value.grad is None:
        return reduced
    make, arguments, *state = reduced
    return make, arguments, (*state[:1], value.grad), None, None, fill_tensor


def fill_tensor(tensor: Any, state: Any) -> None:
    """Give a tensor its state and its gradient."""
    *more, grad = state
    if more and more[0] is not None:
        tensor.__setstate__(more[0])
    tensor.grad = grad


def _memory(pickler: Any, storage: Any) -> Memory:
    key = (str(storage.device), storage.data_ptr(), storage.nbytes())
    if storage.nbytes() == 0:
        key = (*key, id(storage))  # type: ignore[assignment]
    return pickler.memory.setdefault(key, Memory(storage))  # type: ignore[no-any-return]


def _same(value: Any) -> Any:
    return value


def make_memory(buffer: Any, device: str) -> Any:
    """Return a storage on a buffer, on its device if this step has one like it, else on the CPU."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    if not len(buffer):
        storage = torch.UntypedStorage(0)
    else:
        storage = torch.frombuffer(buffer, dtype=torch.uint8).untyped_storage()
    kind = device.partition(":")[0]
    if kind == "cpu":
        return storage
    place = torch.device(device)
    if kind == "cuda" and torch.cuda.is_available():
        return storage.cuda(min(place.index or 0, torch.cuda.device_count() - 1))
    if kind == "mps" and torch.backends.mps.is_available():
        return torch.tensor([], dtype=torch.uint8).set_(storage).to(place).untyped_storage()
    return storage


def make_typed_storage(storage: Any, dtype: Any) -> Any:
    """Return a storage of numbers of one type."""
    import torch

    return torch.storage.TypedStorage(wrap_storage=storage, dtype=dtype, _internal=True)


def make_generator(device: str, state: Any) -> Any:
    """Return a generator of random numbers in a state."""
    import torch

    there = device == "cpu" or torch.cuda.is_available()
    made = torch.Generator(device if there else "cpu")
    made.set_state(state)
    return made

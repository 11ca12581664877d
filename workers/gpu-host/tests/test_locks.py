"""The card's lock names its owner, and outlives nobody who needs it."""

import json
from pathlib import Path

import pytest

from gpu_host.failure import Failure
from gpu_host.identity import Identity
from gpu_host.locks import CardLock
from gpu_host.watch.run import Asked
from gpu_host.watch.store import Store


def test_one_owner(tmp_path: Path) -> None:
    lock = CardLock(tmp_path)
    lock.take("a")
    lock.take("a")
    with pytest.raises(Failure, match="run a"):
        lock.take("b")
    lock.release("b")
    assert lock.owner() == "a" and Identity.mine().start in json.loads(lock.path.read_text())["host"].values()
    lock.release("a")
    assert lock.owner() is None and list(tmp_path.iterdir()) == []


def test_settled_at_start(tmp_path: Path) -> None:
    lock = CardLock(tmp_path)
    lock.take("a")
    lock.settle({"a"})
    assert lock.owner() == "a"
    lock.settle({"b"})
    lock.take("b")
    lock.path.write_text("{torn")
    (tmp_path / "card.1.part").write_text("x")
    lock.settle({"b"})
    assert list(tmp_path.iterdir()) == []


def test_what_was_being_made_or_deleted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = store.create(Asked("a", "e", {}, None))
    (tmp_path / "runs/.new-x").mkdir()
    (tmp_path / "runs/.deleting-x").mkdir()
    again = Store(tmp_path)
    again.load()
    assert again.get("a").asked == run.asked and [path.name for path in (tmp_path / "runs").iterdir()] == ["a"]


def test_an_identity_is_more_than_a_pid() -> None:
    me = Identity.mine()
    assert me.same() and me.alive() and Identity.read(me.view()) == me
    assert not Identity(me.pid, me.start + 1, me.boot).same()
    assert not Identity(me.pid, me.start, "another boot").same()
    assert Identity.read({"token": "x"}) is Identity.read(None) is None

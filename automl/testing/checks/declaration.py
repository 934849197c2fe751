"""What a family says about itself before it sees any data."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec

from automl.data.schema import Role
from automl.plugin import Encoding, FamilyDeclined, ModelFamily, Profile, Task, TaskKind
from automl.testing.fits import default, samples

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WISHES = {Role.TEXT: "text", Role.IMAGE: "images", Role.SEQUENCE: "sequences"}


def check_declaration(family: ModelFamily) -> None:
    """The name is lower-case letters, digits and underscores; tasks, inputs and imports are of what there is.

    `elastic` is a share.
    """
    assert _NAME.fullmatch(family.name), f"the name '{family.name}' must be lower-case letters, digits and underscores"
    assert family.tasks, f"{family.name}: tasks must name at least one TaskKind"
    strange = set(family.tasks) - set(TaskKind) | set(family.inputs) - (set(Role) - {Role.DROPPED})
    assert not strange, f"{family.name}: tasks and inputs must be kinds of tasks and roles of columns, not {strange}"
    assert isinstance(hash((family.tasks, family.inputs)), int), f"{family.name}: tasks and inputs must be frozensets"
    assert 0 < family.elastic <= 1, f"{family.name}: elastic must be in (0, 1], not {family.elastic}"
    assert isinstance(family.imports, tuple), f"{family.name}: imports must be a tuple of modules: {family.imports!r}"
    missing = [name for name in family.imports if find_spec(name.partition(".")[0]) is None]
    assert not missing, f"{family.name}: imports names modules that are not there: {', '.join(missing)}"


def check_accepts_or_declines(family: ModelFamily) -> None:
    """It takes the usual sample, and declines what it cannot take by `FamilyDeclined` with a reason in words."""
    for one in samples(family):
        family.accepts(one.task, one.profile)
        for profile in _unusual(one.profile):
            reason = _declines(family, one.task, profile)
            told = reason is None or len(reason.split()) > 2
            assert told, f"{family.name}: a reason to decline must be told in words, but is '{reason}'"


def _declines(family: ModelFamily, task: Task, profile: Profile) -> str | None:
    try:
        family.accepts(task, profile)
    except FamilyDeclined as declined:
        return str(declined)
    return None


def _unusual(profile: Profile) -> list[Profile]:
    """Profiles with very few and very many rows, columns and labels."""
    roles = [role for role in Role if role is not Role.DROPPED]
    labels = 100_000 if profile.n_outputs > 2 else profile.n_outputs
    return [
        replace(profile, n_rows=1, rarest=0),
        replace(profile, n_rows=10**9, rarest=10**6),
        replace(profile, columns=(), max_levels=0),
        replace(profile, columns=tuple((role, 0) for role in roles)),
        replace(profile, columns=tuple((role, 10**6) for role in roles), max_levels=10**7),
        replace(profile, n_outputs=labels, rarest=1),
        replace(profile, missing=1.0, seconds=1e-3),
    ]


def check_encoding_wish(family: ModelFamily) -> None:
    """The wish is an `Encoding`, the same at every call, and asks for raw cells only of roles among its inputs."""
    for one in samples(family):
        wish = family.encoding(default(family, one), one.task)
        assert isinstance(wish, Encoding), f"{family.name}: encoding must return an Encoding, but returned {wish!r}"
        again = family.encoding(default(family, one), one.task)
        assert wish == again, f"{family.name}: encoding must return the same wish at every call"
        for role, what in _WISHES.items():
            raw = getattr(wish, what) == "raw"
            assert not raw or role in family.inputs, f"{family.name}: asks for raw {what}, but inputs lack '{role}'"

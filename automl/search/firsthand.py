"""Which families read the cells of a table that has nothing but texts, images and sequences."""

from __future__ import annotations

from automl.data.schema import Role
from automl.plugin.model import Params
from automl.search.context import Context

CELLS = (Role.TEXT, Role.IMAGE, Role.SEQUENCE)


def second_hand(context: Context, name: str, params: Params) -> bool:
    """Whether a family sees such a table only through columns that are made of its cells.

    These lose most of what the cells say, so that families which read them come first: on TREC's questions boosted
    trees took twice as long for an error that was larger by half. A family that does not say how it wishes to see the
    columns counts as one of those.
    """
    profile = context.profile
    if not profile.count(*CELLS) or profile.count(*(set(Role) - {*CELLS, Role.DROPPED})):
        return False
    try:
        encoding = context.families[name].encoding(params, context.dataset.task)
    except Exception:  # a plugin's; the trial that asks again will tell
        return False
    return "raw" not in (encoding.text, encoding.images, encoding.sequences)

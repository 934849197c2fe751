"""A plugin whose import takes half a minute."""

from __future__ import annotations

import time

from automl.plugin import hookimpl

time.sleep(30)


@hookimpl
def automl_families() -> list[object]:
    from misbehaving_families import Misbehaving

    return [Misbehaving("slow_import")]

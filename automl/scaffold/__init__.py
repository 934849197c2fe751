"""Writing a new plugin: a complete distribution with one family, its tests and its papers."""

from automl.scaffold.names import Names
from automl.scaffold.taken import refuse_taken
from automl.scaffold.write import files, write

__all__ = ["Names", "files", "refuse_taken", "write"]

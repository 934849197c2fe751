import pytest

from automl.errors import OptionError
from automl.features.encoding import Encoding


def test_uses_target_is_safe_without_a_table():
    assert Encoding(categorical="onehot", onehot_max=10).uses_target  # of levels beyond the most frequent ones
    assert Encoding(keep=0.5).uses_target
    assert not Encoding().uses_target


@pytest.mark.parametrize("keep", [0.0, 1.5, float("nan")])
def test_keep_outside_its_range_is_refused(keep):
    with pytest.raises(OptionError, match=r"\(0, 1\]"):
        Encoding(keep=keep)

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.data.schema import Role
from automl.errors import DataError
from automl.features.encoder import Encoder
from automl.features.encoding import Encoding
from automl.features.fitting import fit_transform
from automl.storage import load, save

ENCODINGS = [
    Encoding(),
    Encoding(numeric="standard", missing="impute", categorical="onehot", onehot_max=10),
    Encoding(numeric="quantile", missing="impute", categorical="ordered", dates="drop", text="drop"),
    Encoding(numeric="robust", missing="impute", categorical="target", min_count=3, text_dims=4),
    Encoding(numeric="quantile", categorical="drop", text="raw", images="raw", sequences="raw"),
    Encoding(numeric="standard", missing="impute", categorical="target", keep=0.4),
    Encoding(categorical="codes", min_count=4, keep=0.1),
]


def identical(left, right):
    assert left.names == right.names
    np.testing.assert_array_equal(left.matrix, right.matrix)
    np.testing.assert_array_equal(left.cardinalities, right.cardinalities)
    assert left.raw.keys() == right.raw.keys()
    for name, cells in left.raw.items():
        assert list(cells) == list(right.raw[name])


def well_formed(features, n_rows):
    assert features.matrix.dtype == np.float32
    assert features.matrix.flags.c_contiguous
    assert features.matrix.shape == (n_rows, len(features.names))
    assert features.cardinalities.shape == (len(features.names),)
    assert features.cardinalities.dtype == np.int64
    assert len(set(features.names)) == len(features.names)
    codes = features.matrix[:, features.categorical]
    assert (codes == codes.astype(int)).all()
    assert (codes >= 0).all()
    assert (codes < features.cardinalities[features.categorical]).all()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings_keep_their_promises(mixed, binary, encoding, tmp_path):
    table, y = mixed()
    later, _ = mixed(30, seed=1)
    encoder, train = fit_transform(encoding, table, y, binary, None, 0)
    score = encoder.transform(later)
    well_formed(train, 120)
    well_formed(score, 30)
    assert train.names == score.names == encoder.names
    if encoding.missing == "impute":
        assert np.isfinite(train.matrix).all()
        assert np.isfinite(score.matrix).all()
    assert encoder.encoding == encoding

    save(encoder, tmp_path / "encoder.npz")
    back = load(tmp_path / "encoder.npz", Encoder)
    assert back.encoding == encoding
    identical(back.transform(later), score)

    one = encoder.transform(later.take(np.array([7])))
    np.testing.assert_array_equal(one.matrix[0], score.matrix[7])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_same_seed_gives_the_same_encoder(mixed, binary, encoding):
    table, y = mixed()
    first, again = (fit_transform(encoding, table, y, binary, None, 3) for _ in range(2))
    identical(first[1], again[1])
    identical(first[0].transform(table), again[0].transform(table))


@pytest.mark.parametrize("encoding", [e for e in ENCODINGS if not e.uses_target])
def test_training_rows_are_encoded_like_others_where_no_target_is_read(mixed, binary, encoding):
    table, y = mixed()
    encoder, train = fit_transform(encoding, table, y, binary, None, 0)
    identical(train, encoder.transform(table))
    assert not encoder.uses_target
    unread = fit_transform(encoding, table, 1 - y, binary, None, 0)[1]
    identical(train, unread)


def test_target_means_of_training_rows_are_out_of_fold(mixed, binary):
    table, y = mixed()
    encoder, train = fit_transform(Encoding(categorical="target"), table, y, binary, None, 0)
    column = train.names.index("street target")
    assert encoder.uses_target
    assert (train.matrix[:, column] != encoder.transform(table).matrix[:, column]).any()


def test_raw_columns_pass_through(mixed, binary):
    table, y = mixed()
    features = fit_transform(Encoding(text="raw", images="raw"), table, y, binary, None, 0)[1]
    assert set(features.raw) == {"note", "code", "photo"}
    assert features.raw["note"] is table.raw["note"]
    assert fit_transform(Encoding(), table, y, binary, None, 0)[1].raw == {}


def test_no_usable_column_gives_an_empty_matrix(mixed, make_table, binary):
    table, y = mixed()
    only_dropped = Encoding(categorical="drop", dates="drop", text="drop", keep=0.5)
    without_numbers = replace(table, numeric=table.numeric[:, :0], names={**table.names, Role.NUMERIC: ()})
    constant = make_table(numeric={"a": [1.0] * 120})
    for wish, part in ((only_dropped, without_numbers), (Encoding(numeric="standard", keep=0.5), constant)):
        encoder, train = fit_transform(wish, part, y, binary, None, 0)
        well_formed(train, 120)
        assert encoder.transform(part).matrix.shape == (120, 0)


def test_no_rows_can_be_encoded_but_not_learned_from(mixed, binary):
    table, y = mixed()
    nothing = np.empty(0, dtype=np.int64)
    for encoding in ENCODINGS:
        encoder = fit_transform(encoding, table, y, binary, None, 0)[0]
        well_formed(encoder.transform(table.take(nothing)), 0)
    with pytest.raises(DataError, match="0 rows"):
        fit_transform(Encoding(), table.take(nothing), y[:0], binary, None, 0)


def test_names_are_unique_even_where_columns_are_named_like_features(make_table, binary):
    table = make_table(
        numeric={"c=1": [1.0, 2.0, np.nan], "c": [0.0, 1.0, np.nan], "c is missing": [1.0, 2.0, 3.0]},
        categorical={"c": [0, 1, 2]},
    )
    wish = Encoding(missing="impute", categorical="onehot")
    well_formed(fit_transform(wish, table, np.array([0, 1, 0]), binary, None, 0)[1], 3)


def test_a_process_that_has_learned_nothing_reads_every_derivation(mixed, binary, tmp_path):
    wish = Encoding(entities=True, bins=4, crosses=2, frequency=True, groups=2, arithmetic=2)
    table, y = mixed()
    encoder = fit_transform(wish, table, y, binary, None, 0)[0]
    assert len(encoder.derivations) >= 4
    save(encoder, tmp_path / "encoder.npz")
    script = (
        "import sys; from pathlib import Path; from automl.features.encoder import Encoder; "
        "from automl.storage import load; print(len(load(Path(sys.argv[1]), Encoder).derivations))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "encoder.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(encoder.derivations)


def test_another_table_is_refused(mixed, make_table, binary):
    table, y = mixed()
    encoder = fit_transform(Encoding(), table, y, binary, None, 0)[0]
    with pytest.raises(DataError, match=r"numeric columns must be those of training.*schema"):
        encoder.transform(make_table(numeric={"z": [1.0]}))


cells = st.one_of(st.floats(width=64), st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e300]))


@st.composite
def tables(draw, make_table):
    n_rows = draw(st.integers(1, 12))

    def column(elements):
        return draw(st.lists(elements, min_size=n_rows, max_size=n_rows))

    return make_table(
        numeric={"a": column(cells), "b": column(cells)},
        categorical={"c": column(st.integers(-2, 6)), "d": column(st.integers(-2, 2))},
        datetime={"e": column(cells), "f": column(cells)},
        raw={"t": (Role.TEXT, column(st.one_of(st.none(), st.text(max_size=20))))},
        levels=(5, 3),
    )


@settings(max_examples=30, deadline=None)
@given(data=st.data(), encoding=st.sampled_from([e for e in ENCODINGS if e.keep == 1.0]))
def test_no_table_breaks_an_encoder(make_table, binary, data, encoding):
    train, score = data.draw(tables(make_table)), data.draw(tables(make_table))
    y = np.array(data.draw(st.lists(st.integers(0, 1), min_size=train.n_rows, max_size=train.n_rows)), dtype=np.int64)
    encoder, features = fit_transform(encoding, train, y, binary, None, 0)
    scored = encoder.transform(score)
    well_formed(features, train.n_rows)
    well_formed(scored, score.n_rows)
    assert not np.isinf(scored.matrix).any()
    if encoding.missing == "impute":
        assert np.isfinite(features.matrix).all()
        assert np.isfinite(scored.matrix).all()

from dataclasses import replace

import numpy as np
import pytest

from automl.data.schema import Role
from automl.data.table import MISSING, UNSEEN
from automl.features.derive import Learning, fit_derivations
from automl.features.encoder import Encoder
from automl.features.encoding import Encoding
from automl.features.fitting import fit_transform
from automl.features.target import Target
from automl.storage import load, save

RICH = Encoding(
    entities=True, hash_above=10, crosses=3, frequency=True, groups=4, arithmetic=5, bins=4, target_means=True,
    dates="cyclic", text_terms="both",
)  # fmt: skip


def derive(encoding, table, y, task, seed=0):
    return fit_derivations(encoding, table, Learning.of(Target(y, task), seed))


@pytest.mark.parametrize("base", [Encoding(), Encoding("log", "impute", "onehot"), Encoding("robust", "impute")])
def test_rows_alone_get_what_they_get_together_and_survive_storage(mixed, binary, tmp_path, base):
    table, y = mixed(300)
    train, new = table.take(np.arange(200)), table.take(np.arange(200, 300))
    wish = replace(RICH, numeric=base.numeric, missing=base.missing, categorical=base.categorical)
    encoder, features = fit_transform(wish, train, y[:200], binary, None, 0)
    assert features.names == encoder.names
    assert len(set(features.names)) == features.matrix.shape[1] == len(features.cardinalities)
    save(encoder, tmp_path / "encoder.npz")
    again = load(tmp_path / "encoder.npz", Encoder)
    together = again.transform(new).matrix
    np.testing.assert_array_equal(encoder.transform(new).matrix, together)
    for row in (0, 7):
        alone = again.transform(new.take(np.array([row]))).matrix
        np.testing.assert_allclose(alone, together[[row]], rtol=1e-6, atol=1e-6)
    assert again.transform(new.take(np.arange(0))).matrix.shape == (0, len(encoder.names))


def test_a_pair_that_only_tells_together_is_crossed(make_table, binary):
    rng = np.random.default_rng(0)
    a, b, c = (rng.integers(0, n, 600) for n in (3, 4, 5))
    y = ((a + b) % 2).astype(np.int64)
    table = make_table(categorical={"a": a, "b": b, "c": c})
    (crosses,), wide = derive(Encoding(crosses=1), table, y, binary)
    assert [made.name for made in crosses.made] == ["a × b"]
    assert crosses.made[0].sources == ("a", "b")
    codes = wide.categorical[:, 3]
    assert len(np.unique(codes)) == 12 == wide.levels[3]
    assert all(len(np.unique(y[codes == code])) == 1 for code in np.unique(codes))
    odd = make_table(categorical={"a": [9, 0, -1], "b": [0, 9, 0], "c": [0, 0, 0]}, levels=(3, 4, 5))
    assert (crosses.extend(odd).categorical[:, 3] == UNSEEN).all()


def test_pairs_of_noise_are_not_crossed(make_table, binary):
    rng = np.random.default_rng(1)
    table = make_table(categorical={name: rng.integers(0, 30, 500) for name in "abc"})
    y = rng.integers(0, 2, 500)
    derivations, _ = derive(Encoding(crosses=5), table, y, binary)
    assert sum(len(d.made) for d in derivations) <= 1


def test_the_ratio_that_makes_the_target_is_found(make_table, regression):
    rng = np.random.default_rng(0)
    columns = {name: rng.uniform(1, 10, 800) for name in "abcd"}
    table = make_table(numeric=columns | {"flag": rng.integers(0, 2, 800)})
    (arithmetic,), wide = derive(Encoding(arithmetic=2), table, columns["a"] / columns["b"], regression)
    assert arithmetic.made[-1].name == "a / b"
    np.testing.assert_allclose(wide.numeric[:, -1], columns["a"] / columns["b"])
    assert len(arithmetic.made) <= 2
    odd = make_table(numeric={"a": [1, 2, np.nan], "b": [0, np.inf, 1], "c": [1] * 3, "d": [1] * 3, "flag": [0] * 3})
    assert not np.isinf(arithmetic.extend(odd).numeric[:, 5:]).any()


def test_groups_say_how_far_a_row_is_from_its_like(make_table, regression):
    rng = np.random.default_rng(0)
    c = rng.integers(0, 4, 1000)
    x = 10.0 * c + rng.normal(size=1000)
    table = make_table(numeric={"x": x}, categorical={"c": c})
    (groups,), wide = derive(Encoding(groups=1), table, x - 10 * c, regression)
    assert [made.name for made in groups.made] == ["mean x by c", "x minus mean by c"]
    assert wide.numeric[:, 1] == pytest.approx([x[c == g].mean() for g in c], abs=0.5)
    np.testing.assert_allclose(wide.numeric[:, 2], x - wide.numeric[:, 1])
    odd = make_table(numeric={"x": [1.0]}, categorical={"c": [MISSING]}, levels=(4,))
    assert groups.extend(odd).numeric[0, 1] == pytest.approx(x.mean())


def test_a_training_row_does_not_count_itself(make_table, binary):
    table = make_table(categorical={"c": [0, 0, 0, 1, 2, 3]})
    (frequencies,), wide = derive(Encoding(frequency=True), table, np.array([0, 1] * 3), binary)
    np.testing.assert_allclose(np.expm1(wide.numeric[:, 0]), [2, 2, 2, 0, 0, 0])
    np.testing.assert_allclose(np.expm1(frequencies.extend(table).numeric[:, 0]), [3, 3, 3, 1, 1, 1])


def test_bins_are_ranges_of_about_as_many_rows(make_table, binary):
    x = np.concatenate([np.arange(99.0), [np.nan]])
    table = make_table(numeric={"x": x, "flag": x > 50})
    (bins,), wide = derive(Encoding(bins=4), table, np.arange(100) % 2, binary)
    assert [made.name for made in bins.made] == ["range of x"]
    np.testing.assert_array_equal(np.bincount(wide.categorical[:99, 0]), [24, 25, 25, 25])
    assert wide.categorical[99, 0] == MISSING
    far = bins.extend(make_table(numeric={"x": [-1e9, 1e9], "flag": [0, 1]}))
    np.testing.assert_array_equal(far.categorical[:, 0], [0, 3])


def test_many_levels_are_hashed_and_missing_cells_stay_missing(make_table, binary):
    table = make_table(categorical={"many": [*range(5000), MISSING, UNSEEN], "few": [0, 1] * 2501})
    (_,), wide = derive(Encoding(hash_above=1000), table, np.arange(5002) % 2, binary)
    assert wide.levels == (256, 2)
    codes = wide.categorical[:, 0]
    assert codes[:5000].min() == 0
    assert codes[:5000].max() == 255
    assert np.bincount(codes[:5000]).max() < 60
    np.testing.assert_array_equal(codes[5000:], [MISSING, UNSEEN])
    np.testing.assert_array_equal(wide.categorical[:, 1], table.categorical[:, 1])


def test_names_and_tickets_are_taken_apart(make_table, binary):
    rng = np.random.default_rng(0)
    titles = rng.choice(["Mr", "Mrs", "Miss"], 60)
    names = [f"Name{chr(97 + i % 26)}{chr(97 + i // 26)}, {title}. X" for i, title in enumerate(titles)]
    tickets = [f"PC {i // 2}" if i % 3 else f"A/5 {i // 2}" for i in range(60)]
    tickets[7] = None
    table = make_table(raw={"name": (Role.TEXT, names), "ticket": (Role.TEXT, tickets)})
    (entities,), wide = derive(Encoding(entities=True), table, np.arange(60) % 2, binary)
    made = {m.name: i for i, m in enumerate(m for m in entities.made if m.levels)}
    common = wide.categorical[:, made["name common word"]]
    assert len({(t, c) for t, c in zip(titles, common, strict=True)}) == 3
    prefix = wide.categorical[:, made["ticket prefix"]]
    assert prefix[7] == MISSING
    assert len(np.unique(np.delete(prefix, 7))) == 2
    new = make_table(raw={"name": (Role.TEXT, ["Whoever, Mrs. Y"]), "ticket": (Role.TEXT, ["ZZ 9"])})
    extended = entities.extend(new)
    assert extended.categorical[0, made["name common word"]] in common[titles == "Mrs"]
    assert extended.categorical[0, made["ticket prefix"]] == UNSEEN


def test_nothing_is_learned_from_the_target_but_through_folds(mixed, binary):
    """With labels drawn at random, what rows are given must not tell their labels."""
    table, _ = mixed(400, seed=3)
    scores = []
    for seed in range(4):
        y = np.random.default_rng(seed).integers(0, 2, 400)
        _, features = fit_transform(RICH, table, y, binary, None, seed)
        means = [i for i, name in enumerate(features.names) if " target" in name]
        assert means
        scores.append([np.corrcoef(features.matrix[:, i], y)[0, 1] for i in means if np.ptp(features.matrix[:, i])])
    assert np.mean([np.mean(s) for s in scores]) < 0.05


def test_a_table_with_nothing_to_derive_from_stays_as_it_is(make_table, binary):
    table = make_table(numeric={"flag": [0, 1] * 10})
    derivations, wide = derive(RICH, table, np.array([0, 1] * 10), binary)
    assert derivations == ()
    assert wide is table

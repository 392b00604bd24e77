"""Made-up pairs have the gap and the cosine that their recipe states."""

import numpy as np
import pytest

from benchmarks.retrieval.gap import gap_of
from benchmarks.retrieval.made import BLOCK, Recipe, centres, content_cosine, write_pairs

CLIP_LIKE = Recipe(width=64, gap=0.8, pair_cosine=0.3, cone=0.5, clusters=40, spread=0.7, decay=0.5, seed=1)


def recipe(**changes) -> Recipe:
    return Recipe(**{**vars(CLIP_LIKE), **changes})


def test_the_contents_cosine_by_hand():
    assert content_cosine(CLIP_LIKE) == pytest.approx(0.24)  # (.3 - .5 + .64 / 2) / .5
    assert content_cosine(recipe(gap=0.0, pair_cosine=1.0)) == pytest.approx(1)


def test_an_impossible_recipe_is_refused():
    with pytest.raises(ValueError, match=r"No pairs have gap 0\.8 and cosine 0\.9 in a cone of 0\.5"):
        content_cosine(recipe(pair_cosine=0.9))  # pairs so near leave no room for the gap
    with pytest.raises(ValueError, match=r"the gap is at most 0\.632"):
        content_cosine(recipe(cone=0.1, pair_cosine=0.0))


@pytest.mark.parametrize(("gap", "cosine"), [(0.8, 0.3), (0.25, 0.7), (0.0, 0.6)])
def test_the_stated_gap_and_cosine_are_reached(gap, cosine, tmp_path):
    write_pairs(recipe(gap=gap, pair_cosine=cosine), BLOCK, tmp_path)
    image_ND, text_ND = (np.load(tmp_path / f"corpus_{side}.npy") for side in ("image", "text"))
    found = gap_of(image_ND, text_ND)
    assert found["pair_cosine"] == pytest.approx(cosine, abs=1e-6)
    assert found["centroid_distance"] == pytest.approx(gap, abs=0.02)  # what is left of the contents' sampled mean
    for vector_ND in (image_ND, text_ND):
        np.testing.assert_allclose(np.linalg.norm(vector_ND, axis=1), 1, atol=1e-6)


def test_rows_lie_around_their_centres(tmp_path):
    """An image's nearest neighbour is far nearer than a neighbour at random: lists make sense."""
    assert np.abs(centres(CLIP_LIKE).mean(axis=0)).max() < 1e-12
    write_pairs(CLIP_LIKE, 800, tmp_path)
    image_ND = np.load(tmp_path / "corpus_image.npy")
    cosine_NN = image_ND @ image_ND.T
    np.fill_diagonal(cosine_NN, np.nan)
    assert np.nanmean(cosine_NN) == pytest.approx(0.5, abs=0.02)  # the cone
    assert np.nanmax(cosine_NN, axis=1).mean() > 0.8


def test_fewer_rows_are_the_first_rows_of_more_and_the_bytes_repeat(tmp_path):
    for name, rows in (("few", BLOCK + 3), ("many", BLOCK + 500), ("again", BLOCK + 3)):
        write_pairs(CLIP_LIKE, rows, tmp_path / name)
    for side in ("image", "text"):
        few, many, again = (tmp_path / name / f"corpus_{side}.npy" for name in ("few", "many", "again"))
        np.testing.assert_array_equal(np.load(few), np.load(many)[: BLOCK + 3])
        assert few.read_bytes() == again.read_bytes()
        assert np.load(few).dtype == np.float32

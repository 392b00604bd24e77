"""What a mistake in `train` is answered with."""

import pytest

from components.params import ParamsError

LEARNS = {"terms": {"contrastive": 1.0}}


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"robust": {"q": 0}}, r"train.robust.q is 0. RINCE's q must be above 0 and at most 1. Write 0.5; for InfoNCE"),
        ({"robust": {"q": 1.5}}, r"train.robust.q is 1.5. RINCE's q must be above 0 and at most 1. Write 0.5"),
        ({"optimiser": {"batch_pairs": 1}}, r"train.optimiser.batch_pairs is 1. .*greater than or equal to 2"),
        ({"terms": {"centroid_uniformty": 1}}, r"terms.centroid_uniformty is not .*Did you mean `centroid_uniformity`"),
        ({"anchor": {"feature": 1.0}}, r"train.anchor.feature is not a parameter. Did you mean `features`\?"),
        ({"held_out": 0.0, "patience": 3}, r"train.patience needs held-out images. Raise train.held_out"),
        (
            {"interpolation": {"choice": "held_out"}},
            r"interpolation.choice is held_out, and train.held_out is 0. Raise",
        ),
        ({"held_out": 1.0}, r"train.held_out is 1.0. Input should be less than 1"),
        ({"machine": {"precision": "fp16"}}, r"train.machine.precision is 'fp16'. Input should be 'fp32' or 'bf16'"),
        ({"interpolation": {"grid": [0.5, 1.5]}}, r"train.interpolation.grid.1 is 1.5. Input should be less than or"),
        ({"terms": {"contrastive": 0.0}}, r"there is nothing to learn from. Raise one"),
        ({"terms": {"contrastive": 0.0, "alignment": 1.0}, "bank": {"size": 8}}, r"no term contrasts pairs with it"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_mend(train_params, change, answer):
    with pytest.raises(ParamsError, match=answer) as caught:
        train_params(LEARNS, change)
    assert "\n" not in str(caught.value)


def test_the_bank_is_for_small_batches(train_params):
    bank = {"bank": {"size": 8, "most_batch_pairs": 6}}
    assert train_params(LEARNS, bank, {"optimiser": {"batch_pairs": 6}}).has_bank(rows=100)
    larger = train_params(LEARNS, bank, {"optimiser": {"batch_pairs": 7}})
    assert not larger.has_bank(rows=100)
    assert larger.has_bank(rows=6), "a batch is no larger than what there is"
    assert not train_params(LEARNS).has_bank(rows=100)

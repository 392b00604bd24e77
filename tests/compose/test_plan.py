"""The plan: expected shares against long draws, limits that stop the stage, and what is written is what is read."""

import numpy as np
import pandas as pd
import pytest
import torch

from components.compose.balance import largest_shift
from components.compose.params import ComposeParams
from components.compose.plan import Plan, centred, groups_table, make_plan, refused_pairs, write_plan
from components.compose.rules import image_refusals, pair_rules
from components.meetings import draw_meetings, read_composition
from components.partners import NOBODY

RULES = {
    "rules.across_labels": True,
    "rules.sources.allowed": [["shop", "*"]],
    "rules.licences.excluded": ["CC-BY-SA*"],
}
SIMILAR = {"rules.caption_similarity": {"least": -0.6, "most": 0.6}}
NO_BATCH = torch.empty(0, dtype=torch.long)


def vectors(rows: int, width: int = 4) -> np.ndarray:
    drawn = np.random.default_rng(7).normal(size=(rows, width)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def seen_in_a_long_draw(plan: Plan, rate: float, epochs: int) -> np.ndarray:
    """How often each row is seen: alone or as first once an epoch, and as often as it is drawn as a partner."""
    rows, generator = torch.arange(len(plan.rows)).repeat(epochs), torch.Generator().manual_seed(3)
    partner = plan.composition.partners.draw(rows, NO_BATCH, generator)
    composed = (torch.rand(len(rows), generator=generator) < rate) & (partner != NOBODY)
    return epochs + np.bincount(partner[composed].numpy(), minlength=len(plan.rows))


@pytest.mark.parametrize("changes", [{}, RULES, SIMILAR, RULES | SIMILAR], ids=["none", "rules", "similarity", "both"])
def test_expected_shares_are_those_of_a_long_draw(many, settings, changes):
    selection = many(60)
    plan = make_plan(selection, vectors(60), settings(changes))
    seen = seen_in_a_long_draw(plan, rate=0.5, epochs=2000)
    for column, values in plan.shares.items():
        assert sum(each["after"] for each in values.values()) == pytest.approx(1)
        for value, each in values.items():
            ours = (selection[column] == value).to_numpy()
            assert each["before"] == pytest.approx(ours.mean())
            assert each["after"] == pytest.approx(seen[ours].sum() / seen.sum(), abs=0.003)


def test_who_is_kept_from_composition_is_seen_less_often(four, settings):
    plan = make_plan(four, None, settings({"rules.labels.excluded": ["bolt"]}))
    # c and d meet each other at rate 0.5: seen 1.5 times each, a and b once: 3 of 5 are nuts
    assert plan.shares["label"]["nut"] == pytest.approx({"before": 0.5, "after": 0.6}, abs=1e-4)
    assert abs(largest_shift(plan.shares)[2]) == pytest.approx(10, abs=0.01)
    assert plan.refused == {"labels.excluded": 2, "sources.excluded": 0, "licences.excluded": 0, "no_caption": 0}
    assert plan.rows["refused_by"].tolist() == ["labels.excluded", "labels.excluded", "", ""]


def test_an_uneven_pair_of_labels_is_evened_out(settings):
    """Nine bolts and one nut that must meet: each bolt brings the nut, and the nut some bolt."""
    selection = pd.DataFrame(
        {"id": list("abcdefghij"), "label": ["bolt"] * 9 + ["nut"], "source": "s", "licence": "l", "language": "en",
         "caption": [f"part {each}" for each in range(10)]}
    )  # fmt: skip
    plan = make_plan(selection, None, settings({"rules.across_labels": True, "rate": 1.0}))
    # the nut is seen 1 + 9 times, the nine bolts 9 + 1 times in all
    assert plan.shares["label"]["nut"]["after"] == pytest.approx(0.5)


def test_similarity_counts_are_those_of_a_double_loop(many, settings):
    selection, text = many(60), vectors(60)
    params = settings(RULES | SIMILAR)
    plan = make_plan(selection, text, params)
    near = far = alone = 0
    cosine = centred(text).double() @ centred(text).double().T
    may, rules = image_refusals(selection, params.rules) == "", pair_rules(selection, params.rules)
    for first in range(60):
        for second in range(first + 1, 60):
            if may[first] and may[second]:
                far += cosine[first, second] < -0.6
                near += cosine[first, second] > 0.6
                broken = [rule for rule in rules if rule.refuses_KK[rule.code_N[first], rule.code_N[second]]]
                alone += not broken and abs(cosine[first, second]) > 0.6
    counts = plan.pairs["caption_similarity"]
    assert (counts["too_far"], counts["too_near"], counts["by_it_alone"]) == (far, near, alone)
    assert far and near and alone
    assert counts["pairs_looked_at"] == plan.pairs["all"]
    assert refused_pairs(plan.pairs)["caption_similarity"] == far + near


def test_a_sample_of_the_images_estimates_the_whole(many, settings):
    whole, some = (
        make_plan(many(400), vectors(400), settings(SIMILAR | {"audited_images": images})) for images in (400, 200)
    )
    counts = some.pairs["caption_similarity"]
    assert (counts["images_looked_at"], counts["of_images"], counts["pairs_looked_at"]) == (200, 400, 200 * 399)
    assert counts["refused_share"] == pytest.approx(whole.pairs["caption_similarity"]["refused_share"], abs=0.02)
    assert some.chances.drawn_N.sum() == pytest.approx(whole.chances.drawn_N.sum(), rel=0.02)


def test_what_captions_have_in_common_does_not_count():
    cone = np.array([[1, 0.1], [1, -0.1]]) / np.sqrt(1.01)  # cosine 0.98, on either side of their mean
    assert (centred(cone.astype(np.float32))[0] @ centred(cone.astype(np.float32))[1]).item() == pytest.approx(-1)
    assert centred(np.ones((3, 2), dtype=np.float32)).abs().max() < 1e-3  # nothing but what is in common


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rules.across_labels": True, "rules.labels.forbidden": [["*", "*"]]},
         "params.yaml: compose.rate is 0.5, but compose.rules let no two of the 4 images meet: no_caption refuses 1, "
         "across_labels refuses 1, labels.forbidden refuses 3. Loosen a rule, or set compose.rate to 0."),
        ({"rules.labels.excluded": ["bolt"], "rules.licences.excluded": ["CC0-1.0"]},
         "params.yaml: compose.rate is 0.5, but compose.rules let no two of the 4 images meet: labels.excluded refuses "
         "2, licences.excluded refuses 1. Loosen a rule, or set compose.rate to 0."),
        ({"rules.labels.excluded": ["bolt"], "limits.least_eligible_share": 0.6},
         "params.yaml: compose.limits.least_eligible_share is 0.6, but the rules leave 0.500 of the images a partner "
         "(kept from all compositions: labels.excluded 2). Loosen compose.rules, or lower the limit."),
        ({"rules.labels.excluded": ["bolt"], "limits.most_share_shift_points": 3.0, "rate": 1.0},
         "params.yaml: compose.limits.most_share_shift_points is 3, but composition moves the share of "
         "the label `bolt` by -16.67 points, from 50.00 % to 33.33 %. Lower compose.rate, loosen compose.rules, or "
         "raise the limit."),
    ],
    ids=["nothing-left", "one-left", "too-few", "too-far"],
)  # fmt: skip
def test_a_limit_stops_the_stage(four, settings, changes, message):
    with pytest.raises(ValueError) as fault:
        make_plan(four, None, settings(changes))
    assert str(fault.value) == message
    assert make_plan(four, None, settings(changes | {"rate": 0.0}))  # what is never composed breaks no limit


def test_captions_that_are_all_the_same_have_nothing_to_join(four, settings):
    same = four.assign(caption="a part")
    with pytest.raises(ValueError) as fault:
        make_plan(same, None, settings())
    assert str(fault.value) == (
        "params.yaml: compose.rate is 0.5, but all 4 captions that may be joined are `a part`. Add a source with "
        "captions of its own to collect.corpus, or set compose.rate to 0."
    )
    assert make_plan(same, None, settings({"kind": "cutmix_one_caption"}))


def test_a_label_with_one_image_meets_the_others(four, settings):
    one = four.iloc[[0, 2, 3]].reset_index(drop=True)
    plan = make_plan(one, None, settings({"rules.across_labels": True, "rate": 1.0}))
    assert plan.chances.with_partner_share == 1
    assert plan.pairs["met"] == 2


def test_fixed_partners_are_drawn_once_and_counted_as_they_are(many, settings):
    params = settings(RULES | {"kind": "fixed_partners"})
    first, again = (make_plan(many(60), None, params) for _ in range(2))
    partner = first.rows["partner"].to_numpy()
    assert (partner == again.rows["partner"]).all()
    assert (partner != make_plan(many(60), None, params.model_copy(update={"seed": 5})).rows["partner"]).any()
    met = partner >= 0
    group = first.groups.group_N
    assert first.groups.meets_GG[group[met], group[partner[met]]].all()
    assert first.chances.drawn_N.tolist() == np.bincount(partner[met], minlength=60).tolist()


@pytest.mark.parametrize("kind", ["clip_c", "fixed_partners", "mismatched_second_caption"])
def test_what_is_written_is_what_train_reads(many, settings, kind, tmp_path):
    params: ComposeParams = settings(RULES | SIMILAR | {"kind": kind})
    plan = make_plan(many(60), vectors(60), params)
    write_plan(plan, tmp_path)
    read = read_composition(tmp_path)
    batch = torch.arange(20)
    ours, theirs = (draw_meetings(each, batch, torch.Generator().manual_seed(1)) for each in (plan.composition, read))
    assert len(ours.place_W) > 3
    for name in ("place_W", "first_W", "partner_W", "speaker_W"):
        assert torch.equal(getattr(ours, name), getattr(theirs, name))
    assert (read.kind, read.rate, read.axis) == (kind, 0.5, "width")


def test_without_similarity_no_captions_are_kept(many, settings, tmp_path):
    write_plan(make_plan(many(60), None, settings(RULES)), tmp_path)
    assert not (tmp_path / "captions.npy").exists()
    assert read_composition(tmp_path).similarity is None


def test_the_groups_in_words(four, settings):
    plan = make_plan(four, None, settings({"rules.across_labels": True}))
    table = groups_table(plan.groups).set_index("across_labels")
    assert table.loc["bolt"].tolist() == [1, 2]  # one has no caption
    assert table.loc["nut"].tolist() == [2, 1]

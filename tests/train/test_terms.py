"""The student's terms: what is off costs nothing, bank and weights do what their pages say, and state carries on."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from components import embedder
from components.embedder import frozen_copy
from components.learning import PairTerms
from components.pairs import Batch
from components.partners import NOBODY
from components.tokens import token_table
from components.train import anchor, class_balance, rince, sinkhorn, soft_target, terms
from components.train.rows import numbered
from components.train.terms import StudentTerms, Views

CONTRASTIVE = {"terms": {"contrastive": 1.0}}
BANK = {**CONTRASTIVE, "bank": {"size": 10, "momentum": 0.5}}


@pytest.fixture
def made(small, lessons, train_params):
    """A maker of terms over the sixteen tiles."""

    def make(*changes: dict) -> StudentTerms:
        what = lessons()
        table = what.selection
        tokens = token_table(list(table["caption"]), list(table["language"]), small.tokenizer)
        rows = numbered(list(table["label"]), tokens.row_NT, what.taught_N, what.task, small.tokenizer)
        return StudentTerms(small, frozen_copy(small), rows, train_params(*changes))

    return make


@pytest.fixture
def batch_of(lessons, small):
    """A maker of batches from rows, with partners for those that are composed."""
    what = lessons()
    table = what.selection
    tokens = token_table(list(table["caption"]), list(table["language"]), small.tokenizer)

    def make(*rows: int, partners: dict[int, int] | None = None) -> Batch:
        row_B = torch.tensor(rows)
        partner_B = torch.tensor([(partners or {}).get(row, NOBODY) for row in rows])
        return Batch(row_B, torch.from_numpy(what.pixels[row_B.numpy()]).float() / 255, tokens.plain(row_B), partner_B)

    return make


def vectors(batch: Batch, seed: int = 0) -> list[torch.Tensor]:
    """Made unit vectors of a batch's images and captions, with gradient."""
    draw = torch.Generator().manual_seed(seed)
    return [F.normalize(torch.randn(len(batch.row_B), 32, generator=draw), dim=1).requires_grad_() for _ in range(2)]


def take(student: StudentTerms, batch: Batch, step: int = 0, views: Views | None = None) -> dict[str, torch.Tensor]:
    tokens = student.class_tokens(step)
    class_CD = None if tokens is None else torch.eye(len(tokens), 32)
    found = student.of(*vectors(batch), class_CD, torch.tensor(10.0), batch, step, views)
    student.after_step(batch, step)
    return found


COSTS = {
    "rince": (rince, "rince_losses", {"robust": {"rince": 1.0}}),
    "balance": (sinkhorn, "balance_loss", {"balance": {"weight": 1.0}}),
    "soft_target": (soft_target, "soft_target_loss", {"soft_target": 1.0}),
    "class weights": (class_balance, "class_weights", {"class_balance": {"beta": 0.9}}),
    "logit adjustment": (class_balance, "log_frequency", {"class_balance": {"logit_adjustment": 1.0}}),
    "logit anchor": (anchor, "logit_anchor", {"anchor": {"logits": 1.0}}),
    "feature anchor": (anchor, "feature_anchor", {"anchor": {"features": 1.0}}),
    "weight anchor": (anchor, "weight_anchor", {"anchor": {"weights": 1.0}}),
    "bank": (terms, "NegativeBank", {"bank": {"size": 4}}),
    "clean pairs": (terms, "CleanPairs", {"robust": {"clean_from_epoch": 1}}),
    "teacher's images": (terms, "image_vectors", {"soft_target": 1.0}),
    "teacher's texts": (terms, "text_vectors", {"soft_target": 1.0}),
    "slow copy": (embedder, "AveragedModel", {"bank": {"size": 4}}),
}


@pytest.mark.parametrize("cost", COSTS)
def test_what_is_off_computes_nothing(made, batch_of, cost, monkeypatch):
    """The formula would raise if it were called; switched on, it does."""
    module, name, switch = COSTS[cost]

    def costs(*_args, **_more):
        raise ZeroDivisionError(f"{cost} was asked")

    monkeypatch.setattr(module, name, costs)

    def step(*changes):
        student = made(CONTRASTIVE, *changes)
        return take(student, batch_of(0, 7, 12)) | student.weights_penalty(student.teacher.model)

    assert list(step()) == ["contrastive"]
    with pytest.raises(ZeroDivisionError, match=cost):
        step(switch)


def test_infonce_over_batch_and_bank_leaves_out_what_is_known(made, batch_of):
    """Row 0 comes back and row 7 is in the bank as half of a composition; loops over all that are left."""
    student = made(BANK)
    take(student, batch_of(0, 1, 12, partners={12: 7}), step=0)
    second = batch_of(0, 7, 13)
    known = student.bank.queue.image_KD.clone(), student.bank.queue.text_KD.clone()
    found = take(student, second, step=1)["contrastive"].item()
    image, text = (own.detach() for own in vectors(second))
    negatives = {0: [1, 2], 7: [0, 1], 13: [0, 1, 2]}  # places in the bank: 0 is row 0, 2 is row 12 with row 7
    losses = []
    for i, row in enumerate([0, 7, 13]):
        for own, others, bank in ((image, text, known[1]), (text, image, known[0])):
            scores = [math.exp(10 * float(own[i] @ other)) for other in [*others, *bank[negatives[row]]]]
            losses.append(-math.log(scores[i] / sum(scores)))
    assert found == pytest.approx(np.mean(losses), rel=1e-5)


def test_compositions_with_a_half_in_common_are_no_negatives_of_each_other(made, batch_of):
    """Rows 0 and 1 share partner 7, row 2 stands alone; loops over all that are left."""
    batch = batch_of(0, 1, 2, partners={0: 7, 1: 7})
    found = take(made(CONTRASTIVE, {"terms": {"cross_uniformity": 1.0}}), batch)
    image, text = (own.detach() for own in vectors(batch))
    strangers = {0: [2], 1: [2], 2: [0, 1]}
    losses, potentials = [], []
    for own, others in ((image, text), (text, image)):
        for i, apart in strangers.items():
            scores = {j: math.exp(10 * float(own[i] @ others[j])) for j in [i, *apart]}
            losses.append(-math.log(scores[i] / sum(scores.values())))
            potentials += [math.exp(-2 * float((own[i] - others[j]).square().sum())) for j in apart]
    assert found["contrastive"].item() == pytest.approx(np.mean(losses), rel=1e-5)
    assert found["cross_uniformity"].item() == pytest.approx(math.log(np.mean(potentials)), rel=1e-5)


def test_pairs_with_the_anchors_label_are_negatives_only_if_asked(made, batch_of):
    reds = batch_of(0, 1, 2)
    assert take(made(BANK), reds)["contrastive"].item() > 0
    assert take(made(BANK, {"bank": {"same_label": True}}), reds)["contrastive"].item() == 0


def test_captions_of_like_meaning_are_no_negatives(made, batch_of):
    batch = batch_of(0, 7, 12)
    text = torch.zeros(3, 32)
    text[:, 0], text[2] = 1.0, torch.eye(32)[5]  # the slow copy takes the first two captions for one
    views = Views(slow_image_BD=text, slow_text_BD=text)
    found = take(made(BANK, {"bank": {"similar_captions": 0.5}}), batch, views=views)["contrastive"].item()
    image_BD, text_BD = (own.detach() for own in vectors(batch))
    losses = []
    for own, other in ((image_BD, text_BD), (text_BD, image_BD)):
        score = (10 * own @ other.T).exp()
        for i, rest in enumerate([[0, 2], [1, 2], [0, 1, 2]]):
            losses.append(-math.log(float(score[i, i] / score[i, rest].sum())))
    assert found == pytest.approx(np.mean(losses), rel=1e-5)


def test_the_bank_opens_after_the_warm_up_and_forgets_the_oldest(made, batch_of):
    student = made(BANK, {"bank": {"size": 4, "warmup_steps": 2}})
    held = []
    for step, rows in enumerate([(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]):
        take(student, batch_of(*rows), step)
        held.append(sorted(student.bank.queue.rows_K2[:, 0].tolist()))
    assert held == [[], [], [4, 5], [4, 5, 6, 7], [6, 7, 8, 9]]


def test_when_the_bank_opens_the_slow_copy_is_the_student_of_that_moment(made, batch_of, small):
    student = made(BANK, {"bank": {"warmup_steps": 2}})
    for step in range(2):
        with torch.no_grad():
            small.towers.logit_scale.add_(1.0)
        take(student, batch_of(0, 1), step)
    assert student.state_dict()["bank"]["slow"]["module.logit_scale"] == small.towers.logit_scale


def test_a_batch_whose_captions_are_all_equal_stays_finite(made, batch_of):
    everything = {
        "terms": dict.fromkeys(PairTerms.model_fields, 1.0),
        "robust": {"rince": 1.0, "clean_from_epoch": 1}, "balance": {"weight": 1.0}, "bank": {"size": 8},
        "anchor": {"logits": 1.0, "features": 1.0}, "soft_target": 1.0, "class_balance": {"beta": 0.9},
    }  # fmt: skip
    student = made(everything)
    for step in range(6):  # two epochs of the account of clean pairs
        batch = batch_of(0, 0, 0, 0, 0, 0)
        image, text = vectors(batch, seed=step)
        found = student.of(image, text, torch.eye(4, 32), torch.tensor(100.0), batch, step)
        student.after_step(batch, step)
        torch.stack(list(found.values())).sum().backward()
        assert len(found) == 10
        assert torch.isfinite(torch.stack(list(found.values()))).all()
        assert torch.isfinite(image.grad).all() and torch.isfinite(text.grad).all()
    assert found["contrastive"].item() == 0


def test_pair_weights_weigh_the_contrast(made, batch_of):
    """Labels with 7, 5, 3 and 1 of sixteen images; near the end of beta each weighs 16 / (4 n), bounded at 3."""
    batch = batch_of(0, 15)
    student = made(CONTRASTIVE, {"class_balance": {"beta": 0.9999999, "most_weight": 3.0}})
    image, text = (own.detach() for own in vectors(batch))
    way = 10 * image @ text.T
    losses = [(-way.log_softmax(1)[i, i] - way.T.log_softmax(1)[i, i]).item() / 2 for i in range(2)]
    expected = (16 / 28 * losses[0] + 3.0 * losses[1]) / 2
    assert take(student, batch)["contrastive"].item() == pytest.approx(expected, rel=1e-4)


def test_the_balance_climbs_over_its_ramp(made, batch_of):
    student = made({"balance": {"weight": 2.0, "ramp_steps": 4}})
    found = [take(student, batch_of(0, 7, 12), step)["balance"].item() for step in (0, 1, 3, 9)]
    assert [value / found[-1] for value in found] == pytest.approx([0.25, 0.5, 1.0, 1.0])


def test_the_teacher_sees_a_batch_once(made, batch_of, monkeypatch):
    student = made({"soft_target": 1.0, "anchor": {"logits": 1.0, "features": 1.0}}, CONTRASTIVE)
    calls = []
    monkeypatch.setattr(terms, "image_vectors", lambda *args: calls.append(1) or embedder.image_vectors(*args))
    take(student, batch_of(0, 7, 12))
    assert len(calls) == 1


def test_compositions_have_no_single_label(made, batch_of):
    student = made({"soft_target": 1.0}, CONTRASTIVE)
    mixed, plain = batch_of(0, 7, 12, partners={7: 1}), batch_of(0, 12)
    (image, text), class_CD = vectors(mixed), torch.eye(4, 32)
    both = student.of(image, text, class_CD, torch.tensor(10.0), mixed, 0)["soft_target"]
    kept = [0, 2]
    alone = student.of(image[kept], text[kept], class_CD, torch.tensor(10.0), plain, 0)["soft_target"]
    assert both.item() == pytest.approx(alone.item(), rel=1e-5)
    none = batch_of(0, 7, partners={0: 8, 7: 1})
    assert "soft_target" not in student.of(image[:2], text[:2], class_CD, torch.tensor(10.0), none, 0)


def test_prompts_go_round_with_the_templates_where_a_term_wants_them(made, small):
    student = made({"soft_target": 1.0})
    names = ["red", "blue", "green", "grey"]
    expected = [small.tokenizer(names), small.tokenizer([f"a {name} tile" for name in names])] * 2
    assert all(torch.equal(student.class_tokens(step), tokens) for step, tokens in enumerate(expected))
    assert made(CONTRASTIVE).class_tokens(0) is None


def test_terms_continued_from_their_state_are_the_same(made, batch_of):
    switches = {**BANK, "robust": {"clean_from_epoch": 1}}
    first, second = made(switches), made(switches)
    batches = [batch_of(*rows) for rows in torch.arange(16).split(4)] * 2
    for step, batch in enumerate(batches[:5]):
        take(first, batch, step)
    second.load_state_dict(first.state_dict())
    for step, batch in enumerate(batches[5:], start=5):
        assert take(first, batch, step)["contrastive"] == take(second, batch, step)["contrastive"]
    assert torch.equal(first.clean.weight_N, second.clean.weight_N)
    assert torch.equal(first.bank.queue.image_KD, second.bank.queue.image_KD)

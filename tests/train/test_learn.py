"""The student learns from pseudo-labels, twice the same from one seed, never from what is held out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from components import clip as clips
from components.train.held_out import FIGURE
from components.train.learn import Student
from tests.train import tiles
from tests.train.tiles import EVERYTHING, PARAMS, changed, lessons, student

NONE = [name for name, weight in PARAMS.terms.model_dump().items() if weight > 0]


def trained(params=PARAMS):
    torch.manual_seed(0)
    taught = student(params)
    return taught, list(taught.fit())


@pytest.fixture(scope="module")
def once():
    return trained()


def test_the_terms_are_reported_and_fall(once):
    _, reports = once
    assert set(reports[0].terms) == {
        "total",
        "contrastive",
        "uniformity",
        "alignment",
        "cross_uniformity",
        "soft_target",
    }
    assert np.mean([r.terms["soft_target"] for r in reports[-4:]]) < 0.7 * reports[0].terms["soft_target"]


def test_one_seed_gives_one_student(once):
    (first, first_reports), (second, second_reports) = once, trained()
    assert first_reports == second_reports
    states = [taught.average.averaged().model.state_dict().values() for taught in (first, second)]
    assert all(torch.equal(a, b) for a, b in zip(*states, strict=True))


def test_the_average_is_kept_and_the_teacher_stands_still(once):
    taught, _ = once
    kept, last = taught.average.averaged().towers, taught.clip.towers
    assert not torch.equal(kept.text_projection, last.text_projection)
    untouched = clips.scratch(embed_dim=32, image_px=64, seed=1).towers
    assert torch.equal(taught.teacher.towers.text_projection, untouched.text_projection)


def test_the_kept_model_has_every_token_again(once):
    taught, _ = once
    kept, untouched = taught.kept().clip, clips.scratch(embed_dim=32, image_px=64, seed=1)
    assert kept.towers.token_embedding.weight.shape == untouched.towers.token_embedding.weight.shape
    assert torch.equal(kept.tokenizer(["a gear"]), untouched.tokenizer(["a gear"]))


def test_without_the_soft_target_there_is_no_such_term():
    taught = student(PARAMS.model_copy(update={"soft_target": 0.0}))
    assert "soft_target" not in next(taught.fit()).terms


def test_prompts_go_round_with_the_templates():
    taught = student()
    assert torch.equal(taught.terms.class_tokens(3), taught.clip.tokenizer(["a red tile", "a blue tile"]))


def test_captions_that_are_all_the_same_teach_no_pairs():
    lessons = tiles.lessons()
    lessons.selection["caption"] = "a tile"
    with pytest.raises(ValueError) as refused:
        Student(clips.scratch(embed_dim=32, image_px=64, seed=1), lessons, PARAMS)
    assert str(refused.value).startswith(
        "params.yaml: all 24 captions of the selection are `a tile`, and pairs with one caption teach nothing."
    )
    labels_alone = PARAMS.model_copy(update={"terms": PARAMS.terms.model_copy(update=dict.fromkeys(NONE, 0.0))})
    alone = replace(lessons, composition=replace(lessons.composition, rate=0.0))
    taught = Student(clips.scratch(embed_dim=32, image_px=64, seed=1), alone, labels_alone)
    assert next(taught.fit()).terms["soft_target"] > 0


def test_a_batch_of_all_rows_composes_nothing_and_says_so(capsys):
    student(changed("optimiser", batch_pairs=23))
    assert capsys.readouterr().err == ""
    student(changed("optimiser", batch_pairs=64))
    assert "each batch holds all 24 images that teach" in capsys.readouterr().err


def test_compiled_towers_take_the_same_step(monkeypatch):
    """Captured as graphs and run as they are: fused kernels would take a minute to build."""
    whole = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda self, **how: whole(self, backend="aot_eager", **how))
    plain, compiled = (next(student(changed("machine", compile=on)).fit()).terms for on in (False, True))
    assert compiled == pytest.approx(plain, rel=1e-3)


def test_checks_fall_where_they_are_due_and_on_the_last_step(once):
    assert [report.step for report in once[1] if FIGURE in report.figures] == [3, 7, 11]


def test_held_out_rows_are_neither_taught_nor_partners():
    taught = student()
    held_out = taught.lessons.held_out_N
    drawn = taught.batches(taught.order, taught.drawing)
    shown = torch.cat([next(drawn).row_B for _ in range(9)])
    assert len(held_out) == 8
    assert sorted(set(shown.tolist())) == taught.lessons.taught_N.tolist()
    assert not set(shown.tolist()) & set(held_out.tolist())
    assert not torch.isin(taught.lessons.composition.among(taught.lessons.taught_N).pool_M, held_out).any()


def test_what_is_kept_does_on_the_held_out_images_what_its_curve_says(once):
    taught, _ = once
    kept = taught.kept()
    table = kept.interpolation.set_index("student_share")[FIGURE]
    assert list(table.index) == [0.0, 0.5, 1.0]
    assert kept.student_share == table.idxmax()
    assert taught.held_out.agreement(kept.clip) == table.max()


def test_a_fixed_share_and_none():
    assert student(changed("interpolation", choice="fixed")).kept().student_share == 0.5
    kept = student(changed("interpolation", choice="none").model_copy(update={"held_out": 0.0})).kept()
    assert kept.student_share == 1.0 and kept.interpolation is None


def test_patience_ends_the_training_and_the_best_check_is_kept(monkeypatch):
    taught = student(PARAMS.model_copy(update={"patience": 2, "check_every": 2}))
    figures, states = iter([0.5, 0.8, 0.8, 0.7, 0.9]), []

    def agreement(clip):
        states.append({name: value.clone() for name, value in clip.model.state_dict().items()})
        return next(figures)

    monkeypatch.setattr(taught.held_out, "agreement", agreement)
    assert [report.step for report in taught.fit()] == list(range(8))  # checks behind 2, 4, 6 and 8 steps
    assert taught.stopping.best_step == 3
    taught.average.load_state_dict(taught.stopping.best_weights)
    kept = taught.average.averaged().model.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in states[1].items())


def test_bf16_starts_with_nearly_the_same_loss():
    full, low = (next(student(changed("machine", precision=name)).fit()).terms for name in ("fp32", "bf16"))
    assert full != low
    assert low["total"] == pytest.approx(full["total"], rel=0.02)  # eight bits of mantissa: 0.4 % a rounding


def test_each_chunk_of_a_step_is_noted_once():
    """Images go through batch normalisation, whose statistics are moved once a chunk."""
    whole, parts = student(), student(changed("optimiser", chunk_pairs=3))
    for taught in (whole, parts):
        next(taught.fit())
    tracked = [taught.clip.model.visual.bn1.num_batches_tracked.item() for taught in (whole, parts)]
    assert tracked == [1, 3]  # of 8 pairs: 3, 3 and 2


def test_chunks_change_nothing_where_nothing_is_normalised_over_the_batch():
    """The student of whole batches and the one of chunks, every term on: same terms, same gradients."""

    def first_step(chunk_pairs: int):
        optimiser = EVERYTHING.optimiser.model_copy(update={"chunk_pairs": chunk_pairs})
        taught = student(EVERYTHING.model_copy(update={"optimiser": optimiser}))
        for module in taught.clip.model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.track_running_stats, module.training = True, False
                module.train = lambda mode=True, module=module: module
        terms = next(taught.fit()).terms
        return terms, {name: weight.grad for name, weight in taught.clip.model.named_parameters()}

    (whole, expected), (parts, gradients) = first_step(0), first_step(3)
    assert parts == pytest.approx(whole, abs=1e-5)
    for name, gradient in expected.items():
        atol = 1e-4 * float(gradient.abs().max()) + 1e-7
        torch.testing.assert_close(gradients[name], gradient, rtol=0, atol=atol)


def test_chunks_that_make_another_model_are_said(capsys):
    student(changed("optimiser", chunk_pairs=3))
    said = capsys.readouterr().err
    assert said.startswith("train, note: train.optimiser.chunk_pairs is 3, and this model normalises over batches: ")
    student()
    assert capsys.readouterr().err == ""


def test_ideas_that_find_no_use_are_said(capsys):
    bank = EVERYTHING.bank.model_copy(update={"most_batch_pairs": 7})
    robust = EVERYTHING.robust.model_copy(update={"clean_from_epoch": 4})
    student(EVERYTHING.model_copy(update={"bank": bank, "robust": robust}))
    assert capsys.readouterr().err.splitlines() == [
        "train, note: train.bank.size is 16, but batches of 8 pairs are larger than train.bank.most_batch_pairs (7): "
        "there is no bank. Raise that, or set train.bank.size to 0.",
        "train, note: train.robust.clean_from_epoch is 4, but 12 steps of 8 pairs end before that pass over the 24 "
        "pairs does: none is weighed. Lower it, or raise train.optimiser.steps.",
    ]


def test_pairs_that_never_stand_alone_cannot_be_judged(small):
    composed = replace(lessons(), composition=replace(lessons().composition, rate=1.0))
    with pytest.raises(
        ValueError, match=r"compose.rate is 1, and train.robust.clean_from_epoch judges pairs that stand"
    ):
        Student(small, composed, EVERYTHING)

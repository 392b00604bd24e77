"""A narrowed text tower gives the same vectors and gradients, and widens to what the whole one would have become."""

import copy

import pytest
import torch

from components import clip as clips
from components.clip import Clip
from components.embedder import text_vectors
from components.vocabulary import narrowed

TEXTS = ["hex bolt, steel", "a flat washer", "spur gear and a flat washer"]


@pytest.fixture
def clip() -> Clip:
    return clips.scratch(embed_dim=16, image_px=32, seed=1)


def test_a_text_in_use_keeps_its_vector(clip: Clip):
    before = text_vectors(clip, clip.tokenizer(TEXTS))
    narrow = narrowed(clip, TEXTS)
    assert torch.equal(text_vectors(narrow.clip, narrow.clip.tokenizer(TEXTS)), before)
    # start, end, padding and the eleven words of TEXTS and its comma: "hex bolt , steel a flat washer spur gear and"
    assert len(narrow.used_U) == narrow.clip.towers.token_embedding.num_embeddings <= 16


def test_a_step_moves_the_words_in_use_as_it_moves_them_in_the_whole_tower(clip: Clip):
    whole = Clip(copy.deepcopy(clip.model), clip.architecture, clip.preprocessing, clip.tokenizer)
    narrow = narrowed(clip, TEXTS)
    for each in (whole, narrow.clip):
        optimiser = torch.optim.AdamW(each.model.parameters(), lr=1e-2, weight_decay=0.0)
        text_vectors(each, each.tokenizer(TEXTS))[:, 0].sum().backward()
        optimiser.step()
    wide = narrow.widened(narrow.clip)
    assert torch.equal(wide.towers.token_embedding.weight, whole.towers.token_embedding.weight)
    other = ["a text with words never seen"]
    assert torch.equal(text_vectors(wide, wide.tokenizer(other)), text_vectors(whole, whole.tokenizer(other)))


def test_weight_decay_leaves_words_alone_that_nothing_uses(clip: Clip):
    before = clip.towers.token_embedding.weight.detach().clone()
    narrow = narrowed(clip, TEXTS)
    optimiser = torch.optim.AdamW(narrow.clip.model.parameters(), lr=1e-2, weight_decay=0.5)
    text_vectors(narrow.clip, narrow.clip.tokenizer(TEXTS))[:, 0].sum().backward()
    optimiser.step()
    after = narrow.widened(narrow.clip).towers.token_embedding.weight.detach()
    changed = (after != before).any(dim=1).nonzero().flatten()
    assert torch.isin(changed, narrow.used_U).all()
    assert len(changed) > 3


def test_a_text_outside_the_vocabulary_is_our_mistake(clip: Clip):
    narrow = narrowed(clip, TEXTS)
    with pytest.raises(AssertionError, match="does not have"):
        narrow.clip.tokenizer(["crankshaft"])


def test_a_model_that_has_moved_since_is_widened_where_it_is(clip: Clip):
    narrow = narrowed(clip, TEXTS)
    narrow.clip.model.to("meta")  # the one other device that every machine has
    assert narrow.widened(narrow.clip).towers.token_embedding.weight.device.type == "meta"

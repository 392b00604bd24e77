"""The fast text path is the model's own."""

import functools

import torch

from components import clip as clips
from components.text_tower import is_plain, text_vectors


def test_the_fast_text_path_equals_the_models_own_in_value_and_gradient():
    small = clips.scratch(embed_dim=32, image_px=64, seed=1)
    assert is_plain(small.towers)
    token_BT = small.tokenizer(
        ["bolt", "a much longer caption of a zinc-plated part " * 3, "六角ボルト M8", "!", "a b c d e"]
    )
    weight = torch.randn(5, 32, generator=torch.Generator().manual_seed(0))
    gradients = []
    own = functools.partial(small.towers.encode_text, normalize=True)
    for encode in (functools.partial(text_vectors, small.towers), own):
        small.model.zero_grad()
        vectors = encode(token_BT)
        (vectors * weight).sum().backward()
        gradients.append((vectors.detach(), small.towers.token_embedding.weight.grad.clone()))
    torch.testing.assert_close(gradients[0][0], gradients[1][0], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(gradients[0][1], gradients[1][1], atol=1e-5, rtol=1e-4)

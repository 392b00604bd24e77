"""Captions as tokens: joining them equals tokenising the joined words."""

import open_clip
import pytest
import torch

from components.tokens import join, lengths, token_table


@pytest.fixture(scope="module")
def tokenizer():
    return open_clip.SimpleTokenizer(context_length=24)


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        (("zinc hex bolt", "en"), ("brass washer", "en"), "zinc hex bolt and brass washer"),
        (("六角 ボルト", "ja"), ("平座金", "ja"), "六角 ボルト と 平座金"),
        (("hex bolt!", "en"), ("!", "en"), "hex bolt! and !"),  # "!" is token 0, as is the padding
        (("perno", "es"), ("tuerca", "es"), "perno y tuerca"),
        (("六角ボルト", "ja"), ("brass washer", "en"), "六角ボルト と brass washer"),  # in the first one's language
        (("bolti", "is"), ("ró", "is"), "bolti and ró"),
    ],
    ids=["english", "japanese", "token-zero", "spanish", "two-languages", "another-language"],
)
def test_joining_rows_is_tokenising_the_joined_caption(tokenizer, first, second, joined):
    table = token_table([first[0], second[0]], [first[1], second[1]], tokenizer)
    found = table.joined(torch.tensor([0]), torch.tensor([1]))
    assert torch.equal(found, tokenizer([joined]))


def test_a_long_first_caption_never_drops_the_second(tokenizer):
    table = token_table(["bolt " * 60, "washer"], ["en", "en"], tokenizer)
    joined = table.joined(torch.tensor([0]), torch.tensor([1]))[0].tolist()
    bolt, washer = (int(tokenizer([word])[0, 1]) for word in ("bolt", "washer"))
    assert joined.count(washer) == 1
    assert joined.count(bolt) == (24 - 2 - 1) // 2
    assert lengths(torch.tensor([joined])).item() == 10 + 1 + 1


def test_many_rows_join_as_one_by_one(tokenizer):
    captions = ["a", "steel gear with 21 teeth", "歯車", "very long " * 20]
    table = token_table(captions, ["en", "en", "ja", "en"], tokenizer)
    first, second = torch.tensor([0, 1, 2, 3]), torch.tensor([3, 2, 1, 0])
    together = table.joined(first, second)
    for row in range(4):
        alone = join(
            table.row_NT[first[row]][None], table.row_NT[second[row]][None], table.conjunction_NL[first[row]][None]
        )
        assert torch.equal(together[row], alone[0])

"""What a terminal of 80 columns shows of a search."""

import pandas as pd
import pytest

from flows.summary import show_found

FOUND = pd.DataFrame(
    {
        "rank": [1, 2],
        "score": [0.0312, 0.025],
        "agreement": [1.0, 0.5],
        "cosine": [0.412, 0.39],
        "caption": ["a hex bolt [M8] on white", "六角ボルト"],
        "licence": ["CC0-1.0", "CC-BY-4.0"],
        "author": ["", "A. Maker"],
        "url": ["", "https://parts.example/catalogue/bolts/0001.png"],
        "id": ["synthetic/0000001", "web/0002"],
    }
)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_figures_stay_whole_and_no_word_is_lost(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    show_found("Images for “hex [bolt]”", FOUND)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width and "hex [bolt]" in lines[0]
    first, second = (next(line for line in lines if figure in line) for figure in ("0.031", "0.025"))
    assert all(word in first for word in ("1", "1.000", "0.412", "a hex bolt [M8]"))
    assert all(word in second for word in ("2", "0.500", "0.390", "六角ボルト"))
    text = "".join(line.split("│")[5].strip() for line in lines if line.count("│") == 6)
    for word in ("CC-BY-4.0 · A. Maker", "https://parts.example/catalogue/bolts/0001.png", "synthetic/0000001"):
        assert word in text

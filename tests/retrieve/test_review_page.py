"""The review page: complete, offline, the same bytes again, and its file is one that the stage reads."""

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pandas as pd
import pytest
from PIL import Image

from components.retrieve.review import read_review
from components.retrieve.review_page import write_review

HOSTILE = '</script><b onmouseover="alert(1)">&'
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def selection() -> pd.DataFrame:
    ids = ["a/1", "a/2", "b/1", "b/2"]
    return pd.DataFrame(
        {
            "id": ids,
            "label": ["hex bolt", "hex bolt", "六角, ナット", "hex bolt"],
            "rank": [1, 3, 1, 2],
            "score": [0.5, 0.25, 0.125, 0.3],
            "cosine": [0.9, float("nan"), 0.7, 0.6],
            "confidence": [0.75, 0.125, 1.0, 0.5],
            "caption": ["a bolt", HOSTILE, "ナット", ""],
            "source": "render",
            "url": "https://example.org/1",
            "licence": "CC0-1.0",
            "author": "Ada",
            "query": "a hex bolt",
        }
    )


PICTURES = {
    "a/1": Image.new("RGB", (8, 8), (200, 0, 0)),
    "a/2": Image.new("RGB", (8, 8), (0, 200, 0)),
    "b/1": Image.new("RGB", (8, 8), (0, 0, 200)),
    "b/2": Image.new("RGB", (8, 8), (0, 200, 200)),
}


class Tiles(HTMLParser):
    """Attributes of each tile, under the label of its section, and all addresses on the page."""

    def __init__(self):
        super().__init__()
        self.tiles, self.addresses, self.label = [], [], ""

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.addresses += [values[name] for name in ("src", "href") if name in values]
        if tag == "section":
            self.label = values["data-label"]
        if tag == "li":
            self.tiles.append((self.label, values))


@pytest.fixture
def page(tmp_path):
    write_review(selection(), PICTURES, tmp_path, images_per_label=2)
    return (tmp_path / "review.html").read_text(encoding="utf-8")


def test_each_label_shows_its_best_ranks_in_order(page):
    read = Tiles()
    read.feed(page)
    shown = [(label, tile["data-id"], tile["data-rank"]) for label, tile in read.tiles]
    assert shown == [("hex bolt", "a/1", "1"), ("hex bolt", "b/2", "2"), ("六角, ナット", "b/1", "1")]


def test_a_section_says_how_many_and_how_sure(page):
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page[page.index("<main>") :]))
    assert "the best 2 of 3" in words and "3枚中 上位2枚" in words
    assert "0.12–0.75" in words  # of all selected, shown or not
    assert "1 image" in words and "1枚" in words


def test_a_tile_carries_its_whole_provenance(page):
    read = Tiles()
    read.feed(page)
    assert {name: value for name, value in read.tiles[0][1].items() if name.startswith("data-")} == {
        "data-id": "a/1", "data-caption": "a bolt", "data-source": "render", "data-licence": "CC0-1.0",
        "data-author": "Ada", "data-url": "https://example.org/1", "data-query": "a hex bolt", "data-rank": "1",
        "data-score": "0.5", "data-cosine": "0.900", "data-confidence": "0.75",
    }  # fmt: skip


def test_a_picture_that_no_vector_found_shows_no_cosine(tmp_path):
    write_review(selection(), PICTURES, tmp_path, images_per_label=9)
    read = Tiles()
    read.feed((tmp_path / "review.html").read_text(encoding="utf-8"))
    assert {tile["data-id"]: tile["data-cosine"] for _, tile in read.tiles}["a/2"] == ""


def test_the_page_asks_nothing_of_the_network(page, tmp_path):
    read = Tiles()
    read.feed(page)
    assert read.addresses == []
    assert re.findall(r'url\("([^"]*)"\)', page) == ["sheets/001-hex-bolt.png", "sheets/002.png"]
    assert "default-src 'none'" in page
    assert sorted(file.name for file in (tmp_path / "sheets").iterdir()) == ["001-hex-bolt.png", "002.png"]


def test_the_sheet_holds_the_pictures_of_its_tiles(page, tmp_path):
    with Image.open(tmp_path / "sheets" / "001-hex-bolt.png") as sheet:
        assert [sheet.getpixel((4, 4)), sheet.getpixel((12, 4))] == [(200, 0, 0), (0, 200, 200)]


def test_a_caption_is_text_whatever_it_holds(tmp_path):
    write_review(selection(), PICTURES.__getitem__, tmp_path, images_per_label=9)
    page = (tmp_path / "review.html").read_text(encoding="utf-8")
    assert HOSTILE not in page
    read = Tiles()
    read.feed(page)
    assert HOSTILE in [tile["data-caption"] for _, tile in read.tiles]


def test_the_same_selection_gives_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write_review(selection(), PICTURES, tmp_path / name, images_per_label=2)
    files = sorted(file.relative_to(tmp_path / "one") for file in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 3
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes() for file in files)


def test_an_empty_selection_is_a_page_that_says_so(tmp_path):
    write_review(selection().head(0), {}, tmp_path, images_per_label=2)
    assert "No image was selected." in (tmp_path / "review.html").read_text(encoding="utf-8")


DRIVE = """
<script>
const press = key => document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
press("ArrowRight"); press("r");                                   // a/1: rejected
explain('a "nut"; 別物, two');
press("ArrowRight"); press("a");                                   // b/2: accepted
press("ArrowDown"); press("r"); press("r");                        // b/1: rejected, and taken back
take(fromCsv('\\ufeffid;label;verdict;reason\\r\\na/2;hex bolt;Reject;"an; old one"\\r\\n'));
refresh();
const told = document.createElement("pre");
told.id = "told";
const tally = ["open", "accepted", "rejected"].map(id => at(id).textContent);
told.textContent = JSON.stringify({csv: asCsv(), tally});
document.body.append(told);
</script>
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_decisions_made_in_a_browser_come_back_as_a_review(page, tmp_path):
    (tmp_path / "driven.html").write_text(page.replace("</body>", DRIVE + "</body>"), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / 'user'}"]
    done = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", (tmp_path / "driven.html").as_uri()],
        capture_output=True,
        check=True,
        timeout=120,
    )
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout.decode(), re.DOTALL)
    assert told, done.stdout.decode()[-2000:]
    values = json.loads(html.unescape(told[1]))
    assert values["tally"] == ["1", "1", "1"]
    file = tmp_path / "review.csv"
    file.write_text(values["csv"], encoding="utf-8")
    review = read_review(file, ids=selection()["id"], labels=["hex bolt", "六角, ナット"])
    assert review.to_numpy().tolist() == [
        ["a/1", "hex bolt", "reject", 'a "nut"; 別物, two'],
        ["b/2", "hex bolt", "accept", ""],
        ["a/2", "hex bolt", "reject", "an; old one"],
    ]

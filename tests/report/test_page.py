"""The page and the cards of a fabricated run."""

import json
import re
from html.parser import HTMLParser

import markdown
import pandas as pd
import pytest

HOSTILE = '<script>alert("x")</script>|`[a](javascript:b)'


def files_of(folder) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_the_same_figures_give_the_same_bytes(fabricated_run, make_report):
    data = fabricated_run()
    first = files_of(make_report(data)), (data / "metrics/report.json").read_bytes()
    again = files_of(make_report(data)), (data / "metrics/report.json").read_bytes()
    assert first == again
    assert sorted(first[0]) == ["data_card.md", "index.html", "model_card.md", "preview.png", "sheet.png", "summary.md"]
    assert not [name for name, content in first[0].items() if str(data.parent).encode() in content]


class Addresses(HTMLParser):
    """Every address that a browser could follow, with the class of the section it stands in."""

    def __init__(self):
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.section = ""

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "section":
            self.section = attributes.get("class") or ""
        assert tag not in ("script", "link", "iframe", "object", "embed")
        self.found += [
            (self.section, name, value) for name, value in attrs if name in ("src", "href", "srcset", "action", "data")
        ]


def test_the_page_asks_the_network_for_nothing(fabricated_run, make_report):
    html = (make_report(fabricated_run()) / "index.html").read_text()
    page = Addresses()
    page.feed(html)
    sources = [value for _, name, value in page.found if name == "src"]
    assert len(sources) == 2 and all(value.startswith("data:image/png;base64,") for value in sources)
    links = [(section, value) for section, name, value in page.found if name != "src"]
    assert links and all(section == "credits" and value.startswith("https://example.org/") for section, value in links)
    assert "url(" not in html and "@import" not in html
    assert "default-src 'none'" in html  # and the browser holds us to it


def test_compositions_are_spoken_of_where_there_are_any(fabricated_run, make_report):
    data = fabricated_run()
    figures = data / "metrics/compose.json"
    for count, said in ((60.0, True), (0.0, False)):
        figures.write_text(json.dumps({"expected_compositions_per_epoch": count}))
        folder = make_report(data)
        assert ("composed from two images" in (folder / "index.html").read_text()) is said
        assert ("from compositions of them" in (folder / "model_card.md").read_text()) is said


def test_the_page_speaks_both_languages(fabricated_run, make_report):
    html = (make_report(fabricated_run()) / "index.html").read_text()
    body = html.split("<main>")[1]
    assert body.count('lang="en"') == body.count('lang="ja"') > 60
    assert "Adopt the student: it is worth about $" in body
    assert "新モデルの採用をお勧めします。" in body
    assert 'for="in-japanese">日本語' in html


@pytest.mark.parametrize(
    ("student_accuracy", "english", "japanese", "summary"),
    [
        (
            0.2,
            "Do not adopt the student: it is worse than the base model",
            "採用はお勧めできません。",
            "## Do not adopt",
        ),
        (0.95, "Adopt the student", "採用をお勧めします。", "## Adopt: about $"),
    ],
    ids=["worse", "better"],
)
def test_the_decision_is_said_plainly(fabricated_run, make_report, student_accuracy, english, japanese, summary):
    out = make_report(fabricated_run(student_accuracy=student_accuracy))
    html = (out / "index.html").read_text()
    assert english in html and japanese in html
    assert (out / "summary.md").read_text().startswith(summary)


@pytest.mark.parametrize(
    ("verdict", "english", "japanese"),
    [
        ("unproven", "Promising, not proven: about $", "有望ですが、まだ断定できません。"),
        ("unprofitable", "more accurate, but it does not pay", "採算が合いません。"),
    ],
)
def test_a_decision_between_yes_and_no_is_said_too(
    fabricated_run, make_report, monkeypatch, verdict, english, japanese
):
    monkeypatch.setattr("components.report.roi.verdict", lambda *figures: verdict)
    html = (make_report(fabricated_run()) / "index.html").read_text()
    assert english in html and japanese in html


@pytest.mark.parametrize(
    ("licence", "page", "card"),
    [
        ("CC0-1.0", "The licences ask nothing in return.", "**Free.**"),
        ("MIT", "Keep this list with the model", "**Credit.**"),
        ("CC BY-SA 4.0", "Some works ask to share alike", "**Credit, and share alike.**"),
        ("All rights reserved", "Ask a lawyer before use", "**Ask a lawyer before use.**"),
    ],
)
def test_the_licence_verdict_is_said_plainly(fabricated_run, make_report, licence, page, card):
    data = fabricated_run()
    file = data / "validate/accepted.parquet"
    pd.read_parquet(file).assign(licence=licence).to_parquet(file)
    out = make_report(data)
    assert page in (out / "index.html").read_text()
    assert card in (out / "model_card.md").read_text() and card in (out / "data_card.md").read_text()


def test_a_worse_student_is_shown_with_its_loss(fabricated_run, make_report):
    out = make_report(fabricated_run(student_accuracy=0.2))
    html, card = (out / "index.html").read_text(), (out / "model_card.md").read_text()
    assert "would lose about $" in html and "more errors to handle" in html and "never" in html
    assert re.search(r"<dd>−[\d,]+%</dd>", html)  # the return on investment
    assert "The student is worse than its base" in card


def test_hostile_texts_stay_texts(fabricated_run, make_report):
    out = make_report(fabricated_run(author=HOSTILE, caption=HOSTILE, url="javascript:alert(1)"))
    html = (out / "index.html").read_text()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert 'href="javascript' not in html
    for name in ("summary.md", "model_card.md", "data_card.md"):
        rendered = markdown.markdown((out / name).read_text(), extensions=["tables"])
        assert "<script" not in rendered and 'href="javascript' not in rendered, name


def test_the_cards_are_complete(fabricated_run, make_report):
    out = make_report(fabricated_run())
    model, data = (out / "model_card.md").read_text(), (out / "data_card.md").read_text()
    for heading in (
        "Intended use",
        "Not intended",
        "Training data",
        "Training",
        "Evaluation",
        "Limits",
        "How to reproduce",
    ):
        assert f"\n## {heading}\n" in model
    assert "**Credit, and share alike.**" in model and "| line | 100 |" in model and "dvc repro" in model
    assert "| `train.loss.last` | 1.2 |" in model  # figures of every stage
    for heading in (
        "Sources",
        "From collected to selected",
        "Licence verdict",
        "Limits",
        "Credits",
        "How to reproduce",
    ):
        assert f"\n## {heading}\n" in data
    assert "| forbidden licence | 180 |" in data and "A. Painter" in data
    assert "| near-copies of evaluation images, left out of the selection | 7 |" in data


def test_the_page_names_a_few_authors_and_the_data_card_all(fabricated_run, make_report):
    out = make_report(fabricated_run())
    html, card = (out / "index.html").read_text(), (out / "data_card.md").read_text()
    assert "more, all named in data_card.md" in html
    assert all(f"Author {number}" in card for number in range(5))
    assert not all(f"Author {number}" in html for number in range(5))

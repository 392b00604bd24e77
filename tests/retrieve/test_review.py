"""A person's decisions: read whatever a spreadsheet made of them, and obeyed."""

import pandas as pd
import pytest

from components.retrieve.review import obey, read_review, rejected_by_label
from components.retrieve.select import settle_conflicts

IDS = pd.Series(["a/1", "a/2", "b/1", "b/2", "b/3"])
LABELS = ["hex bolt", "hex nut"]


@pytest.fixture
def review(tmp_path):
    def read(text: str | bytes) -> pd.DataFrame:
        file = tmp_path / "review.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_review(file, ids=IDS, labels=LABELS)

    return read


@pytest.mark.parametrize(
    "text",
    [
        "id,label,verdict,reason\na/1,hex bolt,reject,a nut\nb/1,,accept,\n",
        "\ufeffid;label;verdict;reason\r\na/1;hex bolt;reject;a nut\r\nb/1;;accept;\r\n",
        "reason\tVerdict\tlabel\tID\na nut\tReject\thex bolt\ta/1\n\tACCEPT\t\tb/1\n\t\t\t\n",
        'id,verdict,reason,label,seen by\n"a/1", reject ,"a nut",hex bolt,me\n\nb/1,accept\n',
        "id,label,verdict,reason,,\na/1,hex bolt,reject,a nut,,,,\nb/1,,accept,,,\n,,,,,\n",
    ],
    ids=["as-downloaded", "excel", "tabs-and-order", "quotes-and-short-lines", "empty-columns"],
)
def test_what_a_spreadsheet_makes_of_it_says_the_same(review, text):
    assert review(text).to_numpy().tolist() == [
        ["a/1", "hex bolt", "reject", "a nut"],
        ["b/1", "", "accept", ""],
    ]


def test_without_the_label_column_no_label_is_said(review):
    assert review("id,verdict,reason\na/1,accept,\n")["label"].tolist() == [""]


def test_a_reason_may_hold_anything(review):
    read = review('id,label,verdict,reason\na/1,,reject,"別物, ""nut""; two\nlines"\n')
    assert read["reason"].tolist() == ['別物, "nut"; two\nlines']


def test_a_header_alone_decides_nothing(review):
    read = review("id,label,verdict,reason\n")
    assert len(read) == 0
    kept, dropped = obey(candidates(), read, ids=IDS, labels=LABELS, file="review.csv")
    assert kept.drop(columns="accepted").equals(candidates())
    assert not kept["accepted"].any() and len(dropped) == 0
    assert rejected_by_label(read, dropped, ids=IDS, labels=LABELS).to_dict() == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column id, verdict, reason. Begin it with the line `id,label,verdict,reason`."),
        ("id,reason\na/1,\n", "has no column verdict."),
        ("id,verdict,reason\na/1,maybe,\n", "a/1 has verdict `maybe`. Write accept or reject, or remove the line."),
        ("id,verdict,reason\na/1,,\n", "a/1 has verdict ``."),
        ("id,verdict,reason\na/1,reject,\na/1,reject,\n", "decided twice: a/1. Keep one line for each id."),
        (
            "id,verdict,reason\n" + "".join(f"x/{n},reject,\n" for n in range(5)),
            "no accepted record of the corpus has the id x/0, x/1, x/2 and 2 more. Remove the line",
        ),
        (
            "id,label,verdict,reason\na/1,hex bold,reject,\n",
            "`hex bold` is no name in retrieve.labels. Did you mean `hex bolt`?",
        ),
        ("id,verdict,reason\na/1,reject,a, b\n", "the line of a/1 has 4 values, not 3. Quote its reason."),
        ("id,verdict,reason\na/1,reject,別物\n".encode("cp932"), "is not UTF-8. Save it as `CSV UTF-8`."),
    ],
    ids=[
        "empty", "no-verdict", "odd-verdict", "empty-verdict", "twice", "unknown-ids", "label", "unquoted", "encoding"
    ],
)  # fmt: skip
def test_a_fault_is_one_line_that_names_the_file(review, tmp_path, text, said):
    with pytest.raises(ValueError) as fault:
        review(text)
    assert str(fault.value).startswith(str(tmp_path / "review.csv"))
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_rejected_image_is_no_candidate_of_any_label(review):
    read = review("id,verdict,reason\na/2,reject,\n")
    kept, dropped = obey(candidates(), read, ids=IDS, labels=LABELS, file="review.csv")
    assert kept[["label", "row"]].to_numpy().tolist() == [[0, 0], [1, 2]]
    assert dropped.to_numpy().tolist() == [[0, 1, "rejected_by_review"], [1, 1, "rejected_by_review"]]


def test_rejections_count_for_the_label_under_which_they_were_shown(review):
    read = review("id,label,verdict,reason\na/1,hex nut,reject,\na/2,,reject,\nb/2,,reject,\nb/3,hex nut,reject,\n")
    _, dropped = obey(candidates(), read, ids=IDS, labels=LABELS, file="review.csv")
    counts = rejected_by_label(read, dropped, ids=IDS, labels=LABELS)
    assert counts.to_dict() == {"hex bolt": 1, "hex nut": 2, "": 1}  # no label finds b/2 any more


def test_an_accepted_image_is_its_labels_alone_and_sure(review):
    read = review("id,label,verdict,reason\na/2,hex nut,accept,\n")
    kept, dropped = obey(candidates(), read, ids=IDS, labels=LABELS, file="review.csv")
    settled = settle_conflicts(kept).set_index("row")
    assert settled.loc[1, ["label", "accepted", "rivals", "confidence", "score"]].tolist() == [1, True, 0, 1.0, 0.2]
    assert not settled.loc[[0, 2], "accepted"].any()
    assert len(dropped) == 0


def test_accepted_without_a_label_it_is_the_labels_that_found_it_best(review):
    kept, _ = obey(candidates(), review("id,verdict,reason\na/2,accept,\n"), ids=IDS, labels=LABELS, file="review.csv")
    assert kept.loc[kept["accepted"], ["label", "row"]].to_numpy().tolist() == [[0, 1]]


def test_an_accepted_image_that_search_no_longer_finds_comes_back(review):
    read = review("id,label,verdict,reason\nb/3,hex bolt,accept,\n")
    kept, _ = obey(candidates(), read, ids=IDS, labels=LABELS, file="review.csv")
    back = settle_conflicts(kept).set_index("row").loc[4]
    assert back[["label", "score", "agreement", "confidence"]].tolist() == [0, 0.0, 1.0, 1.0]
    assert pd.isna(back["cosine"])


def test_accepted_for_nobody_is_said(review):
    read = review("id,verdict,reason\nb/3,accept,\n")
    with pytest.raises(ValueError, match=r"review\.csv: accepted without a label, and found for none: b/3\. Name the"):
        obey(candidates(), read, ids=IDS, labels=LABELS, file="review.csv")


def candidates() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": [0, 0, 1, 1],
            "row": [0, 1, 1, 2],
            "score": [0.5, 0.4, 0.2, 0.3],
            "cosine": [0.9, 0.8, 0.7, 0.6],
            "agreement": [1.0, 0.5, 0.5, 1.0],
        }
    )


def test_a_missing_file_says_how_to_decide_nothing(tmp_path):
    with pytest.raises(ValueError) as fault:
        read_review(tmp_path / "review.csv", ids=pd.Series(["a"]), labels=["bolt"])
    assert str(fault.value) == (
        f"{tmp_path}/review.csv does not exist. "
        "Write its first line, `id,label,verdict,reason`: alone it decides nothing."
    )

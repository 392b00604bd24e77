"""One source after its settings: the right adapter, the limit, faults in the corpus alone."""

import pytest
from pydantic import TypeAdapter

from components.collect.params import Source, SyntheticParams
from components.collect.rows import SourceError
from components.collect.sources import read_source


def read(labelled=False, faults=None, evaluation=(), **settings):
    synthetic = SyntheticParams.model_validate({"image_px": 32, "seed": 1, "faults": faults or {}})
    source, *others = (TypeAdapter(Source).validate_python(values) for values in (settings, *evaluation))
    return list(read_source(source, labelled=labelled, synthetic=synthetic, evaluation=others, workers=1))


RENDER = {"name": "render", "format": "synthetic", "style": "render", "images": 30}
LINE = {"name": "line", "format": "synthetic", "style": "line", "images": 20}


def test_faults_are_planted_in_the_corpus_alone():
    faults = {"empty_caption": 0.2}  # 6 of 30
    assert sum(not image.caption.strip() for image in read(faults=faults, **RENDER)) == 6
    assert sum(not image.caption.strip() for image in read(labelled=True, faults=faults, **RENDER)) == 0


def test_copies_are_made_of_the_evaluation_sources():
    unseen = {image.image_bytes for image in read(labelled=True, **LINE)}
    corpus = [image.image_bytes for image in read(faults={"evaluation_copy": 0.2}, evaluation=[LINE], **RENDER)]
    assert sum(image in unseen for image in corpus) == 3  # every other of 6 is the very same file


def test_a_limit_ends_the_source(tmp_path, png):
    for number in range(5):
        (tmp_path / "nut").mkdir(exist_ok=True)
        (tmp_path / "nut" / f"{number}.png").write_bytes(png("red"))
    source = {"name": "f", "format": "folder", "path": str(tmp_path)}
    assert [image.key for image in read(limit=2, **source)] == ["nut/0.png", "nut/1.png"]
    assert len(read(**source)) == 5


@pytest.mark.parametrize(
    ("labelled", "where"), [(False, "collect.corpus"), (True, "collect.evaluation")], ids=["corpus", "evaluation"]
)
@pytest.mark.parametrize("form", ["webdataset", "table", "folder", "coco"])
def test_every_adapter_s_error_names_the_source(tmp_path, labelled, where, form):
    with pytest.raises(SourceError) as error:
        read(labelled=labelled, name="gone", format=form, path=str(tmp_path / "gone"))
    assert str(error.value) == (
        f"params.yaml: {where}, source `gone`: {tmp_path}/gone does not exist. Mend `path`, or set KAKEHASHI_HOME."
    )

"""What is read out of a dvc.lock."""

from flows.lock import parse, sources

LOCK = b"""\
schema: '2.0'
stages:
  collect:
    cmd: python -m components.collect
      data/collect
    deps:
    - {path: components/collect, hash: md5, md5: c1.dir, size: 4, nfiles: 1}
    outs:
    - {path: data/collect/corpus, hash: md5, md5: o1.dir, size: 12, nfiles: 2}
  train:
    cmd: python -m components.train
    deps:
    - {path: components/train, hash: md5, md5: c2.dir, size: 4, nfiles: 1}
    - {path: data/collect/corpus, hash: md5, md5: o1.dir, size: 12, nfiles: 2}
    - {path: data/review.csv, hash: md5, md5: r1, size: 3}
    params:
      params.yaml:
        train: {steps: 3}
    outs:
    - {path: data/train.csv, hash: md5, md5: o2, size: 5}
"""


def test_a_lock_is_stages_with_command_settings_and_outputs() -> None:
    stages = parse(LOCK)
    assert list(stages) == ["collect", "train"]
    assert stages["collect"].command == "python -m components.collect data/collect"
    assert stages["train"].params == {"train": {"steps": 3}}
    out = stages["train"].outs["data/train.csv"]
    assert (out.md5, out.size, out.folder) == ("o2", 5, False)
    assert stages["collect"].outs["data/collect/corpus"].folder
    assert parse(None) == parse(b"") == {}


def test_sources_are_what_no_stage_makes() -> None:
    assert list(sources(parse(LOCK), "train")) == ["components/train", "data/review.csv"]

"""What must stay true of the house: one name for a stage, imports that point one way, deps that DVC can trust."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from components.reach import imported_modules, modules_behind

ROOT = Path(__file__).parents[1]
DVC_STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
PARAMS = YAML(typ="safe").load(ROOT / "params.yaml")
STAGES = sorted(entry.parent.name for entry in (ROOT / "components").glob("*/__main__.py"))
NOUNS = {file.stem for file in (ROOT / "components").glob("*.py")} - {"__init__"}
MODULES = sorted(file for top in ("components", "flows") for file in (ROOT / top).rglob("*.py"))
MLFLOW_MODULES = {"components/tracking.py", "components/serving.py"}


def nouns_behind(files: list[Path]) -> set[str]:
    """The shared nouns that these files reach, directly or through other nouns, as paths from the root."""
    reached = {module for file in files for module in modules_behind(file, ROOT)}
    return {f"components/{noun}.py" for noun in NOUNS if ROOT / "components" / f"{noun}.py" in reached}


def code_of(stage: str) -> list[Path]:
    return sorted((ROOT / "components" / stage).rglob("*.py"))


def test_a_stage_has_one_name_everywhere():
    assert sorted(DVC_STAGES) == STAGES
    assert sorted(PARAMS) == STAGES
    assert list(DVC_STAGES) == list(PARAMS), "dvc.yaml and params.yaml list the stages in different orders"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_keeps_to_its_own_folders(stage):
    entry = DVC_STAGES[stage]
    outs = [out if isinstance(out, str) else next(iter(out)) for out in entry["outs"]]
    assert entry["cmd"].startswith(f"python -m components.{stage} ")
    assert all(out == f"data/{stage}" or out.startswith(f"data/{stage}/") for out in outs)
    assert [next(iter(metric)) for metric in entry["metrics"]] == [f"data/metrics/{stage}.json"]
    assert entry["params"] == [stage]


@pytest.mark.parametrize("stage", STAGES)
def test_dvc_knows_all_the_code_a_stage_runs(stage):
    """Otherwise `dvc repro` would call a stage up to date after its code had changed."""
    listed = {dep for dep in DVC_STAGES[stage]["deps"] if dep.startswith("components/")}
    assert listed == nouns_behind(code_of(stage)) | {f"components/{stage}"}


@pytest.mark.parametrize("stage", ["collect", "validate", "report"])
def test_stages_that_compute_no_vectors_load_no_torch(stage):
    """It would cost each of their processes half a gigabyte and three seconds."""
    command = f"import components.{stage}.__main__, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], cwd=ROOT).returncode == 0


def test_true_labels_of_the_corpus_reach_the_judge_alone():
    assert [stage for stage in STAGES if "data/collect/truth.parquet" in DVC_STAGES[stage]["deps"]] == ["evaluate"]
    assert not [stage for stage in STAGES if "data/collect" in DVC_STAGES[stage]["deps"]]


@pytest.mark.parametrize("stage", STAGES)
def test_every_path_on_the_command_line_is_declared(stage):
    entry = DVC_STAGES[stage]
    declared = [*entry["deps"], *(next(iter(metric)) for metric in entry["metrics"])]
    declared += [out if isinstance(out, str) else next(iter(out)) for out in entry["outs"]]
    for word in entry["cmd"].split()[3:]:
        assert any(word == path or path.startswith(f"{word}/") for path in declared), word


@pytest.mark.parametrize("stage", STAGES)
def test_what_learns_never_depends_on_evaluation_images(stage):
    """Only embedding (without labels) and evaluation open the evaluation images; collect and validate make them."""
    opens = [dep for dep in DVC_STAGES[stage]["deps"] if dep.startswith("data/collect/evaluation")]
    assert bool(opens) == (stage in {"validate", "embed", "evaluate"})


@pytest.mark.parametrize("stage", STAGES)
def test_a_verb_never_imports_another_verb(stage):
    others = set(STAGES) - {stage}
    for file in code_of(stage):
        met = {name.split(".")[1] for name in imported_modules(file) if name.startswith("components.")}
        assert not met & others, f"{file.relative_to(ROOT)} imports {sorted(met & others)}"


@pytest.mark.parametrize("noun", sorted(NOUNS))
def test_a_noun_imports_no_verb_and_no_flow(noun):
    names = imported_modules(ROOT / "components" / f"{noun}.py")
    assert not {name for name in names if name.split(".")[0] == "flows"}
    assert not {name.split(".")[1] for name in names if name.startswith("components.")} & set(STAGES)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_each_library_has_its_owner(file):
    place = str(file.relative_to(ROOT))
    libraries = {name.split(".")[0] for name in imported_modules(file)}
    if place.startswith("components/"):
        assert not libraries & {"prefect", "dvc", "flows"}
    if place not in MLFLOW_MODULES:
        assert "mlflow" not in libraries


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_says_its_subject_first(file):
    words = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert words and len(words.splitlines()[0]) <= 120 and words.splitlines()[0].rstrip()[-1] in ".:"


def test_importing_does_nothing(tmp_path):
    """Importing every module of components and flows writes no file here and prints nothing."""
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in MODULES]
    names = [name.removesuffix(".__init__") for name in names if "__main__" not in name and name not in MLFLOW_NAMES]
    script = f"import importlib\nfor name in {names!r}: importlib.import_module(name)\n"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    ours = [path for path in tmp_path.rglob("*") if "home" not in path.relative_to(tmp_path).parts]
    assert ours == []


MLFLOW_NAMES = {name.removesuffix(".py").replace("/", ".") for name in MLFLOW_MODULES}
TREE_NAME = re.compile(r"[\w-]+\.(?:py|yaml|md|toml|lock)|[\w-]+/")


def test_every_file_that_the_readme_names_is_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:docs|examples|components)/[\w./-]+\.(?:md|yaml|py|png)", readme))
    assert named and not [name for name in named if not (ROOT / name).is_file()]


def test_the_readme_map_names_every_module():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = readme[readme.index("## The map") :]
    named = set(TREE_NAME.findall(tree))
    modules = {file.name for file in MODULES} - {"__init__.py", "__main__.py", "params.py"}
    assert modules <= named, f"README.md's map lacks {sorted(modules - named)}"
    known = {path.name for path in ROOT.rglob("*") if ".venv" not in path.parts} | modules
    phantom = {name for name in named if name.endswith(".py") and name not in known}
    assert not phantom, f"README.md's map names {sorted(phantom)}, which do not exist"

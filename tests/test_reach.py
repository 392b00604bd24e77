"""Which modules a file runs: imports at the top and inside functions, packages on the way, nothing of others."""

from pathlib import Path

from components.reach import modules_behind


def test_imports_are_followed_wherever_they_stand(tmp_path: Path) -> None:
    files = {
        "__init__.py": "",
        "door.py": "import os\nfrom components import near\n\ndef later():\n    from components.pack.deep import f\n",
        "near.py": "import components.far as far\nimport torch\n",
        "far.py": "from components.door import later  # round and round\n",
        "pack/__init__.py": "",
        "pack/deep.py": "from components.pack import beside\n",
        "pack/beside.py": "",
        "unused.py": "from components import door\n",
    }
    root = tmp_path / "components"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    found = [file.relative_to(root).as_posix() for file in modules_behind(root / "door.py", tmp_path)]
    assert found == sorted(set(files) - {"unused.py"})

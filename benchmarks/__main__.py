"""Print the measurements that docs/experiments.md records: `make bench`. A clone without any data will do."""

import tempfile
from pathlib import Path

from benchmarks import data_path, whole_chain


def main(root: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="kakehashi-bench-") as folder:
        stages, summary = whole_chain.measure(root, Path(folder))
        print("\nStages of the flow's run\n", stages.to_string(index=False, na_rep=""), sep="")
        print("\nThe whole chain\n", summary.to_string(index=False, na_rep=""), sep="", flush=True)
        loops = data_path.measure(Path(folder) / whole_chain.FLOW)
    print("\nData path against tensors in memory\n", loops.to_string(index=False), sep="")


if __name__ == "__main__":
    main(Path.cwd())

"""Print the measurements that docs/experiments.md records: `make bench`."""

from pathlib import Path

from benchmarks import data_path, whole_chain


def main(root: Path) -> None:
    stages, summary = whole_chain.measure(root)
    print("\nStages of the flow's run\n", stages.to_string(index=False), sep="")
    print("\nThe whole chain\n", summary.to_string(index=False), sep="")
    print("\nData path against tensors in memory\n", data_path.measure(root).to_string(index=False), sep="")


if __name__ == "__main__":
    main(Path.cwd())

"""What a draw of partners costs: `python -m benchmarks.partners`; 256 rows out of 10,000, one thread, milliseconds."""

import time
from statistics import median

import torch
import torch.nn.functional as F

from components.partners import CaptionSimilarity, Partners

ROWS, BATCH, WIDTH, DRAWS = 10_000, 256, 512, 200


def milliseconds(groups: int, similarity: CaptionSimilarity | None) -> float:
    """The median of many draws where every group meets all others."""
    generator = torch.Generator().manual_seed(0)
    group_N = torch.randint(groups, (ROWS,), generator=generator)
    partners = Partners(torch.arange(ROWS), group_N, ~torch.eye(groups, dtype=torch.bool), similarity)
    taken = []
    for _ in range(DRAWS):
        batch = torch.randperm(ROWS, generator=generator)[:BATCH]
        begin = time.perf_counter()
        partners.draw(batch, batch, generator)
        taken.append(1000 * (time.perf_counter() - begin))
    return median(taken)


if __name__ == "__main__":
    torch.set_num_threads(1)
    text = F.normalize(torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(0)), dim=1).half()
    for groups in (34, 1000):
        print(f"{groups} groups: {milliseconds(groups, None):.2f} ms", end="; ")
        print(f"with caption similarity {milliseconds(groups, CaptionSimilarity(text, -0.9, 0.9)):.2f} ms")

"""How a cost grows with the number of vectors: a power law through two sizes, carried on to more.

cost(N) = cost(N2) (N / N2)^s,   s = log(cost(N2) / cost(N1)) / log(N2 / N1)
"""

import math


def slope(small_rows: int, small_cost: float, rows: int, cost: float) -> float:
    """s: 1 where twice the vectors cost twice as much, 0.5 where they cost 1.41 times as much."""
    return math.log(cost / small_cost) / math.log(rows / small_rows)


def carried_on(rows: int, cost: float, power: float, more_rows: int) -> float:
    """The cost of `more_rows` vectors, if the power law holds that far."""
    return cost * (more_rows / rows) ** power

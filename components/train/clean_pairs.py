"""Which pairs are clean: a model learns right pairs before wrong ones, so that their losses fall in two heaps.

Huang et al. 2021, Learning with Noisy Correspondence for Cross-modal Matching (NCR), NeurIPS.
One departure: there two networks judge each other's pairs, here the one that learns judges its own, at half the cost;
what it once took for clean it confirms more easily.

Shape legend: N = pairs of the selection, B = pairs in a batch.
"""

from typing import Any

import numpy as np
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor


def clean_share(loss_N: np.ndarray, seed: int) -> np.ndarray:
    """Probability of each loss to be of the low heap, [N], 0 to 1; it never rises with the loss.

    A mixture of two Gaussians over the losses scaled to [0, 1]; beyond the two means the nearer mean's share holds, as
    a wide high heap would claim the lowest losses too. Where all losses are equal, every pair is clean.
    """
    spread = float(np.ptp(loss_N)) if len(loss_N) else 0.0
    if len(loss_N) < 2 or spread == 0:
        return np.ones(len(loss_N))
    scaled_N = (loss_N - loss_N.min()) / spread
    mixture = GaussianMixture(2, tol=1e-2, max_iter=10, reg_covar=5e-4, random_state=seed)
    low, high = np.argsort(mixture.fit(scaled_N[:, None]).means_[:, 0])
    between_N = scaled_N.clip(mixture.means_[low, 0], mixture.means_[high, 0])
    return mixture.predict_proba(between_N[:, None])[:, low]


class CleanPairs:
    """Each pair's weight, from its loss in the epoch that ended; an epoch draws `per_epoch` pairs of `rows`."""

    def __init__(self, rows: int, *, per_epoch: int, from_epoch: int, least: float, seed: int, device: str):
        self.per_epoch, self.from_epoch, self.least, self.seed = per_epoch, from_epoch, least, seed
        self.weight_N = torch.ones(rows, device=device)
        """1 until the first epoch that counts has ended, and for pairs whose loss is not known."""
        self._loss_N = torch.full((rows,), torch.nan, device=device)
        self._drawn, self._epoch = 0, 1

    def watch(self, row_B: Tensor, loss_B: Tensor, plain_B: Tensor) -> None:
        """Note a batch's losses (of pairs that stand alone) and judge all pairs anew where it ends an epoch."""
        rows = row_B[plain_B]
        self._loss_N[rows] = loss_B.detach()[plain_B].to(self._loss_N.dtype)
        self._drawn += len(row_B)
        if self._drawn + len(row_B) > self.per_epoch:  # no further whole batch fits into the epoch
            if self._epoch >= self.from_epoch:
                self._judge()
            self._drawn, self._epoch = 0, self._epoch + 1

    def _judge(self) -> None:
        known_N = ~self._loss_N.isnan()
        share = clean_share(self._loss_N[known_N].double().cpu().numpy(), self.seed)
        self.weight_N[known_N] = torch.from_numpy(share).to(self.weight_N).clamp_min(self.least)

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation needs."""
        return {"weight": self.weight_N, "loss": self._loss_N, "drawn": self._drawn, "epoch": self._epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from another's `state_dict`."""
        self.weight_N.copy_(state["weight"])
        self._loss_N.copy_(state["loss"])
        self._drawn, self._epoch = state["drawn"], state["epoch"]

"""Vectors of another width, as a narrower model might give them.

Shape legend: N = pairs, D = width, W = the smaller width. Rows have unit length.
"""

import numpy as np

from components.index.paired import normalised


def narrowed(image_ND: np.ndarray, text_ND: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Both modalities on the `width` directions [W] that keep most of their inner products, unit again.

    The directions are those of the largest eigenvalues of the second moment of both clouds together, not centred, so
    that the gap between them stays.

    Raises:
        ValueError: they are not wider than that.
    """
    own = image_ND.shape[1]
    if not 0 < width < own:
        raise ValueError(f"--widths: {width} is no width below the vectors' own, {own}. Vectors are only narrowed.")
    moment_DD = sum(each.T.astype(np.float64) @ each / len(each) for each in (image_ND, text_ND))
    direction_DW = np.linalg.eigh(moment_DD)[1][:, : -width - 1 : -1]
    return normalised(image_ND @ direction_DW), normalised(text_ND @ direction_DW)

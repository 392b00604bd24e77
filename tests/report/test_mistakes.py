"""Labels on which the student errs."""

import pandas as pd

from components.report.mistakes import weakest_labels


def test_the_weakest_label_comes_first_with_what_it_is_mistaken_for():
    predictions = pd.DataFrame(
        [
            ("nut", "nut", "nut"),
            ("nut", "nut", "gear"),
            ("nut", "cam", "gear"),
            ("nut", "cam", "cam"),
            ("cam", "cam", "cam"),
        ],
        columns=["label", "base_label", "student_label"],
    )
    nut, cam = weakest_labels(predictions, 5)
    assert (nut.label, nut.images, nut.base_accuracy, nut.student_accuracy, nut.mistaken_for) == (
        "nut",
        4,
        0.5,
        0.25,
        "gear",
    )
    assert (cam.student_accuracy, cam.mistaken_for) == (1.0, "")
    assert weakest_labels(predictions, 1) == [nut]

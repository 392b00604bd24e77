"""The numbered benchmarks: which arms each compares, one factor at a time from the default."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.claims.trial import PRESET, Trial

STEPS, BATCH = 300, 64
QUICK = f"train.optimiser.steps={STEPS}", f"train.optimiser.warmup_steps={STEPS // 10}"
KEEP_ALL = "train.held_out=0", "train.interpolation.choice=none"
PLAIN_CLIP = (
    *QUICK,
    *KEEP_ALL,
    "train.terms.contrastive=1",
    "train.terms.uniformity=0",
    "train.terms.alignment=0",
    "train.terms.cross_uniformity=0",
    "train.soft_target=0",
    "train.class_balance.beta=0",
    "compose.rate=0",
    "compose.rules.across_labels=false",
    "compose.limits.most_share_shift_points=100",
    "compose.limits.least_eligible_share=0",
)
"""Plain CLIP fine-tuning on pairs: what items 1 to 4 depart from."""
CUA = "train.terms.uniformity=1", "train.terms.alignment=1"
CUAXU = (*CUA, "train.terms.cross_uniformity=1")
NO_GAP_TERMS = tuple(f"train.terms.{name}=0" for name in ("uniformity", "alignment", "cross_uniformity"))


def arm(name: str, changes: tuple[str, ...] = (), rows: str = "pairs", **more: Any) -> Trial:
    """A named departure, to be tried on every job with every seed."""
    return Trial("", 0, name, changes, rows, **more)


@dataclass(frozen=True)
class Benchmark:
    """One numbered question."""

    title: str
    jobs: tuple[str, ...]
    arms: tuple[Trial, ...]
    reference: str | Callable[[str], str]
    """The arm that the others are compared with, seed by seed."""
    figures: tuple[str, ...] = ("mean_balanced_accuracy",)
    more: tuple[str, ...] = ()
    """Arms that do not fit into the hour: run by `--full`, or by name."""

    def trials(self, jobs: Sequence[str], seeds: Sequence[int]) -> Iterator[Trial]:
        """Every trial, place by place."""
        for job in self.jobs:
            for seed in seeds if job in jobs else ():
                yield from (replace(each, job=job, seed=seed) for each in self.arms)


def _composed(rate: float, kind: str = "clip_c") -> tuple[str, ...]:
    return (*PLAIN_CLIP, f"compose.rate={rate}", f"compose.kind={kind}")


def _noisy(share: float, name: str, *changes: str) -> Trial:
    return arm(f"{share:.0%} mispaired, {name}", (*PLAIN_CLIP, *changes), mispaired=share)


RINCE = "train.terms.contrastive=0", "train.robust.rince=1"
CLEAN = (*RINCE, "train.robust.clean_from_epoch=1")
BANK = "train.bank.size=2048", "train.bank.warmup_steps=50"
REAL = ("emoji", "ldraw")
ALL = ("default", "ldraw", "emoji")
PAIRS_SEEN = STEPS * BATCH


def _batch(size: int, bank: bool) -> Trial:
    steps = PAIRS_SEEN // size
    changes = f"train.optimiser.batch_pairs={size}", f"train.optimiser.steps={steps}"
    slow = f"train.optimiser.warmup_steps={steps // 10}"
    warm = "train.bank.size=2048", f"train.bank.warmup_steps={steps // 6}", "train.bank.most_batch_pairs=512"
    return arm(f"batch {size}{', bank' if bank else ''}", (*PLAIN_CLIP, *changes, slow, *(warm if bank else ())))


def _preset(preset: str, but: str = "", *changes: str, name: str = "") -> Trial:
    return arm(name or (f"{preset}, {but}" if but else preset), (f"{PRESET}{preset}", *changes, *QUICK), "retrieved")


def _whole_one(name: str) -> str:
    """What a preset with one ingredient more or less is compared with; whole presets with the base."""
    if name.startswith("kakehashi, composition, "):
        return "kakehashi, composition"
    return {"kakehashi, composition": "kakehashi", "as shipped, composition": "as shipped, all its steps"}.get(
        name, "base"
    )


def _student(name: str, precision: float, *changes: str) -> Trial:
    return arm(f"precision {precision:g}, {name}", (*QUICK, *changes), rows="truth", precision=precision)


NO_EDGES = "train.augmentation.edges=0", "train.augmentation.negative=0", "train.augmentation.grey=0"
OPTIONS = {
    "no soft target": ("train.teacher_share=0",),
    "no average": ("train.average_decay=0",),
    "no interpolation": ("train.interpolation.choice=none",),
    "no crossing of styles": NO_EDGES,
}

COMPOSED = "compose.rate=0.2"
"""The default until 2026-11-29, under which `retrieve` and the ingredients of 6 were measured."""

CHOICES_OF_RETRIEVE: dict[str, tuple[str, ...]] = {
    "default": (),
    "not calibrated": ("retrieve.calibrated=false",),
    "vectors alone": ("retrieve.words_weight=0",),
    "words alone": ("retrieve.image_weight=0", "retrieve.caption_weight=0"),
    "random descriptors": ("retrieve.augmentation.choice=random",),
    "adaptive descriptors": ("retrieve.augmentation.choice=adaptive",),
    "clustered": ("retrieve.selection.choice=clustered",),
    "every confidence": ("retrieve.least_confidence=0",),
    "vectors alone, every confidence": ("retrieve.words_weight=0", "retrieve.least_confidence=0"),
    "gap removed, centred": ("retrieve.gap_removal=centred",),
}
"""The default is all three kinds of evidence, calibrated, no descriptors, the best-scored images."""

BENCHMARKS: dict[str, Benchmark] = {
    "1": Benchmark(
        "CLIP-C: how often to compose, and what its parts are worth",
        REAL,
        (
            *(arm(f"rate {rate:g}", _composed(rate)) for rate in (0, 0.1, 0.3, 0.5, 1.0)),
            *(
                arm(kind.replace("_", " "), _composed(0.3, kind))
                for kind in ("cutmix_one_caption", "caption_fusion", "fixed_partners", "mismatched_second_caption")
            ),
            *(arm(f"a quarter of the pairs, rate {rate:g}", _composed(rate), share=0.25) for rate in (0, 0.3)),
        ),
        lambda name: "a quarter of the pairs, rate 0" if name.startswith("a quarter") else "rate 0",
    ),
    "2": Benchmark(
        "The contrastive gap: which term moves what",
        REAL,
        (
            arm("clip", PLAIN_CLIP),
            arm("cua", (*PLAIN_CLIP, *CUA)),
            arm("cuaxu", (*PLAIN_CLIP, *CUAXU)),
            arm("centroid uniformity", (*PLAIN_CLIP, "train.terms.centroid_uniformity=1", "train.terms.alignment=1")),
            *(
                arm(f"{name}, temperature {fixed:g}", (*PLAIN_CLIP, *terms), temperature=fixed)
                for fixed in (0.01, 0.1)
                for name, terms in {"clip": (), "cuaxu": CUAXU}.items()
            ),
            *(
                arm(f"{name}, {width} wide", (*PLAIN_CLIP, *terms), width=width)
                for width in (32, 128, 512)
                for name, terms in {"clip": (), "cuaxu": CUAXU}.items()
            ),
        ),
        lambda name: f"clip,{name.partition(',')[2]}" if "wide" in name or name.startswith("cuaxu,") else "clip",
        (
            "mean_balanced_accuracy",
            "centroid_distance",
            "linear_separability",
            "uniformity",
            "alignment",
            "image_to_text_recall_at_5",
            "v_measure",
            "adjusted_rand_index",
        ),
    ),
    "3": Benchmark(
        "Captions that belong to another picture: InfoNCE against the robust terms",
        REAL,
        tuple(
            _noisy(share, name, *terms)
            for share in (0, 0.2, 0.4, 0.6)
            for name, terms in {"InfoNCE": (), "RINCE": RINCE, "RINCE and clean weights": CLEAN}.items()
        ),
        lambda name: f"{name.partition(',')[0]}, InfoNCE",
    ),
    "4": Benchmark(
        "The negative bank: accuracy against batch size, the same pairs seen",
        REAL,
        tuple(_batch(size, bank) for size in (32, 64, 128, 256, 512) for bank in (False, True)),
        lambda name: name.removesuffix(", bank"),
    ),
    "5": Benchmark(
        "What pseudo-labels must be worth, and what helps when they are not",
        ALL,
        (
            *(_student("default", precision) for precision in (0.2, 0.5, 0.8, 1.0)),
            *(_student(name, 0.5, *changes) for name, changes in OPTIONS.items()),
        ),
        lambda name: "base" if name.endswith("default") else "precision 0.5, default",
    ),
    "6": Benchmark(
        "The presets: all together against each alone",
        ALL,
        (
            *(_preset(name) for name in ("clip", "cua", "cuaxu", "mudg", "robust", "kakehashi")),
            _preset("clip", "label weights", "train.class_balance.beta=0.999"),
            _preset("clip", "soft pseudo-labels", "train.soft_target=1"),
            _preset("kakehashi", "composition", COMPOSED),
            _preset("kakehashi", "composition, no gap terms", COMPOSED, *NO_GAP_TERMS),
            _preset("kakehashi", "composition, no label weights", COMPOSED, "train.class_balance.beta=0"),
            _preset("kakehashi", "composition, no mirrored views", COMPOSED, "train.augmentation.flip=false"),
            arm("as shipped, all its steps", (), rows="retrieved"),
            arm("as shipped, composition", (COMPOSED,), rows="retrieved"),
        ),
        _whole_one,
        more=(
            "clip, label weights",
            "clip, soft pseudo-labels",
            "kakehashi, composition, no mirrored views",
            "as shipped, composition",
        ),
    ),
    "retrieve": Benchmark(
        "What each choice of `retrieve` is worth to the student",
        ALL,
        tuple(_preset("kakehashi", "", COMPOSED, *changes, name=name) for name, changes in CHOICES_OF_RETRIEVE.items()),
        lambda name: "base" if name == "default" else "default",
        (
            "mean_balanced_accuracy",
            "mean_accuracy",
            "pseudo_label_precision",
            "pseudo_label_mean_label_coverage",
            "selected",
        ),
        ("vectors alone, every confidence", "gap removed, centred"),
    ),
}

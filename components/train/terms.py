"""What the student learns from: every term of `train`, weighted and by name, as a function of a batch's vectors.

Shape legend: B = pairs in a batch, C = classes, T = context length, D = width of the joint embedding.
Every *_BD and *_CD tensor has rows of unit length; *_B2 holds the rows of a pair and of its partner.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from components import infonce
from components.clip import Clip
from components.embedder import image_vectors, logit_scale, text_vectors
from components.infonce import Contrast, at_least_float32, batch_contrast
from components.losses import gap_terms, weighted_mean
from components.pairs import Batch
from components.train import anchor, bank, class_balance, rince, sinkhorn, soft_target
from components.train.bank import NegativeBank
from components.train.clean_pairs import CleanPairs
from components.train.params import TrainParams
from components.train.rows import Rows, pair_rows, share


@dataclass(frozen=True)
class Views:
    """A batch's unit vectors [B, D] as models see it that do not learn from it; None where no term asks."""

    teacher_image_BD: Tensor | None = None
    """The frozen base's; where the soft target alone asks, compositions stay 0."""
    teacher_text_BD: Tensor | None = None
    slow_image_BD: Tensor | None = None
    """Those of the bank's slow copy."""
    slow_text_BD: Tensor | None = None


@dataclass(frozen=True)
class Seen:
    """One batch as the terms want it, all on the model's device."""

    step: int
    image_BD: Tensor
    text_BD: Tensor
    logit_scale: Tensor
    rows_B2: Tensor
    plain_B: Tensor
    """True where the pair is no composition, so that it has one label."""
    same_BB: Tensor
    """True where two pairs carry the very same caption."""
    akin_BB: Tensor
    """True where two pairs have a caption in common, be it a half of a composition's: they are no negatives."""
    views: Views


class StudentTerms:
    """The student's terms, with what they remember from step to step.

    `base` is the model in training, `teacher` a frozen copy of what it was. A weight of 0 removes a term and its cost:
    no formula is reckoned, and no teacher asked and no slow copy made unless a term wants them.
    """

    def __init__(self, base: Clip, teacher: Clip, rows: Rows, params: TrainParams):
        self.teacher, self.rows, self.params, self.device = teacher, rows, params, base.device
        self.label_N, self.caption_N = rows.label_N.to(base.device), rows.caption_N.to(base.device)
        self.bank = (
            NegativeBank(base, params.bank.size, params.bank.momentum) if params.has_bank(len(rows.taught_N)) else None
        )
        robust, balance = params.robust, params.class_balance
        self.clean: CleanPairs | None = None
        if robust.clean_from_epoch > 0:
            self.clean = CleanPairs(
                rows=len(self.label_N),
                per_epoch=len(rows.taught_N),
                from_epoch=robust.clean_from_epoch,
                least=robust.least_weight,
                seed=params.machine.seed,
                device=base.device,
            )
        count_C = self.label_N[rows.taught_N].bincount(minlength=len(rows.prompts[0]))
        self._class_weight_C = class_balance.class_weights(count_C, balance.beta) if balance.beta > 0 else None
        adjusts = balance.logit_adjustment > 0
        self._shift_C = balance.logit_adjustment * class_balance.log_frequency(count_C) if adjusts else None
        with torch.no_grad():
            prompts = rows.prompts if params.soft_target > 0 else ()
            self._teacher_class_CD = [text_vectors(teacher, prompt_CT) for prompt_CT in prompts]
        self._last: tuple[Seen, Tensor | None] | None = None

    def class_tokens(self, step: int) -> Tensor | None:
        """The class prompts [C, T] whose vectors `step` needs with gradient, one template a step; None: none."""
        return self.rows.prompts[self._turn(step)] if self.params.soft_target > 0 else None

    @torch.no_grad()
    def views(self, batch: Batch, step: int) -> Views:
        """What `of` needs of models that do not learn; processes that share a batch may each compute a part."""
        plain_B, chunk = ~batch.composed_B, self.params.optimiser.chunk_pairs
        teacher_image_BD = teacher_text_BD = slow_image_BD = slow_text_BD = None
        if self._asks_teacher_for_pairs():
            teacher_image_BD = image_vectors(self.teacher, batch.image_BCHW, chunk)
            teacher_text_BD = text_vectors(self.teacher, batch.token_BT, chunk)
        elif self.params.soft_target > 0 and plain_B.any():
            seen_BD = image_vectors(self.teacher, batch.image_BCHW[plain_B], chunk)
            teacher_image_BD = seen_BD.new_zeros(len(plain_B), seen_BD.shape[1])
            teacher_image_BD[plain_B] = seen_BD
        if self.bank is not None and self._bank_is_open(step):
            slow_image_BD, slow_text_BD = self.bank.vectors(batch, chunk)
        return Views(teacher_image_BD, teacher_text_BD, slow_image_BD, slow_text_BD)

    def of(
        self,
        image_BD: Tensor,
        text_BD: Tensor,
        class_CD: Tensor | None,
        logit_scale: Tensor,
        batch: Batch,
        step: int,
        views: Views | None = None,
    ) -> dict[str, Tensor]:
        """The weighted terms of one batch, by name.

        Args:
            image_BD: the student's vectors of the batch's images, with gradient.
            text_BD: those of its captions.
            class_CD: those of `class_tokens(step)`; None where that is.
            logit_scale: the student's, 1 to 100.
            batch: the batch; compositions have no one label and leave the soft target.
            step: number of the step, from 0.
            views: `views(batch, step)`, where they are known already.
        """
        rows_B2, same_BB = pair_rows(batch).to(self.device), batch.same_caption().to(self.device)
        seen = Seen(
            step=step,
            image_BD=at_least_float32(image_BD),
            text_BD=at_least_float32(text_BD),
            logit_scale=logit_scale,
            rows_B2=rows_B2,
            plain_B=~batch.composed_B.to(self.device),
            same_BB=same_BB,
            akin_BB=same_BB | share(self.caption_N, rows_B2, rows_B2),
            views=self.views(batch, step) if views is None else views,
        )
        weight_B = self._pair_weights(seen)
        terms = self._contrasts(seen, weight_B)
        terms |= gap_terms(seen.image_BD, seen.text_BD, seen.akin_BB, self.params.terms, weight_B)
        terms |= self._balance(seen)
        terms |= self._anchors(seen)
        if class_CD is not None and seen.plain_B.any():
            terms["soft_target"] = self.params.soft_target * self._soft_target(seen, at_least_float32(class_CD))
        self._last = seen, self._losses_to_judge(seen)
        return terms

    def after_step(self, batch: Batch, step: int) -> None:
        """Remember the batch that `of` saw last, once the weights have moved: for the bank, and for clean pairs."""
        if self._last is None:
            return
        seen, loss_B = self._last
        if self.bank is not None:
            if seen.views.slow_image_BD is not None and seen.views.slow_text_BD is not None:
                self.bank.queue.enter(seen.views.slow_image_BD, seen.views.slow_text_BD, seen.rows_B2)
            if self._bank_is_open(step + 1):
                self.bank.follow()
        if self.clean is not None and loss_B is not None:
            self.clean.watch(seen.rows_B2[:, 0], loss_B, seen.plain_B)
        self._last = None

    def weights_penalty(self, model: nn.Module) -> dict[str, Tensor]:
        """The terms over `model`'s weights instead of vectors: L2-SP; {} when off."""
        weight = self.params.anchor.weights
        return {"weight_anchor": weight * anchor.weight_anchor(model, self.teacher.model)} if weight > 0 else {}

    def state_dict(self) -> dict[str, Any]:
        """All that an exact continuation after a step needs."""
        parts = {"bank": self.bank, "clean": self.clean}
        return {name: part.state_dict() for name, part in parts.items() if part is not None}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from another's `state_dict`, made under the same settings."""
        if self.bank is not None:
            self.bank.load_state_dict(state["bank"])
        if self.clean is not None:
            self.clean.load_state_dict(state["clean"])

    def _contrasts(self, seen: Seen, weight_B: Tensor | None) -> dict[str, Tensor]:
        """InfoNCE and RINCE over the same candidates."""
        plain, robust = self.params.terms.contrastive, self.params.robust
        if plain == 0 and robust.rince == 0:
            return {}
        contrast = self._contrast(seen)
        terms = {}
        if plain > 0:
            terms["contrastive"] = plain * weighted_mean(infonce.pair_losses(contrast, seen.logit_scale), weight_B)
        if robust.rince > 0:
            loss_B = rince.rince_losses(contrast, q=robust.q, density=robust.density, temperature=robust.temperature)
            terms["rince"] = robust.rince * weighted_mean(loss_B, weight_B)
        return terms

    def _contrast(self, seen: Seen) -> Contrast:
        """The batch against itself, and against the bank once that is open."""
        if self.bank is None or seen.views.slow_text_BD is None:
            return batch_contrast(seen.image_BD, seen.text_BD, seen.akin_BB)
        how, queue = self.params.bank, self.bank.queue
        rows_M2 = torch.cat([seen.rows_B2, queue.rows_K2])
        left_out_BM = share(self.caption_N, seen.rows_B2, rows_M2)
        if how.same_label:
            left_out_BM |= share(self.label_N, seen.rows_B2, rows_M2)
        if how.similar_captions < 1:
            left_out_BM |= bank.like_captions(seen.views.slow_text_BD, queue.text_KD, how.similar_captions)
        return bank.bank_contrast(seen.image_BD, seen.text_BD, queue, left_out_BM)

    def _balance(self, seen: Seen) -> dict[str, Tensor]:
        how = self.params.balance
        if how.weight == 0:
            return {}
        give = sinkhorn.exponent(how.rho, seen.logit_scale.detach())
        clean_B = belief_BB = None
        if self.clean is not None:  # what looks wrong is matched as the base would match it
            clean_B, belief_BB = (
                self._clean_weights(seen),
                sinkhorn.log_plan(self._teacher_logits(seen), how.steps).exp(),
            )
        target_BB = sinkhorn.matching_target(seen.akin_BB, clean_B, belief_BB)
        logits_BB = seen.logit_scale * seen.image_BD @ seen.text_BD.T
        climb = min(1.0, (seen.step + 1) / how.ramp_steps) if how.ramp_steps > 0 else 1.0
        return {"balance": how.weight * climb * sinkhorn.balance_loss(logits_BB, target_BB, how.steps, give)}

    def _anchors(self, seen: Seen) -> dict[str, Tensor]:
        how, views = self.params.anchor, seen.views
        terms = {}
        if how.logits > 0:
            logits_BB = seen.logit_scale * seen.image_BD @ seen.text_BD.T
            terms["logit_anchor"] = how.logits * anchor.logit_anchor(logits_BB, self._teacher_logits(seen))
        if how.features > 0:
            assert views.teacher_image_BD is not None and views.teacher_text_BD is not None
            loss = anchor.feature_anchor(seen.image_BD, seen.text_BD, views.teacher_image_BD, views.teacher_text_BD)
            terms["feature_anchor"] = how.features * loss
        return terms

    def _soft_target(self, seen: Seen, class_CD: Tensor) -> Tensor:
        assert seen.views.teacher_image_BD is not None
        label_P = self.label_N[seen.rows_B2[seen.plain_B, 0]]  # P = pairs that are no compositions
        teacher_PC = seen.views.teacher_image_BD[seen.plain_B] @ self._teacher_class_CD[self._turn(seen.step)].T
        return soft_target.soft_target_loss(
            seen.image_BD[seen.plain_B],
            class_CD,
            label_P,
            teacher_PC,
            self.params.teacher_share,
            weight_N=None if self._class_weight_C is None else self._bounded(self._class_weight_C[label_P]),
            shift_C=self._shift_C,
        )

    def _pair_weights(self, seen: Seen) -> Tensor | None:
        """What each pair weighs, [B]: the mean weight of its labels times its clean share, bounded; None: all alike."""
        weight_B = None if self.clean is None else self._clean_weights(seen)
        if self._class_weight_C is not None:
            label_B = self._class_weight_C[self.label_N[seen.rows_B2]].mean(dim=1)
            weight_B = label_B if weight_B is None else label_B * weight_B
        return None if weight_B is None else self._bounded(weight_B)

    def _clean_weights(self, seen: Seen) -> Tensor:
        """How probably each pair is clean, [B]; a composition where both of its parts are."""
        assert self.clean is not None
        weight_B2 = self.clean.weight_N[seen.rows_B2]
        return torch.where(seen.plain_B, weight_B2[:, 0], weight_B2.prod(dim=1))

    def _losses_to_judge(self, seen: Seen) -> Tensor | None:
        """Each pair's InfoNCE within the batch, [B], the same measure in every epoch."""
        if self.clean is None:
            return None
        with torch.no_grad():
            return infonce.pair_losses(batch_contrast(seen.image_BD, seen.text_BD, seen.akin_BB), seen.logit_scale)

    def _bounded(self, weight_B: Tensor) -> Tensor:
        return weight_B.clamp_max(self.params.class_balance.most_weight)

    def _teacher_logits(self, seen: Seen) -> Tensor:
        views = seen.views
        assert views.teacher_image_BD is not None and views.teacher_text_BD is not None
        return logit_scale(self.teacher) * views.teacher_image_BD @ views.teacher_text_BD.T

    def _asks_teacher_for_pairs(self) -> bool:
        """Whether a term compares the batch's pairs with how the base sees them."""
        how = self.params
        return how.anchor.logits > 0 or how.anchor.features > 0 or (how.balance.weight > 0 and self.clean is not None)

    def _bank_is_open(self, step: int) -> bool:
        return step >= self.params.bank.warmup_steps

    def _turn(self, step: int) -> int:
        return step % len(self.rows.prompts)

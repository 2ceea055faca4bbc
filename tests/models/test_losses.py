"""Nothing is learned from ground nobody looked at."""

import pytest
import torch

from geo.errors import ShapeError
from models.losses import RIM, UNKNOWN, head_losses, total_loss

ONE = torch.ones(2)


def scene() -> tuple[torch.Tensor, torch.Tensor]:
    """Two heads on 4 x 4 pixels: the first known on its left half, the second unknown."""
    torch.manual_seed(0)
    logits = torch.randn(1, 2, 4, 4, requires_grad=True)
    labels = torch.full((1, 2, 4, 4), UNKNOWN, dtype=torch.uint8)
    labels[0, 0, :, :2] = torch.tensor([[0, 1]] * 4, dtype=torch.uint8)
    return logits, labels


def test_unknown_pixels_pull_at_nothing():
    logits, labels = scene()
    labels[0, 0, 0, 0] = RIM
    total_loss(head_losses(logits, labels, positive=ONE), ONE, labels).backward()
    known = labels <= 1
    assert (logits.grad[~known] == 0).all()
    assert (logits.grad[known] != 0).all()


def test_what_the_net_says_on_unknown_ground_does_not_matter():
    logits, labels = scene()
    other = logits.detach().clone()
    other[labels > 1] = 9.0
    assert torch.equal(
        head_losses(logits, labels, positive=ONE), head_losses(other, labels, positive=ONE)
    )


def test_a_head_nobody_labelled_neither_costs_nor_dilutes():
    logits, labels = scene()
    losses = head_losses(logits, labels, positive=ONE)
    assert losses[1] == 0
    assert total_loss(losses, ONE, labels) == losses[0]


def test_a_batch_without_any_label_costs_nothing():
    logits, labels = scene()
    labels[:] = UNKNOWN
    assert total_loss(head_losses(logits, labels, positive=ONE), ONE, labels) == 0


def test_by_hand_half_cross_entropy_half_dice():
    logits = torch.zeros(1, 1, 1, 4)
    labels = torch.tensor([1, 0, 0, UNKNOWN], dtype=torch.uint8).view(1, 1, 1, 4)
    cross = torch.log(torch.tensor(2.0))
    dice = 1 - (2 * 0.5 + 1) / (1.5 + 1 + 1)
    [loss] = head_losses(logits, labels, positive=torch.ones(1))
    assert loss == pytest.approx(float(0.5 * cross + 0.5 * dice))


def test_a_missed_yes_weighs_more_where_yes_is_thin():
    logits = torch.tensor([-4.0, -4.0]).view(1, 1, 1, 2)
    labels = torch.tensor([1, 0], dtype=torch.uint8).view(1, 1, 1, 2)
    light = head_losses(logits, labels, positive=torch.tensor([1.0]))
    heavy = head_losses(logits, labels, positive=torch.tensor([3.0]))
    assert heavy > light


def test_being_right_costs_next_to_nothing_and_being_wrong_a_lot():
    labels = torch.tensor([1, 0], dtype=torch.uint8).view(1, 1, 1, 2)
    right = torch.tensor([12.0, -12.0]).view(1, 1, 1, 2)
    assert head_losses(right, labels, positive=torch.ones(1)) < 1e-4
    assert head_losses(-right, labels, positive=torch.ones(1)) > 5


def test_labels_that_do_not_lie_on_the_logits_are_refused():
    logits, labels = scene()
    with pytest.raises(ShapeError, match="must lie on the logits"):
        head_losses(logits, labels[:, :1], positive=ONE)

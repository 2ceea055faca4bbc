"""Another light and another sensor, but the same place."""

import torch

from models.augment import relight


def test_light_changes_the_picture_but_not_its_shape_nor_its_type():
    pictures = torch.randint(0, 256, (6, 3, 48, 48), dtype=torch.uint8)
    out = relight(pictures, torch.Generator().manual_seed(1))
    assert out.shape == pictures.shape
    assert out.dtype == torch.uint8
    assert not torch.equal(out, pictures)
    assert torch.equal(out, relight(pictures, torch.Generator().manual_seed(1)))


def test_light_moves_nothing():
    pictures = torch.full((8, 3, 64, 64), 30, dtype=torch.uint8)
    pictures[:, :, 20:40, 20:40] = 200
    out = relight(pictures, torch.Generator().manual_seed(4)).float().mean(1)
    inside, outside = out[:, 24:36, 24:36].mean((1, 2)), out[:, :16].mean((1, 2))
    assert (inside > outside + 20).all()


def test_every_picture_gets_its_own_light():
    pictures = torch.full((4, 3, 32, 32), 120, dtype=torch.uint8)
    out = relight(pictures, torch.Generator().manual_seed(2)).float().mean((1, 2, 3))
    assert out.std() > 3
